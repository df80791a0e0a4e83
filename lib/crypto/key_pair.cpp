#include "base/error.hpp"
#include "base/format.hpp"
#include "crypto/key_bounds.hpp"
#include "crypto/key_check.hpp"
#include "crypto/key_oid.hpp"
#include "crypto/private_key_info.hpp"
#include "crypto/rsa_numbers.hpp"
#include "crypto/secret_der.hpp"
#include "der/writer.hpp"
#include "ossl/openssl_error.hpp"

#include <openssl/core_names.h>

#include <array>

namespace mtls::crypto {
namespace {

constexpr unsigned k_rsa_signs_from = 512;  // a smaller modulus has no room for a digest
constexpr std::size_t k_exponent_most = 32;

[[noreturn]] void fail_mismatch() {
  throw Error(Errc::key_mismatch, "the private key's parts do not belong together",
              "the file is damaged, or was put together from two keys");
}

PublicKey make_public(ByteView algorithm_oid, ByteView parameters, ByteView key_bits) {
  der::Writer spki;
  spki.sequence([&](der::Writer& info) {
    info.sequence([&](der::Writer& algorithm) {
      algorithm.element(der::tag::object_identifier, algorithm_oid).raw(parameters);
    });
    info.bit_string(key_bits);
  });
  return PublicKey::from_spki(spki.view());
}

PublicKey make_rsa_public_key(ByteView modulus, ByteView exponent) {
  der::Writer key;
  key.sequence(
      [&](der::Writer& numbers) { numbers.unsigned_integer(modulus).unsigned_integer(exponent); });
  return make_public(k_oid_rsa, der::Writer().null().view(), key.view());
}

PublicKey make_ec_public_key(Curve curve, ByteView point) {
  der::Writer parameters;
  parameters.element(der::tag::object_identifier, curve_oid(curve));
  return make_public(k_oid_ec, parameters.view(), point);
}

PublicKey make_ed25519_public_key(ByteView point) { return make_public(k_oid_ed25519, {}, point); }

/// Throws weak_key for a key that must not be computed with; one that is merely too weak to be
/// certified passes, since it may have to be looked at.
void require_computable(const RsaParts& parts, const PublicKey& key) {
  for (const KeyFinding& finding : find_bound_defects(key)) {
    const bool too_small = finding.defect == KeyDefect::rsa_too_small;
    const bool refused = finding.defect == KeyDefect::rsa_too_large ||
                         finding.defect == KeyDefect::rsa_even_modulus ||
                         (too_small && key.spec()->bits() < k_rsa_signs_from) ||
                         (finding.defect == KeyDefect::rsa_exponent &&
                          (parts.public_exponent.size() > k_exponent_most ||
                           (parts.public_exponent.back() & 1U) == 0));
    if (refused) throw Error(Errc::weak_key, finding.message);
  }
  for (const ByteView number : {parts.private_exponent, parts.prime1, parts.prime2, parts.exponent1,
                                parts.exponent2, parts.coefficient}) {
    if (number.size() > parts.modulus.size()) fail_mismatch();
  }
}

KeyPair make_pair(const RsaParts& parts, const ossl::Context& context) {
  PublicKey public_key = make_rsa_public_key(parts.modulus, parts.public_exponent);
  require_computable(parts, public_key);
  const RsaNumbers numbers{.modulus = make_number(parts.modulus),
                           .public_exponent = make_number(parts.public_exponent),
                           .private_exponent = make_secret_number(parts.private_exponent),
                           .prime1 = make_secret_number(parts.prime1),
                           .prime2 = make_secret_number(parts.prime2),
                           .exponent1 = make_secret_number(parts.exponent1),
                           .exponent2 = make_secret_number(parts.exponent2),
                           .coefficient = make_secret_number(parts.coefficient)};
  if (!belong_together(numbers)) fail_mismatch();
  auto evp = make_rsa_pkey(numbers, context);
  if (!evp) ossl::throw_error(Errc::unsupported, "libcrypto refuses the RSA key");
  return {.evp = std::move(evp), .public_key = std::move(public_key)};
}

int group_id(Curve curve) noexcept {
  switch (curve) {
    case Curve::p256:
      return NID_X9_62_prime256v1;
    case Curve::p384:
      return NID_secp384r1;
    case Curve::p521:
      break;
  }
  return NID_secp521r1;
}

/// Returns the uncompressed public point of `scalar`; throws malformed unless 0 < scalar < order.
Bytes multiply_generator(Curve curve, const BIGNUM& scalar, const ossl::Context& context) {
  const ossl::Handle<EC_GROUP> group(ossl::require_pointer(
      EC_GROUP_new_by_curve_name_ex(context.get(), context.properties(), group_id(curve)),
      "EC_GROUP_new_by_curve_name_ex"));
  if (BN_is_zero(&scalar) != 0 || BN_cmp(&scalar, EC_GROUP_get0_order(group.get())) >= 0) {
    throw Error(Errc::malformed, "malformed private key: a scalar that is not below the order");
  }
  const ossl::Handle<EC_POINT> point(
      ossl::require_pointer(EC_POINT_new(group.get()), "EC_POINT_new"));
  const ossl::Handle<BN_CTX> scratch(
      ossl::require_pointer(BN_CTX_secure_new_ex(context.get()), "BN_CTX_secure_new_ex"));
  ossl::require(
      EC_POINT_mul(group.get(), point.get(), &scalar, nullptr, nullptr, scratch.get()) == 1,
      "EC_POINT_mul");
  Bytes octets(1 + 2 * field_size(curve));
  ossl::require(EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                   octets.data(), octets.size(), scratch.get()) == octets.size(),
                "EC_POINT_point2oct");
  return octets;
}

/// True if the public key in the file is `point`, written uncompressed or (SEC 1 section 2.3.3)
/// compressed.
bool is_same_point(ByteView in_file, ByteView point) {
  if (equal(in_file, point)) return true;
  const std::size_t coordinate = (point.size() - 1) / 2;
  const auto compressed = static_cast<std::uint8_t>(0x02U | (point.back() & 1U));
  return in_file.size() == 1 + coordinate && in_file[0] == compressed &&
         equal(in_file.subspan(1), point.subspan(1, coordinate));
}

KeyPair make_pair(const EcParts& parts, const ossl::Context& context) {
  const auto scalar = make_secret_number(parts.scalar);
  const Bytes point = multiply_generator(parts.curve, *scalar, context);
  if (parts.point && !is_same_point(*parts.point, point)) fail_mismatch();

  const ossl::Handle<OSSL_PARAM_BLD> builder(
      ossl::require_pointer(OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_new"));
  ossl::require(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                                curve_name(parts.curve), 0) == 1 &&
                    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                                     point.data(), point.size()) == 1 &&
                    OSSL_PARAM_BLD_push_BN_pad(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY,
                                               scalar.get(), field_size(parts.curve)) == 1,
                "OSSL_PARAM_BLD_push");
  const ossl::Handle<OSSL_PARAM> parameters(
      ossl::require_pointer(OSSL_PARAM_BLD_to_param(builder.get()), "OSSL_PARAM_BLD_to_param"));
  auto evp = make_evp_pkey("EC", EVP_PKEY_KEYPAIR, parameters.get(), context);
  if (!evp) ossl::throw_error(Errc::unsupported, "libcrypto refuses the EC key");
  return {.evp = std::move(evp), .public_key = make_ec_public_key(parts.curve, point)};
}

KeyPair make_pair(const Ed25519Parts& parts, const ossl::Context& context) {
  ossl::Handle<EVP_PKEY> evp(EVP_PKEY_new_raw_private_key_ex(
      context.get(), "ED25519", context.properties(), parts.seed.data(), parts.seed.size()));
  if (!evp) ossl::throw_unavailable("Ed25519 keys");
  PublicKey public_key = read_public_key(*evp, KeyType::ed25519, std::nullopt);
  if (parts.point && !equal(*parts.point, public_key.key_bits())) fail_mismatch();
  return {.evp = std::move(evp), .public_key = std::move(public_key)};
}

Bytes to_octets(const BIGNUM& number) {
  return to_bytes(
      secret_octets(number, static_cast<std::size_t>((BN_num_bits(&number) + 7) / 8)).view());
}

Bytes read_point(const EVP_PKEY& key) {
  Bytes point(256);
  std::size_t size = 0;
  ossl::require(EVP_PKEY_get_octet_string_param(&key, OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                                point.size(), &size) == 1,
                "EVP_PKEY_get_octet_string_param");
  point.resize(size);
  return point;
}

}  // namespace

KeyPair make_key_pair(const PrivateParts& parts, const ossl::Context& context) {
  return std::visit([&](const auto& found) { return make_pair(found, context); }, parts);
}

PublicKey read_public_key(const EVP_PKEY& key, KeyType type, std::optional<Curve> curve) {
  switch (type) {
    case KeyType::rsa:
      return make_rsa_public_key(to_octets(*read_secret_number(key, OSSL_PKEY_PARAM_RSA_N)),
                                 to_octets(*read_secret_number(key, OSSL_PKEY_PARAM_RSA_E)));
    case KeyType::ec:
      return make_ec_public_key(curve.value(), read_point(key));
    case KeyType::ed25519:
      break;
  }
  return make_ed25519_public_key(read_point(key));
}

}  // namespace mtls::crypto
