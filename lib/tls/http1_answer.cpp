#include "base/format.hpp"
#include "tls/http_answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

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

/// Takes the content out of "chunked" (RFC 9112 section 7.1) as its octets come, in time and memory
/// that do not depend on the sizes that it claims.
class ChunkDecoder final {
 public:
  /// Appends the content in `text` to `body`, which holds at most `limit` octets. Extensions and
  /// trailers are passed over. Returns what is behind the end.
  std::string_view take(std::string_view text, Bytes& body, std::size_t limit) {
    while (!text.empty() && !is_over()) {
      switch (m_part) {
        case Part::size:
          text.remove_prefix(take_size(text));
          break;
        case Part::content:
          text.remove_prefix(take_content(text, body, limit));
          break;
        case Part::trailer:
          text.remove_prefix(take_trailer(text));
          break;
        default:
          text.remove_prefix(take_line_end(text));
      }
    }
    return text;
  }

  /// Whether all content has come: trailers may follow.
  [[nodiscard]] bool is_whole() const { return m_part == Part::trailer || m_part == Part::end; }
  [[nodiscard]] bool is_over() const { return m_part == Part::end || m_part == Part::malformed; }

 private:
  enum class Part { size, content, line_end, trailer, end, malformed };
  /// More of a line is not read: it is not a size, but an endless extension or trailer.
  static constexpr std::size_t k_line_limit = std::size_t{16} << 10U;

  /// Each of these returns how many octets it took, at least one.
  std::size_t take_size(std::string_view text) {
    const std::size_t end = text.find('\n');
    const std::string_view piece = text.substr(0, end);
    if (piece.size() > k_line_limit - m_line.size()) {
      m_part = Part::malformed;
      return text.size();
    }
    m_line += piece;
    if (end == std::string_view::npos) return text.size();
    const auto size =
        parse_number<std::uint64_t>(trim(std::string_view(m_line).substr(0, size_length())), 16);
    m_line.clear();
    m_left = size.value_or(0);
    m_part = !size ? Part::malformed : m_left == 0 ? Part::trailer : Part::content;
    return end + 1;
  }

  /// Lines up to an empty one.
  std::size_t take_trailer(std::string_view text) {
    const std::size_t end = text.find('\n');
    const std::string_view piece = text.substr(0, end);
    if (piece.size() > k_line_limit - m_line.size()) {
      m_part = Part::end;
      return text.size();
    }
    m_line += piece;
    if (end == std::string_view::npos) return text.size();
    if (m_line.empty() || m_line == "\r") m_part = Part::end;
    m_line.clear();
    return end + 1;
  }

  /// How much of the line is the size: an extension may follow.
  [[nodiscard]] std::size_t size_length() const {
    const std::size_t extension = m_line.find(';');
    if (extension != std::string::npos) return extension;
    return m_line.size() - (!m_line.empty() && m_line.back() == '\r' ? 1 : 0);
  }

  std::size_t take_content(std::string_view text, Bytes& body, std::size_t limit) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(m_left, text.size()));
    const ByteView part = as_bytes(text.substr(0, std::min(count, limit - body.size())));
    body.insert(body.end(), part.begin(), part.end());
    m_left -= count;
    if (m_left == 0) m_part = Part::line_end;
    return count;
  }

  /// CR LF, or LF alone, behind the content.
  std::size_t take_line_end(std::string_view text) {
    if (text.front() == '\n') {
      m_part = Part::size;
      m_seen_cr = false;
    } else if (text.front() == '\r' && !m_seen_cr) {
      m_seen_cr = true;
    } else {
      m_part = Part::malformed;
    }
    return 1;
  }

  Part m_part = Part::size;
  std::string m_line;        // of the size, so far
  std::uint64_t m_left = 0;  // of the content
  bool m_seen_cr = false;
};

class Http1Reader final : public AnswerReader {
 public:
  State take(ByteView octets) override {
    if (!m_in_head) return take_body(as_text(octets));
    m_text.append(as_text(octets));
    const State state = read_head();
    if (m_in_head) return state;
    return take_body(std::exchange(m_text, {}));
  }

  [[nodiscard]] bool has_status() const override { return m_answer.has_value(); }

  std::optional<HttpAnswer> finish() override {
    if (!m_answer) return std::nullopt;
    // A status is an answer, whatever becomes of the rest.
    m_answer->whole = !m_in_head && (is_complete() || (!m_chunked && !m_length));
    m_answer->body_size = m_body.size();
    m_answer->body_hash = crypto::sha256(m_body);
    return m_answer;
  }

  Bytes rest() override {
    if (m_in_head) return {};
    return to_bytes(as_bytes(m_text));
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
    if (m_answer->status == 204 || m_answer->status == 304) {  // never with content
      m_length = 0;
      m_chunked = false;
    }
  }

  State take_body(std::string_view text) {
    m_body_octets += std::min(text.size(), k_wire_limit - m_body_octets);
    if (m_chunked) {
      m_text = m_chunks.take(text, m_body, k_body_limit);
    } else {
      const std::size_t end = m_length ? std::min(*m_length, k_body_limit) : k_body_limit;
      const ByteView part = as_bytes(text.substr(0, std::min(text.size(), end - m_body.size())));
      m_body.insert(m_body.end(), part.begin(), part.end());
      m_text = text.substr(part.size());
    }
    const bool over =
        m_chunked ? m_chunks.is_over() || m_body.size() >= k_body_limit : is_complete();
    return over || m_body_octets == k_wire_limit ? State::complete : State::more;
  }

  /// Whether the body ended by its own framing, or was read to the limit.
  [[nodiscard]] bool is_complete() const {
    if (m_body.size() >= k_body_limit) return true;
    if (m_chunked) return m_chunks.is_whole();
    return m_length && m_body.size() == *m_length;
  }

  /// Of what frames the content as well: chunks of one octet each take six.
  static constexpr std::size_t k_wire_limit = 8 * k_body_limit;

  std::string m_text;          // the head; then what is behind the answer
  std::size_t m_searched = 0;  // up to here there is no end of the head
  bool m_in_head = true;
  std::optional<HttpAnswer> m_answer;
  std::optional<std::size_t> m_length;
  bool m_chunked = false;
  ChunkDecoder m_chunks;
  Bytes m_body;
  std::size_t m_body_octets = 0;  // as sent, up to the limit
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
