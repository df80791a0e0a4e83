#include "x509/name_matching.hpp"

#include "base/format.hpp"
#include "x509/general_name_syntax.hpp"
#include "x509/host_name.hpp"

#include <algorithm>

namespace mtls::x509 {
namespace {

using enum GeneralNameKind;

constexpr std::size_t k_comparison_limit = std::size_t{1} << 20U;

/// How a host stands for others: alone, for one label before it, or (in a constraint) for all
/// below.
enum class Reach { itself, one_label_before, all_below };

/// One name or constraint, taken apart once so that comparing is cheap. Where `comparable` is false
/// it is of a kind that is not understood, or not of its kind's syntax: it can be judged neither in
/// nor out of anything.
struct Term {
  GeneralName source;
  GeneralNameKind kind = source.kind();  // the kind of constraint that it is held to
  bool comparable = false;
  Reach reach = Reach::itself;
  std::optional<std::string> mailbox = {};  // the local part of an email
  std::string host = {};                    // in lower case; empty in a dns constraint: all hosts
};

/// Cut, since it goes into a message; `to_text` is plain ASCII.
std::string abridged(const Term& term) {
  constexpr std::size_t k_most = 128;
  std::string text = term.source.to_text();
  if (text.size() <= k_most) return text;
  text.resize(k_most);
  return text + "...";
}

void set_mailbox(Term& term, std::string_view address) {
  const auto at = address.find('@');
  if (at == std::string_view::npos || !is_dot_string(address.substr(0, at))) return;
  term.mailbox = address.substr(0, at);
  term.host = to_lower(address.substr(at + 1));
  term.comparable = is_comparable_host(term.host);
}

/// The host of a URI's authority (RFC 3986 section 3.2); RFC 5280 wants a name there, not an
/// address. What has other characters is not taken apart: readers differ on what a backslash ends.
void set_uri_host(Term& term, std::string_view uri) {
  const auto colon = uri.find(':');
  if (!is_uri_text(uri) || colon == std::string_view::npos || uri.substr(colon, 3) != "://") return;
  std::string_view authority = uri.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  term.host = to_lower(authority.substr(0, authority.find(':')));
  term.comparable = is_comparable_host(term.host) && !parse_ip(term.host);
}

bool is_utf8_mailbox(const GeneralName& name) {
  static const der::Oid smtp_utf8_mailbox = der::oid("1.3.6.1.5.5.7.8.9");
  return name.kind() == other_name && name.type() == smtp_utf8_mailbox;
}

/// RFC 9598 section 6. A host with letters beyond ASCII, or as A-labels, is not taken apart:
/// readers differ on which form to compare.
void set_utf8_mailbox(Term& term, const Bytes& value) {
  term.kind = email;
  if (!der::is_well_formed(value) || value[0] != der::tag::utf8_string) return;
  const std::string_view address = as_text(der::Reader(value, "mailbox").any().content);
  const auto at = address.find('@');
  if (at == std::string_view::npos || at == 0) return;
  term.mailbox = address.substr(0, at);
  term.host = to_lower(address.substr(at + 1));
  term.comparable = is_comparable_host(term.host) && term.host.find("xn--") == std::string::npos;
}

Term name_term(const GeneralName& name) {
  Term term{.source = name};
  if (name.kind() == dns) {
    term.host = to_lower(name.text());
    if (term.host.starts_with("*.")) {
      term.reach = Reach::one_label_before;
      term.host.erase(0, 2);
    }
    term.comparable = is_comparable_host(term.host);
  } else if (name.kind() == email) {
    set_mailbox(term, name.text());
  } else if (name.kind() == uri) {
    set_uri_host(term, name.text());
  } else if (name.kind() == ip) {
    term.comparable = name.octets().size() == 4 || name.octets().size() == 16;
  } else if (is_utf8_mailbox(name)) {
    set_utf8_mailbox(term, name.octets());
  } else {
    term.comparable = name.kind() == directory;
  }
  return term;
}

/// Sets a host with or without a dot before it.
void set_domain(Term& term, std::string_view domain) {
  if (domain.starts_with('.')) {
    term.reach = Reach::all_below;
    domain.remove_prefix(1);
  }
  term.host = to_lower(domain);
  term.comparable = is_comparable_host(term.host);
}

Term constraint_term(const GeneralName& base) {
  Term term{.source = base};
  if (base.kind() == dns || base.kind() == uri) {
    set_domain(term, base.text());
    // An empty dNSName is above every host; the other kinds have no such form.
    if (base.kind() == dns && base.text().empty()) term.comparable = true;
  } else if (base.kind() == email) {
    if (base.text().find('@') == std::string::npos) {
      set_domain(term, base.text());
    } else {
      set_mailbox(term, base.text());
    }
  } else if (base.kind() == ip) {
    term.comparable = base.octets().size() == 8 || base.octets().size() == 32;
  } else {
    term.comparable = base.kind() == directory;
  }
  return term;
}

bool is_below(std::string_view host, std::string_view domain) {
  return host.size() > domain.size() && host.ends_with(domain) &&
         host[host.size() - domain.size() - 1] == '.';
}

/// A permitted subtree must hold everything that the name stands for, an excluded one anything.
enum class Side { permitted, excluded };

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

/// Whether OpenSSL takes a common name for a host: letters, digits, '_', and inside '-' and '.',
/// with at least one dot and neither another nor a hyphen beside it.
bool is_host_to_openssl(std::string_view text) {
  bool has_dot = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_') {
      continue;
    }
    if (i == 0 || i + 1 == text.size()) return false;
    if (c == '-') continue;
    if (c != '.' || text[i + 1] == '.' || text[i + 1] == '-' || text[i - 1] == '-') return false;
    has_dot = true;
  }
  return has_dot;
}

