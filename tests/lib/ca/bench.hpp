// A root with its ledger, in memory, under a clock that stands still.
#pragma once

#include "base/error.hpp"
#include "ca/issuer.hpp"
#include "profile/catalogue.hpp"

#include <chrono>
#include <string_view>
#include <vector>

namespace mtls::ca {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

inline constexpr UnixTime k_now{seconds{1'790'000'000}};

class FixedClock final : public Clock {
 public:
  [[nodiscard]] UnixTime now() const override { return m_now; }
  [[nodiscard]] MonotonicTime monotonic() const override { return {}; }
  void set(UnixTime now) { m_now = now; }

 private:
  UnixTime m_now = k_now;
};

inline const ossl::Context& context() {
  static const ossl::Context context = ossl::Context::process_default(ossl::Configuration::none);
  return context;
}

inline crypto::PrivateKey make_key() {
  return crypto::PrivateKey::generate(crypto::KeySpec::ec(crypto::Curve::p256),
                                      crypto::Keygen::standard, context());
}

/// A root with its ledger, in memory.
struct Bench {
  FixedClock clock;
  NoTrace trace;
  store::Ledger ledger = store::Ledger::create_in_memory(store::make_ledger_id());
  crypto::SoftwareSigner signer{make_key(), crypto::SignatureAlgorithm::ecdsa_sha256};
  profile::Catalogue profiles;
  std::vector<x509::Certificate> chain;

  Issuer::Surroundings surroundings() {
    return {.clock = clock,
            .trace = trace,
            .context = context(),
            .actor = {.actor = "test", .host = "here", .pid = 1, .session = "s"}};
  }
  static Request request(const crypto::PublicKey& key, std::string_view subject) {
    return {.public_key = key,
            .subject = x509::Name::parse(subject),
            .subject_alt_names = {},
            .period = std::nullopt,
            .not_after = std::nullopt,
            .past_issuer = ValidityPast::clip,
            .path_length = std::nullopt,
            .name_constraints = {},
            .request_key = std::nullopt,
            .replaces_intent = std::nullopt,
            .replaces = std::nullopt,
            .csr = std::nullopt};
  }
  void make_root() {
    Issuer root = Issuer::for_new_root(signer, ledger, surroundings());
    const Request wanted = request(signer.public_key(), "CN=root");
    chain = {root.issue(root.prepare({&wanted, 1}, profiles.load("root-ca"))).front().certificate};
  }
  Issuer issuer() { return {signer, chain, ledger, surroundings()}; }
  IssuedCertificate issue(const Request& wanted, std::string_view profile = "mtls-client") {
    Issuer by = issuer();
    return by.issue(by.prepare({&wanted, 1}, profiles.load(profile))).front();
  }
};

template <class Work>
Errc failure(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  return Errc::internal;
}

}  // namespace mtls::ca
