#define FMT_HEADER_ONLY 1
#include "base/format.hpp"

#include <fmt/format.h>

namespace mtls::detail {

std::string vformat(fmt::string_view format, fmt::format_args args) {
  return fmt::vformat(format, args);
}

}  // namespace mtls::detail
