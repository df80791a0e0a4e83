// Text of unknown origin, made safe to show.
#pragma once

#include <string>
#include <string_view>

namespace mtls {

/// Returns `text` with every octet outside printable ASCII written as \xHH, and valid UTF-8 beyond
/// ASCII as \u{HEX}: control characters, terminal escapes, line ends and bidirectional marks cannot
/// act on a terminal or forge a line. A backslash is doubled.
[[nodiscard]] std::string printable(std::string_view text);

/// Returns a file name stem made of `text`: only [A-Za-z0-9._-], at most 64 of them, not beginning
/// with '.' or '-'. Empty where nothing is left.
[[nodiscard]] std::string file_stem(std::string_view text);

}  // namespace mtls
