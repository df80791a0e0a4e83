// Names as text: RFC 4514, and OpenSSL's slash form.
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "der/writer.hpp"
#include "x509/attribute_type.hpp"
#include "x509/name.hpp"

#include <algorithm>
#include <limits>

namespace mtls::x509 {
namespace {

/// The characters that RFC 4514 section 2.4 wants escaped wherever they stand.
constexpr std::string_view k_special = "\"+,;<>\\";

/// Walks one text from its front. What it throws names the text as a whole: values are short.
class Cursor final {
 public:
  explicit Cursor(std::string_view text) : m_rest(text), m_whole(text) {}

  [[nodiscard]] bool at_end() const { return m_rest.empty(); }
  [[nodiscard]] bool next_is(char c) const { return !m_rest.empty() && m_rest[0] == c; }
  [[nodiscard]] std::string_view rest() const { return m_rest; }
  char take() {
    const char c = m_rest[0];
    m_rest.remove_prefix(1);
    return c;
  }
  void skip_spaces() {
    while (next_is(' ')) take();
  }
  /// Takes what stands before the next '=', and the '='.
  std::string_view take_type() {
    const auto end = m_rest.find_first_of("=,+/");
    if (end == std::string_view::npos || m_rest[end] != '=') {
      fail(format("'{}' is not of the form TYPE=VALUE", printable(m_rest.substr(0, end))),
           "write attributes as in CN=name; escape a separator inside a value with '\\'");
    }
    const std::string_view type = m_rest.substr(0, end);
    m_rest.remove_prefix(end + 1);
    return type;
  }
  [[noreturn]] void fail(std::string_view why, std::string hint = {}) const {
    constexpr std::size_t k_most = 128;
    const std::string shown =
        printable(m_whole.substr(0, k_most)) + (m_whole.size() > k_most ? "..." : "");
    throw Error(Errc::bad_name, format("bad name '{}': {}", shown, why), std::move(hint));
  }

