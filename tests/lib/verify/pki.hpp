// Certificates for the tests of verify: a plan of one, and who signs it.
#pragma once

#include "base/time_text.hpp"
#include "crypto/private_key.hpp"
#include "crypto/signer.hpp"
#include "verify/verify.hpp"
#include "x509/tbs_certificate.hpp"

#include <openssl/x509.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::verify::test {

inline UnixTime at(std::string_view rfc3339) { return parse_rfc3339(rfc3339).value(); }
const ossl::Context& context();

/// A key of that name, P-256, made once per run.
const crypto::PrivateKey& key(const std::string& name);

/// A certificate to be. Valid from 2020 to 2049, so that programs which can only judge by their own
/// clock find it valid too.
struct Plan {
  std::string subject;
  std::string key;
  x509::Extensions extensions;
  UnixTime not_before = at("2020-01-01T00:00:00Z");
  UnixTime not_after = at("2049-12-31T23:59:59Z");
  std::string serial = {};                           // else counted
  std::optional<crypto::PublicKey> public_key = {};  // else that of `key`
  std::optional<x509::Name> name = {};               // else `subject`
};

/// A certificate with the name of its key, so that it can issue others.
struct Entity {
  x509::Certificate certificate;
  std::string key;
};

/// What a sound CA's, client's and listener's certificate says beside its key identifiers.
x509::Extensions ca_extensions(std::optional<unsigned> path_length = {});
x509::Extensions client_extensions();
x509::Extensions server_extensions(const std::vector<std::string>& texts);
/// `extensions` without one, or with one in the place of that with its id (or added).
x509::Extensions without(x509::Extensions extensions, const der::Oid& id);
x509::Extensions with(x509::Extensions extensions, x509::Extension extension);
x509::Extension purposes(std::string_view words);  // "clientAuth serverAuth"
x509::Extension names(const std::vector<std::string>& texts);
x509::Extension name_constraints(const std::vector<std::string>& permitted,
                                 const std::vector<std::string>& excluded);

/// Makes it by our own writer; key identifiers are added unless the plan has its own.
Entity issue(const Plan& plan, const Entity& issuer);
Entity self_sign(const Plan& plan);
/// A root named CN=root with the key "root", made once; an intermediate below it; a client below
/// that.
const Entity& root();
const Entity& intermediate();
const Entity& client();

/// Has libcrypto change `certificate` by `edit` and sign it anew with the key `by`: what our own
/// writer will not write.
x509::Certificate remake(const x509::Certificate& certificate, const std::string& by,
                         const EVP_MD* digest, const std::function<void(X509*)>& edit);

/// `certificate` with one bit of its signature turned.
x509::Certificate with_broken_signature(const x509::Certificate& certificate);

/// The moment at which the tests judge.
inline UnixTime judging_time() { return at("2026-06-01T12:00:00Z"); }

/// A wall clock that stands, and a monotonic one that runs.
class StandingClock final : public Clock {
 public:
  [[nodiscard]] UnixTime now() const override { return judging_time(); }
  [[nodiscard]] MonotonicTime monotonic() const override {
    return std::chrono::steady_clock::now();
  }
};

/// A request for `leaf` as a client at judging_time().
VerifyRequest request_for(const x509::Certificate& leaf, std::vector<x509::Certificate> anchors,
                          std::vector<x509::Certificate> pool = {});
VerifyReport judge(const VerifyRequest& request, const RevocationSource* revocation = nullptr);

/// The findings as words, "expired@0", warnings with '~' in front; in the report's order.
std::string summary(const VerifyReport& report);

}  // namespace mtls::verify::test
