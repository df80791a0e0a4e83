#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/chain_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/find_record.hpp"
#include "cmd/input_file.hpp"
#include "cmd/value_types.hpp"
#include "verify/verify.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  std::string selector;
  CaOptions ca;
  ChainOptions chain;
  bool der = false;
  OutputOptions output;
};

x509::Certificate read_certificate(const store::Record& record) {
  if (record.certificate) return x509::Certificate::from_der(*record.certificate);
  throw Error(Errc::not_found,
              format("{} has no certificate: its state is '{}'", record.serial.to_text(),
                     name(record.state)),
              "it was never signed, or never recorded as signed");
}

void warn_unless_valid(const store::CurrentRecord& current, const Session& session) {
  const std::string serial = current.record.serial.to_text();
  if (current.revocation) {
    const verify::RevocationFacts facts{.revoked_at = current.revocation->time,
                                        .reason = printable(current.revocation->reason)};
    session.messages().warning(format("{} is {}", serial, verify::revocation_text(facts)));
  } else if (current.status == store::Status::expired) {
    session.messages().warning(format("{} is expired", serial));
  }
}

void print_json(const Options& options, const std::vector<x509::Certificate>& certificates,
                const FoundRecord& found, const Session& session) {
  const store::Record& record = found.current.record;
  Json document = session.document();
  document["serial"] = record.serial.to_text();
  document["state"] = name(record.state);
  document["status"] = name(found.current.status);
  document["others"] = found.others;
  document["subject"] = readable(record.subject);
  document["fingerprint"] = to_hex(certificates.front().fingerprint());
  document["file"] =
      options.output.to_stdout() ? Json(nullptr) : Json(printable(options.output.file->native()));
  document["certificates"] = certificates.size();
  document["pem"] = options.output.to_stdout() ? Json(x509::to_pem(certificates)) : Json(nullptr);
  session.print(document);
}

ExitCode run(const Options& options, Session& session) {
  if (options.der && options.output.to_stdout()) {
    if (session.json()) refuse_together("--der", "--json", "write the DER to a file with -o FILE");
    refuse_der_to_terminal(session);
  }
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
  std::vector<x509::Certificate> certificates{read_certificate(record)};
  warn_unless_valid(found.current, session);
  if (!options.der) {
    for (x509::Certificate& above : options.chain.choose(ca)) {
      certificates.push_back(std::move(above));
    }
  }
  const std::string pem = x509::to_pem(certificates);
  if (!session.json() || !options.output.to_stdout()) {
    options.output.put(options.der ? certificates.front().der() : as_bytes(pem), session);
  }
  if (session.json()) print_json(options, certificates, found, session);
  return ExitCode::ok;
}

}  // namespace

void add_cert_export(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Writes it again as it was issued, such as after a run whose file was lost. Private keys are "
      "not in the ledger.");
  OptionSet set = command.options();
  set.positional("CERTIFICATE", options->selector, text_value("CERTIFICATE"),
                 "Its serial, its SHA-256 fingerprint, or (a part of) its subject");
  options->ca.add_to(set);
  options->chain.add_to(set);
  set.flag("--der", options->der, "Write DER instead of PEM: the certificate alone");
  options->output.add_to(set);
  command.example("$ mtlsctl cert export 5f1c02…9a -o client.crt");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
