#include "der/oid.hpp"

#include "base/error.hpp"
#include "base/format.hpp"

#include <charconv>

namespace mtls::der {
namespace {

constexpr std::size_t k_content_limit = 64;
constexpr std::uint64_t k_arc_limit = std::uint64_t{1} << 63U;

void append_arc(Bytes& content, std::uint64_t arc) {
  unsigned shift = 0;
  while (shift < 63 && (arc >> (shift + 7)) != 0) shift += 7;
  for (;; shift -= 7) {
    const auto low = static_cast<std::uint8_t>((arc >> shift) & 0x7fU);
    content.push_back(shift > 0 ? static_cast<std::uint8_t>(low | 0x80U) : low);
    if (shift == 0) return;
  }
}

/// Returns the arcs, or nothing where `content` is no object identifier.
std::optional<std::vector<std::uint64_t>> read_arcs(ByteView content) {
  if (content.empty() || content.size() > k_content_limit) return std::nullopt;
  std::vector<std::uint64_t> arcs;
  std::uint64_t arc = 0;
  bool inside = false;
  for (const std::uint8_t octet : content) {
    if (!inside && octet == 0x80) return std::nullopt;  // not minimal
    if (arc >= (k_arc_limit >> 7U)) return std::nullopt;
    arc = (arc << 7U) | (octet & 0x7fU);
    inside = (octet & 0x80U) != 0;
    if (inside) continue;
    if (arcs.empty()) {
      const std::uint64_t first = arc < 40 ? 0 : arc < 80 ? 1 : 2;
      arcs.push_back(first);
      arc -= first * 40;
    }
    arcs.push_back(arc);
    arc = 0;
  }
  if (inside) return std::nullopt;
  return arcs;
}

}  // namespace

Oid Oid::from_content(ByteView content) {
  if (!read_arcs(content)) throw Error(Errc::malformed, "not an object identifier");
  return Oid(to_bytes(content));
}

std::optional<Oid> Oid::parse(std::string_view dotted) {
  std::vector<std::uint64_t> arcs;
  while (true) {
    const auto dot = dotted.find('.');
    const std::string_view digits = dotted.substr(0, dot);
    std::uint64_t arc = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), arc);
    if (error != std::errc{} || end != digits.data() + digits.size() || arc >= k_arc_limit ||
        (digits.size() > 1 && digits[0] == '0')) {
      return std::nullopt;
    }
    arcs.push_back(arc);
    if (dot == std::string_view::npos) break;
    dotted.remove_prefix(dot + 1);
  }
  if (arcs.size() < 2 || arcs[0] > 2 || (arcs[0] < 2 && arcs[1] > 39) ||
      arcs[1] >= k_arc_limit - 80) {  // the first two arcs share a sub-identifier
    return std::nullopt;
  }
  Bytes content;
  append_arc(content, arcs[0] * 40 + arcs[1]);
  for (std::size_t i = 2; i < arcs.size(); ++i) append_arc(content, arcs[i]);
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
  const auto arcs = read_arcs(m_content);
  for (const std::uint64_t arc : arcs.value()) {
    if (!text.empty()) text += '.';
    text += std::to_string(arc);
  }
  return text;
}

Oid oid(std::string_view dotted) {
  auto parsed = Oid::parse(dotted);
  if (!parsed) throw Error(Errc::internal, format("'{}' is no object identifier", dotted));
  return *std::move(parsed);
}

}  // namespace mtls::der
