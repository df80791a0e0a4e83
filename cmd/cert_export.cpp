#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/chain_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/find_record.hpp"
#include "cmd/input_file.hpp"
#include "cmd/value_types.hpp"

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

void print_json(const Options& options, const std::vector<x509::Certificate>& certificates,
                const store::Record& record, const Session& session) {
  Json document = session.document();
  document["serial"] = record.serial.to_text();
  document["state"] = name(record.state);
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
  const store::Record record =
      find_record(ledger, issuer_of(ledger, ca), options.selector,
                  format("the ledger of {}", printable(ca.path().native())));
  std::vector<x509::Certificate> certificates{read_certificate(record)};
  if (record.state == store::State::revoked) {
    session.messages().warning(format("{} is revoked", record.serial.to_text()));
  }
  if (!options.der) {
    for (x509::Certificate& above : options.chain.choose(ca)) {
      certificates.push_back(std::move(above));
    }
  }
  const std::string pem = x509::to_pem(certificates);
  if (!session.json() || !options.output.to_stdout()) {
    options.output.put(options.der ? certificates.front().der() : as_bytes(pem), session);
  }
  if (session.json()) print_json(options, certificates, record, session);
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
