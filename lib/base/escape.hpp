// Text of unknown origin, made safe to show.
#pragma once

#include <string>
#include <string_view>

namespace mtls {

/// Returns `text` with every octet outside printable ASCII written as \xHH, and valid UTF-8 beyond
/// ASCII as \u{HEX}: control characters, terminal escapes, line ends and bidirectional marks cannot
/// act on a terminal or forge a line. A backslash is doubled.
[[nodiscard]] std::string printable(std::string_view text);

/// Returns a text that is escaped already (by `printable`, or a name's RFC 4514 text), or that
/// should be, as a person reads it: where \u{HEX}, pairs such as \E9\98\BF or octets beyond ASCII
/// are characters of UTF-8 that can be seen, these; everything else that could act on a terminal,
/// forge a line or hide is escaped as by `printable`. A backslash stays as it is. Applied twice it
/// changes nothing more.
[[nodiscard]] std::string readable(std::string_view text);

/// Returns a file name stem made of `text`: only [A-Za-z0-9._-], at most 64 of them, not beginning
/// with '.' or '-'. Empty where nothing is left.
[[nodiscard]] std::string file_stem(std::string_view text);

}  // namespace mtls
