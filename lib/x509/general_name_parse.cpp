// General names as the command line and profiles have them.
#include "base/error.hpp"
#include "base/format.hpp"
#include "x509/general_name.hpp"
#include "x509/general_name_syntax.hpp"
#include "x509/host_name.hpp"
#include "x509/name_matching.hpp"

#include <charconv>

namespace mtls::x509 {
namespace {

constexpr std::string_view k_kinds = "kinds are dns, ip, email, uri, dn, upn, rid and other";
constexpr std::string_view k_constraint_kinds = "constraints are on dns, ip, email, uri or dn";

struct Parts {
  std::string kind;  // in lower case; empty where there is no colon
  std::string_view value;
};

Parts split(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return {.kind = {}, .value = text};
  return {.kind = to_lower(text.substr(0, colon)), .value = text.substr(colon + 1)};
}

/// What a value without a kind looks like, as a hint.
std::string suggestion(std::string_view text) {
  std::string_view kind;
  const std::string_view host = text.starts_with("*.") ? text.substr(2) : text;
  if (parse_ip(text)) {
    kind = "ip";
  } else if (text.find("://") != std::string_view::npos) {
    kind = "uri";
  } else if (text.find('=') != std::string_view::npos) {
    kind = "dn";
  } else if (text.find('@') != std::string_view::npos) {
    kind = "email";
  } else if (!host_objection(host)) {
    kind = "dns";
  } else {
    return a_label_hint("dns:", text);
  }
  return format("did you mean {}:{}?", kind, shown(text));
}

[[noreturn]] void refuse_kind(std::string_view text, const Parts& parts, std::string_view kinds) {
  std::string hint = suggestion(text);
  if (hint.empty()) hint = kinds;
  if (parts.kind.empty()) refuse_name("", text, "its kind is missing", hint);
  refuse_name("", text, format("'{}' is no kind of name here", shown(parts.kind)), hint);
}

GeneralName parse_address(std::string_view value) {
  if (auto octets = parse_ip(value)) return GeneralName::ip(*std::move(octets));
  if (value.find('%') != std::string_view::npos) {
    refuse_name("ip:", value, "a zone is no part of an address", "leave out '%' and what follows");
  }
  if (value.find('/') != std::string_view::npos) {
    refuse_name("ip:", value, "a network, not an address", "name the addresses one by one");
  }
  if (value.starts_with('[')) refuse_name("ip:", value, "no address", "leave the brackets out");
  const bool is_host = !host_objection(value);
  refuse_name("ip:", value, "no IPv4 or IPv6 address",
              is_host ? format("did you mean dns:{}?", value) : "");
}

GeneralName parse_other(std::string_view value) {
  const auto semicolon = value.find(';');
  if (semicolon == std::string_view::npos) {
    refuse_name("other:", value, "not of the form OID;HEX-DER",
                "write the value as DER in hexadecimal, as in other:1.2.3;0c0161");
  }
  auto type = der::Oid::parse(value.substr(0, semicolon));
  if (!type) refuse_name("other:", value, "no dotted object identifier before the ';'");
  auto der = from_hex(value.substr(semicolon + 1));
  if (!der || !der::is_well_formed(*der)) {
    refuse_name("other:", value, "no hexadecimal of one DER value behind the ';'");
  }
  return GeneralName::other(*std::move(type), *std::move(der));
}

GeneralName parse_user_principal(std::string_view value) {
  require_user_principal(value);
  der::Writer writer;
  writer.text(der::tag::utf8_string, value);
  return GeneralName::other(der::oid("1.3.6.1.4.1.311.20.2.3"), std::move(writer).take());
}

GeneralName parse_directory(std::string_view value) {
  Name name = Name::parse(value);
  if (name.empty()) refuse_name("dn:", value, "an empty name");
  return GeneralName::directory(std::move(name));
}

/// A host, or a domain behind a dot: what e-mail and URI constraints are made of.
std::string parse_domain(std::string_view prefix, std::string_view value) {
  const bool domain = value.starts_with('.');
  require_host(domain ? format("{}.", prefix) : std::string(prefix), value.substr(domain ? 1 : 0));
  return std::string(value);
}

GeneralName parse_dns_constraint(std::string_view value) {
  if (value.starts_with('.') || value.starts_with("*.")) {
    const std::string_view host = value.substr(value.find('.') + 1);
    refuse_name("dns:", value, "a constraint on hosts is a bare name",
                host_objection(host) ? std::string()
                                     : format("write dns:{}, which holds for all below it", host));
  }
  require_host("dns:", value);
  return GeneralName::dns(std::string(value));
}

std::optional<std::size_t> parse_bits(std::string_view digits, std::size_t most) {
  std::size_t bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  const bool padded = digits.size() > 1 && digits[0] == '0';
  if (error != std::errc{} || end != digits.data() + digits.size() || padded || bits > most) {
    return std::nullopt;
  }
  return bits;
}

GeneralName parse_network(std::string_view value) {
  const auto slash = value.find('/');
  const auto address = parse_ip(value.substr(0, slash));
  if (!address) refuse_name("ip:", value, "no IPv4 or IPv6 network", "write it as in 10.0.0.0/8");
  const std::size_t most = address->size() * 8;
  if (slash == std::string_view::npos) {
    refuse_name("ip:", value, "no length of a prefix", format("write ip:{}/{}", value, most));
  }
  const auto bits = parse_bits(value.substr(slash + 1), most);
  if (!bits) {
    refuse_name("ip:", value, format("the length of its prefix is no number up to {}", most));
  }
  Bytes network = *address;
  Bytes mask(address->size(), 0);
  for (std::size_t at = 0; at < *bits; ++at) {
    mask[at / 8] = static_cast<std::uint8_t>(mask[at / 8] | 0x80U >> (at % 8));
  }
  for (std::size_t i = 0; i < mask.size(); ++i) network[i] &= mask[i];
  const bool exact = network == *address;
  network.insert(network.end(), mask.begin(), mask.end());
  if (!exact) {
    refuse_name("ip:", value, "bits are set behind its prefix",
                format("write ip:{}", ip_to_text(network)));
  }
  return GeneralName::ip(std::move(network));
}

}  // namespace

GeneralName GeneralName::parse(std::string_view text) {
  const Parts parts = split(text);
  const std::string_view value = parts.value;
  if (parts.kind == "dns") {
    require_dns(value);
    return dns(std::string(value));
  }
  if (parts.kind == "email") {
    require_email(value);
    return email(std::string(value));
  }
  if (parts.kind == "uri") {
    require_uri(value);
    return uri(std::string(value));
  }
  if (parts.kind == "ip") return parse_address(value);
  if (parts.kind == "dn") return parse_directory(value);
  if (parts.kind == "upn") return parse_user_principal(value);
  if (parts.kind == "other") {
    GeneralName other = parse_other(value);
    other.require_good("the name");
    return other;
  }
  if (parts.kind == "rid") {
    auto type = der::Oid::parse(value);
    if (!type) refuse_name("rid:", value, "no dotted object identifier");
    return {GeneralNameKind::registered_id, *std::move(type)};
  }
  refuse_kind(text, parts, k_kinds);
}

GeneralName GeneralName::parse_constraint(std::string_view text) {
  const Parts parts = split(text);
  const std::string_view value = parts.value;
  if (parts.kind == "dns") return parse_dns_constraint(value);
  if (parts.kind == "ip") return parse_network(value);
  if (parts.kind == "dn") return parse_directory(value);
  if (parts.kind == "uri") {
    if (value.find('/') != std::string_view::npos) {
      refuse_name("uri:", value, "a constraint on URIs is a host, or a domain behind a dot",
                  "write the host alone, as in uri:a.example");
    }
    return uri(parse_domain("uri:", value));
  }
  if (parts.kind == "email") {
    if (value.find('@') == std::string_view::npos) return email(parse_domain("email:", value));
    require_email(value);
    return email(std::string(value));
  }
  refuse_kind(text, parts, k_constraint_kinds);
}

}  // namespace mtls::x509
