// Why a handshake did not come to its end, in words.
#pragma once

#include "ossl/openssl_error.hpp"
#include "tls/peer_judge.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mtls::tls {

struct TurnedAway {
  enum class By {
    us,         ///< a rule of this listener
    client,     ///< it sent an alert, or left
    transport,  ///< the line broke, or what came is no TLS
  };
  /// In what it began; whoever spoke plain HTTP can be answered in it.
  enum class Spoke { tls, http };
  By by;
  std::string reason;  // safe to show
  Spoke spoke = Spoke::tls;
};

/// What is known when a handshake ends early.
struct FailedHandshake {
  std::vector<ossl::QueueEntry> entries;      // libssl's, oldest first
  const std::optional<PeerVerdict>& verdict;  // on the certificate that the client sent
  std::string client_subject;                 // of that certificate; empty where none was sent
};

/// Returns the reason: the judge's where it refused, else what libssl's codes mean.
[[nodiscard]] TurnedAway explain(const FailedHandshake& failed);

}  // namespace mtls::tls
