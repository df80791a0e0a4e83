#include "x509/name_matching.hpp"

#include "base/format.hpp"
#include "x509/host_name.hpp"
#include "x509/name_term.hpp"

#include <algorithm>

namespace mtls::x509 {
namespace {

using enum GeneralNameKind;

constexpr std::size_t k_comparison_limit = std::size_t{1} << 20U;

bool is_below(std::string_view host, std::string_view domain) {
  return host.size() > domain.size() && host.ends_with(domain) &&
         host[host.size() - domain.size() - 1] == '.';
}

/// A permitted subtree must hold everything that the name stands for, an excluded one anything.
bool is_dns_within(const Term& name, const Term& base, Side side) {
  if (base.host.empty()) return true;
  if (is_below(name.host, base.host)) return true;
  if (name.reach == Reach::itself) return name.host == base.host && base.reach == Reach::itself;
  // "*.a.example" is all of "x.a.example": below "a.example", whether or not that has its dot ...
  if (name.host == base.host) return true;
  // ... and touches an excluded "b.a.example" itself, though nothing below that (Go
  // CVE-2025-61727).
  return side == Side::excluded && base.reach == Reach::itself && is_below(base.host, name.host) &&
         base.host.find('.') + 1 + name.host.size() == base.host.size();
}

bool is_host_within(const Term& name, const Term& base) {
  return base.reach == Reach::all_below ? is_below(name.host, base.host) : name.host == base.host;
}

bool is_email_within(const Term& name, const Term& base, Side side) {
  if (!is_host_within(name, base)) return false;
  if (!base.mailbox) return true;
  // Mailboxes tell case apart by the letter of RFC 5321, and hardly any does: neither side may
  // gain.
  return *name.mailbox == *base.mailbox ||
         (side == Side::excluded && to_lower(*name.mailbox) == to_lower(*base.mailbox));
}

bool is_ip_within(const Bytes& address, const Bytes& network) {
  if (network.size() != 2 * address.size()) return false;
  for (std::size_t i = 0; i < address.size(); ++i) {
    const std::uint8_t mask = network[address.size() + i];
    if ((address[i] & mask) != (network[i] & mask)) return false;
  }
  return true;
}

/// Both are comparable and of one kind.
bool is_within(const Term& name, const Term& base, Side side) {
  switch (name.kind) {
    case dns:
      return is_dns_within(name, base, side);
    case email:
      return is_email_within(name, base, side);
    case uri:
      return is_host_within(name, base);
    case ip:
      return is_ip_within(name.source.octets(), base.source.octets());
    case directory:
      return name.source.directory_name().is_within(base.source.directory_name());
    default:
      return false;
  }
}

/// Cut, since it goes into a message; `to_text` is plain ASCII.
std::string abridged(const Term& term) {
  constexpr std::size_t k_most = 128;
  std::string text = term.source.to_text();
  if (text.size() > k_most) {
    text.resize(k_most);
    text += "...";
  }
  return term.origin.empty() ? text : format("the {}, read as {},", term.origin, text);
}

std::string incomparable(const Term& name, const Term& base) {
  return format("{} cannot be held to the constraint {}", abridged(name), abridged(base));
}

std::string outside(const Term& name, const std::vector<Term>& permitted) {
  constexpr std::size_t k_shown = 3;
  std::string list;
  std::size_t count = 0;
  for (const Term& base : permitted) {
    if (base.kind != name.kind || ++count > k_shown) continue;
    list += (list.empty() ? "" : ", ") + abridged(base);
  }
  if (count > k_shown) list += format(" and {} more", count - k_shown);
  return format("{} is not within the permitted {}", abridged(name), list);
}

/// Readers differ on an SmtpUTF8Mailbox under a constraint to one mailbox.
bool are_comparable(const Term& name, const Term& base) {
  const bool is_utf8 = name.source.kind() == other_name;
  return name.comparable && base.comparable && !(is_utf8 && base.mailbox);
}

std::optional<std::string> violation(const Term& name, const std::vector<Term>& permitted,
                                     const std::vector<Term>& excluded) {
  for (const Term& base : excluded) {
    if (base.kind != name.kind) continue;
    if (!are_comparable(name, base)) return incomparable(name, base);
    if (is_within(name, base, Side::excluded)) {
      return format("{} is within the excluded {}", abridged(name), abridged(base));
    }
  }
  bool bound = false;
  bool within = false;
  for (const Term& base : permitted) {
    if (base.kind != name.kind) continue;
    if (!are_comparable(name, base)) return incomparable(name, base);
    bound = true;
    within = within || is_within(name, base, Side::permitted);
  }
  if (bound && !within) return outside(name, permitted);
  return std::nullopt;
}

/// As set_domain reads them: a host stands for itself, ".domain" for all below it.
bool is_host_subtree_within(const Term& base, const Term& outer) {
  if (outer.reach == Reach::itself) {
    return base.reach == Reach::itself && base.host == outer.host;
  }
  return is_below(base.host, outer.host) ||
         (base.reach == Reach::all_below && base.host == outer.host);
}

bool is_network_within(const Bytes& network, const Bytes& outer) {
  if (network.size() != outer.size()) return false;
  const std::size_t size = outer.size() / 2;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint8_t mask = outer[size + i];
    if (((network[i] ^ outer[i]) & mask) != 0 || (network[size + i] & mask) != mask) return false;
  }
  return true;
}

/// A dNSName base holds its host too, unless it begins with a dot.
bool is_dns_subtree_within(const Term& base, const Term& outer) {
  if (outer.host.empty()) return true;
  return is_below(base.host, outer.host) ||
         (base.host == outer.host &&
          (outer.reach == Reach::itself || base.reach == Reach::all_below));
}

bool is_email_subtree_within(const Term& base, const Term& outer) {
  if (!outer.mailbox) return is_host_subtree_within(base, outer);
  return base.mailbox == outer.mailbox && base.host == outer.host;
}

bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 0x20) : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

