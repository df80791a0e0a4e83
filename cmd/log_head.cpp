#include "base/base64.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "ca/going_clock.hpp"
#include "cmd/actor.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/signing_options.hpp"
#include "crypto/signer.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  SigningOptions signing;
  bool sign = false;
};

/// What is signed: text, which no signature over a certificate can be taken for.
std::string statement(const authority::CaDirectory& ca, const store::LogHead& head, UnixTime now) {
  return format("mtlsctl log head 1\nca sha256 {}\nledger {}\nhead {}\ntime {}\n",
                to_hex(ca.certificate().fingerprint()), ca.config().ledger_id, head.to_text(),
                to_rfc3339(now));
}

ExitCode run(const Options& options, Session& session) {
  const authority::CaDirectory ca = options.ca.open();
  const store::Ledger ledger =
      ca.read_ledger({.lock_timeout = options.ca.wait().value,
                      .author = options.sign ? std::optional(make_author(session)) : std::nullopt});
  tell_ledger_warnings(ledger, session);
  const store::IssuerId issuer = authority::require_issuer(ledger, ca.certificate());
  const store::LogHead head = ledger.log_head(issuer);
  // The statement says what time it is.
  if (options.sign) ca::require_going_clock(ledger, issuer, session.clock().now());
  const std::string text = statement(ca, head, session.clock().now());
  std::optional<std::string> signature;
  std::string algorithm;
  if (options.sign) {
    const crypto::PrivateKey key = options.signing.load_key(ca, session);
    const auto signer = authority::make_signer(key, std::nullopt);
    signature = to_base64(signer->sign(as_bytes(text)));
    algorithm = std::string(name(signer->algorithm()));
  }
  if (session.json()) {
    Json document = session.document();
    document["head"] = head.to_text();
    document["ledger_id"] = ca.config().ledger_id;
    document["ca_sha256"] = to_hex(ca.certificate().fingerprint());
    document["statement"] = signature ? Json(text) : Json(nullptr);
    document["signature_algorithm"] = signature ? Json(algorithm) : Json(nullptr);
    document["signature"] = signature ? Json(*signature) : Json(nullptr);
    session.print(document);
  } else if (signature) {
    session.out().write(text + format("signature {} {}\n", algorithm, *signature));
  } else {
    session.out().write(head.to_text() + "\n");
  }
  return ExitCode::ok;
}

}  // namespace

void add_log_head(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Prints where the log of this CA ends: the number of its last entry and its hash. Kept "
      "elsewhere (a CI variable, a ticket, another machine), it proves later that nothing up to "
      "there was changed or removed: 'mtlsctl log verify --since'. With --sign it prints a "
      "statement with time and CA, signed by the CA key; docs/ledger.md has the openssl command "
      "that verifies it.");
  OptionSet set = command.options();
  options->ca.add_to(set);
  set.flag("--sign", options->sign, "Sign it with the CA key");
  options->signing.add_to(set);
  command.example(
      "$ mtlsctl log head\n"
      "12:a41f0c6b…");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
