#include "x509/name.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "der/writer.hpp"

#include <algorithm>

namespace mtls::x509 {
namespace {

namespace tag = der::tag;

/// Of RDNs, and of attributes in one: more than any directory has, and a bound on all that follows.
constexpr std::size_t k_rdn_limit = 64;
constexpr std::size_t k_attribute_limit = 64;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// RFC 5280 section 7.1, simplified: case folded in ASCII, white space squeezed and trimmed.
std::string folded(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  bool gap = false;
  for (const char c : text) {
    if (is_space(c)) {
      gap = true;
      continue;
    }
    if (gap && !result.empty()) result += ' ';
    gap = false;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 0x20) : c;
  }
  return result;
}

/// Appends `part` with its length in front, so that no two lists of parts give the same text.
void append_part(std::string& text, std::string_view part) {
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    text += static_cast<char>(part.size() >> (shift - 8) & 0xffU);
  }
  text += part;
}

/// A text that is equal for exactly the attributes that match.
std::string canonical(const Attribute& attribute) {
  std::string result;
  append_part(result, as_text(attribute.type.content()));
  if (const auto text = attribute.text()) {
    return result += folded(*text).insert(0, 1, '\0');
  }
  result += static_cast<char>(attribute.tag);  // never 0
  return result += as_text(attribute.octets);
}

std::string canonical(const Rdn& rdn) {
  std::vector<std::string> parts;
  parts.reserve(rdn.size());
  for (const Attribute& attribute : rdn) parts.push_back(canonical(attribute));
  std::sort(parts.begin(), parts.end());
  std::string result;
  for (const std::string& part : parts) append_part(result, part);
  return result;
}

Rdn read_rdn(der::Reader set) {
  Rdn rdn;
  do {
    der::Reader fields = set.into(tag::sequence);
    der::Oid type = fields.oid();
    const der::Element value = fields.any();
    fields.end();
    // Zero is no tag of a value, and `canonical` relies on it.
    if (value.tag == 0) fields.fail("an attribute without a value");
    if (rdn.size() == k_attribute_limit) set.fail("over 64 attributes in an RDN");
    rdn.push_back({.type = std::move(type), .tag = value.tag, .octets = to_bytes(value.content)});
  } while (!set.at_end());
  return rdn;
}

/// The AttributeTypeAndValues of one RDN as DER's SET OF wants them (X.690 section 11.6).
std::vector<Bytes> encode_sorted(const Rdn& rdn) {
  std::vector<Bytes> elements;
  elements.reserve(rdn.size());
  for (const Attribute& attribute : rdn) {
    der::Writer writer;
    writer.sequence([&](der::Writer& fields) {
      fields.oid(attribute.type).element(attribute.tag, attribute.octets);
    });
    elements.push_back(std::move(writer).take());
  }
  std::sort(elements.begin(), elements.end());
  return elements;
}

void require_good_rdn(const Rdn& rdn) {
  if (rdn.empty() || rdn.size() > k_attribute_limit) {
    throw Error(Errc::bad_name, format("an RDN of {} attributes", rdn.size()));
  }
  for (auto attribute = rdn.begin(); attribute != rdn.end(); ++attribute) {
    const auto same = [&](const Attribute& other) { return other.type == attribute->type; };
    // X.501 section 9.3: the types of one RDN are all distinct.
    if (std::any_of(rdn.begin(), attribute, same)) {
      throw Error(Errc::bad_name,
                  format("{} stands twice in one RDN", attribute_name(attribute->type)),
                  "separate the values by ',' (or '/') instead of '+'");
    }
  }
}

}  // namespace

struct Name::Data {
  Bytes der;
  std::vector<Rdn> rdns;
  std::vector<std::string> canonical;  // of each RDN
};

Name::Name() {
  static const auto empty =
      std::make_shared<const Data>(Data{.der = {tag::sequence, 0}, .rdns = {}, .canonical = {}});
  m_data = empty;
}

Name Name::from_der(ByteView whole) {
  Data data{.der = to_bytes(whole), .rdns = {}, .canonical = {}};
  der::Reader reader(whole, "name");
  der::Reader rdns = reader.into(tag::sequence);
  reader.end();
  while (!rdns.at_end()) {
    if (data.rdns.size() == k_rdn_limit) rdns.fail("over 64 RDNs");
    data.rdns.push_back(read_rdn(rdns.into(tag::set)));
    data.canonical.push_back(canonical(data.rdns.back()));
  }
  return Name(std::make_shared<const Data>(std::move(data)));
}

Name Name::make(std::vector<Rdn> rdns) {
  if (rdns.size() > k_rdn_limit) {
    throw Error(Errc::bad_name, format("a name of {} RDNs, over 64", rdns.size()));
  }
  der::Writer writer;
  writer.sequence([&](der::Writer& name) {
    for (const Rdn& rdn : rdns) {
      require_good_rdn(rdn);
      name.constructed(tag::set, [&](der::Writer& set) {
        for (const Bytes& element : encode_sorted(rdn)) set.raw(element);
      });
    }
  });
  return from_der(writer.view());
}

ByteView Name::der() const noexcept { return m_data->der; }
const std::vector<Rdn>& Name::rdns() const noexcept { return m_data->rdns; }

std::vector<std::string> Name::values(const der::Oid& type) const {
  std::vector<std::string> found;
  for (const Rdn& rdn : rdns()) {
    for (const Attribute& attribute : rdn) {
      if (attribute.type != type) continue;
      if (auto text = attribute.text()) found.push_back(*std::move(text));
    }
  }
  return found;
}

std::optional<std::string> Name::common_name() const {
  static const der::Oid type = der::oid("2.5.4.3");
  auto all = values(type);
  if (all.empty()) return std::nullopt;
  return std::move(all.back());
}

bool Name::matches(const Name& other) const { return m_data->canonical == other.m_data->canonical; }

bool Name::is_within(const Name& base) const {
  const auto& inner = m_data->canonical;
  const auto& outer = base.m_data->canonical;
  return outer.size() <= inner.size() && std::equal(outer.begin(), outer.end(), inner.begin());
}

bool Name::operator==(const Name& other) const noexcept {
  return m_data == other.m_data || m_data->der == other.m_data->der;
}

}  // namespace mtls::x509
