#include "probe/probe.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/input_file.hpp"
#include "cmd/probe_compare.hpp"
#include "cmd/probe_identities.hpp"
#include "cmd/probe_neighbours.hpp"
#include "cmd/probe_target.hpp"
#include "cmd/probe_values.hpp"
#include "cmd/probe_view.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  TargetOptions target;
  ProbeIdentityOptions identities;
  NeighbourOptions neighbours;
  std::vector<TrustPlace> trust;
  bool insecure_server = false;
  std::optional<std::vector<tls::Version>> versions;
  bool expect_crl = false;
  probe::Strength strength = probe::Strength::any;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::chrono::milliseconds> wait;
  std::optional<std::int64_t> jobs;
  std::optional<std::int64_t> repeat;
  std::optional<Path> compare;
};

void check(const Options& options) {
  options.identities.check();
  options.neighbours.check(options.target);
  if (!options.neighbours.neighbours.empty() && !options.identities.certificate) {
    throw Error(Errc::missing_value, "--neighbour without a good certificate",
                "give the target's own client with --cert and --key: what it gets is what the "
                "neighbour's must not get");
  }
  if (options.insecure_server && !options.trust.empty()) {
    refuse_together("--insecure-server", "--trust", "leave one of them out");
  }
  if (options.expect_crl && !options.identities.offers(probe::Id::i1)) {
    throw Error(Errc::missing_value, "--expect-crl needs a revoked certificate to show",
                "give it with --revoked-cert FILE and --revoked-key FILE");
  }
}

/// Whom to take for the server: what --trust names; without it the root of --ca, else this
/// machine's roots.
tls::ServerTrust gather_trust(const Options& options, const ProbeIdentities& identities) {
  tls::ServerTrust trust{
      .anchors = {}, .system = tls::ServerTrust::System::no, .name = options.target.trusted_name()};
  for (const TrustPlace& place : options.trust) {
    if (place.system) {
      trust.system = tls::ServerTrust::System::yes;
      continue;
    }
    const SecretBytes content = read_input(place.file);
    for (x509::Certificate& one :
         x509::read_certificates(content.view(), shown_input(place.file))) {
      trust.anchors.push_back(std::move(one));
    }
  }
  if (!options.trust.empty()) return trust;
  if (const auto root = identities.ca_root()) {
    trust.anchors.push_back(*root);
  } else {
    trust.system = tls::ServerTrust::System::yes;
  }
  return trust;
}

probe::Options make_probe(const Options& options, const ProbeIdentities& identities,
                          Session& session) {
  constexpr std::chrono::milliseconds k_timeout{5000};
  constexpr std::chrono::milliseconds k_wait{500};
  constexpr unsigned k_jobs = 4;
  std::vector<probe::Neighbour> neighbours =
      options.neighbours.read(options.target, options.identities.signing, session);
  std::vector<std::string> names;
  names.reserve(neighbours.size());
  for (const probe::Neighbour& one : neighbours) names.push_back(one.name);
  return {.target = options.target.find(),
          .good = identities.good(),
          .neighbours = std::move(neighbours),
          .trust = gather_trust(options, identities),
          .distrust = options.insecure_server ? tls::Distrust::go_on : tls::Distrust::end_handshake,
          .demands = {.versions = options.versions.value_or(
                          std::vector{tls::Version::tls_1_2, tls::Version::tls_1_3}),
                      .strength = options.strength,
                      .revocation = options.expect_crl,
                      .have_good = identities.good().has_value(),
                      .neighbours = std::move(names)},
          .timeout = options.timeout.value_or(k_timeout),
          .wait = options.wait.value_or(k_wait),
          .jobs = static_cast<unsigned>(options.jobs.value_or(k_jobs)),
          .repeat = static_cast<unsigned>(options.repeat.value_or(1))};
}

ExitCode exit_code(probe::Overall overall) {
  switch (overall) {
    case probe::Overall::enforced:
      return ExitCode::ok;
    case probe::Overall::not_enforced:
      return ExitCode::no;
    case probe::Overall::no_verdict:
      break;
  }
  return ExitCode::surroundings;
}

/// A good certificate that is none by this machine's clock explains much.
void warn_of_time(const std::optional<tls::Identity>& good, const Session& session) {
  if (!good) return;
  const x509::Validity& validity = good->chain.front().validity();
  if (validity.contains(session.clock().now())) return;
  session.messages().warning(
      format("the good certificate is valid from {} to {}, which is not now",
             to_rfc3339(validity.not_before), to_rfc3339(validity.not_after)),
      "a listener that checks it refuses it, and then there is no verdict");
}

/// A revoked certificate that is refused for another reason says nothing of CRLs.
void check_revoked(const Options& options, ProbeIdentities& identities, const Session& session) {
  const auto revoked =
      options.identities.offers(probe::Id::i1) ? identities.find(probe::Id::i1) : std::nullopt;
  if (!revoked) return;
  const x509::Validity& validity = revoked->chain.front().validity();
  if (!validity.contains(session.clock().now())) {
    const std::string message =
        format("the revoked certificate is valid from {} to {}, which is not now",
               to_rfc3339(validity.not_before), to_rfc3339(validity.not_after));
    const std::string hint = "it is refused for that alone: take one that would still be valid";
    if (options.expect_crl) throw Error(Errc::expired, message, hint);
    session.messages().warning(message, hint);
  }
  const std::vector<x509::Certificate>& good = identities.good()->chain;
  const bool related = std::any_of(
      revoked->chain.begin(), revoked->chain.end(), [&good](const x509::Certificate& one) {
        return std::any_of(good.begin(), good.end(), [&one](const x509::Certificate& other) {
          return one.issuer() == other.issuer();
        });
      });
  if (related) return;
  session.messages().warning(
      "the revoked certificate and the good one have no issuer in common",
      "where the listener does not trust its CA, or an intermediate is missing behind it, it is "
      "refused for that alone");
}

