#include "authority/adopt.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/certificate_view.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/input_file.hpp"
#include "cmd/issue_profile.hpp"
#include "cmd/key_options.hpp"
#include "cmd/receipt.hpp"
#include "cmd/signing_options.hpp"
#include "cmd/validity_options.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  Path certificate;
  Path key;
  std::optional<Path> chain;
  bool reissue = false;
  bool dry_run = false;
  std::optional<std::string> profile;
  std::optional<SecretSource> key_passphrase;
  CaOptions ca;
  SigningOptions signing;
  ProfileOptions profiles;
  ValidityOptions validity;
};

void check(const Options& options) {
  options.validity.check();
  const bool asks_for_new =
      options.validity.period() || options.validity.not_after || options.profile;
  if (asks_for_new && !options.reissue) {
    throw Error(Errc::usage, "a validity or a profile is given, and no certificate is to be made",
                "add --reissue to make one");
  }
  if (options.reissue && options.chain) {
    refuse_together("--reissue", "--chain",
                    "only a root makes its own certificate anew; the CA above an intermediate "
                    "signs a new one for it");
  }
}

x509::Certificate read_certificate(const Path& file) {
  const SecretBytes content = read_input(file);
  auto certificates =
      x509::read_certificates(content.view(), shown_input(file), x509::KeysBeside::allow);
  if (certificates.size() == 1) return certificates.front();
  throw Error(Errc::malformed,
              format("{} holds {} certificates", shown_input(file), certificates.size()),
              "give the CA's own certificate alone, and those above it with --chain");
}

/// The certificates above `certificate`, with which a chain file may begin, as chain.crt does.
std::vector<x509::Certificate> read_chain(const Options& options,
                                          const x509::Certificate& certificate) {
  if (!options.chain) return {};
  auto chain =
      x509::read_certificates(read_input(*options.chain).view(), shown_input(*options.chain));
  // A root's alone stays: nothing stands above it, and that is said.
  const bool root_alone = chain.size() == 1 && certificate.is_self_issued();
  if (!root_alone && chain.front() == certificate) chain.erase(chain.begin());
  return chain;
}

/// The key that is adopted. What was encrypted stays encrypted, with the same passphrase unless
/// --key-passphrase gives another.
struct SourceKey {
  crypto::PrivateKey key;
  HeldPassphrase passphrase;  // of the copy
};

SourceKey read_key(const Options& options, Session& session) {
  const FileContents contents = read_file(options.key);
  const std::string shown = printable(options.key.native());
  // What is no key at all is said to be none, whoever can read it.
  const bool is_key = crypto::holds_private_key(contents.bytes.view());
  if (is_key) {
    options.signing.files.trust(session).require_owner(shown, contents.owner,
                                                       authority::Named::explicitly);
  }
  if (contents.openness == Openness::open && is_key &&
      options.signing.open_key() == authority::OpenKey::refuse) {
    throw Error(Errc::open_permissions, format("{} can be read or written by others", shown),
                format("chmod 600 {}, or insist with --allow-open-key", shown));
  }
  std::optional<SecretBytes> opened;
  const auto ask = passphrase_source(
      options.signing.passphrase,
      {.flag = "--ca-passphrase", .what = format("passphrase of {}", shown)}, session);
  const auto key = with_passphrase_hint("--ca-passphrase", [&] {
    return crypto::PrivateKey::from_file(
        contents.bytes.view(), shown,
        [&](crypto::Attempt attempt) -> std::optional<SecretBytes> {
          opened = ask(attempt);
          return opened ? std::optional(opened->clone()) : std::nullopt;
        },
        options.signing.legacy(), session.openssl(ossl::Configuration::openssl));
  });
  if (options.key_passphrase) {
    return {key, HeldPassphrase::read(options.key_passphrase,
                                      {.flag = "--key-passphrase",
                                       .what = "passphrase for the copy of the CA key",
                                       .asking = Asking::twice},
                                      session)};
  }
  return {key, HeldPassphrase(std::move(opened))};
}