 private:
  std::string_view m_rest;
  std::string_view m_whole;
};

std::string_view trimmed(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

der::Oid require_type(const Cursor& cursor, std::string_view word) {
  auto type = find_attribute_type(word);
  if (!type) {
    cursor.fail(format("unknown attribute type '{}'", printable(word)),
                "known are C, ST, L, O, OU, CN, emailAddress, serialNumber, SN, GN, DC, UID, title "
                "and others of openssl's short names; or write dotted decimal");
  }
  return *std::move(type);
}

// --- RFC 4514 ---

/// Reads what follows a backslash (RFC 4514 section 3, `pair`).
char take_escaped(Cursor& cursor) {
  if (const auto octet = from_hex(cursor.rest().substr(0, 2)); octet && octet->size() == 1) {
    cursor.take();
    cursor.take();
    return static_cast<char>(octet->front());
  }
  constexpr std::string_view k_escapable = "\"+,;<>\\ #=";
  if (cursor.at_end() || k_escapable.find(cursor.rest()[0]) == std::string_view::npos) {
    cursor.fail("a backslash that escapes nothing", "write a backslash itself as '\\\\'");
  }
  return cursor.take();
}

/// Reads a value up to the separator behind it. Spaces around it that are not escaped are no part.
std::string take_string(Cursor& cursor) {
  std::string value;
  std::size_t kept = 0;  // the length without unescaped spaces at the end
  while (!cursor.at_end() && !cursor.next_is(',') && !cursor.next_is('+')) {
    const char c = cursor.take();
    if (c == '\\') {
      value += take_escaped(cursor);
      kept = value.size();
      continue;
    }
    if (k_special.find(c) != std::string_view::npos) {
      cursor.fail(format("'{}' stands in a value without a backslash", c),
                  format("write it as '\\{}'", c));
    }
    value += c;
    if (c != ' ') kept = value.size();
  }
  value.resize(kept);
  return value;
}

/// Reads `#` and hexadecimal: the value's own encoding.
Attribute take_encoded(Cursor& cursor, der::Oid type) {
  cursor.take();
  const std::string_view digits =
      trimmed(cursor.rest().substr(0, cursor.rest().find_first_of(",+")));
  while (!cursor.at_end() && !cursor.next_is(',') && !cursor.next_is('+')) cursor.take();
  const auto der = from_hex(digits);
  if (!der || digits.find(':') != std::string_view::npos || !der::is_well_formed(*der)) {
    cursor.fail(format("'#{}' is not the hexadecimal of one DER value", printable(digits)),
                "write a value that begins with '#' as '\\#'");
  }
  const der::Element element = der::Reader(*der, "attribute value").any();
  return {.type = std::move(type), .tag = element.tag, .octets = to_bytes(element.content)};
}

Attribute take_attribute(Cursor& cursor) {
  cursor.skip_spaces();
  der::Oid type = require_type(cursor, trimmed(cursor.take_type()));
  cursor.skip_spaces();
  if (cursor.next_is('#')) return take_encoded(cursor, std::move(type));
  return make_attribute(type, take_string(cursor));
}

std::vector<Rdn> parse_rfc4514(std::string_view text) {
  std::vector<Rdn> rdns;
  Cursor cursor(text);
  cursor.skip_spaces();
  if (cursor.at_end()) return rdns;
  rdns.emplace_back();
  while (true) {
    rdns.back().push_back(take_attribute(cursor));
    if (cursor.at_end()) break;
    if (cursor.take() == ',') rdns.emplace_back();
  }
  std::reverse(rdns.begin(), rdns.end());
  return rdns;
}

// --- OpenSSL's slash form ---

std::string take_slash_value(Cursor& cursor) {
  std::string value;
  while (!cursor.at_end() && !cursor.next_is('/') && !cursor.next_is('+')) {
    char c = cursor.take();
    if (c == '\\') {
      if (cursor.at_end()) cursor.fail("a backslash at the end", "write it as '\\\\'");
      c = cursor.take();
    }
    value += c;
  }
  return value;
}

std::vector<Rdn> parse_slashes(std::string_view text) {
  std::vector<Rdn> rdns;
  Cursor cursor(text);
  bool joins = false;
  while (!cursor.at_end()) {
    // A slash at the end is let pass, as openssl does: "/" alone is its way to say the empty name.
    if (!joins) {
      cursor.take();
      if (cursor.at_end()) break;
      rdns.emplace_back();
    }
    const der::Oid type = require_type(cursor, cursor.take_type());
    rdns.back().push_back(make_attribute(type, take_slash_value(cursor)));
    joins = cursor.next_is('+');
    if (joins) {
      cursor.take();
      if (cursor.at_end()) cursor.fail("a '+' with nothing behind it", "write it as '\\+'");
    }
  }
  return rdns;
}

// --- to text ---

/// RFC 4514 section 2.4; octets beyond printable ASCII are pairs of hexadecimal digits, which the
/// RFC allows and which cannot act on a terminal. Ends once it has over `limit` octets.
std::string escaped(std::string_view value, std::size_t limit) {
  std::string text;
  for (std::size_t at = 0; at < value.size() && text.size() <= limit; ++at) {
    const char c = value[at];
    const bool at_edge = at == 0 || at + 1 == value.size();
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet >= 0x7f) {
      text += format("\\{:02X}", static_cast<unsigned>(octet));
      continue;
    }
    if (k_special.find(c) != std::string_view::npos || (c == ' ' && at_edge) ||
        (c == '#' && at == 0)) {
      text += '\\';
    }
    text += c;
  }
  return text;
}

/// Longer than `limit` where the whole text is.
std::string to_text(const Attribute& attribute, std::size_t limit) {
  const AttributeType* known = known_attribute_type(attribute.type);
  const auto value = attribute.text();
  if (known != nullptr && value) return format("{}={}", known->name, escaped(*value, limit));
  der::Writer writer;
  writer.element(attribute.tag, attribute.octets);
  const ByteView encoded = writer.view();
  return format("{}=#{}", attribute_name(attribute.type),
                to_hex(encoded.first(std::min(encoded.size(), limit))));
}

}  // namespace

Name Name::parse(std::string_view text) {
  Name name = make(text.starts_with('/') ? parse_slashes(text) : parse_rfc4514(text));
  // Values given by their encoding have not been judged yet.
  require_good_name(name, "the name");
  return name;
}

std::string Name::to_text() const { return to_text(std::numeric_limits<std::size_t>::max()); }

std::string Name::to_text(std::size_t limit) const {
  std::string text;
  for (auto rdn = rdns().rbegin(); rdn != rdns().rend(); ++rdn) {
    if (rdn != rdns().rbegin()) text += ',';
    for (const Attribute& attribute : *rdn) {
      if (text.size() > limit) break;
      if (&attribute != &rdn->front()) text += '+';
      text += x509::to_text(attribute, limit);
    }
  }
  if (text.size() <= limit) return text;
  text.resize(limit);
  return text + "...";
}

}  // namespace mtls::x509
