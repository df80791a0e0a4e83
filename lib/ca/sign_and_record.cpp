#include "ca/sign_and_record.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "x509/tbs_certificate.hpp"

namespace mtls::ca {
namespace {

constexpr std::string_view k_revoked_note = "made by mtlsctl probe, to be refused";

store::Author author(const Surroundings& surroundings) {
  return {.actor = surroundings.actor.actor,
          .host = surroundings.actor.host,
          .time = surroundings.clock.now()};
}

/// Nothing of the batch was released: none of its serials may be used again. Returns why the ledger
/// did not take that, where it did not: the intents are then pending, and become `unknown` later.
std::optional<std::string> abandon(const std::vector<store::Intent>& intents, std::string_view why,
                                   store::Ledger& ledger, const Surroundings& surroundings) {
  const std::string note = printable(why);
  try {
    for (const store::Intent& intent : intents) {
      ledger.burn_intent(intent.issuer, intent.serial, note, author(surroundings));
    }
  } catch (const Error& error) {
    return error.message();
  }
  return std::nullopt;
}

std::vector<x509::Certificate> sign_all(const std::vector<store::Intent>& intents,
                                        const SigningOrder& order, const ossl::Context& context) {
  std::vector<x509::Certificate> certificates;
  certificates.reserve(intents.size());
  for (const store::Intent& intent : intents) {
    certificates.push_back(x509::sign(intent.tbs, order.signer, order.public_key, context));
    if (!(certificates.back().serial() == intent.serial)) {
      throw Error(Errc::internal, "an intent was recorded under another serial than its TBS has");
    }
  }
  return certificates;
}

void record(const std::vector<x509::Certificate>& certificates, store::IssuerId issuer,
            const SigningOrder& order, store::Ledger& ledger, const Surroundings& surroundings) {
  std::vector<store::Issued> issued;
  issued.reserve(certificates.size());
  for (const x509::Certificate& certificate : certificates) {
    issued.push_back({.issuer = issuer,
                      .serial = certificate.serial(),
                      .fingerprint = certificate.fingerprint(),
                      .certificate = to_bytes(certificate.der()),
                      .author = author(surroundings),
                      .use = order.use});
  }
  if (order.standing == Standing::revoked) {
    ledger.record_issued_revoked(issued, k_revoked_note);
  } else {
    ledger.record_issued(issued);
  }
  surroundings.trace.note("ledger.issued", {{"count", std::to_string(issued.size())},
                                            {"serial", issued.front().serial.to_text()}});
}

}  // namespace

store::Intent make_intent(store::IssuerId issuer, ByteView tbs,
                          const x509::Certificate& unsigned_certificate, std::string_view profile,
                          const Surroundings& surroundings) {
  return {.issuer = issuer,
          .serial = unsigned_certificate.serial(),
          .tbs = to_bytes(tbs),
          .profile = std::string(profile),
          .profile_hash = {},
          .subject = unsigned_certificate.subject().to_text(),
          .sans = x509::to_texts(unsigned_certificate.subject_alt_names()),
          .validity = unsigned_certificate.validity(),
          .spki_hash = unsigned_certificate.public_key().spki_hash(),
          .actor = surroundings.actor,
          .time = surroundings.clock.now()};
}

std::vector<x509::Certificate> sign_and_record(const std::vector<store::Intent>& intents,
                                               const SigningOrder& order, store::Ledger& ledger,
                                               const Surroundings& surroundings) {
  if (intents.empty()) return {};
  ledger.record_intents(intents);
  surroundings.trace.note("ledger.intents", {{"count", std::to_string(intents.size())},
                                             {"serial", intents.front().serial.to_text()}});
  std::vector<x509::Certificate> certificates;
  try {
    certificates = sign_all(intents, order, surroundings.context);
  } catch (Error& error) {
    // Why nothing was signed is the better reason to give.
    if (const auto left = abandon(intents, error.message(), ledger, surroundings)) {
      error.add_details({format("the intents could not be recorded as abandoned: {}", *left)});
    }
    throw;
  } catch (const std::exception& error) {
    static_cast<void>(abandon(intents, error.what(), ledger, surroundings));
    throw;
  }
  record(certificates, intents.front().issuer, order, ledger, surroundings);
  return certificates;
}

}  // namespace mtls::ca
