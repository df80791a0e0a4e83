// Our TBS against libcrypto's, byte for byte, over generated certificates; and whether openssl and
// GnuTLS read what we write.
#include "der/writer.hpp"
#include "lib/x509/certificate_plan.hpp"
#include "lib/x509/libcrypto_certificate.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "x509/tbs_certificate.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace mtls::x509::test {
namespace {

constexpr int k_certificates = 3000;
constexpr unsigned k_shapes = 60;

crypto::SignatureAlgorithm algorithm(const CertificatePlan& plan) {
  using enum crypto::SignatureAlgorithm;
  const bool b256 = plan.digest == DigestBits::b256;
  const bool b384 = plan.digest == DigestBits::b384;
  if (plan.signer == SignerKind::ed25519) return ed25519;
  if (plan.signer == SignerKind::rsa) return b256 ? rsa_sha256 : b384 ? rsa_sha384 : rsa_sha512;
  return b256 ? ecdsa_sha256 : b384 ? ecdsa_sha384 : ecdsa_sha512;
}

Name our_name(const NamePlan& plan) {
  std::vector<Rdn> rdns;
  for (const RdnPlan& rdn_plan : plan) {
    Rdn rdn;
    for (const AttributePlan& attribute : rdn_plan) {
      rdn.push_back(make_attribute(der::oid(attribute.type), attribute.value));
    }
    rdns.push_back(std::move(rdn));
  }
  return Name::make(std::move(rdns));
}

GeneralName our_general_name(const GeneralNamePlan& plan) {
  using Kind = GeneralNamePlan::Kind;
  switch (plan.kind) {
    case Kind::email:
      return GeneralName::email(plan.text);
    case Kind::dns:
      return GeneralName::dns(plan.text);
    case Kind::uri:
      return GeneralName::uri(plan.text);
    case Kind::ip:
      return GeneralName::ip(plan.address);
    case Kind::directory:
      return GeneralName::directory(our_name(plan.directory));
    case Kind::registered_id:
      return GeneralName::parse("rid:" + plan.text);
    case Kind::other:
      break;
  }
  der::Writer value;
  value.text(der::tag::utf8_string, plan.text);
  return GeneralName::other(der::oid(plan.type), std::move(value).take());
}

GeneralNames our_general_names(const std::vector<GeneralNamePlan>& plans) {
  GeneralNames names;
  for (const GeneralNamePlan& plan : plans) names.push_back(our_general_name(plan));
  return names;
}

std::vector<der::Oid> our_oids(const std::vector<std::string>& dotted) {
  std::vector<der::Oid> ids;
  for (const std::string& each : dotted) ids.push_back(der::oid(each));
  return ids;
}

Criticality criticality(bool critical) {
  return critical ? Criticality::critical : Criticality::non_critical;
}

void add_usages(Extensions& extensions, const CertificatePlan& plan) {
  const Criticality open = criticality(plan.critical);
  if (plan.basic_constraints) {
    using Subject = BasicConstraints::Subject;
    const BasicConstraints value{
        .subject = plan.basic_constraints->ca ? Subject::ca : Subject::end_entity,
        .path_length = plan.basic_constraints->path_length};
    extensions.push_back(encode(value, open));
    RC_ASSERT(decode_basic_constraints(extensions.back().value) == value);
  }
  if (!plan.key_usage.empty()) {
    KeyUsage usage;
    for (const unsigned bit : plan.key_usage) usage.add(static_cast<KeyUsageBit>(bit));
    extensions.push_back(encode(usage, open));
    RC_ASSERT(decode_key_usage(extensions.back().value) == usage);
  }
  if (!plan.extended_key_usage.empty()) {
    extensions.push_back(encode_extended_key_usage(our_oids(plan.extended_key_usage), open));
  }
}

void add_names(Extensions& extensions, const CertificatePlan& plan) {
  if (!plan.subject_alt_names.empty()) {
    const GeneralNames names = our_general_names(plan.subject_alt_names);
    extensions.push_back(encode_subject_alt_name(names, criticality(plan.critical)));
    RC_ASSERT(decode_subject_alt_name(extensions.back().value) == names);
  }
  if (!plan.permitted.empty() || !plan.excluded.empty()) {
    const NameConstraints constraints{.permitted = our_general_names(plan.permitted),
                                      .excluded = our_general_names(plan.excluded)};
    extensions.push_back(encode(constraints));
    const NameConstraints read = decode_name_constraints(extensions.back().value);
    RC_ASSERT(read.permitted == constraints.permitted);
    RC_ASSERT(read.excluded == constraints.excluded);
  }
}

Extensions our_extensions(const CertificatePlan& plan, const crypto::PublicKey& key) {
  Extensions extensions;
  add_usages(extensions, plan);
  if (plan.subject_key_identifier) {
    extensions.push_back(encode_subject_key_identifier(key.key_identifier()));
  }
  if (!plan.authority_key_identifier.empty()) {
    extensions.push_back(encode_authority_key_identifier(plan.authority_key_identifier));
  }
  add_names(extensions, plan);
  if (!plan.policies.empty()) {
    extensions.push_back(
        encode_certificate_policies(our_oids(plan.policies), criticality(plan.critical)));
  }
  if (!plan.crl_uris.empty()) {
    extensions.push_back(encode_crl_distribution_points(plan.crl_uris));
    RC_ASSERT(decode_crl_distribution_points(extensions.back().value) == plan.crl_uris);
  }
  if (!plan.ocsp_uris.empty() || !plan.ca_issuers_uris.empty()) {
    extensions.push_back(
        encode(AuthorityInfoAccess{.ocsp = plan.ocsp_uris, .ca_issuers = plan.ca_issuers_uris}));
  }
  for (const FurtherPlan& further : plan.further) {
    extensions.push_back({.id = der::oid(further.type),
                          .criticality = criticality(further.critical),
                          .value = further.value});
  }
  return extensions;
}

SerialNumber our_serial(const Octets& magnitude) {
  der::Writer writer;
  writer.unsigned_integer(magnitude);
  return SerialNumber::from_content(der::Reader(writer.view(), "serial").integer());
}

UnixTime unix_time(std::int64_t seconds) { return UnixTime(std::chrono::seconds(seconds)); }

TbsCertificate our_tbs(const CertificatePlan& plan) {
  const auto key = crypto::PublicKey::from_spki(subject_spki(plan.subject_key));
  return {.serial = our_serial(plan.serial),
          .signature = algorithm(plan),
          .issuer = our_name(plan.issuer),
          .validity = {.not_before = unix_time(plan.not_before),
                       .not_after = unix_time(plan.not_after)},
          .subject = our_name(plan.subject),
          .public_key = key,
          .extensions = our_extensions(plan, key)};
}

/// Throws rapidcheck's failure where the two differ.
void compare(const CertificatePlan& plan) {
  const LibcryptoCertificate theirs = make_with_libcrypto(plan);
  const TbsCertificate tbs = our_tbs(plan);
  RC_ASSERT(to_hex(tbs.to_der()) == to_hex(theirs.tbs));

  // and what libcrypto made is read as what was asked for
  const Certificate read = Certificate::from_der(theirs.der);
  RC_ASSERT(read.serial() == tbs.serial);
  RC_ASSERT(read.issuer() == tbs.issuer);
  RC_ASSERT(read.subject() == tbs.subject);
  RC_ASSERT(read.validity() == tbs.validity);
  RC_ASSERT(read.extensions() == tbs.extensions);
  const Certificate wrapped = wrap(tbs.to_der(), tbs.signature, read.signature());
  RC_ASSERT(wrapped == read);
}

/// What the generated certificates held, so that a generator that stops making something shows.
class Coverage final {
 public:
  void note(const CertificatePlan& plan) {
    constexpr std::int64_t k_2050 = 2524608000;
    count("high bit in the serial", plan.serial.front() >= 0x80);
    count("leading zero in the serial", plan.serial.front() == 0);
    count("both ends before 2050", plan.not_after < k_2050);
    count("2050 in between", plan.not_before < k_2050 && plan.not_after >= k_2050);
    count("both ends past 2050", plan.not_before >= k_2050);
    count("empty subject", plan.subject.empty());
    for (const RdnPlan& rdn : plan.subject) {
      count("several attributes in an RDN", rdn.size() > 1);
      for (const AttributePlan& each : rdn) {
        count("string type " + std::to_string(each.tag), true);
      }
    }
    for (const GeneralNamePlan& each : plan.subject_alt_names) {
      count("kind of name " + std::to_string(static_cast<int>(each.kind)), true);
    }
    count("a hundred names", plan.subject_alt_names.size() == 100);
    count("permitted and excluded", !plan.permitted.empty() && !plan.excluded.empty());
    count("signer " + std::to_string(static_cast<int>(plan.signer)), true);
    count("key " + std::to_string(plan.subject_key), true);
    for (const unsigned bit : plan.key_usage) count("key usage " + std::to_string(bit), true);
    count("purposes", plan.extended_key_usage.size() > 1);
    count("policies", plan.policies.size() > 1);
    count("several CRL URIs", plan.crl_uris.size() > 1);
    count("OCSP and caIssuers", !plan.ocsp_uris.empty() && !plan.ca_issuers_uris.empty());
    count("further, critical", std::any_of(plan.further.begin(), plan.further.end(),
                                           [](const FurtherPlan& each) { return each.critical; }));
  }

