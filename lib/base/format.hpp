// fmt's formatting without its compile time: only the argument packing is inline, the formatter
// itself stands once, in format.cpp (Debian has no static libfmt, and its shared one would be
// another library to load at every start).
#pragma once

#include <fmt/core.h>

#include <string>

namespace mtls {

namespace detail {
std::string vformat(fmt::string_view format, fmt::format_args args);
}

/// Returns the text that fmt makes of `format` and `args`; checked at compile time. An object, so
/// that std::format, which newer libraries have, is not looked up beside it for std arguments.
struct Formatter {
  template <class... Args>
  [[nodiscard]] std::string operator()(fmt::format_string<Args...> format, Args&&... args) const {
    return detail::vformat(format, fmt::make_format_args(args...));
  }
};
inline constexpr Formatter format{};

}  // namespace mtls
