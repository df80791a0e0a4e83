#include "verify/verify.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/certificate_view.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/input_file.hpp"
#include "cmd/ledger_findings.hpp"
#include "cmd/secret_source.hpp"
#include "cmd/value_types.hpp"
#include "crypto/private_key.hpp"
#include "x509/certificate_choice.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  std::vector<Path> files;
  CaOptions ca;
  std::vector<Path> trust;
  std::vector<Path> untrusted;
  std::vector<Path> revocation_cas;
  std::optional<crypto::Sha256> trust_fingerprint;
  verify::Purpose purpose = verify::Purpose::client;
  std::optional<std::string> host;
  std::optional<UnixTime> at;
  std::optional<Path> key;
  std::optional<SecretSource> key_passphrase;
  bool legacy_key = false;
};

/// What every FILE is judged against.
struct Trust {
  std::vector<x509::Certificate> anchors;
  std::vector<x509::Certificate> pool;        // of --untrusted
  std::vector<x509::Certificate> local_pool;  // of --ca
  Ledgers ledgers;
  std::vector<FurtherCa> further_cas;  // of --revocation-ca; their ledgers are among those above
  std::optional<crypto::PublicKey> key;
};

/// What was found out about one FILE.
struct Verdict {
  x509::Certificate leaf;
  verify::VerifyReport report;
  /// What the ledgers have of it; nothing where none was asked or none has it.
  std::optional<store::State> recorded;
  std::vector<NotRecorded> not_recorded;  // of what was accepted
  bool key_fits;
  std::string not_first;  // "certificate 3 of 3, CN=a"; empty where it is the first of its file
};

std::string_view name(verify::Purpose purpose) {
  switch (purpose) {
    case verify::Purpose::client:
      return "client";
    case verify::Purpose::server:
      return "server";
    case verify::Purpose::any:
      break;
  }
  return "any";
}

void append(std::vector<x509::Certificate>& to, const Path& file, x509::KeysBeside keys) {
  const SecretBytes content = read_input(file);
  for (x509::Certificate& certificate :
       x509::read_certificates(content.view(), shown_input(file), keys)) {
    to.push_back(std::move(certificate));
  }
}

/// False only for what is known not to be there.
bool may_be_there(const Path& path) {
  std::error_code ignored;
  return std::filesystem::symlink_status(path, ignored).type() !=
         std::filesystem::file_type::not_found;
}

/// The public half of --key. One of a kind that is never used is bad input here: it is not we who
/// are to sign with it.
crypto::PublicKey read_key(const Options& options, const ossl::Context& context, Session& session) {
  const std::string shown = shown_input(*options.key);
  const SecretBytes text = read_input(*options.key);
  const auto passphrase = passphrase_source(
      options.key_passphrase,
      {.flag = "--key-passphrase", .what = format("passphrase of {}", shown)}, session);
  const auto legacy = options.legacy_key ? crypto::LegacyKeys::allow : crypto::LegacyKeys::refuse;
  try {
    return with_passphrase_hint("--key-passphrase", [&] {
      return crypto::PrivateKey::from_file(text.view(), shown, passphrase, legacy, context)
          .public_key();
    });
  } catch (const Error& error) {
    if (error.code() != Errc::weak_key) throw;
    throw Error(Errc::unsupported, error.message());
  }
}

/// --ca's root is an anchor, its chain is offered, and its ledger says what is revoked. Without any
/// flag that says whom to trust, it is the CA that is found.
Trust gather_trust(const Options& options, const ossl::Context& context, Session& session) {
  Trust trust;
  const bool trust_named = !options.trust.empty() || options.trust_fingerprint.has_value();
  if (options.ca.directory || !trust_named) {
    const authority::CaDirectory ca = [&options] {
      try {
        return options.ca.open();
      } catch (Error& error) {
        if (options.ca.where().source != SettingSource::built_in ||
            error.code() != Errc::unreadable_file || may_be_there("ca/ca.toml")) {
          throw;
        }
        throw Error(Errc::missing_value, "nothing says whom to trust, and there is no ./ca",
                    "give --ca DIR, --trust FILE or --trust-fingerprint SHA256");
      }
    }();
    trust.anchors.push_back(ca.root());
    for (const x509::Certificate& certificate : ca.intermediates()) {
      trust.local_pool.push_back(certificate);
    }
    trust.ledgers.push_back(
        std::make_shared<const store::Ledger>(options.ca.read_ledger(ca, session)));
  }
  for (const Path& directory : options.revocation_cas) {
    const authority::CaDirectory ca = open_further_ca(directory);
    trust.ledgers.push_back(
        std::make_shared<const store::Ledger>(options.ca.read_ledger(ca, session)));
    trust.further_cas.push_back({ca.certificate(), trust.ledgers.back()});
  }
  for (const Path& file : options.trust) append(trust.anchors, file, x509::KeysBeside::refuse);
  for (const Path& file : options.untrusted) append(trust.pool, file, x509::KeysBeside::refuse);
  if (options.key) trust.key = read_key(options, context, session);
  return trust;
}