  [[nodiscard]] std::size_t size() const { return m_counts.size(); }
  /// The features that hardly any certificate had.
  [[nodiscard]] std::string rare() const {
    std::string list;
    for (const auto& [feature, times] : m_counts) {
      if (times < 10) list += feature + "; ";
    }
    return list;
  }

 private:
  void count(const std::string& feature, bool met) { m_counts[feature] += met ? 1 : 0; }
  std::map<std::string, int> m_counts;
};

/// How many features there are to be met: those named once, 3 string types, 7 kinds of name, 5
/// signers, 8 keys and 9 bits of key usage.
constexpr std::size_t k_features = 14 + 3 + 7 + 5 + 8 + 9;

/// The plan that a seed gives: the same in every run.
CertificatePlan plan_of(unsigned seed) { return certificate_plans()(rc::Random(seed), 30).value(); }

}  // namespace

TEST_CASE("our TBS is libcrypto's, byte for byte, over three thousand generated certificates") {
  rc::detail::TestParams parameters = rc::detail::configuration().testParams;
  parameters.maxSuccess = std::max(parameters.maxSuccess, k_certificates);
  rc::detail::TestMetadata metadata;
  metadata.id = "tbs";
  Coverage coverage;
  int compared = 0;
  const auto result = rc::detail::checkTestable(
      [&compared, &coverage] {
        const CertificatePlan plan = *certificate_plans();
        compare(plan);
        coverage.note(plan);
        ++compared;
      },
      metadata, parameters);
  std::ostringstream report;
  rc::detail::printResultMessage(result, report);
  CHECK_MESSAGE(result.template is<rc::detail::SuccessResult>(), report.str());
  CHECK(compared >= k_certificates);
  CHECK(coverage.size() == k_features);
  CHECK(coverage.rare() == "");
}

