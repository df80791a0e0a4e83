// What libcrypto calls its errors.
#pragma once

#include <cstdint>

namespace mtls::ossl {

/// Libcrypto loads the 3,000 words of all its errors as soon as a thread's queue is first looked
/// at, which every call does: a twentieth of what a short command takes, most of which meet no
/// error. Returns the option for OPENSSL_init_crypto that leaves it to load_error_words; 0 with a
/// libcrypto where nobody else could load them.
[[nodiscard]] std::uint64_t defer_error_words() noexcept;

/// Loads them, once, and again does nothing. To be called before a code is put into words.
void load_error_words();

}  // namespace mtls::ossl