/// The certificate of `file` to be judged, and the others: the key's, else the first.
x509::ChosenCertificate choose(const Path& file, const Options& options, const Trust& trust,
                               const ossl::Context& context) {
  const SecretBytes content = read_input(file);
  // A key may stand beside: client.pem with both is what curl and others take.
  std::vector<x509::Certificate> certificates =
      x509::read_certificates(content.view(), shown_input(file), x509::KeysBeside::allow);
  if (trust.key) return x509::choose_by_key(std::move(certificates), *trust.key, context);
  if (options.purpose == verify::Purpose::any) return {.certificates = std::move(certificates)};
  return x509::choose_first(std::move(certificates), shown_input(file), context);
}

Verdict judge(const Path& file, const Options& options, const Trust& trust,
              const ossl::Context& context, const Clock& clock) {
  const x509::ChosenCertificate choice = choose(file, options, trust, context);
  const std::vector<x509::Certificate>& certificates = choice.certificates;
  const x509::Certificate& leaf = choice.chosen();
  verify::VerifyRequest request{.leaf = leaf,
                                .pool = {certificates.begin() + 1, certificates.end()},
                                .local_pool = trust.local_pool,
                                .anchors = trust.anchors,
                                .anchor_fingerprint = options.trust_fingerprint,
                                .purpose = options.purpose,
                                .host = options.host,
                                .at = options.at.value_or(clock.now()),
                                .budget = {}};
  request.pool.insert(request.pool.end(), trust.pool.begin(), trust.pool.end());
  const LedgersRevocation revocation(trust.ledgers);
  verify::VerifyReport report = verify::verify(request, &revocation, clock, context);
  const auto status = revocation.status(leaf, report.path.size() > 1 ? &report.path[1] : nullptr);
  const auto recorded = status ? status->state : std::nullopt;
  std::vector<NotRecorded> not_recorded;
  if (report.accepted) not_recorded = find_not_recorded(report.path, revocation);
  const bool key_fits = !trust.key || *trust.key == leaf.public_key();
  return {leaf,     std::move(report),
          recorded, std::move(not_recorded),
          key_fits, choice.is_first() ? std::string() : choice.description()};
}

ExitCode exit_code(const Verdict& verdict) {
  ExitCode code = ExitCode::ok;
  if (!verdict.key_fits) code = ExitCode::bad_input;
  if (verdict.report.accepted) return code;
  const auto of = [](verify::ProblemClass kind) {
    switch (kind) {
      case verify::ProblemClass::time:
        return ExitCode::time;
      case verify::ProblemClass::revocation:
        return ExitCode::revocation;
      case verify::ProblemClass::no:
        break;
    }
    return ExitCode::no;
  };
  ExitCode verdict_code = ExitCode::ok;
  for (const verify::Finding& finding : verdict.report.findings) {
    if (finding.severity != verify::Severity::error) continue;
    verdict_code = combine(verdict_code, of(verify::problem_class(finding.problem)));
  }
  // Not accepted is never 0, whatever the findings say.
  if (verdict_code == ExitCode::ok) verdict_code = ExitCode::no;
  return combine(code, verdict_code);
}

/// Our own finding, in the form of the library's, for showing only.
struct Shown {
  std::string problem;
  verify::Severity severity;
  std::size_t depth;
  std::string subject;
  std::string message;
  std::string hint;
  std::optional<verify::RevocationFacts> revocation = {};
};

