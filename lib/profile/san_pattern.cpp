#include "profile/san_pattern.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "der/reader.hpp"

#include <algorithm>

namespace mtls::profile {
namespace {

using x509::GeneralName;
using x509::GeneralNameKind;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

/// An address with its host in lower case; the part before the @ is the mail server's to compare
/// (RFC 5321 section 2.4).
std::string lower_host(std::string_view address) {
  const std::size_t at = std::min(address.rfind('@'), address.size());
  return std::string(address.substr(0, at)) + lower(address.substr(at));
}

std::string_view separators(GeneralNameKind kind) noexcept {
  switch (kind) {
    case GeneralNameKind::email:
    case GeneralNameKind::other_name:
      return "@";
    case GeneralNameKind::uri:
      return "/?#@:";
    default:
      return ".";
  }
}

std::string_view example(GeneralNameKind kind) noexcept {
  switch (kind) {
    case GeneralNameKind::dns:
      return "*.example.com";
    case GeneralNameKind::email:
      return "*@example.com";
    case GeneralNameKind::uri:
      return "spiffe://example.org/ns/*/sa/*";
    case GeneralNameKind::ip:
      return "10.0.0.0/8";
    case GeneralNameKind::directory:
      return "O=example,C=de";
    case GeneralNameKind::registered_id:
      return "1.3.6.1.4.1.99999.**";
    default:
      return "*@example.com";
  }
}

[[noreturn]] void refuse(GeneralNameKind kind, std::string_view text, std::string_view why) {
  constexpr std::size_t k_shown = 80;
  throw Error(Errc::bad_name,
              format("'{}' is no pattern for {}: {}", printable(text.substr(0, k_shown)),
                     x509::name(kind), why),
              format("for example {}", example(kind)));
}

bool is_dns_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '*';
}
bool is_oid_octet(char c) { return (c >= '0' && c <= '9') || c == '.' || c == '*'; }
bool is_scheme_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

/// Returns what makes `text` a pattern that no value of the kind can match, or an empty view.
std::string_view never_matching(GeneralNameKind kind, std::string_view text) {
  switch (kind) {
    case GeneralNameKind::dns:
      if (!std::all_of(text.begin(), text.end(), is_dns_octet)) {
        return "a host name has only letters, digits, '-' and '.'";
      }
      if (text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos) {
        return "it has an empty label";
      }
      return {};
    case GeneralNameKind::email:
      return std::count(text.begin(), text.end(), '@') == 1 ? std::string_view{}
                                                            : "it must have exactly one '@'";
    case GeneralNameKind::uri: {
      const std::size_t colon = text.find(':');
      const bool scheme =
          colon != std::string_view::npos && colon > 0 &&
          std::all_of(text.begin(), text.begin() + static_cast<long>(colon), is_scheme_octet);
      return scheme ? std::string_view{} : "it must begin with a scheme in lower case";
    }
    case GeneralNameKind::registered_id:
      return std::all_of(text.begin(), text.end(), is_oid_octet)
                 ? std::string_view{}
                 : "it is matched against dotted decimal";
    default:
      return {};
  }
}

/// A value as its Glob sees it; nothing where it is no text.
std::optional<std::string> value_of(const GeneralName& name) {
  switch (name.kind()) {
    case GeneralNameKind::dns:
      return lower(name.text());
    case GeneralNameKind::email:
      return lower_host(name.text());
    case GeneralNameKind::uri:
      return name.text();
    case GeneralNameKind::registered_id:
      return name.type().to_dotted();
    case GeneralNameKind::other_name:
      break;
    default:
      return std::nullopt;
  }
  if (!der::is_well_formed(name.octets())) return std::nullopt;
  const der::Element value = der::Reader(name.octets(), "otherName").any();
  if (value.tag != der::tag::utf8_string && value.tag != der::tag::ia5_string &&
      value.tag != der::tag::printable_string) {
    return std::nullopt;
  }
  return std::string(as_text(value.content));
}

/// Whether an address lies in a block: address and mask, one after the other.
bool is_in_block(ByteView address, ByteView block) {
  if (block.size() != 2 * address.size()) return false;
  for (std::size_t i = 0; i < address.size(); ++i) {
    const std::uint8_t mask = block[address.size() + i];
    if ((address[i] & mask) != (block[i] & mask)) return false;
  }
  return true;
}

}  // namespace

SanPattern SanPattern::parse(GeneralNameKind kind, std::string_view text) {
  if (text.size() > k_pattern_limit) {
    refuse(kind, text,
           format("it has {} octets, and at most {} are allowed", text.size(), k_pattern_limit));
  }
  if (kind == GeneralNameKind::ip || kind == GeneralNameKind::directory) {
    try {
      return {std::string(text),
              GeneralName::parse_constraint(format("{}:{}", x509::name(kind), text))};
    } catch (const Error& error) {
      if (error.code() != Errc::bad_name) throw;
      refuse(kind, text, error.message());
    }
  }
  std::string folded(text);
  if (kind == GeneralNameKind::dns) folded = lower(text);
  if (kind == GeneralNameKind::email) folded = lower_host(text);
  auto glob = Glob::parse(folded, separators(kind));
  if (!glob) {
    refuse(kind, text,
           "it must be printable ASCII without spaces, with '*' or '**' where it varies");
  }
  if (const auto why = never_matching(kind, folded); !why.empty()) refuse(kind, text, why);
  return {std::string(text), *std::move(glob)};
}

bool SanPattern::matches(const GeneralName& name) const {
  if (const auto* glob = std::get_if<Glob>(&m_form)) {
    const auto value = value_of(name);
    return value && glob->matches(*value);
  }
  const auto& constraint = std::get<GeneralName>(m_form);
  if (constraint.kind() != name.kind()) return false;
  if (name.kind() == GeneralNameKind::ip) return is_in_block(name.octets(), constraint.octets());
  return name.directory_name().is_within(constraint.directory_name());
}

}  // namespace mtls::profile