std::optional<std::string> constraint_violation(const NameConstraints& constraints,
                                                const Name& subject, const GeneralNames& names,
                                                CommonNames common_names) {
  if (constraints.empty()) return std::nullopt;
  const std::vector<Term> terms = name_terms(subject, names, common_names);
  const std::size_t bases = constraints.permitted.size() + constraints.excluded.size();
  if (terms.size() > k_comparison_limit / bases) {
    return format("{} names and {} constraints are too many to compare", terms.size(), bases);
  }
  const std::vector<Term> permitted =
      constraint_terms(constraints.permitted, Side::permitted, common_names);
  const std::vector<Term> excluded =
      constraint_terms(constraints.excluded, Side::excluded, common_names);
  for (const Term& name : terms) {
    if (auto why = violation(name, permitted, excluded)) return why;
  }
  return std::nullopt;
}

bool is_subtree_within(const GeneralName& base, const GeneralName& outer) {
  if (base.kind() != outer.kind()) return false;
  const Term inner_term = constraint_term(base);
  const Term outer_term = constraint_term(outer);
  if (!inner_term.comparable || !outer_term.comparable) return false;
  switch (base.kind()) {
    case dns:
      return is_dns_subtree_within(inner_term, outer_term);
    case email:
      return is_email_subtree_within(inner_term, outer_term);
    case uri:
      return is_host_subtree_within(inner_term, outer_term);
    case ip:
      return is_network_within(base.octets(), outer.octets());
    case directory:
      return base.directory_name().is_within(outer.directory_name());
    default:
      return false;
  }
}

bool dns_name_matches(std::string_view pattern, std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);  // the absolute form of the same name
  if (!is_comparable_host(host) || parse_ip(host)) return false;
  if (!pattern.starts_with("*.")) return equals_ignoring_case(pattern, host);
  pattern.remove_prefix(2);
  const auto dot = host.find('.');
  return dot != std::string_view::npos && pattern.find('.') != std::string_view::npos &&
         equals_ignoring_case(pattern, host.substr(dot + 1));
}

bool has_host(const GeneralNames& names, std::string_view host) {
  if (const auto address = parse_ip(host)) {
    return std::any_of(names.begin(), names.end(), [&address](const GeneralName& name) {
      return name.kind() == GeneralNameKind::ip && name.octets() == *address;
    });
  }
  return std::any_of(names.begin(), names.end(), [host](const GeneralName& name) {
    return name.kind() == GeneralNameKind::dns && dns_name_matches(name.text(), host);
  });
}

}  // namespace mtls::x509
