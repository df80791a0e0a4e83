#include "render/config_words.hpp"

#include "base/error.hpp"
#include "base/format.hpp"

#include <algorithm>

namespace mtls::render {
namespace {

constexpr std::size_t k_deepest = 32;

[[noreturn]] void fail(std::size_t line, std::string_view what) {
  throw Error(Errc::malformed, format("line {}: {}", line, what));
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// ngx_conf_file.c: words are parted by white space, ended by ';', '{' or '}'; a quote at a word's
/// beginning holds to its like; a backslash takes the next character, and within it \t, \r and \n
/// mean what they do in C.
class NginxReader final {
 public:
  explicit NginxReader(std::string_view text) : m_text(text) {}

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
        if (c == '{') directive.block = read(depth + 1);
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

  void take_escaped(std::string& word) {
    if (m_at == m_text.size()) fail(m_line, "a backslash at the end");
    const char c = take();
    constexpr std::string_view k_plain = "\"'\\ ;{}";
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
    while (m_at < m_text.size()) {
      const char c = m_text[m_at];
      if (quoted && c == quote) {
        ++m_at;
        return word;
      }
      const bool variable = c == '{' && !word.empty() && word.back() == '$';
      if (!quoted && !variable && (is_space(c) || c == ';' || c == '{')) return word;
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
  std::size_t m_line = 1;
};

/// HAProxy's configuration manual, section 2.2: '#' begins a comment at a word's beginning, a
/// backslash takes the next character, strong quotes all up to the next, weak ones all but \\, \"
/// and \$.
std::vector<std::string> haproxy_words(std::string_view text, std::size_t line) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;  // within a word, which may be empty if quoted
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0 && c == '#') break;
    if (quote == 0 && is_space(c)) {
      if (open) words.push_back(std::move(word));
      word.clear();
      open = false;
      continue;
    }
    open = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      const char next = text[++i];
      if (quote == '"' && next != '\\' && next != '"' && next != '$') word += c;
      word += next;
    } else {
      word += c;
    }
  }
  if (quote != 0) fail(line, "a quote without its end");
  if (open) words.push_back(std::move(word));
  return words;
}

}  // namespace

std::vector<NginxDirective> read_nginx(std::string_view text) { return NginxReader(text).read(0); }

std::vector<HaproxyLine> read_haproxy(std::string_view text) {
  std::vector<HaproxyLine> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    auto words = haproxy_words(text.substr(0, end), number);
    if (!words.empty()) lines.push_back({std::move(words), number});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string port_of(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  const bool bracketed = !address.empty() && address.back() == ']';
  if (bracketed) return {};
  const std::string_view port =
      colon == std::string_view::npos ? address : address.substr(colon + 1);
  const bool digits = !port.empty() && std::all_of(port.begin(), port.end(),
                                                   [](char c) { return c >= '0' && c <= '9'; });
  return digits ? std::string(port) : std::string();
}

}  // namespace mtls::render
