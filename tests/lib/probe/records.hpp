// Records of attempts as listeners make them, for the pure functions that judge them.
#pragma once

#include "probe/verdict.hpp"

namespace mtls::probe::test {

using tls::Version;

/// An answer over HTTP with this status and body; the certificate was asked for and sent.
[[nodiscard]] tls::Record answered(unsigned status, std::string_view body = "inside");
/// A fatal alert, inside the handshake at TLS 1.2 and behind it at 1.3.
[[nodiscard]] tls::Record alerted(unsigned number, Version version);
/// The attempt ended so, at this stage.
[[nodiscard]] tls::Record ended(tls::Ending ending, tls::Stage stage);

/// An attempt at 127.0.0.1:443.
[[nodiscard]] Attempt attempt(Id id, std::optional<Version> version, tls::Record record);

/// What an enforcing listener makes of every attempt that needs no CA.
[[nodiscard]] std::vector<Attempt> enforced(Version version);
/// Replaces the record of one.
void put(std::vector<Attempt>& attempts, Id id, const tls::Record& record);

[[nodiscard]] Demands demands(std::vector<Version> versions);
/// The verdict on the attempts.
[[nodiscard]] Finding find(const std::vector<Attempt>& attempts, const Demands& demands);

}  // namespace mtls::probe::test
