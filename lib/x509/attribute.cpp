// The values of attributes: their string types, and what is accepted in one that we sign.
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/utf8.hpp"
#include "der/reader.hpp"
#include "x509/attribute_type.hpp"
#include "x509/name.hpp"

#include <algorithm>

namespace mtls::x509 {
namespace {

namespace tag = der::tag;

bool is_string_tag(std::uint8_t tag) {
  switch (tag) {
    case tag::utf8_string:
    case tag::numeric_string:
    case tag::printable_string:
    case tag::teletex_string:
    case tag::ia5_string:
    case tag::visible_string:
    case tag::universal_string:
    case tag::bmp_string:
      return true;
    default:
      return false;
  }
}

/// Code points of one octet each. TeletexString is read as Latin-1, as everyone has written it; its
/// own repertoire (T.61) was never in use.
std::optional<std::string> from_octets(ByteView octets, std::uint8_t most) {
  std::string text;
  text.reserve(octets.size());
  for (const std::uint8_t octet : octets) {
    if (octet > most) return std::nullopt;
    append_utf8(text, octet);
  }
  return text;
}

/// Code points of `width` octets each, big-endian: BMPString and UniversalString.
std::optional<std::string> from_wide(ByteView octets, std::size_t width) {
  if (octets.size() % width != 0) return std::nullopt;
  std::string text;
  for (std::size_t at = 0; at < octets.size(); at += width) {
    char32_t point = 0;
    for (std::size_t i = 0; i < width; ++i) point = point << 8U | octets[at + i];
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return std::nullopt;
    append_utf8(text, point);
  }
  return text;
}

bool is_letter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z'); }
bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }

/// X.680 section 41.4.
bool is_printable_string(char32_t c) {
  constexpr std::u32string_view k_marks = U" '()+,-./:=?";
  return is_letter(c) || is_digit(c) || k_marks.find(c) != std::u32string_view::npos;
}

/// Whether a string of this tag may hold `c` (control characters are refused before).
bool may_hold(std::uint8_t tag, char32_t c) {
  switch (tag) {
    case tag::printable_string:
      return is_printable_string(c);
    case tag::numeric_string:
      return is_digit(c) || c == U' ';
    case tag::ia5_string:
    case tag::visible_string:
      return c < 0x80;
    default:
      return true;
  }
}

std::string_view string_type_name(std::uint8_t tag) {
  switch (tag) {
    case tag::printable_string:
      return "PrintableString";
    case tag::numeric_string:
      return "NumericString";
    case tag::ia5_string:
      return "IA5String";
    case tag::utf8_string:
      return "UTF8String";
    case tag::teletex_string:
      return "TeletexString";
    case tag::universal_string:
      return "UniversalString";
    case tag::bmp_string:
      return "BMPString";
    default:
      return "VisibleString";
  }
}

std::uint8_t wanted_tag(const AttributeType* type) {
  if (type == nullptr) return tag::utf8_string;
  switch (type->syntax) {
    case AttributeSyntax::printable_string:
    case AttributeSyntax::country:
      return tag::printable_string;
    case AttributeSyntax::ia5_string:
      return tag::ia5_string;
    case AttributeSyntax::directory_string:
      break;
  }
  return tag::utf8_string;
}

/// A value in a message: escaped, and never long.
std::string shown(std::string_view value) {
  constexpr std::size_t k_most = 64;
  if (value.size() <= k_most) return printable(value);
  return printable(value.substr(0, k_most)) + "...";
}

[[noreturn]] void refuse(std::string_view type, std::string_view why, std::string hint = {}) {
  throw Error(Errc::bad_name, format("{} {}", type, why), std::move(hint));
}

void require_good_characters(std::string_view type, std::uint8_t tag, std::string_view value,
                             const std::vector<char32_t>& points) {
  for (const char32_t c : points) {
    const auto number = static_cast<unsigned>(c);
    if (is_control(c)) {
      refuse(type, format("'{}' holds the control character U+{:04X}", shown(value), number));
    }
    if (is_bidirectional_mark(c)) {
      refuse(type, format("'{}' holds U+{:04X}, which changes the direction of text", shown(value),
                          number));
    }
    if (!may_hold(tag, c)) {
      refuse(type, format("'{}' holds U+{:04X}, which {} cannot", shown(value), number,
                          string_type_name(tag)));
    }
  }
}

/// What make_attribute and require_good_name ask alike of a value in a string of `tag`.
void require_good_value(const der::Oid& id, std::uint8_t tag, std::string_view value) {
  const AttributeType* type = known_attribute_type(id);
  const std::string name = attribute_name(id);
  if (value.empty()) refuse(name, "has an empty value", format("leave {} out", name));
  const auto points = decode_utf8(value);
  if (!points) refuse(name, format("'{}' is not UTF-8", shown(value)));
  if (type != nullptr && type->syntax == AttributeSyntax::country &&
      (points->size() != 2 || !std::all_of(points->begin(), points->end(), is_letter))) {
    refuse(name, format("'{}' is not a country code of two letters", shown(value)),
           "write it as ISO 3166 has it, for example C=cn");
  }
  require_good_characters(name, tag, value, *points);
  const std::size_t bound = type != nullptr ? type->upper_bound : k_name_bound;
  if (points->size() > bound) {
    refuse(name, format("has {} characters, and at most {} are allowed", points->size(), bound));
  }
}

void require_good_attribute(const Attribute& attribute) {
  const auto text = attribute.text();
  if (text) {
    require_good_value(attribute.type, attribute.tag, *text);
  } else if (is_string_tag(attribute.tag) || known_attribute_type(attribute.type) != nullptr) {
    // Only a type that we do not know may be of another syntax: x500UniqueIdentifier is a BIT
    // STRING.
    refuse(attribute_name(attribute.type),
           is_string_tag(attribute.tag)
               ? format("has a value that is no valid {}", string_type_name(attribute.tag))
               : "has a value that cannot be read as text");
  }
}

/// Whether a new name may have a value of `attribute`'s type in the string type that it is in.
bool is_current(const Attribute& attribute) {
  if (!is_string_tag(attribute.tag)) return true;
  const AttributeType* type = known_attribute_type(attribute.type);
  if (type != nullptr && type->syntax == AttributeSyntax::directory_string) {
    return attribute.tag == tag::utf8_string || attribute.tag == tag::printable_string;
  }
  if (type != nullptr) return attribute.tag == wanted_tag(type);
  // Of a type that we do not know, the type may ask for any but the outdated ones.
  return attribute.tag != tag::teletex_string && attribute.tag != tag::bmp_string &&
         attribute.tag != tag::universal_string;
}

}  // namespace

