// Names against constraints and hosts (RFC 5280 section 4.2.1.10, RFC 9525).
#pragma once

#include "x509/extension.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mtls::x509 {

/// What the common names of a subject count as.
enum class CommonNames {
  /// Hosts where no name is a dNSName and they have a host's form with a dot in it: to OpenSSL they
  /// do for the certificate at the path's beginning ...
  as_hosts,
  ignored,  ///< ... and not for the CAs above.
  /// Whatever some program may take them for, dNSName or not: what issuing asks, and stricter than
  /// any one verifier. Hosts are those with a dot between labels (one at the end is put aside), a
  /// '*', or the text of an address (in brackets or with a zone too): held to dns constraints, and
  /// as an address to ip constraints, as an IPv4-mapped IPv6 address also as IPv4. With "://" it is
  /// a URI, with '@' an e-mail address. A single label, and what has a blank inside, is nothing of
  /// these. Alternative names are held to more as well: IPv4-mapped IPv6 addresses to IPv4
  /// constraints, SRVName (RFC 4985) and XmppAddr (RFC 6120) to dns constraints; an excluded
  /// network of IPv4-mapped addresses excludes the IPv4 ones.
  as_any_identity,
};

/// Returns why (`subject`, `names`) breaks `constraints`, as a sentence part ("dns:a.example is not
/// within the permitted dns:b.example"), or nothing. An emailAddress in the subject and an
/// SmtpUTF8Mailbox (RFC 9598) are held to e-mail constraints, and common names as `common_names`
/// says. A constraint of a kind that is not understood is broken by any name of that kind. A
/// wildcard dNSName is within an excluded subtree if any name it covers is. Bounded: names ×
/// constraints at most 2^20 comparisons, past which it is broken.
[[nodiscard]] std::optional<std::string> constraint_violation(const NameConstraints& constraints,
                                                              const Name& subject,
                                                              const GeneralNames& names,
                                                              CommonNames common_names);

/// Whether the subtree under `base` is all within the one under `outer`, both bases of name
/// constraints of one kind. False also where either is of a kind or form that cannot be compared:
/// it must not be taken for a narrower one.
[[nodiscard]] bool is_subtree_within(const GeneralName& base, const GeneralName& outer);

/// Whether a dNSName pattern covers `host` (RFC 9525 section 6.3: ASCII case-insensitive; a
/// wildcard only as the whole left-most label, for exactly one label, and with at least two labels
/// behind it).
[[nodiscard]] bool dns_name_matches(std::string_view pattern, std::string_view host) noexcept;

/// Whether `names` has `host`: an address as an iPAddress, else a name that a dNSName covers. A
/// common name never counts.
[[nodiscard]] bool has_host(const GeneralNames& names, std::string_view host);

/// Returns the octets of an IPv4 (4) or IPv6 (16) address, strictly; nothing if it is none.
[[nodiscard]] std::optional<Bytes> parse_ip(std::string_view text);
/// Returns the usual text of 4 or 16 octets (RFC 5952), or of 8 or 32 as ADDRESS/BITS (ADDRESS/MASK
/// for masks with holes).
[[nodiscard]] std::string ip_to_text(ByteView octets);

}  // namespace mtls::x509
