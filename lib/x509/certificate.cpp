#include "x509/certificate.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "der/pem.hpp"
#include "der/reader.hpp"
#include "x509/algorithm_field.hpp"

#include <algorithm>

namespace mtls::x509 {
namespace {

constexpr std::string_view k_what = "certificate";

/// Returns 1, 2 or 3: Version ::= INTEGER { v1(0), v2(1), v3(2) }, [0] EXPLICIT DEFAULT v1.
unsigned read_version(der::Reader& tbs, std::vector<std::string>& faults) {
  auto tagged = tbs.into_optional(der::tag::context_constructed(0));
  if (!tagged) return 1;
  const std::uint64_t version = tagged->small_integer();
  tagged->end();
  if (version == 0) faults.emplace_back("it has version 1, the default, written out");
  if (version > 2) tbs.fail(format("version {} does not exist", version + 1));
  return static_cast<unsigned>(version) + 1;
}

Name read_name(der::Reader& tbs, std::string_view whose) {
  const ByteView whole = tbs.element(der::tag::sequence).whole;
  return with_context(whose, [whole] { return Name::from_der(whole); });
}

Validity read_validity(der::Reader& tbs) {
  der::Reader validity = tbs.into(der::tag::sequence);
  const UnixTime not_before = der::read_time(validity.any(), k_what);
  const UnixTime not_after = der::read_time(validity.any(), k_what);
  validity.end();
  return {.not_before = not_before, .not_after = not_after};
}

/// issuerUniqueID [1] and subjectUniqueID [2], IMPLICIT BIT STRING: checked and passed over.
void skip_unique_identifiers(der::Reader& tbs, unsigned version) {
  for (const unsigned number : {1U, 2U}) {
    const auto identifier = tbs.optional(der::tag::context(number));
    if (!identifier) continue;
    if (version == 1) tbs.fail("a unique identifier in version 1");
    Bytes bits = to_bytes(identifier->whole);
    bits[0] = der::tag::bit_string;
    static_cast<void>(der::Reader(bits, k_what).bit_string());
  }
}

Extensions read_certificate_extensions(der::Reader& tbs, unsigned version,
                                       std::vector<std::string>& faults) {
  auto tagged = tbs.into_optional(der::tag::context_constructed(3));
  if (!tagged) return {};
  if (version != 3) tbs.fail(format("extensions in version {}", version));
  const ByteView whole = tagged->element(der::tag::sequence).whole;
  tagged->end();
  return read_extensions(whole, k_what, faults);
}

}  // namespace

struct Certificate::Data {
  Bytes der;  // the views below point into it
  ByteView tbs;
  unsigned version;
  SerialNumber serial;
  ByteView inner_signature_algorithm;
  Name issuer;
  Validity validity;
  Name subject;
  crypto::PublicKey public_key;
  Extensions extensions;
  std::vector<std::string> encoding_faults;
  ByteView signature_algorithm;
  ByteView signature;
  crypto::Sha256 fingerprint;
};

Certificate Certificate::from_der(ByteView der) {
  Bytes owned = to_bytes(der);
  der::Reader file(owned, k_what);
  der::Reader certificate = file.into(der::tag::sequence);
  file.end();

  const der::Element tbs_element = certificate.element(der::tag::sequence);
  const ByteView outer_algorithm = read_algorithm_identifier(certificate);
  const ByteView signature = read_signature(certificate);
  certificate.end();

  der::Reader tbs(tbs_element.content, k_what);
  std::vector<std::string> faults;
  const unsigned version = read_version(tbs, faults);
  SerialNumber serial = SerialNumber::from_content(tbs.integer());
  const ByteView inner_algorithm = read_algorithm_identifier(tbs);
  Name issuer = read_name(tbs, "issuer of the certificate");
  const Validity validity = read_validity(tbs);
  Name subject = read_name(tbs, "subject of the certificate");
  crypto::PublicKey key = crypto::PublicKey::from_spki(tbs.element(der::tag::sequence).whole);
  skip_unique_identifiers(tbs, version);
  Extensions extensions = read_certificate_extensions(tbs, version, faults);
  tbs.end();

  const crypto::Sha256 fingerprint = crypto::sha256(owned);
  // Moving a vector keeps its octets where they are, so the views stay good.
  return Certificate(std::make_shared<const Data>(Data{.der = std::move(owned),
                                                       .tbs = tbs_element.whole,
                                                       .version = version,
                                                       .serial = std::move(serial),
                                                       .inner_signature_algorithm = inner_algorithm,
                                                       .issuer = std::move(issuer),
                                                       .validity = validity,
                                                       .subject = std::move(subject),
                                                       .public_key = std::move(key),
                                                       .extensions = std::move(extensions),
                                                       .encoding_faults = std::move(faults),
                                                       .signature_algorithm = outer_algorithm,
                                                       .signature = signature,
                                                       .fingerprint = fingerprint}));
}

ByteView Certificate::der() const noexcept { return m_data->der; }
ByteView Certificate::tbs() const noexcept { return m_data->tbs; }
unsigned Certificate::version() const noexcept { return m_data->version; }
const SerialNumber& Certificate::serial() const noexcept { return m_data->serial; }
const Name& Certificate::issuer() const noexcept { return m_data->issuer; }
const Name& Certificate::subject() const noexcept { return m_data->subject; }
const Validity& Certificate::validity() const noexcept { return m_data->validity; }
const crypto::PublicKey& Certificate::public_key() const noexcept { return m_data->public_key; }
const Extensions& Certificate::extensions() const noexcept { return m_data->extensions; }
const std::vector<std::string>& Certificate::encoding_faults() const noexcept {
  return m_data->encoding_faults;
}
ByteView Certificate::signature_algorithm() const noexcept { return m_data->signature_algorithm; }
ByteView Certificate::inner_signature_algorithm() const noexcept {
  return m_data->inner_signature_algorithm;
}
ByteView Certificate::signature() const noexcept { return m_data->signature; }
const crypto::Sha256& Certificate::fingerprint() const noexcept { return m_data->fingerprint; }

namespace {

/// Returns what `decode` makes of the extension with `id`, or nothing where there is none.
template <class Decode>
auto decode_optional(const Extensions& extensions, const der::Oid& id, Decode decode)
    -> std::optional<decltype(decode(ByteView{}))> {
  const Extension* const extension = find(extensions, id);
  if (extension == nullptr) return std::nullopt;
  return decode(extension->value);
}

}  // namespace

std::optional<BasicConstraints> Certificate::basic_constraints() const {
  return decode_optional(extensions(), oids::basic_constraints(), decode_basic_constraints);
}

std::optional<KeyUsage> Certificate::key_usage() const {
  return decode_optional(extensions(), oids::key_usage(), decode_key_usage);
}

std::optional<std::vector<der::Oid>> Certificate::extended_key_usage() const {
  return decode_optional(extensions(), oids::extended_key_usage(), decode_extended_key_usage);
}

GeneralNames Certificate::subject_alt_names() const {
  return decode_optional(extensions(), oids::subject_alt_name(), decode_subject_alt_name)
      .value_or(GeneralNames{});
}

std::optional<Bytes> Certificate::subject_key_identifier() const {
  return decode_optional(extensions(), oids::subject_key_identifier(),
                         decode_subject_key_identifier);
}

std::optional<AuthorityKeyIdentifier> Certificate::authority_key_identifier() const {
  return decode_optional(extensions(), oids::authority_key_identifier(),
                         decode_authority_key_identifier);
}

std::optional<NameConstraints> Certificate::name_constraints() const {
  return decode_optional(extensions(), oids::name_constraints(), decode_name_constraints);
}

bool Certificate::is_self_issued() const { return issuer().matches(subject()); }

bool Certificate::is_signed_by(const crypto::PublicKey& issuer_key,
                               const ossl::Context& context) const {
  const auto algorithm = crypto::find_signature_algorithm(signature_algorithm());
  return algorithm && crypto::verify_signature(issuer_key, *algorithm, tbs(), signature(), context);
}

bool Certificate::operator==(const Certificate& other) const noexcept {
  return m_data == other.m_data || equal(der(), other.der());
}

}  // namespace mtls::x509
