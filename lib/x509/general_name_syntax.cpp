#include "x509/general_name_syntax.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "base/utf8.hpp"
#include "x509/host_name.hpp"
#include "x509/name_matching.hpp"

#include <algorithm>

namespace mtls::x509 {
namespace {

constexpr std::size_t k_local_limit = 64;
constexpr std::size_t k_spiffe_limit = 2048;
constexpr std::size_t k_trust_domain_limit = 255;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool has(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

bool is_atom_character(char c) {
  return is_letter(c) || is_digit(c) || has("!#$%&'*+-/=?^_`{|}~", c);
}

/// RFC 3986 section 2, '%' aside.
bool is_uri_character(char c) {
  return is_letter(c) || is_digit(c) || has("-._~:/?#[]@!$&'()*+,;=", c);
}

bool is_scheme(std::string_view text) {
  const auto known = [](char c) { return is_letter(c) || is_digit(c) || has("+-.", c); };
  return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), known);
}

/// Where `uri` leaves RFC 3986's characters, npos where it does not.
std::size_t find_bad_character(std::string_view uri) {
  for (std::size_t at = 0; at < uri.size(); ++at) {
    const bool encoded =
        uri[at] == '%' && uri.size() - at > 2 && is_hex(uri[at + 1]) && is_hex(uri[at + 2]);
    if (!encoded && !is_uri_character(uri[at])) return at;
  }
  return std::string_view::npos;
}

void require_uri_characters(std::string_view uri) {
  const std::size_t bad = find_bad_character(uri);
  if (bad == std::string_view::npos) return;
  if (uri[bad] == '%') refuse_name("uri:", uri, "a '%' without two hexadecimal digits");
  refuse_name("uri:", uri, format("'{}' cannot stand in a URI", shown(uri.substr(bad, 1))),
              "percent-encode it; a host beyond ASCII is written as A-labels");
}

/// SPIFFE-ID section 2.1.
void require_trust_domain(std::string_view uri, std::string_view domain) {
  const auto known = [](char c) { return is_lower(c) || is_digit(c) || has(".-_", c); };
  if (domain.empty()) refuse_name("uri:", uri, "a SPIFFE ID without a trust domain");
  if (domain.size() > k_trust_domain_limit) {
    refuse_name("uri:", uri, "a trust domain of over 255 octets");
  }
  if (!std::all_of(domain.begin(), domain.end(), known)) {
    refuse_name("uri:", uri, "a trust domain with more than lower-case letters, digits, '.-_'",
                "a SPIFFE ID has no user, port or upper-case letter there");
  }
}

/// SPIFFE-ID sections 2.2 and 2.3; `path` begins with its '/'.
void require_spiffe_path(std::string_view uri, std::string_view path) {
  const auto known = [](char c) { return is_letter(c) || is_digit(c) || has(".-_", c); };
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment.empty() || segment == "." || segment == "..") {
      refuse_name("uri:", uri, "a SPIFFE ID with an empty or a dot segment in its path");
    }
    if (!std::all_of(segment.begin(), segment.end(), known)) {
      refuse_name("uri:", uri, "a SPIFFE ID whose path has more than letters, digits, '.-_'",
                  "a SPIFFE ID has no query, fragment or percent-encoding");
    }
    path.remove_prefix(segment.size());
  }
}

void require_spiffe(std::string_view uri) {
  constexpr std::string_view k_start = "spiffe://";
  if (!uri.starts_with(k_start)) {
    refuse_name("uri:", uri, "a SPIFFE ID that does not begin with 'spiffe://'");
  }
  if (uri.size() > k_spiffe_limit) refuse_name("uri:", uri, "a SPIFFE ID of over 2048 octets");
  const std::string_view rest = uri.substr(k_start.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  require_trust_domain(uri, rest.substr(0, slash));
  require_spiffe_path(uri, rest.substr(slash));
}

}  // namespace

void refuse_name(std::string_view prefix, std::string_view text, std::string_view why,
                 std::string_view hint) {
  throw Error(Errc::bad_name, format("bad name '{}{}': {}", prefix, shown(text), why),
              std::string(hint));
}

bool is_uri_text(std::string_view text) noexcept {
  return find_bad_character(text) == std::string_view::npos;
}

bool is_dot_string(std::string_view text) noexcept {
  if (text.empty() || text.size() > k_local_limit || text.front() == '.' || text.back() == '.' ||
      text.find("..") != std::string_view::npos) {
    return false;
  }
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '.' || is_atom_character(c); });
}

void require_host(std::string_view prefix, std::string_view host) {
  if (parse_ip(host)) {
    refuse_name(prefix, host, "an IP address, not a host", format("write ip:{}", host));
  }
  const auto objection = host_objection(host);
  if (!objection) return;
  std::string hint = a_label_hint(prefix, host);
  if (host.size() > 1 && host.back() == '.') hint = "leave the dot at the end out";
  if (host.find("://") != std::string_view::npos)
    hint = format("did you mean uri:{}?", shown(host));
  refuse_name(prefix, host, *objection, hint);
}

void require_dns(std::string_view text) {
  if (!text.starts_with("*.")) {
    if (has(text, '*')) {
      refuse_name("dns:", text, "a '*' that is not the whole first label",
                  "a wildcard is written as in *.a.example");
    }
    return require_host("dns:", text);
  }
  const std::string_view rest = text.substr(2);
  if (has(rest, '*')) refuse_name("dns:", text, "a '*' that is not the whole first label");
  require_host("dns:*.", rest);
  if (!has(rest, '.')) {
    refuse_name("dns:", text, "a wildcard with one label behind it, which nothing matches",
                "name the hosts one by one");
  }
}

void require_email(std::string_view text) {
  if (std::count(text.begin(), text.end(), '@') != 1) {
    refuse_name("email:", text, "not exactly one '@'",
                "an address is written as in user@a.example");
  }
  const std::string_view local = text.substr(0, text.find('@'));
  const std::string_view host = text.substr(local.size() + 1);
  if (!is_dot_string(local)) {
    refuse_name("email:", text, "what stands before the '@' is no plain ASCII mailbox");
  }
  require_host(format("email:{}@", local), host);
}

void require_uri(std::string_view text) {
  require_uri_characters(text);
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) {
    refuse_name("uri:", text, "no scheme", "a URI is written as in https://a.example/path");
  }
  const std::string scheme = to_lower(text.substr(0, colon));
  if (scheme == "spiffe") return require_spiffe(text);
  const std::string_view rest = text.substr(colon + 1);
  if (rest.empty()) refuse_name("uri:", text, "nothing behind the scheme");
  if (rest.starts_with("//") && scheme != "file" && (rest.size() == 2 || has("/?#", rest[2]))) {
    refuse_name("uri:", text, "no host behind '//'");
  }
}

void require_user_principal(std::string_view text) {
  const auto points = decode_utf8(text);
  if (!points) refuse_name("upn:", text, "not UTF-8");
  const auto odd = [](char32_t c) {
    return is_control(c) || is_bidirectional_mark(c) || c == U' ' || c == U',';
  };
  if (std::any_of(points->begin(), points->end(), odd)) {
    refuse_name("upn:", text, "a space, comma, control character or direction mark");
  }
  const auto at = text.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == text.size() || text.rfind('@') != at) {
    refuse_name("upn:", text, "not of the form USER@REALM");
  }
}

}  // namespace mtls::x509
