// What a person can do about a problem. Private to this room.
#pragma once

#include "verify/verify.hpp"

namespace mtls::verify {

/// Returns the next step for `problem` of the certificate at `depth` (0 is the leaf); empty where
/// there is none to suggest.
[[nodiscard]] std::string hint_for(Problem problem, std::size_t depth, Purpose purpose);

}  // namespace mtls::verify
