// How a value is written into another program's configuration, so that it stays one value there.
#pragma once

#include <string>
#include <string_view>

namespace mtls::render {

/// Whose quoting. Each is the weakest form that keeps every value that it accepts one literal.
enum class Dialect {
  yaml,     ///< a double-quoted scalar, always: 123e45 and no stay texts
  nginx,    ///< double quotes; '$' would be a variable and cannot be escaped: refused
  haproxy,  ///< bare where that is safe, else strong quotes
  shell,    ///< POSIX sh: bare where that is safe, else single quotes
};

/// Returns `text` as one literal of `dialect`. Throws bad_name for what it cannot quote: text that
/// is not UTF-8, and control characters wherever the format has no escape for them.
[[nodiscard]] std::string quote(Dialect dialect, std::string_view text);

/// Returns `text` as it may stand in a comment: one line of it. Throws bad_name for control
/// characters, which would end the comment.
[[nodiscard]] std::string comment_line(std::string_view text);

}  // namespace mtls::render
