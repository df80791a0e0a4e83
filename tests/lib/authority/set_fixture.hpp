// What the tests of standing sets share: a root with its ledger in memory, and what stands in a
// set.
#pragma once

#include "authority/standing_set.hpp"
#include "base/process_identity.hpp"
#include "profile/catalogue.hpp"
#include "support/thrown.hpp"

namespace mtls::authority::test {

using mtls::test::code_of;

inline constexpr UnixTime k_now{std::chrono::seconds{1'790'000'000}};

class FixedClock final : public Clock {
 public:
  [[nodiscard]] UnixTime now() const override { return m_now; }
  [[nodiscard]] MonotonicTime monotonic() const override { return {}; }
  void set(UnixTime now) { m_now = now; }

 private:
  UnixTime m_now = k_now;
};

/// A set of names that nothing is written to.
class NamedOutput : public OutputSet {
 public:
  [[nodiscard]] SetContents peek() const override { return {}; }
  [[nodiscard]] SetContents open(std::chrono::milliseconds /*timeout*/) override { return {}; }
  [[nodiscard]] PutAs put_key(const SecretBytes& /*pem*/) override { return PutAs::key; }
  void publish(const Publication& /*publication*/, Overwrite /*overwrite*/) override {}
  [[nodiscard]] std::string key_name() const override { return "x.key"; }
  [[nodiscard]] std::string request_name() const override { return "x.csr"; }
  [[nodiscard]] std::string certificate_name() const override { return "x.crt"; }
};

[[nodiscard]] const ossl::Context& context();
[[nodiscard]] crypto::PrivateKey make_key(const std::string& spec = "ec:p256");
/// A key file as it is read; `passphrase` encrypts it.
[[nodiscard]] FileContents key_file(const crypto::PrivateKey& key,
                                    std::string_view passphrase = {});
/// A request file over `key`.
[[nodiscard]] SecretBytes request_file(const crypto::PrivateKey& key);

/// A root CA, and the wish for a client's certificate CN=x with a key of its own.
struct SetFixture {
  FixedClock clock;
  NoTrace trace;
  store::Ledger ledger = store::Ledger::create_in_memory(store::make_ledger_id());
  crypto::SoftwareSigner signer{make_key(), crypto::SignatureAlgorithm::ecdsa_sha256};
  profile::Profile profile = profile::Catalogue().load("mtls-client");
  NamedOutput output;
  ca::Issuer::Surroundings surroundings{.clock = clock,
                                        .trace = trace,
                                        .context = context(),
                                        .actor = {.actor = "test",
                                                  .host = this_process().host,
                                                  .pid = this_process().pid,
                                                  .session = this_process().session}};
  std::vector<x509::Certificate> chain = make_root();
  EnrolRequest request;
  Standing standing{.request = request,
                    .profile = profile,
                    .ledger = ledger,
                    .output = output,
                    .surroundings = surroundings};

  SetFixture();
  [[nodiscard]] static ca::Request wish(const crypto::PrivateKey& key);
  [[nodiscard]] x509::Certificate prepare(const ca::Request& wish);
  [[nodiscard]] x509::Certificate issue(const ca::Request& wish);
  /// Records an intent of `actor` for `key` as if it had been killed then.
  x509::SerialNumber intend(const crypto::PrivateKey& key, const store::Actor& actor);
  /// A complete set over `key`, issued and recorded.
  [[nodiscard]] SetContents complete_set(const crypto::PrivateKey& key);
  void give_passphrase(std::string_view passphrase);

 private:
  [[nodiscard]] std::vector<x509::Certificate> make_root();
  [[nodiscard]] ca::Issuer issuer() { return {signer, chain, ledger, surroundings}; }
};

}  // namespace mtls::authority::test
