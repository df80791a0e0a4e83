// SHA-256, the only digest that identifies things here.
#pragma once

#include "base/bytes.hpp"

#include <array>

namespace mtls::crypto {

using Sha256 = std::array<std::uint8_t, 32>;

/// Returns SHA-256 of `octets`, computed in the process's default library context, which must have
/// been configured before (ossl::Context::process_default). Throws algorithm_unavailable where it
/// has none.
[[nodiscard]] Sha256 sha256(ByteView octets);

/// Fills `octets` from libcrypto's generator; throws io where it fails.
void fill_random(std::span<std::uint8_t> octets);

}  // namespace mtls::crypto
