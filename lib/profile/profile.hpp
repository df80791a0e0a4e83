// A profile: the only place where policy lives. What a certificate issued under it may be, must be
// and is by default. Written in TOML (docs/profiles.md), validated when read, immutable afterwards.
#pragma once

#include "base/error.hpp"
#include "crypto/digest.hpp"
#include "crypto/key_spec.hpp"
#include "crypto/signature_algorithm.hpp"
#include "profile/san_pattern.hpp"
#include "x509/extension.hpp"
#include "x509/name.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace mtls::profile {

/// What a certificate of the profile is for: which commands may use it.
enum class Role { root_ca, intermediate_ca, client, server, other };
[[nodiscard]] std::string_view name(
    Role role) noexcept;  // "root-ca", "intermediate-ca", "client", …
[[nodiscard]] std::optional<Role> parse_role(std::string_view word) noexcept;
[[nodiscard]] bool is_ca(Role role) noexcept;

/// Which keys may be certified.
struct KeyPolicy {
  crypto::KeySpec default_spec;
  unsigned rsa_min_bits;  // 2048 to 8192
  unsigned rsa_max_bits;
  bool rsa_allowed;
  std::vector<crypto::Curve> curves;
  bool ed25519_allowed;
  /// Returns the keys in words: "rsa (2048 to 8192 bits), ec:p256".
  [[nodiscard]] std::string to_text() const;
  /// Returns why a key of `spec` may not be certified ("ec:p521 is not among …"), or nothing.
  [[nodiscard]] std::optional<std::string> refuses(const crypto::KeySpec& spec) const;
};

struct ValidityPolicy {
  std::chrono::seconds default_period;
  std::chrono::seconds max_period;
  std::chrono::seconds backdate;  // notBefore = now − backdate
};

/// A fixed subject attribute: put there whatever was asked for; asking for another value is
/// refused.
struct FixedAttribute {
  der::Oid type;
  std::string value;
};

struct SubjectPolicy {
  std::vector<der::Oid> required;
  std::vector<der::Oid> optional;  // required and fixed ones need not be repeated
  std::vector<FixedAttribute> fixed;
  /// Every attribute type is allowed; then `optional` says nothing.
  bool any_allowed;
  /// Whether a subject without any attribute is allowed (then SAN must not be empty and is
  /// critical).
  bool may_be_empty;
  /// Whether an attribute of `type` may stand in the subject.
  [[nodiscard]] bool allows(const der::Oid& type) const noexcept;
};

/// One kind of SAN that is allowed, with patterns of which one must match (none: any value). For
/// other_name, `other_type` says which otherName.
struct SanRule {
  x509::GeneralNameKind kind;
  std::optional<der::Oid> other_type;
  std::vector<SanPattern> patterns;
  /// Whether the rule is about names of this kind (and otherName type), whatever their value.
  [[nodiscard]] bool concerns(const x509::GeneralName& name) const noexcept;
};

struct SanPolicy {
  std::vector<SanRule> allowed;
  unsigned min_count;  // of them all
  unsigned max_count;  // at most 100
  bool wildcard_allowed;
  /// At least one of dns or ip (servers).
  bool host_required;
  /// Returns the first rule that allows `name`, or null. Wildcards and counts: see `refuses`.
  [[nodiscard]] const SanRule* find(const x509::GeneralName& name) const noexcept;
};

/// What may be taken from a CSR besides its key.
struct CsrPolicy {
  bool subject;
  bool subject_alt_names;  // and only where the caller asks for it (--san-from-csr)
};

/// The extensions that a certificate gets. Absent options are left out of it.
struct ExtensionPolicy {
  x509::BasicConstraints basic_constraints;  // always there, critical; its path length by default
  /// The longest path that may be asked for instead of the default; nothing: any. Never below it.
  std::optional<unsigned> max_path_length;
  x509::KeyUsage key_usage;  // never empty, critical
  std::vector<der::Oid> extended_key_usage;
  x509::Criticality extended_key_usage_criticality;
  x509::NameConstraints name_constraints;
  std::vector<der::Oid> certificate_policies;
  std::vector<std::string> crl_urls;
  std::vector<std::string> ocsp_urls;
  std::vector<std::string> ca_issuers_urls;
  x509::Extensions further;  // OID, DER, critical, as the profile spells them
};

/// The source of the profiles that are compiled in.
inline constexpr std::string_view k_built_in = "built-in";

/// A validated profile. Immutable; cheap enough to copy.
struct Profile {
  std::string name;         // [a-z0-9-]{1,64}
  std::string description;  // one line
  Role role;
  KeyPolicy keys;
  /// The digest of the signature under this profile; nothing: what goes with the CA's key.
  std::optional<crypto::Digest> digest;
  ValidityPolicy validity;
  SubjectPolicy subject;
  SanPolicy san;
  ExtensionPolicy extensions;
  CsrPolicy csr;
  std::string source;   // the file, or k_built_in
  std::string text;     // the TOML it was read from
  crypto::Sha256 hash;  // SHA-256 of `text`: what the ledger records
};

/// All that is wrong with a profile's text; the profile, if nothing is.
struct ProfileCheck {
  std::optional<Profile> profile;
  std::string name;           // empty if it could not be read
  std::vector<Error> errors;  // bad_profile, in the file's order
};

/// Reads a profile as parse_profile does, and goes on behind what is wrong. Text that is not TOML
/// gives one error, where the reader lost its way. Throws too_large.
[[nodiscard]] ProfileCheck check_profile(std::string_view text, std::string_view source);

/// Reads a profile. `source` names it in complaints: bad_profile with file:line:column, and the
/// allowed values as hint where a value is not one of a list.
[[nodiscard]] Profile parse_profile(std::string_view text, std::string_view source);

}  // namespace mtls::profile
