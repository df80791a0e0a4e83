// A number of things, in words.
#pragma once

#include "base/format.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mtls::cmd {

/// "1 row", "2 rows".
[[nodiscard]] inline std::string counted(std::int64_t count, std::string_view one,
                                         std::string_view many) {
  return format("{} {}", count, count == 1 ? one : many);
}

}  // namespace mtls::cmd
