#include "tls/http_answer.hpp"

#include <algorithm>
#include <array>

namespace mtls::tls {
namespace {

// Frame types and flags of RFC 9113 section 6.
constexpr std::uint8_t k_data = 0;
constexpr std::uint8_t k_headers = 1;
constexpr std::uint8_t k_rst_stream = 3;
constexpr std::uint8_t k_settings = 4;
constexpr std::uint8_t k_goaway = 7;
constexpr std::uint8_t k_window_update = 8;
constexpr std::uint8_t k_end_stream = 0x01;
constexpr std::uint8_t k_end_headers = 0x04;
constexpr std::uint8_t k_padded = 0x08;
constexpr std::uint8_t k_priority = 0x20;
constexpr std::uint32_t k_no_error = 0;
constexpr std::size_t k_frame_head = 9;
constexpr std::size_t k_frame_limit = 16384;  // SETTINGS_MAX_FRAME_SIZE as it is by default

void put_32(Bytes& to, std::uint32_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    to.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

void put_frame(Bytes& to, std::uint8_t type, std::uint8_t flags, std::uint8_t stream,
               ByteView payload) {
  const std::size_t size = payload.size();
  const std::array<std::uint8_t, k_frame_head> head{static_cast<std::uint8_t>(size >> 16U),
                                                    static_cast<std::uint8_t>(size >> 8U),
                                                    static_cast<std::uint8_t>(size),
                                                    type,
                                                    flags,
                                                    0,
                                                    0,
                                                    0,
                                                    stream};
  to.insert(to.end(), head.begin(), head.end());
  to.insert(to.end(), payload.begin(), payload.end());
}

/// Four octets without their highest bit, which is reserved in stream identifiers.
std::uint32_t read_32(ByteView octets) {
  return (octets[0] & 0x7fU) << 24U | static_cast<std::uint32_t>(octets[1]) << 16U |
         static_cast<std::uint32_t>(octets[2]) << 8U | octets[3];
}

/// A literal field without indexing whose name is `index` of the static table (RFC 7541 section
/// 6.2.2), its value not Huffman-coded.
void put_field(Bytes& to, std::uint8_t index, std::string_view value) {
  to.push_back(index);  // below 15: it fits into the prefix
  std::size_t size = value.size();
  if (size < 127) {
    to.push_back(static_cast<std::uint8_t>(size));
  } else {
    to.push_back(127);
    for (size -= 127; size >= 128; size /= 128) {
      to.push_back(static_cast<std::uint8_t>(size % 128 + 128));
    }
    to.push_back(static_cast<std::uint8_t>(size));
  }
  const ByteView octets = as_bytes(value);
  to.insert(to.end(), octets.begin(), octets.end());
}

/// The three digits of a status, Huffman-coded (RFC 7541 appendix B): 0 to 2 take five bits, the
/// others six.
std::optional<unsigned> read_huffman_digits(ByteView octets) {
  std::uint64_t bits = 0;
  for (const std::uint8_t octet : octets) bits = bits << 8U | octet;
  std::size_t left = octets.size() * 8;
  unsigned status = 0;
  for (int i = 0; i < 3; ++i) {
    if (left < 5) return std::nullopt;
    const auto five = static_cast<unsigned>(bits >> (left - 5) & 0x1fU);
    if (five <= 2) {
      status = status * 10 + five;
      left -= 5;
      continue;
    }
    if (left < 6) return std::nullopt;
    const auto six = static_cast<unsigned>(bits >> (left - 6) & 0x3fU);
    if (six < 0x19 || six > 0x1f) return std::nullopt;
    status = status * 10 + (six - 0x19 + 3);
    left -= 6;
  }
  return status;
}

std::optional<unsigned> read_digits(ByteView octets) {
  if (octets.size() != 3) return std::nullopt;
  unsigned status = 0;
  for (const std::uint8_t octet : octets) {
    if (octet < '0' || octet > '9') return std::nullopt;
    status = status * 10 + (octet - '0');
  }
  return status;
}

/// :status, which is the first field of an answer (RFC 9113 section 8.3.2): an index of the static
/// table, or a literal under its name. Our request forbids no encoding, but the first field of a
/// connection cannot refer to the dynamic table.
std::optional<unsigned> read_status(ByteView block) {
  constexpr std::array<unsigned, 7> k_indexed{200, 204, 206, 304, 400, 404, 500};  // 8 to 14
  while (!block.empty() && (block[0] & 0xe0U) == 0x20U) {  // a size update of the dynamic table
    const bool longer = (block[0] & 0x1fU) == 0x1fU;
    block = block.subspan(1);
    if (!longer) continue;
    while (!block.empty() && (block[0] & 0x80U) != 0) block = block.subspan(1);
    if (!block.empty()) block = block.subspan(1);
  }
  if (block.empty()) return std::nullopt;
  const unsigned first = block[0];
  if (first >= 0x88U && first <= 0x8eU) return k_indexed.at(first - 0x88U);
  // Literal with, without or never to be indexed, its name at index 8 to 14.
  const unsigned name = first >= 0x40U ? first & 0x3fU : first & 0x0fU;
  if (first >= 0x80U || name < 8 || name > 14 || block.size() < 2) return std::nullopt;
  const std::size_t size = block[1] & 0x7fU;
  if (size > 7 || block.size() - 2 < size) return std::nullopt;
  const ByteView value = block.subspan(2, size);
  return (block[1] & 0x80U) != 0 ? read_huffman_digits(value) : read_digits(value);
}

/// The payload without its padding and priority.
ByteView strip(ByteView payload, std::uint8_t flags) {
  std::size_t padding = 0;
  if ((flags & k_padded) != 0 && !payload.empty()) {
    padding = payload[0];
    payload = payload.subspan(1);
  }
  if ((flags & k_priority) != 0)
    payload = payload.subspan(std::min<std::size_t>(5, payload.size()));
  return payload.first(payload.size() - std::min(padding, payload.size()));
}

class Http2Reader final : public AnswerReader {
 public:
  explicit Http2Reader(Stream stream)
      : m_stream(static_cast<std::uint32_t>(stream)), m_greeted(stream != Stream::first) {}

  State take(ByteView octets) override {
    m_octets.insert(m_octets.end(), octets.begin(), octets.end());
    ByteView rest = m_octets;
    const State state = take_frames(rest);
    m_octets.erase(m_octets.begin(), m_octets.end() - static_cast<std::ptrdiff_t>(rest.size()));
    return state;
  }

  [[nodiscard]] bool has_status() const override { return m_answer.has_value(); }

  std::optional<HttpAnswer> finish() override {
    if (!m_answer) return std::nullopt;
    m_answer->body_size = m_body.size();
    m_answer->body_hash = crypto::sha256(m_body);
    return m_answer;
  }

  Bytes rest() override { return m_octets; }

 private:
  struct FrameHead {
    std::uint8_t type;
    std::uint8_t flags;
    std::uint32_t stream;
  };

  /// Takes the frames that are whole off `rest`.
  State take_frames(ByteView& rest) {
    while (rest.size() >= k_frame_head) {
      const std::size_t size =
          std::size_t{rest[0]} << 16U | std::size_t{rest[1]} << 8U | std::size_t{rest[2]};
      // The first frame is SETTINGS (RFC 9113 section 3.4).
      if (size > k_frame_limit || (!m_greeted && rest[3] != k_settings)) return State::foreign;
      m_greeted = true;
      if (rest.size() - k_frame_head < size) return State::more;
      const FrameHead head{.type = rest[3], .flags = rest[4], .stream = read_32(rest.subspan(5))};
      const State state = read_frame(head, rest.subspan(k_frame_head, size));
      rest = rest.subspan(k_frame_head + size);
      if (state != State::more) return state;
    }
    return State::more;
  }

  State read_frame(const FrameHead& head, ByteView payload) {
    const std::uint8_t flags = head.flags;
    if (head.type == k_goaway) return read_goaway(payload);
    if (head.stream != m_stream) return State::more;  // not about our request
    switch (head.type) {
      case k_headers:
        if (!m_answer) {
          const auto status = read_status(strip(payload, flags));
          if (!status) return State::foreign;
          if (*status < 200) return State::more;
          m_answer.emplace().status = *status;
        }
        break;
      case k_data: {
        if (!m_answer) return State::foreign;
        const ByteView data = strip(payload, flags & k_padded);
        m_body.insert(m_body.end(), data.begin(), data.end());
        if (m_body.size() < k_body_limit) break;
        m_body.resize(k_body_limit);
        m_answer->whole = true;
        return State::complete;
      }
      case k_rst_stream:
        return m_answer ? State::complete : State::refused;
      default:
        return State::more;
    }
    if ((flags & k_end_stream) == 0 || !m_answer) return State::more;
    m_answer->whole = true;
    return State::complete;
  }

  /// A server that means to close says so, and still answers what it has taken on (RFC 9113 section
  /// 6.8): streams up to the one that it names.
  [[nodiscard]] State read_goaway(ByteView payload) const {
    if (m_answer) return State::more;
    const bool served = payload.size() >= 8 && read_32(payload) >= m_stream &&
                        read_32(payload.subspan(4)) == k_no_error;
    return served ? State::more : State::refused;
  }

  std::uint32_t m_stream;
  Bytes m_octets;
  Bytes m_body;
  std::optional<HttpAnswer> m_answer;
  bool m_greeted;
};

/// The preface, our settings, and a window for the whole connection to match.
Bytes greeting() {
  constexpr std::uint16_t k_header_table_size = 1;
  constexpr std::uint16_t k_enable_push = 2;
  constexpr std::uint16_t k_initial_window_size = 4;
  constexpr std::uint32_t k_window = AnswerReader::k_body_limit + k_frame_limit;  // of a stream
  Bytes settings;
  const auto set = [&settings](std::uint16_t name, std::uint32_t value) {
    settings.push_back(0);
    settings.push_back(static_cast<std::uint8_t>(name));
    put_32(settings, value);
  };
  set(k_header_table_size, 0);
  set(k_enable_push, 0);
  set(k_initial_window_size, k_window);
  Bytes octets = to_bytes(as_bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  put_frame(octets, k_settings, 0, 0, settings);
  Bytes increment;
  put_32(increment, 2 * k_window);
  put_frame(octets, k_window_update, 0, 0, increment);
  return octets;
}

}  // namespace

Bytes http2_request(const HttpRequest& request, Stream stream) {
  Bytes octets = stream == Stream::first ? greeting() : Bytes();
  Bytes fields{0x82, 0x87};  // :method GET, :scheme https
  put_field(fields, 4, request.target);
  put_field(fields, 1, request.host);
  put_frame(octets, k_headers, k_end_stream | k_end_headers, static_cast<std::uint8_t>(stream),
            fields);
  return octets;
}

std::unique_ptr<AnswerReader> make_http2_reader(Stream stream) {
  return std::make_unique<Http2Reader>(stream);
}

}  // namespace mtls::tls
