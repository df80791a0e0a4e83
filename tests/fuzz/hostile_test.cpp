// Hostile inputs: every truncation, seeded bit flips, giant lengths, deep nesting. Built with ASan
// and UBSan by tests/run. Whatever comes, a reader returns a value or throws an Error that says bad
// input or a refusal, within a second; and what was changed is never accepted.
#include "base/error.hpp"
#include "crypto/private_key.hpp"
#include "crypto/signer.hpp"
#include "der/pem.hpp"
#include "verify/verify.hpp"
#include "x509/certificate_list.hpp"
#include "x509/certificate_request.hpp"
#include "x509/tbs_certificate.hpp"

#include <doctest/doctest.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <random>

namespace mtls {
namespace {

using Reader = std::function<void(ByteView)>;

const ossl::Context& context() {
  static const ossl::Context context = ossl::Context::process_default(ossl::Configuration::none);
  return context;
}

constexpr UnixTime k_now{std::chrono::seconds{1'750'000'000}};

struct Material {
  crypto::PrivateKey ca_key;
  x509::Certificate ca;
  x509::Certificate leaf;
  x509::CertificateRequest request;
};

x509::Certificate make_certificate(const crypto::PublicKey& key, const x509::Name& subject,
                                   const x509::Name& issuer, const crypto::Signer& signer,
                                   x509::Extensions extensions, std::uint8_t serial) {
  const std::array<std::uint8_t, 16> random{serial, 2, 3};
  const x509::TbsCertificate tbs{.serial = x509::SerialNumber::from_random(random),
                                 .signature = signer.algorithm(),
                                 .issuer = issuer,
                                 .validity = {.not_before = k_now - std::chrono::hours{1},
                                              .not_after = k_now + std::chrono::hours{24 * 365}},
                                 .subject = subject,
                                 .public_key = key,
                                 .extensions = std::move(extensions)};
  const Bytes octets = tbs.to_der();
  return x509::wrap(octets, signer.algorithm(), signer.sign(octets));
}

Material make_material() {
  using x509::Criticality;
  const auto spec = crypto::KeySpec::ec(crypto::Curve::p256);
  const auto make_key = [&] {
    return crypto::PrivateKey::generate(spec, crypto::Keygen::standard, context());
  };
  const crypto::PrivateKey ca_key = make_key();
  const crypto::PrivateKey leaf_key = make_key();
  const crypto::SoftwareSigner ca_signer(ca_key, crypto::SignatureAlgorithm::ecdsa_sha256);
  const crypto::SoftwareSigner leaf_signer(leaf_key, crypto::SignatureAlgorithm::ecdsa_sha256);
  const x509::Name root = x509::Name::parse("CN=root,O=test,C=cn");
  const x509::Name subject = x509::Name::parse("CN=leaf,OU=a+UID=b,O=test,C=cn");
  const x509::GeneralNames names{
      x509::GeneralName::parse("dns:a.example"), x509::GeneralName::parse("ip:2001:db8::1"),
      x509::GeneralName::parse("uri:spiffe://x/y"), x509::GeneralName::parse("dn:CN=z")};
  auto ca = make_certificate(
      ca_key.public_key(), root, root, ca_signer,
      {x509::encode(x509::BasicConstraints{x509::BasicConstraints::Subject::ca, 1},
                    Criticality::critical),
       x509::encode(x509::KeyUsage{x509::KeyUsageBit::key_cert_sign}, Criticality::critical),
       x509::encode_subject_key_identifier(ca_key.public_key().key_identifier()),
       x509::encode(x509::NameConstraints{
           .permitted = {},
           .excluded = {x509::GeneralName::parse_constraint("dns:evil.example")}})},
      1);
  auto leaf = make_certificate(
      leaf_key.public_key(), subject, root, ca_signer,
      {x509::encode(x509::BasicConstraints{x509::BasicConstraints::Subject::end_entity, {}},
                    Criticality::critical),
       x509::encode(x509::KeyUsage{x509::KeyUsageBit::digital_signature}, Criticality::critical),
       x509::encode_extended_key_usage({x509::oids::client_auth()}, Criticality::non_critical),
       x509::encode_authority_key_identifier(ca_key.public_key().key_identifier()),
       x509::encode_subject_alt_name(names, Criticality::non_critical),
       x509::encode_crl_distribution_points({"http://a.example/c.crl"})},
      2);
  auto request = x509::make_request({.subject = subject,
                                     .subject_alt_names = names,
                                     .challenge_password = std::nullopt,
                                     .unstructured_name = "company"},
                                    leaf_signer);
  return {ca_key, std::move(ca), std::move(leaf), std::move(request)};
}

const Material& material() {
  static const Material material = make_material();
  return material;
}

/// Runs `reader` on `octets` and checks how it ends; true if it read them.
bool survives(const Reader& reader, ByteView octets) {
  const auto start = std::chrono::steady_clock::now();
  bool read = false;
  try {
    reader(octets);
    read = true;
  } catch (const Error& error) {
    const Errc code = error.code();
    const bool allowed = code == Errc::malformed || code == Errc::too_large ||
                         code == Errc::bad_signature || code == Errc::wrong_passphrase ||
                         code == Errc::key_mismatch || code == Errc::hostile_key_derivation ||
                         code == Errc::several_keys || code == Errc::unsupported ||
                         code == Errc::missing_value || code == Errc::weak_key ||
                         code == Errc::bad_name || code == Errc::too_many_names;
    CHECK_MESSAGE(allowed, std::string(name(code)), ": ", error.message());
  }
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{1});
  return read;
}

/// Calls `use` with every truncation of `good`, a thousand seeded bit flips, and giant lengths put
/// at every place.
void for_each_change(ByteView good, const std::function<void(ByteView)>& use) {
  for (std::size_t size = 0; size < good.size(); ++size) use(good.first(size));
  std::mt19937 random(20'240'501);
  std::uniform_int_distribution<std::size_t> bit(0, good.size() * 8 - 1);
  for (int i = 0; i < 1000; ++i) {
    Bytes changed = to_bytes(good);
    const std::size_t at = bit(random);
    changed[at / 8] ^= static_cast<std::uint8_t>(1U << (at % 8));
    use(changed);
  }
  for (std::size_t at = 1; at + 5 < good.size(); at += 3) {
    Bytes changed = to_bytes(good);
    const std::array<std::uint8_t, 5> giant{0x84, 0x7f, 0xff, 0xff, 0xff};
    std::copy(giant.begin(), giant.end(), changed.begin() + static_cast<std::ptrdiff_t>(at));
    use(changed);
  }
}

Bytes nested(std::size_t depth) {
  Bytes octets;
  for (std::size_t i = 0; i < depth; ++i) {
    der::Writer writer;
    writer.element(i % 2 == 0 ? der::tag::sequence : der::tag::context_constructed(0), octets);
    octets = std::move(writer).take();
  }
  return octets;
}

/// Everything that a command asks of a certificate.
void read_certificate(ByteView octets) {
  const auto certificate = x509::Certificate::from_der(octets);
  for (const x509::Extension& extension : certificate.extensions()) {
    static_cast<void>(x509::describe(extension));
  }
  static_cast<void>(certificate.subject().to_text());
  static_cast<void>(certificate.basic_constraints());
  static_cast<void>(certificate.key_usage());
  static_cast<void>(certificate.extended_key_usage());
  static_cast<void>(certificate.subject_alt_names());
  static_cast<void>(certificate.authority_key_identifier());
  static_cast<void>(certificate.name_constraints());
  static_cast<void>(certificate.public_key().description());
}

void read_request(ByteView octets) {
  const auto request = x509::CertificateRequest::from_der(octets);
  static_cast<void>(request.subject().to_text());
  static_cast<void>(request.subject_alt_names());
  static_cast<void>(request.unstructured_name());
  for (const x509::Extension& extension : request.requested_extensions()) {
    static_cast<void>(x509::describe(extension));
  }
}

class FixedClock final : public Clock {
 public:
  [[nodiscard]] UnixTime now() const override { return k_now; }
  [[nodiscard]] MonotonicTime monotonic() const override {
    return std::chrono::steady_clock::now();
  }
};

enum class Verdict { accepted, refused, none };

Verdict judge(const x509::Certificate& leaf) {
  const verify::VerifyRequest request{.leaf = leaf,
                                      .pool = {},
                                      .anchors = {material().ca},
                                      .anchor_fingerprint = std::nullopt,
                                      .purpose = verify::Purpose::client,
                                      .host = std::nullopt,
                                      .at = k_now,
                                      .budget = {}};
  Verdict verdict = Verdict::none;
  static_cast<void>(survives(
      [&](ByteView /*octets*/) {
        const bool accepted = verify::verify(request, nullptr, FixedClock(), context()).accepted;
        verdict = accepted ? Verdict::accepted : Verdict::refused;
      },
      leaf.der()));
  return verdict;
}

/// Whether libcrypto reads one certificate to the end: the oracle.
bool openssl_reads_certificate(ByteView octets) {
  const std::uint8_t* at = octets.data();
  const ossl::Handle<X509> certificate(d2i_X509(nullptr, &at, static_cast<long>(octets.size())));
  return certificate && at == octets.data() + octets.size();
}

}  // namespace

TEST_CASE("a changed certificate is read or refused, and never accepted") {
  REQUIRE(judge(material().leaf) == Verdict::accepted);
  for_each_change(material().leaf.der(), [](ByteView changed) {
    if (!survives(read_certificate, changed)) return;
    // What libcrypto does not read gets no verdict at all.
    const Verdict verdict = judge(x509::Certificate::from_der(changed));
    CHECK(verdict != Verdict::accepted);
    if (!openssl_reads_certificate(changed)) CHECK(verdict == Verdict::none);
  });
}

TEST_CASE("a changed anchor or intermediate is read or refused") {
  for_each_change(material().ca.der(),
                  [](ByteView changed) { static_cast<void>(survives(read_certificate, changed)); });
}

TEST_CASE("a changed request is read or refused, and never proves possession") {
  REQUIRE(material().request.proves_possession(context()) == x509::Possession::proven);
  for_each_change(material().request.der(), [](ByteView changed) {
    if (!survives(read_request, changed)) return;
    const auto request = x509::CertificateRequest::from_der(changed);
    CHECK(request.proves_possession(context()) != x509::Possession::proven);
  });
}

TEST_CASE("a changed key is read or refused, plain and encrypted") {
  const auto passphrase = [](crypto::Attempt attempt) -> std::optional<SecretBytes> {
    if (attempt == crypto::Attempt::again) return std::nullopt;
    return SecretBytes(as_bytes("secret"));
  };
  const Reader read_key = [&](ByteView octets) {
    static_cast<void>(crypto::PrivateKey::from_file(octets, "key", passphrase,
                                                    crypto::LegacyKeys::refuse, context()));
  };
  const auto key = crypto::PrivateKey::generate(crypto::KeySpec::ec(crypto::Curve::p384),
                                                crypto::Keygen::standard, context());
  const auto plain = der::read_pem(key.to_pkcs8_pem().view());
  for_each_change(plain.front().der.view(),
                  [&](ByteView changed) { static_cast<void>(survives(read_key, changed)); });
  // Deriving takes a while: truncations and a few flips of the encrypted form.
  const auto encrypted = der::read_pem(key.to_pkcs8_pem(as_bytes("secret")).view());
  const ByteView octets = encrypted.front().der.view();
  for (std::size_t size = 0; size < octets.size(); ++size) {
    static_cast<void>(survives(read_key, octets.first(size)));
  }
}

TEST_CASE("a changed PEM file is read or refused") {
  const std::string pem =
      "leading text\n" + x509::to_pem(material().leaf) + x509::to_pem(material().ca);
  const Reader read_pem = [](ByteView octets) {
    static_cast<void>(x509::read_certificates(octets, "file"));
  };
  REQUIRE(survives(read_pem, as_bytes(pem)));
  for_each_change(as_bytes(pem),
                  [&](ByteView changed) { static_cast<void>(survives(read_pem, changed)); });
}

TEST_CASE("nesting and size cost neither stack nor time") {
  const std::vector<Reader> readers{
      read_certificate,
      read_request,
      [](ByteView octets) { static_cast<void>(x509::CertificateList::from_der(octets)); },
      [](ByteView octets) { static_cast<void>(x509::Name::from_der(octets)); },
      [](ByteView octets) { static_cast<void>(crypto::PublicKey::from_spki(octets)); },
      [](ByteView octets) { static_cast<void>(x509::read_certificates(octets, "file")); }};
  const Bytes deep = nested(10'000);
  const Bytes zeros(std::size_t{1} << 20U, 0);
  const Bytes sequences(std::size_t{1} << 20U, 0x30);
  std::string boundaries;
  for (int i = 0; i < 20'000; ++i) boundaries += "-----BEGIN CERTIFICATE-----\n";
  for (const Reader& reader : readers) {
    for (const ByteView octets :
         {ByteView(deep), ByteView(zeros), ByteView(sequences), as_bytes(boundaries), ByteView()}) {
      CHECK_FALSE(survives(reader, octets));
    }
  }
}

}  // namespace mtls
