// What a common name may be to a program that looks for an identity in it, and what an alternative
// name may be besides what it says. Stricter than any one verifier: issuing asks it.
#include "base/utf8.hpp"
#include "x509/host_name.hpp"
#include "x509/name_matching.hpp"
#include "x509/name_term.hpp"

#include <algorithm>
#include <array>

namespace mtls::x509 {
namespace {

using enum GeneralNameKind;

constexpr std::size_t k_v4_size = 4;
/// ::ffff:0:0/96 (RFC 4291 section 2.5.5.2).
constexpr std::array<std::uint8_t, 12> k_mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

Term of_subject(Term term) {
  term.origin = "common name";
  return term;
}

/// Blanks of Unicode's class Zs: IDNA maps them to a space or forbids them, so no host has one.
bool is_blank(char32_t c) {
  return c == U' ' || c == U'\u00a0' || c == U'\u1680' || (c >= U'\u2000' && c <= U'\u200a') ||
         c == U'\u202f' || c == U'\u205f' || c == U'\u3000';
}

/// What separates labels: the full stop and the characters that IDNA takes for one (RFC 3490
/// section 3.1).
bool is_label_separator(char32_t c) {
  return c == U'.' || c == U'\u3002' || c == U'\uff0e' || c == U'\uff61';
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

std::string_view without_last_dot(std::string_view text) {
  if (text.size() > 1 && text.back() == '.') text.remove_suffix(1);
  return text;
}

/// The address that `host` is as text: also in the brackets of a URL, with a zone (RFC 4007), or
/// with a dot at its end.
std::optional<Bytes> read_address(std::string_view host) {
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host.find(':') != std::string_view::npos) host = host.substr(0, host.find('%'));
  return parse_ip(without_last_dot(host));
}

/// Whether URL parsers take `host` for an IPv4 address in whatever form ("10.1", "0x7f.1"): its
/// last label is a number (WHATWG URL, "ends in a number").
bool ends_in_number(std::string_view host) {
  const auto dot = host.rfind('.');
  std::string_view label = dot == std::string_view::npos ? host : host.substr(dot + 1);
  const bool hex = label.starts_with("0x") || label.starts_with("0X");
  if (hex) label.remove_prefix(2);
  const auto is_digit = [hex](char c) {
    return (c >= '0' && c <= '9') || (hex && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
  };
  return (hex || !label.empty()) && std::all_of(label.begin(), label.end(), is_digit);
}

void add_address(const Bytes& octets, std::vector<Term>& terms) {
  const GeneralName address = GeneralName::ip(octets);
  terms.push_back(of_subject(name_term(address)));
  if (const auto mapped = mapped_ip(address)) terms.push_back(of_subject(name_term(*mapped)));
}

/// As a dNSName; where that has no host's form it can be judged neither in nor out of anything,
/// unless it is an address, which is no part of any domain.
void add_host(std::string_view host, std::vector<Term>& terms) {
  const auto address = read_address(host);
  Term term = of_subject(name_term(GeneralName::dns(std::string(without_last_dot(host)))));
  if (address) {
    add_address(*address, terms);
    term.comparable = true;
  } else if (ends_in_number(without_last_dot(host))) {
    // An address in a form that programs read differently.
    Term unclear = of_subject({.source = GeneralName::dns(std::string(host))});
    unclear.kind = ip;
    terms.push_back(std::move(unclear));
  }
  terms.push_back(std::move(term));
}

/// The text of a UTF8String or IA5String.
std::optional<std::string_view> string_value(const Bytes& der) {
  if (!der::is_well_formed(der) ||
      (der[0] != der::tag::utf8_string && der[0] != der::tag::ia5_string)) {
    return std::nullopt;
  }
  return as_text(der::Reader(der, "name").any().content);
}

/// The host of `_Service.Host` (RFC 4985), or of `user@host/resource` (RFC 6120); all of it where
/// it has no such form, which cannot be compared then.
std::string_view host_of(std::string_view text, const der::Oid& type, const der::Oid& srv_name) {
  if (type == srv_name) {
    const auto dot = text.find('.');
    return text.starts_with('_') && dot != std::string_view::npos ? text.substr(dot + 1) : text;
  }
  text = text.substr(0, text.find('/'));
  return text.substr(text.find('@') + 1);
}

}  // namespace

void add_identity_terms(std::string_view text, std::vector<Term>& terms) {
  const std::string_view name = trim(text);
  const auto points = decode_utf8(name);
  if (name.empty() || !points) return;  // text() gives nothing but UTF-8
  if (name.find("://") != std::string_view::npos) {
    terms.push_back(of_subject(name_term(GeneralName::uri(std::string(name)))));
    return;
  }
  if (name.find('@') != std::string_view::npos) {
    terms.push_back(of_subject(name_term(GeneralName::email(std::string(name)))));
    return;
  }
  if (std::any_of(points->begin(), points->end(), is_blank)) return;
  const bool ends_in_separator = points->size() > 1 && is_label_separator(points->back());
  const auto end = points->end() - (ends_in_separator ? 1 : 0);
  const bool several_labels = std::any_of(points->begin(), end, is_label_separator);
  const bool wildcard = name.find('*') != std::string_view::npos;
  if (several_labels || wildcard || read_address(name)) add_host(name, terms);
}

void add_implied_terms(const GeneralName& name, std::vector<Term>& terms) {
  static const der::Oid srv_name = der::oid("1.3.6.1.5.5.7.8.7");
  static const der::Oid xmpp_address = der::oid("1.3.6.1.5.5.7.8.5");
  if (name.kind() == ip) {
    if (const auto mapped = mapped_ip(name)) terms.push_back(name_term(*mapped));
  } else if (name.kind() == other_name &&
             (name.type() == srv_name || name.type() == xmpp_address)) {
    const auto text = string_value(name.octets());
    // What cannot be read comes out as a host that cannot be compared.
    const std::string_view host = text ? host_of(*text, name.type(), srv_name) : "";
    terms.push_back(name_term(GeneralName::dns(std::string(without_last_dot(host)))));
  }
}

std::optional<GeneralName> mapped_ip(const GeneralName& name) {
  if (name.kind() != ip) return std::nullopt;
  const Bytes& octets = name.octets();
  const std::size_t size = k_mapped_prefix.size() + k_v4_size;
  if (octets.size() != size && octets.size() != 2 * size) return std::nullopt;
  const auto last_four = [&octets](std::size_t end) {
    return Bytes(octets.begin() + static_cast<std::ptrdiff_t>(end - k_v4_size),
                 octets.begin() + static_cast<std::ptrdiff_t>(end));
  };
  if (!std::equal(k_mapped_prefix.begin(), k_mapped_prefix.end(), octets.begin())) {
    return std::nullopt;
  }
  Bytes mapped = last_four(size);
  if (octets.size() == size) return GeneralName::ip(std::move(mapped));
  const auto mask = octets.begin() + static_cast<std::ptrdiff_t>(size);
  const auto prefix_end = mask + static_cast<std::ptrdiff_t>(k_mapped_prefix.size());
  if (!std::all_of(mask, prefix_end, [](std::uint8_t octet) { return octet == 0xff; })) {
    return std::nullopt;
  }
  const Bytes mapped_mask = last_four(2 * size);
  mapped.insert(mapped.end(), mapped_mask.begin(), mapped_mask.end());
  return GeneralName::ip(std::move(mapped));
}

}  // namespace mtls::x509
