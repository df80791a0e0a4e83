#include "render/quoting.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/utf8.hpp"

#include <algorithm>

namespace mtls::render {
namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view format_name,
                         std::string_view why) {
  throw Error(Errc::bad_name, format("{} cannot hold '{}': {}", format_name, printable(text), why),
              "choose a name or path without it");
}

std::vector<char32_t> code_points(std::string_view text, std::string_view format_name) {
  auto decoded = decode_utf8(text);
  if (!decoded) refuse(text, format_name, "it is not UTF-8");
  return *std::move(decoded);
}

/// Line ends and the like act in every format of lines; bidirectional marks only deceive readers.
void refuse_control(std::string_view text, std::string_view format_name) {
  const auto points = code_points(text, format_name);
  if (std::any_of(points.begin(), points.end(), is_control)) {
    refuse(text, format_name, "it has a control character");
  }
  if (std::any_of(points.begin(), points.end(), is_bidirectional_mark)) {
    refuse(text, format_name, "it has a mark that changes the direction of text");
  }
}

/// Words that no shell, nor HAProxy, sees anything but letters in.
bool is_bare(std::string_view text) {
  static constexpr std::string_view k_safe = "-_./:=@%+,";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const bool alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return alphanumeric || k_safe.find(c) != std::string_view::npos;
  });
}

/// A byte order mark, and what YAML 1.2 (section 5.1) does not take as it is.
bool is_unprintable_in_yaml(char32_t point) {
  return is_control(point) || is_bidirectional_mark(point) || point == 0xFEFF || point == 0xFFFE ||
         point == 0xFFFF;
}

/// YAML 1.2 section 5.7.
std::string quote_yaml(std::string_view text) {
  std::string quoted = "\"";
  for (const char32_t point : code_points(text, "YAML")) {
    if (point == U'"' || point == U'\\') {
      quoted += '\\';
      quoted += static_cast<char>(point);
    } else if (point == U'\n') {
      quoted += "\\n";
    } else if (is_unprintable_in_yaml(point)) {
      quoted += format("\\u{:04X}", static_cast<unsigned>(point));
    } else {
      append_utf8(quoted, point);
    }
  }
  return quoted + "\"";
}

std::string quote_nginx(std::string_view text) {
  refuse_control(text, "nginx's configuration");
  if (text.find('$') != std::string_view::npos) {
    refuse(text, "nginx's configuration", "'$' begins a variable there");
  }
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

/// 'a'\''b': what is closed by a quote goes on behind an escaped one. sh and HAProxy read it alike.
std::string quote_strongly(std::string_view text) {
  if (is_bare(text)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace

std::string quote(Dialect dialect, std::string_view text) {
  switch (dialect) {
    case Dialect::yaml:
      return quote_yaml(text);
    case Dialect::nginx:
      return quote_nginx(text);
    case Dialect::haproxy:
      refuse_control(text, "HAProxy's configuration");
      return quote_strongly(text);
    case Dialect::shell:
      refuse_control(text, "a shell script");
      return quote_strongly(text);
  }
  throw Error(Errc::internal, "a dialect without quoting");
}

std::string comment_line(std::string_view text) {
  refuse_control(text, "a comment");
  return std::string(text);
}

}  // namespace mtls::render
