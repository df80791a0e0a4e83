// What a private key is, for those that are shown and never used.
#include "base/error.hpp"
#include "base/format.hpp"
#include "crypto/key_oid.hpp"
#include "crypto/private_key.hpp"
#include "der/pem.hpp"
#include "der/reader.hpp"

#include <bit>
#include <string>

namespace mtls::crypto {
namespace {

constexpr std::string_view k_what = "private key";

unsigned bit_length(ByteView number) {
  while (!number.empty() && number[0] == 0) number = number.subspan(1);
  if (number.empty()) return 0;
  return static_cast<unsigned>((number.size() - 1) * 8) +
         static_cast<unsigned>(std::bit_width(number[0]));
}

der::Reader into_sequence(ByteView der) {
  der::Reader all(der, k_what);
  return all.into(der::tag::sequence);
}

/// RSAPrivateKey and the old form of DSA begin alike: a version, then the number whose size counts.
std::string describe_numbers(std::string_view name, ByteView der) {
  der::Reader key = into_sequence(der);
  static_cast<void>(key.integer());
  return format("{} {}", name, bit_length(key.integer()));
}

/// Dss-Parms ::= SEQUENCE { p INTEGER, … }.
std::string describe_dsa(der::Reader parameters) {
  if (parameters.at_end()) return "DSA";
  return format("DSA {}", bit_length(parameters.into(der::tag::sequence).integer()));
}

/// ECParameters ::= CHOICE { namedCurve OBJECT IDENTIFIER, SEQUENCE { version, fieldID SEQUENCE {
/// type OBJECT IDENTIFIER, prime INTEGER }, … } }.
std::string describe_ec(der::Reader parameters) {
  if (!parameters.next_is(der::tag::sequence)) {
    const der::Oid oid = parameters.oid();
    if (const auto curve = find_curve(oid.content())) return format("EC {}", curve_name(*curve));
    return describe_curve(oid.content());
  }
  der::Reader curve = parameters.into(der::tag::sequence);
  static_cast<void>(curve.integer());
  der::Reader field = curve.into(der::tag::sequence);
  static_cast<void>(field.oid());
  if (!field.next_is(der::tag::integer)) return "EC with explicit parameters";
  return format("EC with explicit parameters ({} bits)", bit_length(field.integer()));
}

std::string describe_sec1(ByteView der) {
  der::Reader key = into_sequence(der);
  static_cast<void>(key.integer());
  static_cast<void>(key.octet_string());
  return describe_ec(key.into(der::tag::context_constructed(0)));
}

std::string describe_pkcs8(ByteView der) {
  der::Reader info = into_sequence(der);
  if (info.small_integer() > 1) info.fail("another version");
  der::Reader algorithm = info.into(der::tag::sequence);
  const der::Oid oid = algorithm.oid();
  const ByteView key = info.octet_string();
  if (equal(oid.content(), k_oid_rsa)) return describe_numbers("RSA", key);
  if (equal(oid.content(), k_oid_rsa_pss)) return describe_numbers("RSASSA-PSS", key);
  if (equal(oid.content(), k_oid_dsa)) return describe_dsa(algorithm);
  if (equal(oid.content(), k_oid_ec)) return describe_ec(algorithm);
  if (equal(oid.content(), k_oid_ed25519)) return "Ed25519";
  return describe_algorithm(oid.content());
}

std::optional<std::string> describe_block(const der::PemBlock& block) {
  if (block.encrypted_legacy) return std::nullopt;
  const ByteView der = block.der.view();
  if (block.label == "PRIVATE KEY") return describe_pkcs8(der);
  if (block.label == "RSA PRIVATE KEY") return describe_numbers("RSA", der);
  if (block.label == "DSA PRIVATE KEY") return describe_numbers("DSA", der);
  if (block.label == "EC PRIVATE KEY") return describe_sec1(der);
  return std::nullopt;
}

/// DER has no label: the tags of the first members tell the forms apart, as in from_file; nine
/// numbers are an RSA key, six a DSA key.
std::optional<std::string> describe_der(ByteView der) {
  der::Reader members = into_sequence(der);
  if (members.any().tag != der::tag::integer) return std::nullopt;
  if (members.next_is(der::tag::sequence)) return describe_pkcs8(der);
  if (members.next_is(der::tag::octet_string)) return describe_sec1(der);
  constexpr int k_dsa_numbers = 6;
  int numbers = 1;
  for (; members.next_is(der::tag::integer); ++numbers) static_cast<void>(members.any());
  return describe_numbers(numbers == k_dsa_numbers ? "DSA" : "RSA", der);
}

}  // namespace

std::optional<std::string> describe_private_key(ByteView text) {
  try {
    if (!der::looks_like_pem(text)) return describe_der(text);
    for (const der::PemBlock& block : der::read_pem(text)) {
      if (auto words = describe_block(block)) return words;
    }
  } catch (const Error&) {  // malformed: who reads it says so
  }
  return std::nullopt;
}

}  // namespace mtls::crypto
