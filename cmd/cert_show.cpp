#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/certificate_view.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/find_record.hpp"
#include "cmd/record_view.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  std::string selector;
  CaOptions ca;
};

ExitCode run(const Options& options, Session& session) {
  const authority::CaDirectory ca = options.ca.open();
  const store::Ledger ledger = options.ca.read_ledger(ca, session);
  const FoundRecord found =
      find_record({.ledger = ledger,
                   .issuer = issuer_of(ledger, ca),
                   .where = format("the ledger of {}", printable(ca.path().native())),
                   .at = session.clock().now()},
                  options.selector);
  tell_others(found, options.ca, session);
  const store::Record& record = found.current.record;
  std::optional<x509::Certificate> certificate;
  if (record.certificate) certificate = x509::Certificate::from_der(*record.certificate);
  if (session.json()) {
    Json document = session.document();
    put_record(document, found.current);
    document["others"] = found.others;
    document["certificate"] = certificate ? certificate_json(*certificate) : Json(nullptr);
    session.print(document);
    return ExitCode::ok;
  }
  session.out().write("in the ledger\n" + record_text(found.current));
  if (certificate) session.out().write("certificate\n" + certificate_text(*certificate));
  return ExitCode::ok;
}

}  // namespace

void add_cert_show(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Of several certificates with one subject it shows the current one: valid, not replaced, the "
      "newest; and says how to list the others.");
  OptionSet set = command.options();
  set.positional("CERTIFICATE", options->selector, text_value("CERTIFICATE"),
                 "Its serial, its SHA-256 fingerprint, or (a part of) its subject");
  options->ca.add_to(set);
  command.example("$ mtlsctl cert show CN=client\n$ mtlsctl cert show 5f1c02…9a");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