RewrittenName rewrite_outdated_strings(const Name& name) {
  RewrittenName rewritten{.name = name, .changes = {}};
  std::vector<Rdn> rdns = name.rdns();
  for (Rdn& rdn : rdns) {
    for (Attribute& attribute : rdn) {
      if (is_current(attribute)) continue;
      const auto text = attribute.text();
      if (!text) {
        refuse(attribute_name(attribute.type),
               format("has a value that is no valid {}", string_type_name(attribute.tag)));
      }
      Attribute current = make_attribute(attribute.type, *text);
      rewritten.changes.push_back(
          format("{} is written as {} instead of {}", attribute_name(attribute.type),
                 string_type_name(current.tag), string_type_name(attribute.tag)));
      attribute = std::move(current);
    }
  }
  if (!rewritten.changes.empty()) rewritten.name = Name::make(std::move(rdns));
  return rewritten;
}

std::optional<std::string> Attribute::text() const {
  switch (tag) {
    case tag::utf8_string:
      if (!decode_utf8(as_text(octets))) return std::nullopt;
      return std::string(as_text(octets));
    case tag::numeric_string:
    case tag::printable_string:
    case tag::ia5_string:
    case tag::visible_string:
      return from_octets(octets, 0x7f);
    case tag::teletex_string:
      return from_octets(octets, 0xff);
    case tag::bmp_string:
      return from_wide(octets, 2);
    case tag::universal_string:
      return from_wide(octets, 4);
    default:
      return std::nullopt;
  }
}

Attribute make_attribute(const der::Oid& type, std::string_view value) {
  const std::uint8_t tag = wanted_tag(known_attribute_type(type));
  require_good_value(type, tag, value);
  return {.type = type, .tag = tag, .octets = to_bytes(as_bytes(value))};
}

void require_good_name(const Name& name, std::string_view whose) {
  with_context(whose, [&] {
    for (const Rdn& rdn : name.rdns()) {
      for (const Attribute& attribute : rdn) require_good_attribute(attribute);
    }
  });
}

}  // namespace mtls::x509
