// The words of those of libcrypto's libraries that have no function to load them.
#pragma once

#include <span>

namespace mtls::ossl {

struct ErrorWord {
  int library;  // ERR_LIB_…
  int reason;
  const char* word;  // as `openssl errstr` has it
};

[[nodiscard]] std::span<const ErrorWord> error_words_without_loader() noexcept;

}  // namespace mtls::ossl
