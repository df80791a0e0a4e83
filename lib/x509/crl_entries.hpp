// The entries of a CRL with what their extensions say (RFC 5280 section 5.3).
#pragma once

#include "x509/certificate_list.hpp"
#include "x509/crl_number.hpp"
#include "x509/name.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace mtls::x509 {

/// CRLReason (section 5.3.1), by its numbers.
enum class CrlReason : unsigned {
  unspecified = 0,
  key_compromise = 1,
  ca_compromise = 2,
  affiliation_changed = 3,
  superseded = 4,
  cessation_of_operation = 5,
  certificate_hold = 6,
  remove_from_crl = 8,
  privilege_withdrawn = 9,
  aa_compromise = 10,
};
/// RFC 5280's name: "keyCompromise".
[[nodiscard]] std::string_view name(CrlReason reason) noexcept;

/// One entry.
struct CrlEntry {
  SerialNumber serial;
  UnixTime revocation_date;
  std::optional<CrlReason> reason;         // none also for a number that RFC 5280 lacks
  std::optional<UnixTime> invalid_since;   // invalidityDate (section 5.3.2)
  std::optional<Name> certificate_issuer;  // of an indirect CRL (section 5.3.3), also where
                                           // an earlier entry named it; none: the CRL's own
  bool has_unknown_critical = false;       // an extension besides these that is critical
};

/// Calls `entry` for each entry of `list`, in order. Throws malformed for an extension that cannot
/// be read.
void for_each_entry(const CertificateList& list, const std::function<void(const CrlEntry&)>& entry);

/// What a CRL says of its own scope.
struct CrlScope {
  bool is_delta = false;     // it has a deltaCRLIndicator (section 5.2.4)
  bool is_indirect = false;  // its issuingDistributionPoint says indirectCRL (section 5.2.5)
  bool is_partial = false;   // that limits it to some certificates or reasons, or a critical
                             // extension is not known
};
/// Throws malformed for an issuingDistributionPoint that cannot be read.
[[nodiscard]] CrlScope scope_of(const CertificateList& list);

/// Whether it has a cRLNumber, and that if it is one that RFC 5280 allows.
struct CrlNumbering {
  bool is_present = false;
  std::optional<CrlNumber> number = {};
};
[[nodiscard]] CrlNumbering numbering_of(const CertificateList& list);

}  // namespace mtls::x509
