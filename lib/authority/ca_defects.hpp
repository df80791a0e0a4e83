// What is wrong with a CA certificate that somebody else made.
#pragma once

#include "base/clock.hpp"
#include "ossl/context.hpp"
#include "x509/certificate.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mtls::authority {

enum class CaDefect {
  version,                    // X.509 v1 or v2: no extensions
  no_basic_constraints,       // v3, and nothing says that it is a CA
  not_a_ca,                   // basicConstraints says that it is none
  basic_constraints_lenient,  // not critical (RFC 5280 section 4.2.1.9)
  no_key_usage,
  no_key_cert_sign,
  no_crl_sign,
  no_subject_key_identifier,
  authority_serial,    // its authorityKeyIdentifier names issuer and serial
  extended_key_usage,  // limits what its certificates are good for
  serial,              // zero, negative or over 20 octets
  empty_subject,
  outdated_signature,
  weak_key,
  expired,
  not_yet_valid,
  expires_soon,
  malformed_extension,
  unmeetable_constraint,  // a name constraint that no name can meet
  default_written_out,    // a default that DER leaves out
};
[[nodiscard]] std::string_view name(CaDefect defect) noexcept;

struct CaFinding {
  CaDefect defect;
  std::string message;  // what it is; safe to show
  std::string why;      // why that matters
  /// Whether nothing can be issued with the certificate as it is.
  bool prevents_issuing = false;
};

/// Returns all that is wrong with a CA's certificate, the worst first; empty is good.
[[nodiscard]] std::vector<CaFinding> find_ca_defects(const x509::Certificate& certificate,
                                                     UnixTime now, const ossl::Context& context);

}  // namespace mtls::authority
