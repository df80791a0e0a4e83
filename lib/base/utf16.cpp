#include "base/utf16.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"

#include <string>

namespace mtls {
namespace {

constexpr char32_t k_mark = 0xfeff;
constexpr char32_t k_high = 0xd800;
constexpr char32_t k_low = 0xdc00;
constexpr char32_t k_after_low = 0xe000;
constexpr std::size_t k_unit = 2;

/// Which octet of a unit comes first.
enum class Order { high_first, low_first };

char32_t unit(ByteView octets, std::size_t at, Order order) {
  const char32_t first = octets[at];
  const char32_t second = octets[at + 1];
  return order == Order::high_first ? first << 8U | second : second << 8U | first;
}

bool is_ascii_text(char32_t c) noexcept {
  return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n';
}

std::optional<Order> find_order(ByteView octets) noexcept {
  if (octets.size() < k_unit) return std::nullopt;
  for (const Order order : {Order::low_first, Order::high_first}) {
    if (unit(octets, 0, order) == k_mark) return order;
    // An empty SEQUENCE in DER (30 00) is a "0" as well: two characters make it certain.
    if (octets.size() >= 2 * k_unit && is_ascii_text(unit(octets, 0, order)) &&
        is_ascii_text(unit(octets, k_unit, order))) {
      return order;
    }
  }
  return std::nullopt;
}

bool has_utf32_mark(ByteView octets) noexcept {
  constexpr std::size_t k_size = 4;
  return octets.size() >= k_size && octets[0] == 0xff && octets[1] == 0xfe && octets[2] == 0 &&
         octets[3] == 0;
}

[[noreturn]] void fail(std::string_view why) {
  throw Error(Errc::malformed, "malformed text in UTF-16: " + std::string(why),
              "save the file again as UTF-8 (PowerShell: Out-File -Encoding ascii)");
}

}  // namespace

bool begins_as_utf16(ByteView octets) noexcept { return find_order(octets).has_value(); }

std::optional<SecretBytes> decode_utf16(ByteView octets) {
  const auto order = find_order(octets);
  if (!order) return std::nullopt;
  if (has_utf32_mark(octets)) {
    throw Error(Errc::unsupported, "it is text in UTF-32, which is not read",
                "convert it with: iconv -f UTF-32 -t UTF-8 FILE > NEWFILE");
  }
  if (octets.size() % k_unit != 0) fail("its last character is cut short");
  SecretBytes text;
  std::string one;
  for (std::size_t at = 0; at < octets.size(); at += k_unit) {
    char32_t c = unit(octets, at, *order);
    if (c == k_mark && at == 0) continue;
    if (c >= k_low && c < k_after_low) fail("half a surrogate pair");
    if (c >= k_high && c < k_low) {
      at += k_unit;
      const char32_t low = at < octets.size() ? unit(octets, at, *order) : 0;
      if (low < k_low || low >= k_after_low) fail("half a surrogate pair");
      c = 0x10000 + ((c - k_high) << 10U) + (low - k_low);
    }
    one.clear();
    append_utf8(one, c);
    text.append(as_bytes(one));
  }
  cleanse({reinterpret_cast<std::uint8_t*>(one.data()), one.size()});
  return text;
}

}  // namespace mtls
