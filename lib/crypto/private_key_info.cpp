#include "crypto/private_key_info.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "crypto/key_oid.hpp"
#include "crypto/rsa_numbers.hpp"
#include "crypto/secret_der.hpp"
#include "der/reader.hpp"
#include "ossl/openssl_error.hpp"

#include <openssl/core_names.h>

#include <array>

namespace mtls::crypto {
namespace {

constexpr std::string_view k_what = "private key";

[[noreturn]] void fail_version(std::uint64_t version) {
  throw Error(Errc::unsupported, format("PKCS #8 of version {} is not read", version));
}

ByteView read_positive(der::Reader& reader) {
  ByteView number = reader.integer();
  if (number[0] >= 0x80 || (number.size() == 1 && number[0] == 0)) {
    reader.fail("an RSA number that is not positive");
  }
  return number[0] == 0 ? number.subspan(1) : number;
}

ByteView whole_octets(der::Reader& reader) {
  const der::BitString bits = reader.bit_string();
  if (bits.unused != 0) reader.fail("a public key that is not whole octets");
  return bits.octets;
}

Curve read_curve(der::Reader& parameters) {
  if (parameters.next_is(der::tag::sequence)) fail_disallowed("EC with explicit parameters");
  const der::Oid oid = parameters.oid();
  parameters.end();
  const std::optional<Curve> curve = find_curve(oid.content());
  if (!curve) fail_disallowed(describe_curve(oid.content()));
  return *curve;
}

/// ECPrivateKey ::= SEQUENCE { version INTEGER { 1 }, privateKey OCTET STRING,
///   parameters [0] EXPLICIT OPTIONAL, publicKey [1] EXPLICIT BIT STRING OPTIONAL }; `outer` is the
/// curve that stands around it in PKCS#8.
EcParts read_ec(ByteView der, std::optional<Curve> outer) {
  der::Reader all(der, k_what);
  der::Reader key = all.into(der::tag::sequence);
  all.end();
  if (key.small_integer() != 1) key.fail("an EC key of another version than 1");
  const ByteView scalar = key.octet_string();
  std::optional<Curve> curve = outer;
  if (auto parameters = key.into_optional(der::tag::context_constructed(0))) {
    curve = read_curve(*parameters);
    if (outer && *outer != *curve) key.fail("two different curves");
  }
  if (!curve) key.fail("an EC key that names no curve");
  EcParts parts{.curve = *curve, .scalar = scalar, .point = std::nullopt};
  if (auto point = key.into_optional(der::tag::context_constructed(1))) {
    parts.point = whole_octets(*point);
    point->end();
  }
  key.end();
  // RFC 5915 wants exactly the field's size. Some writers drop leading zeros; GnuTLS puts a sign
  // octet before a scalar whose top bit is set.
  const std::size_t most = field_size(*curve);
  const bool sign_octet = scalar.size() == most + 1 && scalar[0] == 0;
  if (scalar.empty() || (scalar.size() > most && !sign_octet)) key.fail("a scalar of a wrong size");
  return parts;
}

RsaParts read_rsa(ByteView der) {
  der::Reader all(der, k_what);
  der::Reader key = all.into(der::tag::sequence);
  all.end();
  const std::uint64_t version = key.small_integer();
  if (version == 1 && key.next_is(der::tag::integer)) {
    fail_disallowed("RSA of more than two primes");
  }
  if (version != 0) key.fail("an RSA key of an unknown version");
  RsaParts parts{};
  for (ByteView* const number :
       {&parts.modulus, &parts.public_exponent, &parts.private_exponent, &parts.prime1,
        &parts.prime2, &parts.exponent1, &parts.exponent2, &parts.coefficient}) {
    *number = read_positive(key);
  }
  key.end();
  return parts;
}

/// CurvePrivateKey ::= OCTET STRING (RFC 8410 section 7).
Ed25519Parts read_ed25519(ByteView der) {
  der::Reader all(der, k_what);
  const ByteView seed = all.octet_string();
  all.end();
  if (seed.size() != k_ed25519_size) all.fail("an Ed25519 key not of 32 octets");
  return {.seed = seed, .point = std::nullopt};
}

struct Algorithm {
  der::Oid oid;
  der::Reader parameters;
};

PrivateParts read_by_algorithm(Algorithm& algorithm, ByteView key) {
  const ByteView oid = algorithm.oid.content();
  if (equal(oid, k_oid_rsa)) {
    algorithm.parameters.null();
    algorithm.parameters.end();
    return read_rsa(key);
  }
  if (equal(oid, k_oid_ec)) return read_ec(key, read_curve(algorithm.parameters));
  if (equal(oid, k_oid_ed25519)) {
    algorithm.parameters.end();
    return read_ed25519(key);
  }
  fail_disallowed(describe_algorithm(oid));
}

/// Puts the public key of OneAsymmetricKey where the algorithm's own form has none.
void add_point(PrivateParts& parts, ByteView point) {
  if (auto* const ec = std::get_if<EcParts>(&parts)) {
    if (!ec->point) ec->point = point;
  } else if (auto* const ed25519 = std::get_if<Ed25519Parts>(&parts)) {
    ed25519->point = point;
  }
}

SecretBytes write_rsa(const EVP_PKEY& key) {
  const RsaNumbers numbers = read_rsa_numbers(key);
  constexpr std::array<std::uint8_t, 3> k_version{0x02, 0x01, 0x00};
  return secret_element(
      der::tag::sequence,
      {k_version, secret_integer(*numbers.modulus).view(),
       secret_integer(*numbers.public_exponent).view(),
       secret_integer(*numbers.private_exponent).view(), secret_integer(*numbers.prime1).view(),
       secret_integer(*numbers.prime2).view(), secret_integer(*numbers.exponent1).view(),
       secret_integer(*numbers.exponent2).view(), secret_integer(*numbers.coefficient).view()});
}

/// With the public key, as libcrypto writes it: some readers cannot do without.
SecretBytes write_ec(const EVP_PKEY& key, const PublicKey& public_key, Curve curve) {
  constexpr std::array<std::uint8_t, 3> k_version{0x02, 0x01, 0x01};
  constexpr std::array<std::uint8_t, 1> k_no_unused_bits{0};
  const auto scalar = read_secret_number(key, OSSL_PKEY_PARAM_PRIV_KEY);
  const SecretBytes point =
      secret_element(der::tag::bit_string, {k_no_unused_bits, public_key.key_bits()});
  return secret_element(
      der::tag::sequence,
      {k_version,
       secret_element(der::tag::octet_string, {secret_octets(*scalar, field_size(curve)).view()})
           .view(),
       secret_element(der::tag::context_constructed(1), {point.view()}).view()});
}

SecretBytes write_ed25519(const EVP_PKEY& key) {
  SecretBytes seed(k_ed25519_size);
  std::size_t size = seed.size();
  if (EVP_PKEY_get_raw_private_key(&key, seed.data(), &size) != 1 || size != seed.size()) {
    ossl::throw_error(Errc::unsupported, "the private key cannot be taken out of its provider");
  }
  return secret_element(der::tag::octet_string, {seed.view()});
}

SecretBytes write_key(const EVP_PKEY& key, const PublicKey& public_key) {
  const KeySpec spec = public_key.spec().value();
  if (spec.type() == KeyType::rsa) return write_rsa(key);
  if (spec.type() == KeyType::ec) return write_ec(key, public_key, spec.curve().value());
  return write_ed25519(key);
}

}  // namespace

void fail_disallowed(const std::string& what) {
  throw Error(
      Errc::weak_key,
      format("its kind is {}: only RSA, EC (P-256, P-384, P-521) and Ed25519 are accepted", what),
      "make a new one with mtlsctl key generate");
}

PrivateParts read_pkcs8(ByteView der) {
  der::Reader all(der, k_what);
  der::Reader info = all.into(der::tag::sequence);
  all.end();
  const std::uint64_t version = info.small_integer();
  if (version > 1) fail_version(version);
  der::Reader fields = info.into(der::tag::sequence);
  der::Oid oid = fields.oid();
  Algorithm algorithm{.oid = std::move(oid), .parameters = fields};
  const ByteView key = info.octet_string();
  // Attributes say nothing about the key itself.
  static_cast<void>(info.optional(der::tag::context_constructed(0)));
  const auto point = info.optional(der::tag::context(1));
  info.end();
  PrivateParts parts = read_by_algorithm(algorithm, key);
  if (point) {
    if (version == 0 || point->content.empty() || point->content[0] != 0) {
      info.fail("a public key that is misplaced or not whole octets");
    }
    add_point(parts, point->content.subspan(1));
  }
  return parts;
}

PrivateParts read_pkcs1(ByteView der) { return read_rsa(der); }
PrivateParts read_sec1(ByteView der) { return read_ec(der, std::nullopt); }

SecretBytes write_pkcs8(const EVP_PKEY& key, const PublicKey& public_key) {
  constexpr std::array<std::uint8_t, 3> k_version{0x02, 0x01, 0x00};
  // The AlgorithmIdentifier is the same that stands in the public key.
  der::Reader spki(public_key.spki(), "public key");
  const ByteView algorithm = spki.into(der::tag::sequence).any().whole;
  const SecretBytes inner =
      secret_element(der::tag::octet_string, {write_key(key, public_key).view()});
  return secret_element(der::tag::sequence, {k_version, algorithm, inner.view()});
}

}  // namespace mtls::crypto
