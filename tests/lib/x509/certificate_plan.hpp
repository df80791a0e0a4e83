// A certificate as plain data: what our writer and libcrypto are given alike, in no one's types.
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mtls::x509::test {

using Octets = std::vector<std::uint8_t>;

struct AttributePlan {
  std::string type;  // dotted
  std::uint8_t tag;  // the string type it should get
  std::string value;
};
using RdnPlan = std::vector<AttributePlan>;
using NamePlan = std::vector<RdnPlan>;

struct GeneralNamePlan {
  enum class Kind { email, dns, uri, ip, directory, registered_id, other };
  Kind kind;
  std::string text;    // email, dns, uri; dotted for registered_id; the UTF8String of other
  Octets address;      // ip
  NamePlan directory;  // directory
  std::string type;    // other: dotted
};

struct FurtherPlan {
  std::string type;
  bool critical;
  Octets value;
};

struct BasicConstraintsPlan {
  bool ca;
  std::optional<unsigned> path_length;
};

/// The kinds of key that sign, in the order of `SignerKind`'s tables on both sides.
enum class SignerKind { rsa, p256, p384, p521, ed25519 };
/// Bits of the digest; Ed25519 has none of its own to choose.
enum class DigestBits { b256 = 256, b384 = 384, b512 = 512 };

/// Empty lists and absent values leave their extension out.
struct CertificatePlan {
  Octets serial;  // magnitude, big-endian, not zero
  SignerKind signer;
  DigestBits digest;
  NamePlan issuer;
  std::int64_t not_before;
  std::int64_t not_after;
  NamePlan subject;
  unsigned subject_key;  // index into the subject keys
  std::optional<BasicConstraintsPlan> basic_constraints;
  std::vector<unsigned> key_usage;  // bits
  std::vector<std::string> extended_key_usage;
  bool subject_key_identifier;
  Octets authority_key_identifier;
  std::vector<GeneralNamePlan> subject_alt_names;
  std::vector<GeneralNamePlan> permitted;
  std::vector<GeneralNamePlan> excluded;
  std::vector<std::string> policies;
  std::vector<std::string> crl_uris;
  std::vector<std::string> ocsp_uris;
  std::vector<std::string> ca_issuers_uris;
  std::vector<FurtherPlan> further;
  bool critical;  // of the extensions whose criticality is open
};

inline constexpr unsigned k_subject_keys = 8;

/// Any certificate that the project could be asked for, and many that it never will be.
[[nodiscard]] rc::Gen<CertificatePlan> certificate_plans();

/// For RapidCheck's report of a failure.
void showValue(const CertificatePlan& plan, std::ostream& stream);

}  // namespace mtls::x509::test
