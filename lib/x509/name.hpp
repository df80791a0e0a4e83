// Distinguished names (RFC 5280 section 4.1.2.4).
#pragma once

#include "base/bytes.hpp"
#include "der/oid.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::x509 {

/// AttributeTypeAndValue. `octets` are the content octets under `tag` as encoded.
struct Attribute {
  der::Oid type;
  std::uint8_t tag;
  Bytes octets;

  /// The value as UTF-8, whatever string type it has; nothing where it cannot be decoded (invalid
  /// UTF-8, odd BMPString, ANY).
  [[nodiscard]] std::optional<std::string> text() const;
  bool operator==(const Attribute& other) const = default;
};

/// RelativeDistinguishedName: one or more attributes, in the order of their encoding.
using Rdn = std::vector<Attribute>;

/// A Name as it is encoded. Immutable, cheap to copy, safe to read from threads. Empty is valid.
class Name final {
 public:
  Name();
  /// `whole` is the Name's SEQUENCE. Throws malformed, also for over 64 RDNs.
  [[nodiscard]] static Name from_der(ByteView whole);
  /// Reads RFC 4514 text, last RDN first ("CN=root,OU=test,C=cn"; multi-valued RDNs with '+';
  /// \-escapes, #hex values; spaces around types and values are skipped), or OpenSSL's slash form
  /// in encoding order ("/C=cn/O=x/CN=y"; '+' joins an RDN, '\' escapes). Types by their short
  /// names in any case (C ST L O OU CN emailAddress/E SN serialNumber GN DC UID title …) or dotted.
  /// Throws bad_name: unknown type, no value, a character that `make_attribute` refuses.
  [[nodiscard]] static Name parse(std::string_view text);
  /// Makes a name of RDNs in encoding order; the attributes of one RDN are put into DER's SET OF
  /// order. Throws bad_name: an empty RDN, one with a type twice, over 64 RDNs.
  [[nodiscard]] static Name make(std::vector<Rdn> rdns);

  [[nodiscard]] ByteView der() const noexcept;
  [[nodiscard]] const std::vector<Rdn>& rdns() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return rdns().empty(); }
  /// RFC 4514 text, last RDN first, safe to show: octets beyond printable ASCII are \HH pairs,
  /// which `parse` reads; types without a name and values that are no text are #hex. Two values of
  /// one type have one text only if they are the same text. Empty for the empty name.
  [[nodiscard]] std::string to_text() const;
  /// The first `limit` octets of to_text, with "..." behind them where something is left out. Takes
  /// no longer than its result wants, whatever the name holds: for messages.
  [[nodiscard]] std::string to_text(std::size_t limit) const;
  /// All values of one type, in encoding order, as text.
  [[nodiscard]] std::vector<std::string> values(const der::Oid& type) const;
  /// The last commonName, which is the most specific.
  [[nodiscard]] std::optional<std::string> common_name() const;
  /// Whether the two are the same name by RFC 5280 section 7.1: case folded (ASCII) and inner white
  /// space squeezed, string types put aside.
  [[nodiscard]] bool matches(const Name& other) const;
  /// Whether `base`'s RDNs are this name's first ones, compared as `matches` does: what a
  /// directoryName constraint asks (section 4.2.1.10).
  [[nodiscard]] bool is_within(const Name& base) const;
  /// Identical encoding.
  bool operator==(const Name& other) const noexcept;

 private:
  struct Data;
  explicit Name(std::shared_ptr<const Data> data) : m_data(std::move(data)) {}
  std::shared_ptr<const Data> m_data;
};

/// Returns an attribute with `value` (UTF-8) encoded as its type wants: PrintableString for C and
/// serialNumber (dnQualifier, telephoneNumber), IA5String for DC and emailAddress, else UTF8String.
/// Throws bad_name: an empty value, invalid UTF-8, NUL, control characters or bidirectional marks,
/// a value that its string type cannot hold, one over the upper bound of RFC 5280 appendix A (CN,
/// O, OU 64; C exactly 2 letters; …).
[[nodiscard]] Attribute make_attribute(const der::Oid& type, std::string_view value);

/// Throws bad_name where `name` holds what make_attribute would refuse (bounds and characters;
/// string types may be older ones). `whose` names it ("the subject of client.csr").
void require_good_name(const Name& name, std::string_view whose);

/// A name and what was changed in it, one sentence per attribute.
struct RewrittenName {
  Name name;
  std::vector<std::string> changes;
};
/// Returns `name` with its values in the string types that a new name may have (RFC 5280 section
/// 4.1.2.4): what is not UTF8String or PrintableString, or not what its attribute type asks for
/// (PrintableString for C, IA5String for DC), is encoded by make_attribute. Throws bad_name where a
/// value cannot be.
[[nodiscard]] RewrittenName rewrite_outdated_strings(const Name& name);

/// Returns the Oid of a short name in any case ("CN", "emailAddress"), or of dotted decimal.
[[nodiscard]] std::optional<der::Oid> find_attribute_type(std::string_view word);
/// Returns the usual short name of a type ("CN"), else dotted decimal.
[[nodiscard]] std::string attribute_name(const der::Oid& type);

}  // namespace mtls::x509
