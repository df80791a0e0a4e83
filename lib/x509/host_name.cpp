#include "x509/host_name.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "x509/idna.hpp"

#include <algorithm>

namespace mtls::x509 {
namespace {

constexpr std::size_t k_host_limit = 253;
constexpr std::size_t k_label_limit = 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_ldh(char c) { return is_letter(c) || is_digit(c) || c == '-'; }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

/// Takes the first label off `host`; the dot behind it goes too.
std::string_view take_label(std::string_view& host) {
  const auto dot = host.find('.');
  const std::string_view label = host.substr(0, dot);
  host.remove_prefix(dot == std::string_view::npos ? host.size() : dot + 1);
  return label;
}

std::optional<std::string> label_objection(std::string_view label) {
  if (label.empty()) return "an empty label";
  if (label.size() > k_label_limit) return "a label of over 63 octets";
  if (label.front() == '-' || label.back() == '-') return "a label with a hyphen at its edge";
  const auto* const odd = std::find_if_not(label.begin(), label.end(), is_ldh);
  if (odd != label.end()) return format("'{}' is no letter, digit or hyphen", printable({odd, 1}));
  return std::nullopt;
}

}  // namespace

std::optional<std::string> host_objection(std::string_view host) {
  if (host.empty()) return "no host";
  if (!std::all_of(host.begin(), host.end(), is_ascii)) return "characters beyond ASCII";
  if (host.size() > k_host_limit) return "over 253 octets";
  if (host.back() == '.') return "a dot at the end";
  std::string_view label;
  for (std::string_view rest = host; !rest.empty();) {
    label = take_label(rest);
    if (auto objection = label_objection(label)) return objection;
  }
  // What ends in a number is taken for an IPv4 address, however odd, by half of the resolvers.
  if (std::all_of(label.begin(), label.end(), is_digit)) return "a last label that is a number";
  return std::nullopt;
}

bool is_comparable_host(std::string_view host) noexcept {
  if (host.empty() || host.size() > k_host_limit || host.back() == '.') return false;
  while (!host.empty()) {
    const std::string_view label = take_label(host);
    const auto known = [](char c) { return is_ldh(c) || c == '_'; };
    if (label.empty() || label.size() > k_label_limit ||
        !std::all_of(label.begin(), label.end(), known)) {
      return false;
    }
  }
  return true;
}

std::string a_label_hint(std::string_view prefix, std::string_view host) {
  if (std::all_of(host.begin(), host.end(), is_ascii)) return {};
  const auto ascii = to_a_labels(host);
  if (!ascii) return {};
  const std::string_view wildcard = ascii->starts_with("*.") ? "*." : "";
  if (host_objection(std::string_view(*ascii).substr(wildcard.size()))) return {};
  return format("write {}{}", prefix, *ascii);
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 0x20);
  }
  return lower;
}

std::string shown(std::string_view text) {
  constexpr std::size_t k_most = 96;
  if (text.size() <= k_most) return printable(text);
  return printable(text.substr(0, k_most)) + "...";
}

}  // namespace mtls::x509