ExitCode run(const Options& options, Session& session) {
  check(options);
  const ossl::Context& context = session.openssl(ossl::Configuration::openssl);
  ProbeIdentities identities(options.identities, session);
  warn_of_time(identities.good(), session);
  check_revoked(options, identities, session);
  std::optional<StoredResult> stored;
  if (options.compare) stored = StoredResult::read(*options.compare);
  const probe::Options wanted = make_probe(options, identities, session);
  const bool text = !session.json();
  if (text) session.out().write(options.target.to_text() + "\n");
  const bool several = wanted.target.addresses.size() > 1;
  const probe::Progress progress = [&session, text, several,
                                    shown = std::string()](const probe::Judged& judged) mutable {
    const probe::Attempt& attempt = judged.attempt;
    session.trace().note("probe.attempt",
                         {{"id", std::string(probe::entry(attempt.id).name)},
                          {"address", attempt.address.to_text()},
                          {"tls", attempt.version ? std::string(tls::name(*attempt.version)) : "-"},
                          {"verdict", std::string(probe::name(judged.judgement))}});
    if (!text) return;
    if (const std::string address = attempt.address.to_text(); several && address != shown) {
      session.out().write(format("at {}:\n", address));
      shown = address;
    }
    session.out().write(attempt_line(judged));
    session.out().flush();
  };
  const probe::Report report = probe::run(wanted, identities, session.clock(), context, progress);
  ExitCode code = exit_code(report.overall.overall);

  Json document = session.document();
  document["url"] = options.target.to_text();
  put_report(document, report);
  std::vector<Change> changes;
  if (stored) {
    changes = stored->compare(document);
    if (got_weaker(changes)) code = combine(code, ExitCode::no);
  }
  document["exit"] = static_cast<int>(code);
  document["changes"] = changes_json(changes);
  if (text) {
    session.out().write(summary_text(report));
    if (stored) session.out().write(changes_text(changes));
  } else {
    session.print(document);
  }
  return code;
}

}  // namespace

void add_probe(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Asks a listener from outside whether it enforces mutual TLS: with the good certificate, "
      "which "
      "must get in, and without one, with forged, foreign and expired ones, and by the ways round "
      "it, "
      "none of which may. It sends nothing but GET requests. docs/probe.md says what each attempt "
      "means.\n\n"
      "It ends with 0 if mutual TLS is enforced, 1 if it is not, 7 if there is no verdict "
      "(everything is refused, the good client too; nothing answers).");
  OptionSet set = command.options();
  set.positional("URL", options->target.url, https_url_value(), "https://HOST[:PORT][/PATH]");
  options->identities.add_good_to(set);
  set.list("--trust", options->trust, trust_place_value(),
           "Whom to take for the server: the certificates in FILE, or this machine's roots "
           "(default: the root of --ca, else system)");
  set.flag("--insecure-server", options->insecure_server,
           "Let the good key sign for a server that nobody vouches for");
  options->target.add_to(set);
  options->neighbours.add_to(set);
  OptionSet how = command.options("Verdict");
  how.value("--tls", options->versions, versions_value(), "Versions to try (default: 1.2,1.3)");
  how.value("--require", options->strength,
            word_value<probe::Strength>(
                {{"any", probe::Strength::any}, {"handshake", probe::Strength::handshake}}),
            "handshake: a refusal over HTTP (400, 403 …) does not count (default: any)");
  how.flag("--expect-crl", options->expect_crl, "The revoked certificate must be refused");
  how.value(
      "--repeat", options->repeat, number_value(1, 100),
      "Make each attempt N times; one that is let in wins (several servers behind one address)");
  how.value("--compare", options->compare, file_value(),
            "Say what changed since the --json document in FILE; weaker is exit 1");
  OptionSet more = command.options("More identities");
  options->identities.add_more_to(more);
  OptionSet time = command.options("Time");
  time.value("--timeout", options->timeout, short_time_value(), "For one attempt (default: 5s)");
  time.value("--wait", options->wait, short_time_value(),
             "How long to listen at TLS 1.3 before the request (default: 500ms)");
  time.value("--jobs", options->jobs, number_value(1, 64), "Attempts at a time (default: 4)");
  command.example(
      "$ mtlsctl probe https://www.example.com/ --cert client.crt --key client.key --trust system\n"
      "https://www.example.com/\n"
      "P0   1.3  ACCEPTED                  the good certificate: HTTP 200\n"
      "P1   1.3  refused after handshake   no certificate: certificate_required (alert 116)\n"
      "...\n\n"
      "enforced: the good client gets in, and everything else that was tried is refused (TLS 1.3)");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
