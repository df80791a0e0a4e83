#include "x509/name_term.hpp"

#include "x509/general_name_syntax.hpp"
#include "x509/host_name.hpp"

#include <algorithm>

namespace mtls::x509 {
namespace {

using enum GeneralNameKind;

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

/// Sets a host with or without a dot before it.
void set_domain(Term& term, std::string_view domain) {
  if (domain.starts_with('.')) {
    term.reach = Reach::all_below;
    domain.remove_prefix(1);
  }
  term.host = to_lower(domain);
  term.comparable = is_comparable_host(term.host);
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

/// Adds the hosts and e-mail addresses that the subject's attributes are to OpenSSL, or for
/// as_any_identity to any program.
void add_attribute_terms(const Name& subject, CommonNames common_names, std::vector<Term>& terms) {
  static const der::Oid email_address = der::oid("1.2.840.113549.1.9.1");
  static const der::Oid common_name = der::oid("2.5.4.3");
  for (const Rdn& rdn : subject.rdns()) {
    for (const Attribute& attribute : rdn) {
      if (attribute.type == email_address) {
        // What cannot be read comes out as an address that cannot be compared.
        terms.push_back(name_term(GeneralName::email(attribute.text().value_or(""))));
      } else if (attribute.type == common_name && common_names != CommonNames::ignored) {
        std::string text = attribute.text().value_or("");
        text.resize(text.find_last_not_of('\0') + 1);  // OpenSSL lets NULs at the end pass
        if (common_names == CommonNames::as_any_identity) {
          add_identity_terms(text, terms);
        } else if (is_host_to_openssl(text)) {
          terms.push_back(name_term(GeneralName::dns(text)));
        }
      }
    }
  }
}

}  // namespace

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

std::vector<Term> name_terms(const Name& subject, const GeneralNames& names,
                             CommonNames common_names) {
  std::vector<Term> terms;
  terms.reserve(names.size() + 1);
  for (const GeneralName& name : names) {
    terms.push_back(name_term(name));
    if (common_names == CommonNames::as_any_identity) add_implied_terms(name, terms);
  }
  if (subject.empty()) return terms;
  terms.push_back(name_term(GeneralName::directory(subject)));
  const bool has_dns = std::any_of(names.begin(), names.end(),
                                   [](const GeneralName& name) { return name.kind() == dns; });
  const bool has_host = has_dns && common_names == CommonNames::as_hosts;
  add_attribute_terms(subject, has_host ? CommonNames::ignored : common_names, terms);
  return terms;
}

std::vector<Term> constraint_terms(const GeneralNames& bases, Side side, CommonNames common_names) {
  std::vector<Term> terms;
  terms.reserve(bases.size());
  for (const GeneralName& base : bases) {
    terms.push_back(constraint_term(base));
    // One more permitted base would widen what is permitted.
    if (side == Side::permitted || common_names != CommonNames::as_any_identity) continue;
    if (const auto mapped = mapped_ip(base)) terms.push_back(constraint_term(*mapped));
  }
  return terms;
}

}  // namespace mtls::x509
