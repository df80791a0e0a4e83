// GeneralName (RFC 5280 section 4.2.1.6): what a subjectAltName is made of.
#pragma once

#include "der/writer.hpp"
#include "x509/name.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mtls::x509 {

/// The choices of GeneralName, valued as their context tags.
enum class GeneralNameKind : std::uint8_t {
  other_name = 0,
  email = 1,
  dns = 2,
  x400_address = 3,
  directory = 4,
  edi_party = 5,
  uri = 6,
  ip = 7,
  registered_id = 8,
};

/// Returns the word of a kind as the command line has it: "dns", "ip", "email", "uri", "dn",
/// "other", "rid", "x400", "edi".
[[nodiscard]] std::string_view name(GeneralNameKind kind) noexcept;
[[nodiscard]] std::optional<GeneralNameKind> parse_general_name_kind(
    std::string_view word) noexcept;

/// One GeneralName. Immutable. What it holds depends on its kind: text for email, dns and uri;
/// octets for ip (4 or 16; in a constraint 8 or 32, address and mask); a Name for directory; an Oid
/// and DER for other_name; an Oid for registered_id; the element's DER for the others.
class GeneralName final {
 public:
  /// Reads "dns:HOST", "ip:ADDRESS", "email:LOCAL@HOST", "uri:URI", "dn:RFC4514",
  /// "upn:USER@REALM" (otherName 1.3.6.1.4.1.311.20.2.3), "rid:OID", "other:OID;HEX-DER".
  /// Throws bad_name: an unknown kind (a kind missing before an obvious value gets the hint), a
  /// host that is no LDH name (RFC 5890; `*` only as the whole left-most label; a U-label is
  /// refused naming its A-label; an IP address as dns), a zone or mask on an ip, an e-mail without
  /// exactly one @ and a host, a URI without scheme or with white space (a spiffe: URI also as the
  /// SPIFFE ID standard has it).
  [[nodiscard]] static GeneralName parse(std::string_view text);
  /// Reads "dns:…", "ip:CIDR", "email:…" (mailbox, host or .domain), "uri:…" (host or .domain),
  /// "dn:…" as the base of a name constraint (section 4.2.1.10). Throws bad_name.
  [[nodiscard]] static GeneralName parse_constraint(std::string_view text);
  [[nodiscard]] static GeneralName dns(std::string host);
  [[nodiscard]] static GeneralName email(std::string address);
  [[nodiscard]] static GeneralName uri(std::string uri);
  [[nodiscard]] static GeneralName ip(Bytes octets);
  [[nodiscard]] static GeneralName directory(Name name);
  [[nodiscard]] static GeneralName other(der::Oid type, Bytes value);
  /// `element` is any() of a Reader; throws malformed. Text is kept as it is, NUL and all:
  /// `require_good` judges it.
  [[nodiscard]] static GeneralName from_der(const der::Element& element);

  [[nodiscard]] GeneralNameKind kind() const noexcept { return m_kind; }
  /// The text of an email, dns or uri; throws internal for other kinds.
  [[nodiscard]] const std::string& text() const;
  /// The octets of an ip, the DER of an other_name's value, x400_address or edi_party.
  [[nodiscard]] const Bytes& octets() const;
  [[nodiscard]] const Name& directory_name() const;
  [[nodiscard]] const der::Oid& type() const;
  /// The form that `parse` reads, made safe to show and to be joined by ", ": "dns:a.example",
  /// "ip:10.0.0.1", "ip:10.0.0.0/8".
  [[nodiscard]] std::string to_text() const;
  void write(der::Writer& writer) const;
  /// Throws bad_name where it holds what `parse` would refuse of its kind (NUL, control or
  /// non-ASCII octets, an empty text, no LDH host …), an ip that has neither 4 nor 16 octets, or a
  /// directory name that `require_good_name` refuses. The kinds that are not understood hold
  /// nothing to judge.
  void require_good(std::string_view whose) const;
  bool operator==(const GeneralName& other) const = default;

 private:
  struct Other {
    der::Oid type;
    Bytes value;
    bool operator==(const Other& other) const = default;
  };
  using Value = std::variant<std::string, Bytes, Name, der::Oid, Other>;
  GeneralName(GeneralNameKind kind, Value value) : m_kind(kind), m_value(std::move(value)) {}
  GeneralNameKind m_kind;
  Value m_value;
};

using GeneralNames = std::vector<GeneralName>;

/// The text of each, in order.
[[nodiscard]] std::vector<std::string> to_texts(const GeneralNames& names);

/// Reads GeneralNames (a SEQUENCE, at least one); throws malformed.
[[nodiscard]] GeneralNames read_general_names(ByteView der, std::string_view what);

}  // namespace mtls::x509