authority::AdoptRequest make_request(const Options& options, const x509::Certificate& certificate,
                                     const SourceKey& source, Session& session) {
  authority::AdoptRequest request{
      .directory = options.ca.where().value, .certificate = certificate, .key = source.key};
  request.above = read_chain(options, certificate);
  request.key_passphrase = source.passphrase.get();
  request.open_existing_key = source.passphrase.source(
      {.flag = "--key-passphrase", .what = "passphrase of ca.key"}, session);
  request.reissue = options.reissue ? authority::AdoptRequest::Reissue::yes
                                    : authority::AdoptRequest::Reissue::no;
  request.period = options.validity.period();
  request.not_after = options.validity.not_after;
  request.rehearsal = options.dry_run ? authority::Rehearsal::yes : authority::Rehearsal::no;
  request.lock_timeout = options.ca.wait().value;
  request.open_key = options.signing.open_key();
  request.trust = options.signing.files.trust(session);
  request.named = options.ca.named();
  if (const auto store = options.ca.ledger()) request.store = store->value;
  return request;
}

Json document_of(const authority::Adopted& adopted, const Options& options,
                 const x509::Certificate& given, const Session& session) {
  Json document = session.document();
  document["directory"] = printable(options.ca.where().value.native());
  document["dry_run"] = options.dry_run;
  document["adopted"] = brief_json(given);
  document["reissued"] =
      adopted.reissued && !options.dry_run ? brief_json(adopted.certificate) : Json(nullptr);
  document["can_issue"] = adopted.can_issue;
  document["findings"] = Json::array();
  for (const authority::CaFinding& one : adopted.findings) {
    document["findings"].push_back({{"finding", authority::name(one.defect)},
                                    {"prevents_issuing", one.prevents_issuing},
                                    {"message", readable(one.message)},
                                    {"why", readable(one.why)}});
  }
  document["key_encrypted"] = adopted.key_encrypted;
  document["key_reused"] = adopted.key_reused;
  document["store"] = adopted.store.shown();
  document["joined"] = adopted.ledger == authority::LedgerOrigin::joined;
  document["all_files"] = Json::array();
  for (const std::string& file : adopted.files) document["all_files"].push_back(printable(file));
  return document;
}

std::string text_of(const authority::Adopted& adopted, const Options& options,
                    const x509::Certificate& given) {
  const bool dry_run = options.dry_run;
  std::string text = format("{}adopted {}\n", dry_run ? "dry run: would have " : "",
                            readable(given.subject().to_text(256)));
  for (const authority::CaFinding& one : adopted.findings) {
    text += format("  {}: {}\n      {}\n", authority::name(one.defect), readable(one.message),
                   readable(one.why));
  }
  if (adopted.findings.empty()) text += "  nothing is wrong with its certificate\n";
  if (adopted.reissued) {
    text += format("{} a certificate of version 3 with the same key and name, valid {}\n",
                   dry_run ? "would make" : "made", validity_text(adopted.certificate.validity()));
  }
  for (const std::string& file : adopted.files) text += format("  {}\n", printable(file));
  return text;
}

/// What helps where nothing can be issued: a new certificate, if the key is any good and the CA may
/// make one itself.
std::string way_out(const authority::Adopted& adopted, const Options& options) {
  using authority::CaDefect;
  const auto has = [&adopted](CaDefect defect) {
    return std::any_of(adopted.findings.begin(), adopted.findings.end(),
                       [defect](const authority::CaFinding& one) { return one.defect == defect; });
  };
  if (has(CaDefect::weak_key) || has(CaDefect::empty_subject)) {
    return "no certificate over this key and name helps: make a new CA with 'mtlsctl ca init'";
  }
  if (options.chain) {
    return "have the CA above it sign a new certificate for its key, and adopt that";
  }
  return "run the same command with --reissue: it makes one that can, over the same key and name, "
         "to which what was issued chains as before";
}