/// What the ledgers say of what was accepted, beside revocation: worth a word, and no more.
void add_ledger_findings(std::vector<Shown>& shown, const Verdict& verdict, const Options& options,
                         const Trust& trust) {
  const auto& path = verdict.report.path;
  for (const NotRecorded& one : verdict.not_recorded) {
    shown.push_back({"not_recorded", verify::Severity::warning, one.depth,
                     path[one.depth].subject().to_text(),
                     one.state ? format("the ledger has it as '{}'", store::name(*one.state))
                               : "the ledger of its CA does not know it",
                     "find out where it came from before you trust it"});
  }
  if (!verdict.report.accepted) return;
  for (std::size_t at = 0; at < trust.further_cas.size(); ++at) {
    const FurtherCa& ca = trust.further_cas[at];
    if (concerns(ca, path)) continue;
    shown.push_back(
        {"revocation_ca_not_on_path", verify::Severity::warning, 0,
         verdict.leaf.subject().to_text(),
         format("{}: {} is not on its path, so that CA's ledger says nothing of it",
                printable(options.revocation_cas[at].native()), ca.certificate.subject().to_text()),
         "give --revocation-ca the directory of a CA that is above it"});
  }
}

std::vector<Shown> all_findings(const Verdict& verdict, const Options& options,
                                const Trust& trust) {
  std::vector<Shown> shown;
  const std::string subject = verdict.leaf.subject().to_text();
  if (!verdict.key_fits) {
    shown.push_back({"key_mismatch", verify::Severity::error, 0, subject,
                     format("the key in {} is not this certificate's", shown_input(*options.key)),
                     "give the key that the certificate was issued for"});
  }
  if (!verdict.not_first.empty()) {
    shown.push_back(
        {"certificate_not_first", verify::Severity::warning, 0, subject,
         format("the key belongs to {}, which was judged and is not the first", verdict.not_first),
         "put it first: servers and clients take the first of a file for their own"});
  }
  for (const verify::Finding& finding : verdict.report.findings) {
    shown.push_back({std::string(verify::name(finding.problem)), finding.severity, finding.depth,
                     finding.subject, finding.message, finding.hint, finding.revocation});
  }
  add_ledger_findings(shown, verdict, options, trust);
  return shown;
}

Json revocation_json(const std::optional<verify::RevocationFacts>& revocation) {
  if (!revocation) return nullptr;
  const auto& [revoked_at, reason] = *revocation;
  return {{"revoked_at", revoked_at ? Json(to_rfc3339(*revoked_at)) : Json(nullptr)},
          {"reason", reason.empty() ? Json(nullptr) : Json(reason)}};
}

void print_json(const Path& file, const Verdict& verdict, const Options& options,
                const Trust& trust, const Session& session) {
  const verify::VerifyReport& report = verdict.report;
  Json document = session.document();
  document["file"] = shown_input(file);
  document["accepted"] = exit_code(verdict) == ExitCode::ok;
  document["exit"] = static_cast<int>(exit_code(verdict));
  document["purpose"] = name(options.purpose);
  document["host"] = options.host ? Json(printable(*options.host)) : Json(nullptr);
  document["at"] = to_rfc3339(options.at.value_or(session.clock().now()));
  document["certificate"] = brief_json(verdict.leaf);
  document["anchor"] = report.anchor ? brief_json(*report.anchor) : Json(nullptr);
  document["path"] = Json::array();
  for (const x509::Certificate& certificate : report.path) {
    document["path"].push_back(brief_json(certificate));
  }
  document["ledger"] = verdict.recorded ? Json(store::name(*verdict.recorded)) : Json(nullptr);
  document["findings"] = Json::array();
  for (const Shown& finding : all_findings(verdict, options, trust)) {
    document["findings"].push_back(
        {{"problem", finding.problem},
         {"severity", finding.severity == verify::Severity::error ? "error" : "warning"},
         {"depth", finding.depth},
         {"subject", readable(finding.subject)},
         {"message", readable(finding.message)},
         {"hint", readable(finding.hint)},
         {"revocation", revocation_json(finding.revocation)}});
  }
  session.print(document);
}

void print_text(const Path& file, const Verdict& verdict, const Options& options,
                const Trust& trust, const Session& session) {
  const verify::VerifyReport& report = verdict.report;
  const bool yes = exit_code(verdict) == ExitCode::ok;
  std::string text = format("{}: {} ({}): {}\n", shown_input(file), yes ? "ok" : "refused",
                            name(options.purpose), readable(verdict.leaf.subject().to_text()));
  FieldList fields;
  fields.add("valid", validity_text(verdict.leaf.validity()));
  if (report.anchor) {
    fields.add("anchor", report.anchor->subject().to_text());
    fields.add("", "sha256 " + to_colon_hex(report.anchor->fingerprint()));
  } else {
    fields.add("anchor", "none");
  }
  text += fields.text();
  for (const Shown& finding : all_findings(verdict, options, trust)) {
    text += format("  {}: {}", finding.severity == verify::Severity::error ? "error" : "warning",
                   readable(finding.message));
    if (finding.depth > 0) text += format(" [{}]", readable(finding.subject));
    text += format(" ({})\n", finding.problem);
    if (!finding.hint.empty()) text += format("    hint: {}\n", readable(finding.hint));
  }
  session.out().write(text);
}

