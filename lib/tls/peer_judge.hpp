// Who says whether a client's certificate is good. Bound by cmd: this room has no policy.
#pragma once

#include "x509/certificate.hpp"

#include <string>
#include <vector>

namespace mtls::tls {

/// What the client is told where it is refused (RFC 8446 section 6.2). The words for people go into
/// our log, not to the client.
enum class RefusalAlert {
  unknown_ca,
  bad_certificate,
  certificate_expired,
  certificate_revoked,
  unsupported_certificate,
  certificate_unknown,
  decrypt_error,
};

struct PeerVerdict {
  enum class Answer { refused, accepted };
  Answer answer = Answer::refused;
  RefusalAlert alert = RefusalAlert::certificate_unknown;
  /// Refused: which certificate, and what is wrong with it. Safe to show.
  std::string reason = {};
  /// Accepted: from the client's certificate up to the anchor.
  std::vector<x509::Certificate> path = {};
};

/// Judges what a client presented, in a full handshake and again whenever its session is resumed.
class PeerJudge {
 public:
  PeerJudge() = default;
  PeerJudge(const PeerJudge&) = delete;
  PeerJudge& operator=(const PeerJudge&) = delete;
  virtual ~PeerJudge() = default;
  /// `presented` has the client's own certificate first and is not empty. Whatever is thrown counts
  /// as refused.
  [[nodiscard]] virtual PeerVerdict judge(
      const std::vector<x509::Certificate>& presented) const = 0;
};

}  // namespace mtls::tls