void tell(const authority::Adopted& adopted, const Options& options, const Session& session) {
  tell_notices(adopted.notices, session);
  if (adopted.ledger == authority::LedgerOrigin::joined) {
    session.messages().note(
        format("joined the ledger that was there already: {}", adopted.store.shown()));
  }
  const bool tied = std::any_of(adopted.findings.begin(), adopted.findings.end(),
                                [](const authority::CaFinding& one) {
                                  return one.defect == authority::CaDefect::authority_serial;
                                });
  if (adopted.reissued && tied) {
    session.messages().warning(
        "what the CA issued may name the serial of its old certificate, and is then refused where "
        "only the new one is trusted",
        "let whatever checks clients trust the old certificate beside the new one");
  }
  if (!adopted.can_issue) {
    session.messages().warning("nothing can be issued with this certificate",
                               way_out(adopted, options));
  }
  if (adopted.key_reused) {
    session.messages().note(format("{} was there already and is used: no new copy was made",
                                   printable((options.ca.where().value / "ca.key").native())));
  }
  if (!adopted.files.empty() && !adopted.key_encrypted) {
    session.messages().note(
        "the copy of the CA key is not encrypted: whoever can read it can issue");
  }
}

ExitCode run(const Options& options, Session& session) {
  check(options);
  const x509::Certificate certificate = read_certificate(options.certificate);
  const SourceKey source = read_key(options, session);
  const profile::Profile profile =
      choose_profile(options.profile, std::nullopt, "root-ca", options.profiles, nullptr);
  const auto request = make_request(options, certificate, source, session);
  const authority::Adopted adopted = with_passphrase_hint("--key-passphrase", [&] {
    return authority::adopt_ca(request, profile, make_surroundings(session));
  });
  tell(adopted, options, session);
  if (session.json()) {
    session.print(document_of(adopted, options, certificate, session));
  } else {
    session.out().write(text_of(adopted, options, certificate));
  }
  return ExitCode::ok;
}

}  // namespace

void add_ca_adopt(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Makes a CA directory for a CA that another tool made, and says what is wrong with its "
      "certificate and why that matters. Certificate and key are copied, never moved or changed; a "
      "key that is encrypted stays so.\n\n"
      "--reissue makes a certificate of version 3 with the same key and name, in place of one that "
      "cannot issue, such as the X.509 v1 root of the classic guide: what was issued chains to it "
      "as before. mtlsctl store import then takes in what the CA issued.");
  OptionSet set = command.options();
  set.positional("CERTIFICATE", options->certificate, file_value(), "The CA's certificate");
  set.positional("KEY", options->key, file_value(), "Its private key");
  set.value("--chain", options->chain, file_value(),
            "For an intermediate: the certificates of the CAs above it, the root last");
  set.flag("--reissue", options->reissue, "Make a new certificate with the same key and name");
  set.value("--profile", options->profile, text_value("PROFILE"),
            "With --reissue: its profile (default: root-ca)");
  set.flag("--dry-run", options->dry_run, "Check everything; write, record and sign nothing");
  OptionSet validity = command.options("Validity");
  options->validity.add_to(validity);
  OptionSet key = command.options("Key");
  key.value("--key-passphrase", options->key_passphrase, secret_value(),
            "Encrypt the copy of the key; the passphrase's source");
  OptionSet ca = command.options("CA");
  options->ca.add_to(ca);
  options->signing.add_to(ca);
  options->profiles.add_to(ca);
  command.example(
      "$ mtlsctl ca adopt ../old/ca.crt ../old/ca.key --reissue\n"
      "adopted CN=root,OU=test,O=alibaba,L=bj,ST=bj,C=cn\n"
      "  version: it is X.509 v1, without any extension\n"
      "      nothing in it says that it is a CA: …\n"
      "…");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
