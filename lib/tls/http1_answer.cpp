#include "base/format.hpp"
#include "tls/http_answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mtls::tls {
namespace {

constexpr std::size_t k_head_limit = std::size_t{64} << 10U;

/// The end of a head, and what of it belongs to the last line. A line may end with LF alone (RFC
/// 9112 section 2.2).
struct EndOfHead {
  std::size_t fields;
  std::size_t body;
};
std::optional<EndOfHead> find_end_of_head(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('\n', from); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    const std::size_t next = at + 1 < text.size() && text[at + 1] == '\r' ? at + 2 : at + 1;
    if (next < text.size() && text[next] == '\n') return EndOfHead{at + 1, next + 1};
  }
  return std::nullopt;
}

/// Takes the first line off `text`, without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string to_lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text, int base) {
  Number value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || rest != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  return value;
}

/// The status of "HTTP/1.1 200 OK"; nothing for any other line.
std::optional<unsigned> parse_status_line(std::string_view line) {
  constexpr std::array<std::string_view, 2> k_versions{"HTTP/1.1 ", "HTTP/1.0 "};
  for (const std::string_view version : k_versions) {
    if (line.substr(0, version.size()) != version) continue;
    const auto status = parse_number<unsigned>(line.substr(version.size(), 3), 10);
    if (status && *status >= 100 && *status <= 999) return status;
  }
  return std::nullopt;
}

/// Takes the content out of "chunked" (RFC 9112 section 7.1). Nothing where it does not end yet.
struct Chunks {
  Bytes body;
  bool whole = false;
};
Chunks read_chunks(std::string_view text) {
  Chunks chunks;
  for (;;) {
    const std::size_t end = text.find("\r\n");
    if (end == std::string_view::npos) return chunks;
    const std::string_view digits = text.substr(0, std::min(end, text.find(';')));
    const auto size = parse_number<std::size_t>(trim(digits), 16);
    if (!size) return chunks;
    text.remove_prefix(end + 2);
    if (*size == 0) {
      chunks.whole = true;
      return chunks;
    }
    const ByteView part = as_bytes(text.substr(0, std::min(*size, text.size())));
    chunks.body.insert(chunks.body.end(), part.begin(), part.end());
    if (text.size() < *size + 2) return chunks;
    text.remove_prefix(*size + 2);
  }
}

class Http1Reader final : public AnswerReader {
 public:
  State take(ByteView octets) override {
    m_text.append(as_text(octets));
    if (m_in_head) {
      const State state = read_head();
      if (m_in_head) return state;
    }
    return body_is_whole() || m_text.size() >= k_body_limit ? State::complete : State::more;
  }

  [[nodiscard]] bool has_status() const override { return m_answer.has_value(); }

  std::optional<HttpAnswer> finish() override {
    if (!m_answer) return std::nullopt;
    Bytes body;
    if (m_in_head) {
      m_answer->whole = false;  // a status is an answer, whatever becomes of the rest
    } else if (m_chunked) {
      Chunks chunks = read_chunks(m_text);
      m_answer->whole = chunks.whole;
      body = std::move(chunks.body);
    } else {
      const std::size_t size = m_length ? std::min(*m_length, m_text.size()) : m_text.size();
      m_answer->whole = !m_length || *m_length == size;  // without a length it ends with the line
      body = to_bytes(as_bytes(std::string_view(m_text).substr(0, size)));
    }
    if (body.size() >= k_body_limit) {
      body.resize(k_body_limit);
      m_answer->whole = true;
    }
    m_answer->body_size = body.size();
    m_answer->body_hash = crypto::sha256(body);
    return m_answer;
  }

  Bytes rest() override {
    if (m_in_head || m_chunked || !m_length || m_text.size() <= *m_length) return {};
    return to_bytes(as_bytes(std::string_view(m_text).substr(*m_length)));
  }

 private:
  /// Whether what has come can still become a status line.
  [[nodiscard]] bool may_be_http() const {
    constexpr std::string_view k_start = "HTTP/1.";
    const std::size_t size = std::min(k_start.size(), m_text.size());
    return std::string_view(m_text).substr(0, size) == k_start.substr(0, size);
  }

  State read_head() {
    for (;;) {
      if (!may_be_http()) return State::foreign;
      if (!m_answer && m_text.find('\n') != std::string::npos) {
        std::string_view rest = m_text;
        const auto status = parse_status_line(take_line(rest));
        if (!status) return State::foreign;
        if (*status >= 200) m_answer.emplace().status = *status;  // else 100, 103 …
      }
      const auto end = find_end_of_head(m_text, m_searched);
      if (!end) {
        if (m_text.size() > k_head_limit) return m_answer ? State::complete : State::foreign;
        m_searched = m_text.size() - std::min<std::size_t>(m_text.size(), 2);
        return State::more;
      }
      if (m_answer) read_fields(std::string_view(m_text).substr(0, end->fields));
      m_text.erase(0, end->body);
      m_searched = 0;
      m_in_head = !m_answer;
      if (!m_in_head) return State::more;
    }
  }

  void read_fields(std::string_view head) {
    while (!head.empty()) {
      const std::string_view line = take_line(head);
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos) continue;
      const std::string name = to_lower(line.substr(0, colon));
      const std::string_view value = trim(line.substr(colon + 1));
      if (name == "server") m_answer->server = value;
      if (name == "location") m_answer->location = value;
      if (name == "content-length") m_length = parse_number<std::size_t>(value, 10);
      if (name == "transfer-encoding")
        m_chunked = to_lower(value).find("chunked") != std::string::npos;
    }
    if (m_answer->status == 204 || m_answer->status == 304) m_length = 0;
  }

  [[nodiscard]] bool body_is_whole() const {
    if (m_chunked) return read_chunks(m_text).whole;
    return m_length && m_text.size() >= *m_length;
  }

  std::string m_text;          // the head, then the body
  std::size_t m_searched = 0;  // up to here there is no end of the head
  bool m_in_head = true;
  std::optional<HttpAnswer> m_answer;
  std::optional<std::size_t> m_length;
  bool m_chunked = false;
};

}  // namespace

Bytes http1_request(const HttpRequest& request, Follow follow) {
  return to_bytes(as_bytes(
      format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: mtlsctl-probe\r\nAccept: */*\r\n"
             "{}\r\n",
             request.target, request.host, follow == Follow::last ? "Connection: close\r\n" : "")));
}

std::unique_ptr<AnswerReader> make_http1_reader() { return std::make_unique<Http1Reader>(); }

}  // namespace mtls::tls
