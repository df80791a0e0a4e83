// Who knows what was revoked; a ledger today, CRLs and OCSP later. Bound by cmd.
#pragma once

#include "x509/certificate.hpp"

#include <optional>
#include <string>

namespace mtls::verify {

enum class RevocationStatus { good, revoked, unknown };

/// What the issuer recorded under the certificate's serial, where the source knows that.
enum class RecordedAs {
  unknown,
  another_certificate,
  another_signature,  // the same TBS
  itself,
};

struct RevocationAnswer {
  RevocationStatus status;
  std::optional<UnixTime> revoked_at;
  std::string reason = {};  // RFC 5280's name ("keyCompromise"); empty where none was given
  RecordedAs recorded = RecordedAs::unknown;
};

/// Answers for one certificate at a time. Asked only for certificates whose signature held,
/// and for a leaf that is trusted as it stands.
class RevocationSource {
 public:
  RevocationSource() = default;
  RevocationSource(const RevocationSource&) = delete;
  RevocationSource& operator=(const RevocationSource&) = delete;
  virtual ~RevocationSource() = default;
  /// `issuer` is null for a leaf that is itself the anchor. `unknown` means that this source does
  /// not cover the certificate's issuer: no finding comes of it.
  [[nodiscard]] virtual RevocationAnswer ask(const x509::Certificate& certificate,
                                             const x509::Certificate* issuer) const = 0;
};

}  // namespace mtls::verify