ExitCode run(const Options& options, Session& session) {
  if (options.key && options.files.size() > 1) {
    throw Error(Errc::usage, "--key goes with one FILE",
                "a key belongs to one certificate: run verify once for each");
  }
  if (options.key_passphrase && !options.key) {
    throw Error(Errc::usage, "--key-passphrase without --key", "give the key with --key FILE");
  }
  // Before the first digest: libcrypto configures itself on first use, with its own way of ending.
  const ossl::Context& context = session.openssl(ossl::Configuration::openssl);
  const Trust trust = gather_trust(options, context, session);
  ExitCode code = ExitCode::ok;
  for (const Path& file : options.files) {
    try {
      const Verdict verdict = judge(file, options, trust, context, session.clock());
      if (session.json()) {
        print_json(file, verdict, options, trust, session);
      } else {
        print_text(file, verdict, options, trust, session);
      }
      code = combine(code, exit_code(verdict));
    } catch (const Error& error) {
      // One document per file: the others are judged all the same.
      code = combine(code, session.report(error, shown_input(file)));
    }
  }
  return code;
}

}  // namespace

void add_verify(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "FILE contains the certificate first (with --key: anywhere); further ones in it are offered "
      "as intermediates, never trusted. The path is built to the root of the CA directory, or to "
      "what --trust names, and every problem "
      "on it is listed with the certificate it concerns. The ledger of the CA directory is asked "
      "what was revoked. That of an intermediate knows what it issued, and not whether it was "
      "revoked itself: --revocation-ca has the ledger of the CA above it asked as well, "
      "which is where the ca.toml of that DIR says: --store and MTLSCTL_STORE are about --ca.\n\n"
      "It ends with 0 if every FILE is accepted, 1 if one is refused, 3 if only for its time, 4 if "
      "only for revocation ('mtlsctl help exit-codes').");
  OptionSet set = command.options();
  set.positionals("FILE", options->files, file_value(), "Certificates to judge, PEM or DER");
  options->ca.add_to(set);
  set.list("--trust", options->trust, file_value(), "Trust the certificates in FILE");
  set.list("--untrusted", options->untrusted, file_value(),
           "Offer the certificates in FILE as intermediates");
  set.list("--revocation-ca", options->revocation_cas, directory_value(),
           "Ask the ledger of the CA in DIR, too, what was revoked (of the CA above --ca)");
  set.value("--trust-fingerprint", options->trust_fingerprint, fingerprint_value(),
            "Trust only the certificate with this SHA-256, from whichever file");
  set.value("--purpose", options->purpose,
            word_value<verify::Purpose>({{"client", verify::Purpose::client},
                                         {"server", verify::Purpose::server},
                                         {"any", verify::Purpose::any}}),
            "What it is to be used for (default: client)");
  set.value("--host", options->host, text_value("NAME"),
            "A host name or address that the certificate must bear");
  set.value("--at", options->at, time_value(), "Judge as of TIME instead of now");
  set.value("--key", options->key, file_value(), "A private key that must belong to it");
  set.value("--key-passphrase", options->key_passphrase, secret_value(), "Opens that key");
  set.flag("--legacy-key", options->legacy_key,
           "Read a key encrypted in an outdated way (PBES1, RFC 1421)");
  command.example(
      "$ mtlsctl verify client.crt\n"
      "client.crt: ok (client): CN=client,OU=test,O=alibaba,L=bj,ST=bj,C=cn\n"
      "  valid        2026-01-01T00:00:00Z to 2026-12-31T23:59:59Z\n"
      "  anchor       CN=root,OU=test,O=alibaba,L=bj,ST=bj,C=cn\n"
      "               sha256 5B:0C:…\n"
      "$ mtlsctl verify --trust root.crt --untrusted ca.crt --purpose server --host a.example "
      "server.crt");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
