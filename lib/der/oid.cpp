#include "der/oid.hpp"

#include "base/error.hpp"
#include "base/format.hpp"

#include <algorithm>

namespace mtls::der {
namespace {

constexpr std::size_t k_content_limit = 64;
/// More digits than the largest arc of 64 octets has.
constexpr std::size_t k_digit_limit = 140;

// Arcs of any size as decimal digits, most significant first; zero is "0".

void drop_leading_zeros(std::string& digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

/// Multiplies by `factor` and adds `addend`.
void multiply_add(std::string& digits, unsigned factor, unsigned addend) {
  unsigned carry = addend;
  for (std::size_t at = digits.size(); at > 0; --at) {
    carry += static_cast<unsigned>(digits[at - 1] - '0') * factor;
    digits[at - 1] = static_cast<char>('0' + carry % 10);
    carry /= 10;
  }
  if (carry > 0) digits.insert(0, std::to_string(carry));
}

/// Divides by `divisor` and returns the rest.
unsigned divide(std::string& digits, unsigned divisor) {
  unsigned rest = 0;
  for (char& digit : digits) {
    rest = rest * 10 + static_cast<unsigned>(digit - '0');
    digit = static_cast<char>('0' + rest / divisor);
    rest %= divisor;
  }
  drop_leading_zeros(digits);
  return rest;
}

/// Subtracts `amount`, which is no more than there is and below 100.
void subtract(std::string& digits, unsigned amount) {
  for (auto digit = digits.rbegin(); amount > 0; ++digit) {
    const unsigned wanted = amount % 10;
    const auto has = static_cast<unsigned>(*digit - '0');
    amount = amount / 10 + (has < wanted ? 1 : 0);
    *digit = static_cast<char>('0' + (has + 10 - wanted) % 10);
  }
  drop_leading_zeros(digits);
}

bool is_below(const std::string& digits, unsigned bound) {
  return digits.size() <= 3 && std::stoul(digits) < bound;
}

void append_sub_identifier(Bytes& content, std::string digits) {
  Bytes septets;  // least significant first
  do {
    septets.push_back(static_cast<std::uint8_t>(divide(digits, 128) | 0x80U));
  } while (digits != "0");
  septets.front() &= 0x7fU;
  content.insert(content.end(), septets.rbegin(), septets.rend());
}

bool is_oid(ByteView content) {
  if (content.empty() || content.size() > k_content_limit) return false;
  bool inside = false;
  for (const std::uint8_t octet : content) {
    if (!inside && octet == 0x80) return false;  // not minimal
    inside = (octet & 0x80U) != 0;
  }
  return !inside;
}

/// Takes the digits of an arc off `dotted`, and the dot behind them; nothing where there is no
/// decimal number.
std::optional<std::string> take_arc(std::string_view& dotted) {
  const auto dot = dotted.find('.');
  const std::string_view digits = dotted.substr(0, dot);
  dotted.remove_prefix(dot == std::string_view::npos ? dotted.size() : dot + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (digits.empty() || digits.size() > k_digit_limit || (digits.size() > 1 && digits[0] == '0') ||
      !std::all_of(digits.begin(), digits.end(), is_digit)) {
    return std::nullopt;
  }
  return std::string(digits);
}

}  // namespace

Oid Oid::from_content(ByteView content) {
  if (!is_oid(content)) throw Error(Errc::malformed, "not an object identifier");
  return Oid(to_bytes(content));
}

std::optional<Oid> Oid::parse(std::string_view dotted) {
  if (dotted.ends_with('.')) return std::nullopt;
  const auto first = take_arc(dotted);
  auto second = take_arc(dotted);
  if (!first || !second || !is_below(*first, 3)) return std::nullopt;
  const auto root = static_cast<unsigned>(std::stoul(*first));
  if (root < 2 && !is_below(*second, 40)) return std::nullopt;
  multiply_add(*second, 1, root * 40);  // the two share a sub-identifier
  Bytes content;
  append_sub_identifier(content, *std::move(second));
  while (!dotted.empty()) {
    auto arc = take_arc(dotted);
    if (!arc) return std::nullopt;
    append_sub_identifier(content, *std::move(arc));
    if (content.size() > k_content_limit) return std::nullopt;
  }
  if (content.size() > k_content_limit) return std::nullopt;
  return Oid(std::move(content));
}

// Not vector's own comparison: g++ 12 warns of an overread in it wherever it is inlined into a
// sort.
std::strong_ordering Oid::operator<=>(const Oid& other) const noexcept {
  return as_text(m_content) <=> as_text(other.m_content);
}

std::string Oid::to_dotted() const {
  std::string text;
  std::string arc = "0";
  for (const std::uint8_t octet : m_content) {
    multiply_add(arc, 128, octet & 0x7fU);
    if ((octet & 0x80U) != 0) continue;
    if (text.empty()) {
      const unsigned root = is_below(arc, 40) ? 0 : is_below(arc, 80) ? 1 : 2;
      subtract(arc, root * 40);
      text = std::to_string(root);
    }
    text += '.' + arc;
    arc = "0";
  }
  return text;
}

Oid oid(std::string_view dotted) {
  auto parsed = Oid::parse(dotted);
  if (!parsed) throw Error(Errc::internal, format("'{}' is no object identifier", dotted));
  return *std::move(parsed);
}

}  // namespace mtls::der
