#include "render/config_words.hpp"

#include "base/error.hpp"
#include "base/format.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace mtls::render {
namespace {

constexpr std::size_t k_deepest = 32;

[[noreturn]] void fail(std::size_t line, std::string_view what) {
  throw Error(Errc::malformed, format("line {}: {}", line, what));
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// A program that reads a text as a C string sees nothing behind a NUL: refuse to guess.
void refuse_nul(std::string_view text) {
  const std::size_t at = text.find('\0');
  if (at == std::string_view::npos) return;
  const auto line = static_cast<std::size_t>(std::count(text.begin(), text.begin() + at, '\n'));
  fail(line + 1, "a NUL character");
}

/// ngx_conf_file.c: words are separated by white space and end at ';' or '{'; a quote at the
/// beginning of a word extends to the next one of its kind. A backslash keeps the next character
/// from ending the word and stays in it, except before a quote or a backslash, and in \t, \r and
/// \n, which are as in C. "${" does not open a block.
class NginxReader final {
 public:
  NginxReader(std::string_view text, std::size_t line) : m_text(text), m_line(line) {}

  std::vector<NginxDirective> read(std::size_t depth) {
    if (depth > k_deepest) fail(m_line, "the blocks are nested too deeply");
    std::vector<NginxDirective> directives;
    std::vector<std::string> words;
    std::size_t line = m_line;
    while (skip_space(), m_at < m_text.size()) {
      const char c = m_text[m_at];
      if (words.empty()) line = m_line;
      if (c == ';' || c == '{') {
        ++m_at;
        if (words.empty()) fail(m_line, format("'{}' without a directive", c));
        NginxDirective directive{std::move(words), {}, line};
        words.clear();
        if (c == '{' && directive.name().ends_with("_by_lua_block")) {
          skip_code();
        } else if (c == '{') {
          directive.block = read(depth + 1);
        }
        directives.push_back(std::move(directive));
      } else if (c == '}') {
        ++m_at;
        if (!words.empty()) fail(m_line, "a directive without ';'");
        if (depth == 0) fail(m_line, "'}' without its '{'");
        return directives;
      } else {
        words.push_back(read_word());
      }
    }
    if (!words.empty()) fail(line, "a directive without ';'");
    if (depth > 0) fail(m_line, "a block without its '}'");
    return directives;
  }

 private:
  char take() {
    const char c = m_text[m_at++];
    if (c == '\n') ++m_line;
    return c;
  }

  void skip_space() {
    while (m_at < m_text.size()) {
      if (m_text[m_at] == '#') {
        m_at = std::min(m_text.find('\n', m_at), m_text.size());
      } else if (is_space(m_text[m_at])) {
        take();
      } else {
        return;
      }
    }
  }

  /// Skips a block of Lua up to its '}'. Braces in its strings count too: what such a block does is
  /// not known anyway.
  void skip_code() {
    for (std::size_t open = 1; open > 0;) {
      if (m_at == m_text.size()) fail(m_line, "a block without its '}'");
      const char c = take();
      if (c == '{') ++open;
      if (c == '}') --open;
    }
  }

  void take_escaped(std::string& word) {
    if (m_at == m_text.size()) fail(m_line, "a backslash at the end");
    const char c = take();
    constexpr std::string_view k_plain = "\"'\\";
    if (c == 't') {
      word += '\t';
    } else if (c == 'r') {
      word += '\r';
    } else if (c == 'n') {
      word += '\n';
    } else {
      if (k_plain.find(c) == std::string_view::npos) word += '\\';
      word += c;
    }
  }

  std::string read_word() {
    std::string word;
    const std::size_t begin = m_line;
    const char quote = m_text[m_at];
    const bool quoted = quote == '"' || quote == '\'';
    if (quoted) ++m_at;
    bool behind_dollar = false;  // one that no backslash precedes
    while (m_at < m_text.size()) {
      const char c = m_text[m_at];
      if (quoted && c == quote) {
        ++m_at;
        return word;
      }
      const bool variable = c == '{' && behind_dollar;
      if (!quoted && !variable && (is_space(c) || c == ';' || c == '{')) return word;
      behind_dollar = c == '$';
      if (take() == '\\') {
        take_escaped(word);
      } else {
        word += c;
      }
    }
    if (quoted) fail(begin, "a quote without its end");
    return word;
  }

  std::string_view m_text;
  std::size_t m_at = 0;
  std::size_t m_line;
};

/// isspace() of the C locale, which separates words.
bool is_haproxy_space(char c) { return is_space(c) || c == '\v' || c == '\f'; }

/// HAProxy's configuration manual, section 2.2: '#' begins a comment, strong quotes take everything
/// up to the next one literally, and elsewhere a backslash takes away the meaning of the next
/// character, or is as in C. A backslash before '$' counts only within weak quotes.
class HaproxyWords final {
 public:
  HaproxyWords(std::string_view text, std::size_t line) : m_text(text), m_line(line) {}

  std::vector<std::string> read() {
    for (m_at = 0; m_at < m_text.size(); ++m_at) {
      const char c = m_text[m_at];
      if (m_quote == 0 && c == '#') break;
      if (m_quote == 0 && is_haproxy_space(c)) {
        close_word();
        continue;
      }
      m_open = true;
      if (c == m_quote) {
        m_quote = 0;
      } else if (m_quote == 0 && (c == '"' || c == '\'')) {
        m_quote = c;
      } else if (c == '\\' && m_quote != '\'' && m_at + 1 < m_text.size()) {
        take_escaped();
      } else {
        m_word += c;
      }
    }
    if (m_quote != 0) fail(m_line, "a quote without its end");
    close_word();
    return std::move(m_words);
  }

 private:
  void close_word() {
    if (m_open) m_words.push_back(std::move(m_word));
    m_word.clear();
    m_open = false;
  }

  void take_escaped() {
    const char next = m_text[++m_at];
    const std::string_view plain = m_quote == '"' ? "\\\"' #$" : "\\\"' #";
    if (next == 't') {
      m_word += '\t';
    } else if (next == 'r') {
      m_word += '\r';
    } else if (next == 'n') {
      m_word += '\n';
    } else if (next == 'x') {
      take_octet();
    } else {
      if (plain.find(next) == std::string_view::npos) m_word += '\\';
      m_word += next;
    }
  }

  /// Behind "\x": two hexadecimal digits.
  void take_octet() {
    const std::string_view digits = m_text.substr(m_at + 1, 2);
    unsigned octet = 0;
    const char* const end = digits.data() + digits.size();
    const auto [rest, error] = std::from_chars(digits.data(), end, octet, 16);
    if (error != std::errc() || rest != digits.data() + 2) fail(m_line, "\\x without two digits");
    m_word += static_cast<char>(octet);
    m_at += 2;
  }

  std::string_view m_text;
  std::size_t m_line;
  std::size_t m_at = 0;
  std::vector<std::string> m_words;
  std::string m_word;
  bool m_open = false;  // within a word, which may be empty if quoted
  char m_quote = 0;
};

/// A port at the beginning of `text`, which is taken off; nothing where there is none.
std::optional<unsigned> take_port(std::string_view& text) {
  unsigned port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return port;
}

}  // namespace

std::vector<NginxDirective> read_nginx(std::string_view text, std::size_t line) {
  refuse_nul(text);
  return NginxReader(text, line).read(0);
}

std::vector<HaproxyLine> read_haproxy(std::string_view text) {
  refuse_nul(text);
  std::vector<HaproxyLine> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    // A carriage return ends a line as well; what follows it is not read.
    const std::string_view line = text.substr(0, std::min(text.find('\r'), end));
    auto words = HaproxyWords(line, number).read();
    if (!words.empty()) lines.push_back({std::move(words), number});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool has_port(std::string_view address, std::uint16_t port) {
  // find's npos + 1 is 0: an address without a colon is all port.
  std::string_view text = address.substr(address.rfind(':') + 1);
  const auto first = take_port(text);
  if (!first) return false;
  auto last = first;
  if (!text.empty() && text.front() == '-') {
    text.remove_prefix(1);
    last = take_port(text);
  }
  return last && text.empty() && *first <= port && port <= *last;
}

}  // namespace mtls::render
