#include "der/reader.hpp"

#include "base/error.hpp"
#include "base/format.hpp"

#include <array>

namespace mtls::der {
namespace {

struct Header {
  std::uint8_t tag;
  std::size_t size;     // of tag and length
  std::size_t content;  // octets of content
};

/// Reads tag and length; on failure says why.
std::optional<Header> read_header(ByteView octets, const char*& why) noexcept {
  if (octets.size() < 2) {
    why = "truncated";
    return std::nullopt;
  }
  if (octets[0] == 0) {
    why = "a reserved tag (end-of-contents), which is not DER";
    return std::nullopt;
  }
  if ((octets[0] & 0x1fU) == 0x1fU) {
    why = "a tag number over 30";
    return std::nullopt;
  }
  Header header{.tag = octets[0], .size = 2, .content = octets[1]};
  if (octets[1] == 0x80) {
    why = "an indefinite length, which is not DER";
    return std::nullopt;
  }
  if (octets[1] > 0x80) {
    const std::size_t count = octets[1] & 0x7fU;
    if (count > sizeof(std::uint32_t) || octets.size() < 2 + count) {
      why = count > sizeof(std::uint32_t) ? "a giant length" : "truncated";
      return std::nullopt;
    }
    header.content = 0;
    for (std::size_t i = 0; i < count; ++i) header.content = header.content << 8U | octets[2 + i];
    header.size += count;
    if (octets[2] == 0 || header.content < 0x80) {
      why = "a length that is not minimal, which is not DER";
      return std::nullopt;
    }
  }
  if (octets.size() - header.size < header.content) {
    why = "a length that runs past the end";
    return std::nullopt;
  }
  return header;
}

}  // namespace

std::optional<std::uint8_t> Reader::peek_tag() const noexcept {
  if (m_rest.empty()) return std::nullopt;
  return m_rest[0];
}

Element Reader::any() {
  const char* why = "";
  const auto header = read_header(m_rest, why);
  if (!header) fail(why);
  const Element element{.tag = header->tag,
                        .content = m_rest.subspan(header->size, header->content),
                        .whole = m_rest.first(header->size + header->content)};
  m_rest = m_rest.subspan(element.whole.size());
  return element;
}

Element Reader::element(std::uint8_t tag) {
  if (!next_is(tag)) {
    fail(m_rest.empty() ? format("an element with tag {:#04x} is missing", tag)
                        : format("tag {:#04x} where {:#04x} should stand", m_rest[0], tag));
  }
  return any();
}

Reader Reader::into(std::uint8_t tag) { return {element(tag).content, m_what}; }

std::optional<Reader> Reader::into_optional(std::uint8_t tag) {
  if (!next_is(tag)) return std::nullopt;
  return into(tag);
}

std::optional<Element> Reader::optional(std::uint8_t tag) {
  if (!next_is(tag)) return std::nullopt;
  return any();
}

bool Reader::boolean() {
  const ByteView content = element(tag::boolean).content;
  if (content.size() != 1 || (content[0] != 0 && content[0] != 0xff)) {
    fail("a boolean that is neither 00 nor ff");
  }
  return content[0] == 0xff;
}

ByteView Reader::integer() {
  const ByteView content = element(tag::integer).content;
  if (content.empty()) fail("an integer without octets");
  if (content.size() > 1 &&
      ((content[0] == 0 && content[1] < 0x80) || (content[0] == 0xff && content[1] >= 0x80))) {
    fail("an integer that is not minimal");
  }
  return content;
}

std::uint64_t Reader::small_integer() {
  const ByteView content = integer();
  if (content[0] >= 0x80 || content.size() > 8) fail("an integer that is negative or too large");
  std::uint64_t value = 0;
  for (const std::uint8_t octet : content) value = value << 8U | octet;
  return value;
}

Oid Reader::oid() {
  const ByteView content = element(tag::object_identifier).content;
  try {
    return Oid::from_content(content);
  } catch (const Error& error) {
    fail(error.message());
  }
}

BitString Reader::bit_string() {
  const ByteView content = element(tag::bit_string).content;
  if (content.empty() || content[0] > 7 || (content[0] > 0 && content.size() == 1)) {
    fail("a bit string with a wrong count of unused bits");
  }
  const unsigned unused = content[0];
  if (unused > 0 && (content.back() & ((1U << unused) - 1U)) != 0) {
    fail("a bit string whose unused bits are not zero");
  }
  return {.octets = content.subspan(1), .unused = unused};
}

ByteView Reader::octet_string() { return element(tag::octet_string).content; }

void Reader::null() {
  if (!element(tag::null).content.empty()) fail("a null with content");
}

void Reader::end() const {
  if (!m_rest.empty()) fail("octets behind the end");
}

void Reader::fail(std::string_view why) const {
  throw Error(Errc::malformed, format("malformed {}: {}", m_what, why));
}

bool is_well_formed(ByteView octets) noexcept {
  // An explicit stack of ends, so that nesting costs no recursion.
  constexpr std::size_t k_depth = 64;
  std::array<std::size_t, k_depth + 1> ends{octets.size()};
  std::size_t depth = 0;
  std::size_t at = 0;
  do {
    const char* why = "";
    const auto header = read_header(octets.subspan(at, ends[depth] - at), why);
    if (!header) return false;
    at += header->size;
    if (depth == 0 && at + header->content != octets.size()) return false;
    if ((header->tag & 0x20U) == 0) {
      at += header->content;
    } else {
      if (depth == k_depth) return false;
      ends[++depth] = at + header->content;
    }
    while (depth > 0 && at == ends[depth]) --depth;
  } while (depth > 0);
  return true;
}

}  // namespace mtls::der
