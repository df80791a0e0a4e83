#include "x509/request_attributes.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace mtls::x509 {
namespace oids {

const der::Oid& unstructured_name() {
  static const der::Oid id = der::oid("1.2.840.113549.1.9.2");
  return id;
}
const der::Oid& challenge_password() {
  static const der::Oid id = der::oid("1.2.840.113549.1.9.7");
  return id;
}
const der::Oid& extension_request() {
  static const der::Oid id = der::oid("1.2.840.113549.1.9.14");
  return id;
}
const der::Oid& ms_extension_request() {
  static const der::Oid id = der::oid("1.3.6.1.4.1.311.2.1.14");
  return id;
}

}  // namespace oids

namespace {

constexpr std::string_view k_what = "certificate request";

/// Attribute ::= SEQUENCE { type, values SET SIZE (1..MAX) OF ANY }
RequestAttribute read_attribute(der::Reader attribute) {
  RequestAttribute read{.type = attribute.oid(), .values = {}};
  der::Reader values = attribute.into(der::tag::set);
  attribute.end();
  while (!values.at_end()) read.values.push_back(to_bytes(values.any().whole));
  return read;
}

/// Both extensionRequest and challengePassword are SINGLE VALUE TRUE.
bool is_single_valued(const der::Oid& type) {
  return type == oids::extension_request() || type == oids::ms_extension_request() ||
         type == oids::challenge_password();
}

/// Adds what `attribute` asks for; the same extension from the other attribute is not repeated.
void take_extensions(const RequestAttribute& attribute, RequestAttributes& into) {
  const ByteView value = attribute.values.front();
  const auto is_empty_list = [&value] {
    return value.size() == 2 && value[0] == der::tag::sequence && value[1] == 0;
  };
  if (is_empty_list()) {
    into.faults.push_back(format("its {} is an empty list", oid_name(attribute.type)));
    return;
  }
  try {
    // Sorted, because the lists may be hostile.
    std::set<std::pair<der::Oid, Bytes>> known;
    for (const Extension& other : into.extensions) known.emplace(other.id, other.value);
    for (Extension& one : read_extensions(value, k_what, into.faults)) {
      if (!known.contains({one.id, one.value})) into.extensions.push_back(std::move(one));
    }
  } catch (const Error& error) {
    if (error.code() != Errc::malformed) throw;
    into.unreadable =
        format("its {} cannot be read: {}", oid_name(attribute.type), error.message());
    into.faults.push_back(*into.unreadable);
  }
}

constexpr std::size_t k_shown_octets = 32;
constexpr std::size_t k_shown_text = 256;
constexpr std::size_t k_shown_fields = 16;

std::string abridged_hex(ByteView octets) {
  if (octets.size() <= k_shown_octets) return to_hex(octets);
  return format("{}... ({} octets)", to_hex(octets.first(k_shown_octets)), octets.size());
}

/// The value of a short string or a number; nothing of any other element.
std::optional<std::string> simple_text(const der::Element& element) {
  if (element.tag == der::tag::integer) {
    if (element.content.size() != 1 || element.content[0] >= 0x80) {
      return abridged_hex(element.content);
    }
    return format("{}", static_cast<unsigned>(element.content[0]));
  }
  if (element.content.size() > k_shown_text) return std::nullopt;
  const Attribute value{
      .type = oids::common_name(), .tag = element.tag, .octets = to_bytes(element.content)};
  const auto text = value.text();
  return text ? std::optional(readable(*text)) : std::nullopt;
}

std::string show_value(ByteView value) {
  if (!der::is_well_formed(value)) return abridged_hex(value);
  der::Reader reader(value, k_what);
  const der::Element element = reader.any();
  if (const auto text = simple_text(element)) return *text;
  if (element.tag != der::tag::sequence) return abridged_hex(value);
  std::string line;
  std::size_t shown = 0;
  der::Reader fields(element.content, k_what);
  while (!fields.at_end()) {
    if (++shown > k_shown_fields) return line + ", ...";
    const der::Element field = fields.any();
    // The signature of [MS-WCCE]'s CSP provider is mostly a BIT STRING of no bits.
    if (field.tag == der::tag::bit_string && field.content.size() <= 1) continue;
    if (!line.empty()) line += ", ";
    line += simple_text(field).value_or(abridged_hex(field.whole));
  }
  return line;
}

}  // namespace

const RequestAttribute* find(const std::vector<RequestAttribute>& attributes,
                             const der::Oid& type) noexcept {
  const auto found =
      std::find_if(attributes.begin(), attributes.end(),
                   [&type](const RequestAttribute& one) { return one.type == type; });
  return found == attributes.end() ? nullptr : &*found;
}

RequestAttributes read_request_attributes(der::Reader& info) {
  RequestAttributes attributes;
  // RFC 2986 has no OPTIONAL here; software that omits the empty set is too common to refuse.
  auto set = info.into_optional(der::tag::context_constructed(0));
  if (!set) return attributes;
  std::vector<der::Oid> types;
  while (!set->at_end()) {
    attributes.all.push_back(read_attribute(set->into(der::tag::sequence)));
    types.push_back(attributes.all.back().type);
  }
  // Two extension requests would leave open which of them is meant.
  std::sort(types.begin(), types.end());
  const auto repeated = std::adjacent_find(types.begin(), types.end());
  if (repeated != types.end()) {
    set->fail(format("the attribute {} occurs twice", oid_name(*repeated)));
  }
  for (const RequestAttribute& attribute : attributes.all) {
    const std::string name = oid_name(attribute.type);
    if (attribute.values.empty()) {
      attributes.faults.push_back(format("its attribute {} has no value", name));
    } else if (attribute.values.size() > 1 && is_single_valued(attribute.type)) {
      attributes.faults.push_back(format("its attribute {} has several values", name));
      if (attribute.type != oids::challenge_password()) {
        attributes.unreadable = attributes.faults.back();
      }
    } else if (attribute.type == oids::extension_request() ||
               attribute.type == oids::ms_extension_request()) {
      take_extensions(attribute, attributes);
    }
  }
  return attributes;
}

std::string describe(const RequestAttribute& attribute) {
  if (attribute.type == oids::challenge_password()) return "present (not shown)";
  constexpr std::size_t k_most = 8;
  std::string line;
  for (std::size_t i = 0; i < std::min(attribute.values.size(), k_most); ++i) {
    if (i > 0) line += ", ";
    line += show_value(attribute.values[i]);
  }
  if (attribute.values.size() > k_most) {
    line += format(" and {} more", attribute.values.size() - k_most);
  }
  return line;
}

}  // namespace mtls::x509
