#include "der/pem.hpp"

#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/format.hpp"
#include "base/utf16.hpp"
#include "der/content_kind.hpp"
#include "der/reader.hpp"

#include <algorithm>

namespace mtls::der {
namespace {

constexpr std::string_view k_begin = "-----BEGIN ";
constexpr std::string_view k_end = "-----END ";
constexpr std::string_view k_dashes = "-----";
constexpr std::string_view k_byte_order_mark = "\xef\xbb\xbf";
constexpr std::size_t k_block_limit = 10'000;
constexpr std::size_t k_line = 64;

[[noreturn]] void fail(std::size_t line, std::string_view why) {
  throw Error(Errc::malformed, format("malformed PEM at line {}: {}", line, why));
}

/// Text taken off line by line, with the number of the line taken last.
class Lines final {
 public:
  explicit Lines(std::string_view text) : m_rest(text) {}

  [[nodiscard]] bool at_end() const noexcept { return m_rest.empty(); }
  [[nodiscard]] std::size_t number() const noexcept { return m_number; }
  /// Returns the next line without its end (LF or CRLF) and trailing blanks.
  std::string_view take() {
    const auto end = m_rest.find('\n');
    const std::string_view line = m_rest.substr(0, end);
    m_rest.remove_prefix(end == std::string_view::npos ? m_rest.size() : end + 1);
    ++m_number;
    return line.substr(0, line.find_last_not_of("\r \t") + 1);
  }

 private:
  std::string_view m_rest;
  std::size_t m_number = 0;
};

/// Returns the label of a boundary line, or nothing.
std::optional<std::string_view> boundary(std::string_view line, std::string_view start) {
  if (line.rfind(start, 0) != 0) return std::nullopt;
  line.remove_prefix(start.size());
  if (line.size() < k_dashes.size() || line.substr(line.size() - k_dashes.size()) != k_dashes) {
    return std::nullopt;
  }
  line.remove_suffix(k_dashes.size());
  return line;
}

/// A label is words of printable characters without a hyphen pair, so that it shows where it ends.
bool is_label(std::string_view label) {
  const auto printable_ascii = [](char c) { return c >= 0x20 && c < 0x7f; };
  return !label.empty() && label.front() != ' ' && label.back() != ' ' &&
         label.find("--") == std::string_view::npos &&
         std::all_of(label.begin(), label.end(), printable_ascii);
}

bool is_base64_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

/// Judges all digits before it decodes any: what `from_base64` has decoded when it gives up would
/// be left in freed memory.
SecretBytes decode_body(const SecretBytes& body, std::size_t line) {
  constexpr std::size_t k_group = 4;
  const std::string_view text = as_text(body.view());
  if (text.empty()) fail(line, "the block is empty");
  const std::string_view head = text.substr(0, text.size() - std::min(text.size(), k_group));
  auto last = from_base64(text.substr(head.size()));
  if (!last || head.size() % k_group != 0 ||
      !std::all_of(head.begin(), head.end(), is_base64_digit)) {
    fail(line, "the block's body is not base64");
  }
  auto most = from_base64(head);
  SecretBytes der(most.value());
  der.append(*last);
  cleanse(*most);
  cleanse(*last);
  return der;
}

/// Returns the label of the BEGIN line that `line` is, or nothing for text between blocks; a line
/// that comes near a boundary is refused, because what it opens or ends would be overlooked.
std::optional<std::string_view> begin_label(std::string_view line, std::size_t number) {
  if (line.rfind(k_byte_order_mark, 0) == 0) line.remove_prefix(k_byte_order_mark.size());
  if (line.rfind(k_begin, 0) == 0) {
    const auto label = boundary(line, k_begin);
    if (!label || !is_label(*label)) fail(number, "a broken BEGIN line");
    return label;
  }
  if (line.find(k_begin) != std::string_view::npos) {
    fail(number, "a boundary that does not begin its line");
  }
  if (line.find(k_end) != std::string_view::npos) fail(number, "an END line without its BEGIN");
  return std::nullopt;
}

void add_header(PemBlock& block, std::string_view line, std::size_t number) {
  if (block.label.find("PRIVATE KEY") == std::string::npos) {
    fail(number, "headers, which only a private key can have");
  }
  block.encrypted_legacy |= line.find("ENCRYPTED") != std::string_view::npos;
  if (!block.headers.empty()) block.headers += '\n';
  block.headers += line;
}

/// Reads from behind the BEGIN line to the END line.
PemBlock read_block(std::string_view label, Lines& lines) {
  PemBlock block{.label = std::string(label), .encrypted_legacy = false, .headers = {}, .der = {}};
  const std::size_t start = lines.number();
  SecretBytes body;
  bool headers_may_follow = true;
  for (;;) {
    if (lines.at_end()) fail(start, format("'{}' has no END line", block.label));
    const std::string_view line = lines.take();
    if (line.rfind(k_dashes, 0) == 0) {
      if (boundary(line, k_end) != label) {
        fail(lines.number(), format("'{}' ends with another line than its END", block.label));
      }
      block.der = decode_body(body, start);
      return block;
    }
    if (headers_may_follow && line.find(':') != std::string_view::npos) {
      add_header(block, line, lines.number());
    } else {
      headers_may_follow = false;
      body.append(as_bytes(line));
    }
  }
}

/// PowerShell's `>>` appends UTF-16 to what another program wrote: a block in it would be
/// overlooked.
void refuse_mixed_encodings(ByteView text) {
  std::string wide;
  for (const char c : k_begin) (wide += c) += '\0';
  if (as_text(text).find(std::string_view(wide).substr(0, wide.size() - 1)) !=
      std::string_view::npos) {
    throw Error(Errc::malformed, "malformed PEM: one part of the file is UTF-16, another is not",
                "put the parts together again from files of one encoding");
  }
}

}  // namespace

bool looks_like_pem(ByteView text) noexcept {
  if (begins_as_utf16(text)) return true;
  if (as_text(text).find(k_begin) == std::string_view::npos) return false;
  // A name inside DER may hold those words, and so may a message in PKCS #7, in BER as well.
  return text[0] != tag::sequence ||
         (!is_well_formed(text) && content_kind(text) != ContentKind::pkcs7);
}

std::vector<PemBlock> read_pem(ByteView text) {
  const std::optional<SecretBytes> decoded = decode_utf16(text);
  if (decoded) text = decoded->view();
  refuse_mixed_encodings(text);
  Lines lines(as_text(text));
  std::vector<PemBlock> blocks;
  while (!lines.at_end()) {
    const std::string_view line = lines.take();
    const auto label = begin_label(line, lines.number());
    if (!label) continue;
    if (blocks.size() == k_block_limit) {
      fail(lines.number(), format("over {} blocks", k_block_limit));
    }
    blocks.push_back(read_block(*label, lines));
  }
  return blocks;
}

SecretBytes to_secret_pem(std::string_view label, ByteView der) {
  SecretBytes pem;
  pem.append(as_bytes(format("-----BEGIN {}-----\n", label)));
  // 48 octets are one line of 64 characters.
  for (std::size_t at = 0; at < der.size(); at += k_line / 4 * 3) {
    std::string line = to_base64(der.subspan(at, std::min(k_line / 4 * 3, der.size() - at)));
    pem.append(as_bytes(line));
    pem.append(as_bytes("\n"));
    cleanse({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
  }
  pem.append(as_bytes(format("-----END {}-----\n", label)));
  return pem;
}

std::string to_pem(std::string_view label, ByteView der) {
  return std::string(as_text(to_secret_pem(label, der).view()));
}

}  // namespace mtls::der
