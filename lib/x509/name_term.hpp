// Names and name constraints taken apart, so that they can be compared. Private to this room.
#pragma once

#include "x509/extension.hpp"
#include "x509/name_matching.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::x509 {

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
  std::string_view origin = {};             // which part of the subject it is ("common name")
};

[[nodiscard]] Term name_term(const GeneralName& name);
[[nodiscard]] Term constraint_term(const GeneralName& base);

/// The names that a certificate has: its alternative names, its subject, and what is a name among
/// that one's attributes. RFC 5280 section 4.2.1.10 asks for its e-mail addresses only where no
/// alternative name is one; OpenSSL asks always.
[[nodiscard]] std::vector<Term> name_terms(const Name& subject, const GeneralNames& names,
                                           CommonNames common_names);

/// Permitted or excluded bases, for names that were taken apart under `common_names`.
enum class Side { permitted, excluded };
[[nodiscard]] std::vector<Term> constraint_terms(const GeneralNames& bases, Side side,
                                                 CommonNames common_names);

/// Adds everything that some program may take `text`, a common name, for: a host, an address, an
/// e-mail address, a URI. See CommonNames::as_any_identity.
void add_identity_terms(std::string_view text, std::vector<Term>& terms);
/// Adds what an alternative name is to some programs besides what it says: the IPv4 address of an
/// IPv4-mapped IPv6 one, the host of an SRVName or XmppAddr.
void add_implied_terms(const GeneralName& name, std::vector<Term>& terms);
/// The IPv4 form of an IPv4-mapped IPv6 address (16 octets) or network (32); nothing of any other.
[[nodiscard]] std::optional<GeneralName> mapped_ip(const GeneralName& name);

}  // namespace mtls::x509
