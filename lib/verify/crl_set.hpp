// Revocation lists that a person named, asked about single certificates (RFC 5280 section 6.3).
#pragma once

#include "ossl/context.hpp"
#include "verify/verify.hpp"
#include "x509/certificate_list.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mtls::verify {

/// What a list has against a certificate.
struct CrlObjection {
  Problem problem;  // revoked, or revocation_unknown where no list that counts could be asked
  std::string message;
};

/// A set of complete lists. A CA is covered once a list bears its name; then one of them must be
/// signed by its key and be of its time, or its certificates are refused: a list that cannot be
/// relied on never means "not revoked". Of a CA that no list names nothing is said. Cheap to copy.
/// For one thread.
class CrlSet final {
 public:
  /// Throws unsupported for a list that does not say all of what its issuer revoked (indirect,
  /// partitioned, delta) or that says more than is understood (a critical extension), malformed for
  /// one without nextUpdate. `shown` names the file in errors.
  void add(const x509::CertificateList& list, std::string_view shown);
  /// Adds all of another set's, which share what they hold.
  void add(const CrlSet& other);

  [[nodiscard]] bool empty() const noexcept;
  /// Who issued the lists, in the order in which they were added.
  [[nodiscard]] std::vector<x509::Name> issuers() const;
  /// Whether a list bears the name of this CA.
  [[nodiscard]] bool covers(const x509::Name& ca) const;
  /// What is to be said against `certificate`, issued by `issuer`, at time `at`; nothing where it
  /// is not revoked or its issuer is not covered.
  [[nodiscard]] std::optional<CrlObjection> check(const x509::Certificate& certificate,
                                                  const x509::Certificate& issuer, UnixTime at,
                                                  const ossl::Context& context) const;

 private:
  struct Entry;
  std::vector<std::shared_ptr<Entry>> m_entries;
};

}  // namespace mtls::verify