TEST_CASE("openssl and GnuTLS read every shape that we write") {
  const mtls::test::TemporaryDirectory directory;
  for (unsigned seed = 1; seed <= k_shapes; ++seed) {
    CAPTURE(seed);
    const CertificatePlan plan = plan_of(seed);
    const TbsCertificate tbs = our_tbs(plan);
    const Certificate certificate = wrap(tbs.to_der(), tbs.signature, Bytes(64, 0x5a));
    const std::string file = directory.write("shape.crt", to_pem(certificate));

    const auto openssl =
        mtls::test::run({"openssl", "x509", "-noout", "-text", "-serial", "-in", file});
    CHECK_MESSAGE(openssl.ok(), openssl.shown());
    CHECK(openssl.out.find("Version: 3 (0x2)") != std::string::npos);
    for (const char* complaint : {"Parse Error", "<INVALID", "Unable to load"}) {
      CAPTURE(complaint);
      CHECK_MESSAGE(openssl.out.find(complaint) == std::string::npos, openssl.out);
    }

    const auto gnutls = mtls::test::run({"certtool", "-i", "--infile", file});
    CHECK_MESSAGE(gnutls.ok(), gnutls.shown());
    CHECK(gnutls.out.find("Version: 3") != std::string::npos);
    CHECK_MESSAGE(gnutls.out.find("error") == std::string::npos, gnutls.out);
  }
}

}  // namespace mtls::x509::test
