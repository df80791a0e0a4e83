// libcrypto's X509_V_ERR_ codes in our words. Private to this room.
#pragma once

#include "verify/verify.hpp"

namespace mtls::verify {

/// Returns the problem that `code` (an X509_V_ERR_) is; `other` for those that have no word here.
[[nodiscard]] Problem problem_of(int code) noexcept;

/// Returns what `code` says, as a sentence part: libcrypto's own words.
[[nodiscard]] std::string describe_verify_error(int code);

}  // namespace mtls::verify
