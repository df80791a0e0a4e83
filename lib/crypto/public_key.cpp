#include "crypto/public_key.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "crypto/evp_key.hpp"
#include "crypto/key_check.hpp"
#include "crypto/key_oid.hpp"
#include "der/reader.hpp"
#include "ossl/openssl_error.hpp"

#include <bit>
#include <mutex>
#include <utility>

namespace mtls::crypto {
namespace {

constexpr std::string_view k_what = "public key";
constexpr std::size_t k_identifier_size = 20;

/// What reading found; views into the octets that were read.
struct Parsed {
  KeyForm form = KeyForm::known;
  std::optional<KeySpec> spec = std::nullopt;
  std::string description = {};
  ByteView key_bits = {};
  std::optional<RsaPublicNumbers> rsa = std::nullopt;
};

ByteView read_positive(der::Reader& reader) {
  ByteView number = reader.integer();
  if (number[0] >= 0x80 || (number.size() == 1 && number[0] == 0)) {
    reader.fail("an RSA number that is not positive");
  }
  if (number[0] == 0) number = number.subspan(1);
  return number;
}

unsigned bit_length(ByteView magnitude) {
  return static_cast<unsigned>((magnitude.size() - 1) * 8) +
         static_cast<unsigned>(std::bit_width(magnitude[0]));
}

/// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } (RFC 8017 appendix A.1.1).
void read_rsa(der::Reader& algorithm, Parsed& parsed) {
  algorithm.null();
  algorithm.end();
  der::Reader bits(parsed.key_bits, k_what);
  der::Reader numbers = bits.into(der::tag::sequence);
  bits.end();
  const ByteView modulus = read_positive(numbers);
  const ByteView exponent = read_positive(numbers);
  numbers.end();
  parsed.rsa = RsaPublicNumbers{.modulus = modulus, .exponent = exponent};
  parsed.spec = KeySpec::rsa(bit_length(modulus));
  parsed.description = format("RSA {}", parsed.spec->bits());
}

/// ECParameters ::= CHOICE { namedCurve OBJECT IDENTIFIER, … } (RFC 5480 section 2.1.1).
void read_ec(der::Reader& algorithm, Parsed& parsed) {
  if (parsed.key_bits.empty()) algorithm.fail("an EC key without a point");
  if (algorithm.next_is(der::tag::sequence)) {
    const der::Element parameters = algorithm.any();
    if (!der::is_well_formed(parameters.whole)) algorithm.fail("EC parameters that are not DER");
    algorithm.end();
    parsed.form = KeyForm::explicit_curve;
    parsed.description = "EC with explicit parameters";
    return;
  }
  const der::Oid oid = algorithm.oid();
  algorithm.end();
  const std::optional<Curve> curve = find_curve(oid.content());
  if (!curve) {
    parsed.form = KeyForm::other_curve;
    parsed.description = describe_curve(oid.content());
    return;
  }
  parsed.spec = KeySpec::ec(*curve);
  parsed.description = format("EC {}", curve_name(*curve));
}

void read_ed25519(der::Reader& algorithm, Parsed& parsed) {
  algorithm.end();
  if (parsed.key_bits.size() != k_ed25519_size) algorithm.fail("an Ed25519 key not of 32 octets");
  parsed.spec = KeySpec::ed25519();
  parsed.description = "Ed25519";
}

void read_other(der::Reader& algorithm, const der::Oid& oid, Parsed& parsed) {
  if (!algorithm.at_end()) {
    const der::Element parameters = algorithm.any();
    if (!der::is_well_formed(parameters.whole)) algorithm.fail("parameters that are not DER");
  }
  algorithm.end();
  parsed.form = KeyForm::other_algorithm;
  parsed.description = describe_algorithm(oid.content());
}

/// SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING
/// }.
Parsed parse(ByteView spki) {
  der::Reader outer(spki, k_what);
  der::Reader info = outer.into(der::tag::sequence);
  outer.end();
  der::Reader algorithm = info.into(der::tag::sequence);
  const der::BitString bits = info.bit_string();
  info.end();

  Parsed parsed{.key_bits = bits.octets};
  const der::Oid oid = algorithm.oid();
  const bool rsa = equal(oid.content(), k_oid_rsa);
  const bool ec = equal(oid.content(), k_oid_ec);
  const bool ed25519 = equal(oid.content(), k_oid_ed25519);
  if ((rsa || ec || ed25519) && bits.unused != 0) info.fail("a key that is not whole octets");
  if (rsa) {
    read_rsa(algorithm, parsed);
  } else if (ec) {
    read_ec(algorithm, parsed);
  } else if (ed25519) {
    read_ed25519(algorithm, parsed);
  } else {
    read_other(algorithm, oid, parsed);
  }
  return parsed;
}

}  // namespace

struct PublicKey::Data {
  Bytes spki;  // what `parsed` looks into
  Parsed parsed;
  Sha256 hash;
  mutable std::mutex mutex;
  mutable std::shared_ptr<const EvpKey> evp;
};

PublicKey PublicKey::from_spki(ByteView spki) {
  auto data = std::make_shared<Data>();
  data->spki = to_bytes(spki);
  data->parsed = parse(data->spki);
  data->hash = sha256(data->spki);
  return PublicKey(std::move(data));
}

ByteView PublicKey::spki() const noexcept { return m_data->spki; }
ByteView PublicKey::key_bits() const noexcept { return m_data->parsed.key_bits; }
std::optional<KeySpec> PublicKey::spec() const noexcept { return m_data->parsed.spec; }
KeyForm PublicKey::form() const noexcept { return m_data->parsed.form; }
std::string PublicKey::description() const { return m_data->parsed.description; }
std::optional<RsaPublicNumbers> PublicKey::rsa() const noexcept { return m_data->parsed.rsa; }
const Sha256& PublicKey::spki_hash() const noexcept { return m_data->hash; }

Bytes PublicKey::key_identifier() const {
  const Sha256 digest = sha256(key_bits());
  return to_bytes(ByteView(digest).first(k_identifier_size));
}

bool PublicKey::operator==(const PublicKey& other) const noexcept {
  return m_data == other.m_data || equal(spki(), other.spki());
}

std::shared_ptr<const EvpKey> find_evp_key(const PublicKey& key, const ossl::Context& context) {
  // A key may outlive a private context, but not what was made in it: only the process's own is
  // kept.
  const bool keep = context.get() == nullptr && context.properties() == nullptr;
  std::unique_lock lock(key.m_data->mutex, std::defer_lock);
  if (keep) {
    lock.lock();
    if (key.m_data->evp) return key.m_data->evp;
  }
  if (!find_bound_defects(key).empty()) return nullptr;
  auto made = make_evp_public(key, context);
  if (!made) {
    ossl::clear_queue();
    return nullptr;
  }
  auto evp = std::make_shared<const EvpKey>(std::move(made), context);
  if (keep) key.m_data->evp = evp;
  return evp;
}

bool verify_signature(const PublicKey& key, SignatureAlgorithm algorithm, ByteView message,
                      ByteView signature, const ossl::Context& context) {
  if (!key.spec() || key.spec()->type() != key_type(algorithm)) return false;
  const auto evp = find_evp_key(key, context);
  return evp && verify_with(*evp, algorithm, message, signature);
}

}  // namespace mtls::crypto
