// DER of private parts: der::Writer's buffer grows and leaves copies behind. Private to this room.
#pragma once

#include "base/secret.hpp"
#include "ossl/handle.hpp"

#include <initializer_list>

namespace mtls::crypto {

/// Returns the element with `tag` whose content is `parts`, one after another.
[[nodiscard]] SecretBytes secret_element(std::uint8_t tag, std::initializer_list<ByteView> parts);

/// Returns the INTEGER of a non-negative number.
[[nodiscard]] SecretBytes secret_integer(const BIGNUM& number);

/// Returns `number` as `size` big-endian octets; throws internal where it needs more.
[[nodiscard]] SecretBytes secret_octets(const BIGNUM& number, std::size_t size);

}  // namespace mtls::crypto
