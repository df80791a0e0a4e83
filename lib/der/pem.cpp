#include "der/pem.hpp"

#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

namespace mtls::der {
namespace {

constexpr std::string_view k_begin = "-----BEGIN ";
constexpr std::string_view k_end = "-----END ";
constexpr std::string_view k_dashes = "-----";
constexpr std::size_t k_block_limit = 10'000;
constexpr std::size_t k_line = 64;

[[noreturn]] void fail(std::size_t line, std::string_view why) {
  throw Error(Errc::malformed, format("malformed PEM at line {}: {}", line, why));
}

/// Takes the next line off `text`, without its end (LF or CRLF) and trailing blanks.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) {
    line.remove_suffix(1);
  }
  return line;
}

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

SecretBytes decode_body(const SecretBytes& body, std::size_t line) {
  auto der = from_base64(as_text(body.view()));
  if (!der) fail(line, "the block's body is not base64");
  if (der->empty()) fail(line, "the block is empty");
  SecretBytes secret(*der);
  cleanse(*der);
  return secret;
}

}  // namespace

bool looks_like_pem(ByteView text) noexcept {
  return as_text(text).find(k_begin) != std::string_view::npos;
}

std::vector<PemBlock> read_pem(ByteView octets) {
  std::string_view text = as_text(octets);
  std::vector<PemBlock> blocks;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    ++number;
    if (line.rfind(k_begin, 0) != 0) {
      if (line.find(k_begin) != std::string_view::npos && line.rfind("\xef\xbb\xbf", 0) != 0) {
        fail(number, "a boundary that does not begin its line");
      }
      if (line.rfind("\xef\xbb\xbf-----BEGIN ", 0) != 0) continue;
    }
    const auto label = boundary(line.substr(line.find('-')), k_begin);
    if (!label) fail(number, "a broken BEGIN line");
    if (blocks.size() == k_block_limit) fail(number, format("over {} blocks", k_block_limit));

    PemBlock block{.label = std::string(*label), .encrypted_legacy = false, .headers = {}, .der = {}};
    SecretBytes body;
    const std::size_t start = number;
    bool ended = false;
    bool blank = false;
    while (!ended) {
      if (text.empty()) fail(start, format("'{}' has no END line", printable(block.label)));
      const std::string_view inner = take_line(text);
      ++number;
      if (inner.rfind(k_dashes, 0) == 0) {
        const auto end_label = boundary(inner, k_end);
        if (!end_label || *end_label != block.label) {
          fail(number, format("'{}' ends with another line than its END", printable(block.label)));
        }
        ended = true;
      } else if (inner.find(':') != std::string_view::npos && body.empty() && !blank) {
        if (block.label.find("PRIVATE KEY") == std::string::npos) {
          fail(number, "headers, which only a private key can have");
        }
        block.encrypted_legacy |= inner.find("ENCRYPTED") != std::string_view::npos;
        if (!block.headers.empty()) block.headers += '\n';
        block.headers += inner;
      } else {
        blank |= inner.empty();
        body.append(as_bytes(inner));
      }
    }
    block.der = decode_body(body, start);
    blocks.push_back(std::move(block));
  }
  return blocks;
}

SecretBytes to_secret_pem(std::string_view label, ByteView der) {
  SecretBytes pem;
  pem.append(as_bytes(format("-----BEGIN {}-----\n", label)));
  // 48 octets are one line of 64 characters.
  for (std::size_t at = 0; at < der.size(); at += k_line / 4 * 3) {
    std::string line = to_base64(der.subspan(at, std::min(k_line / 4 * 3, der.size() - at)));
    line += '\n';
    pem.append(as_bytes(line));
    cleanse({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
  }
  pem.append(as_bytes(format("-----END {}-----\n", label)));
  return pem;
}

std::string to_pem(std::string_view label, ByteView der) {
  return std::string(as_text(to_secret_pem(label, der).view()));
}

}  // namespace mtls::der