/// Adds the hosts and e-mail addresses that the subject's attributes are to OpenSSL.
void add_attribute_terms(const Name& subject, CommonNames common_names, std::vector<Term>& terms) {
  static const der::Oid email_address = der::oid("1.2.840.113549.1.9.1");
  static const der::Oid common_name = der::oid("2.5.4.3");
  for (const Rdn& rdn : subject.rdns()) {
    for (const Attribute& attribute : rdn) {
      if (attribute.type == email_address) {
        // What cannot be read comes out as an address that cannot be compared.
        terms.push_back(name_term(GeneralName::email(attribute.text().value_or(""))));
      } else if (attribute.type == common_name && common_names == CommonNames::as_hosts) {
        std::string text = attribute.text().value_or("");
        text.resize(text.find_last_not_of('\0') + 1);  // OpenSSL lets NULs at the end pass
        if (is_host_to_openssl(text)) terms.push_back(name_term(GeneralName::dns(text)));
      }
    }
  }
}

/// The names that a certificate has: its alternative names, its subject, and what is a name among
/// that one's attributes. RFC 5280 section 4.2.1.10 asks for its e-mail addresses only where no
/// alternative name is one; OpenSSL asks always.
std::vector<Term> name_terms(const Name& subject, const GeneralNames& names,
                             CommonNames common_names) {
  std::vector<Term> terms;
  terms.reserve(names.size() + 1);
  std::transform(names.begin(), names.end(), std::back_inserter(terms), name_term);
  if (subject.empty()) return terms;
  terms.push_back(name_term(GeneralName::directory(subject)));
  const auto is_dns = [](const GeneralName& name) { return name.kind() == dns; };
  const bool has_dns = std::any_of(names.begin(), names.end(), is_dns);
  add_attribute_terms(subject, has_dns ? CommonNames::ignored : common_names, terms);
  return terms;
}

std::vector<Term> constraint_terms(const GeneralNames& bases) {
  std::vector<Term> terms;
  terms.reserve(bases.size());
  std::transform(bases.begin(), bases.end(), std::back_inserter(terms), constraint_term);
  return terms;
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
  const std::vector<Term> permitted = constraint_terms(constraints.permitted);
  const std::vector<Term> excluded = constraint_terms(constraints.excluded);
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
