#include "x509/certificate.hpp"

#include "base/file.hpp"
#include "der/pem.hpp"
#include "lib/x509/fixtures.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace mtls::x509;
using namespace mtls::x509::test;
using mtls::Bytes;
using mtls::ByteView;
using mtls::Errc;
using mtls::test::run;
using mtls::test::TemporaryDirectory;
namespace der = mtls::der;
namespace tag = mtls::der::tag;

namespace {

Bytes written(const std::function<void(der::Writer&)>& body) {
  der::Writer writer;
  body(writer);
  return std::move(writer).take();
}

/// The parts of a certificate as DER, to be put together wrongly.
struct Parts {
  Bytes version = hex("a003020102");
  Bytes serial = hex("020101");
  Bytes inner = mtls::to_bytes(
      mtls::crypto::algorithm_identifier(mtls::crypto::SignatureAlgorithm::ecdsa_sha256));
  Bytes issuer = mtls::to_bytes(Name::parse("CN=issuer").der());
  Bytes validity = hex("301e170d3236303130313030303030305a170d3236313233313233353935395a");
  Bytes subject = mtls::to_bytes(Name::parse("CN=subject").der());
  Bytes key = mtls::to_bytes(p256_signer().public_key().spki());
  Bytes unique_ids = {};
  Bytes extensions = hex("a30f300d300b0603551d0f040403020780");
  Bytes behind_tbs_fields = {};
  Bytes outer = inner;
  Bytes signature = hex("03020055");
  Bytes behind_signature = {};
  Bytes behind = {};

  [[nodiscard]] Bytes der() const {
    return written([this](der::Writer& file) {
      file.sequence([this](der::Writer& certificate) {
        certificate.sequence([this](der::Writer& tbs) {
          for (const Bytes* part : {&version, &serial, &inner, &issuer, &validity, &subject, &key,
                                    &unique_ids, &extensions, &behind_tbs_fields}) {
            tbs.raw(*part);
          }
        });
        certificate.raw(outer).raw(signature).raw(behind_signature);
      });
      file.raw(behind);
    });
  }
};

bool is_malformed(const Parts& parts) {
  return code_of([&] { return Certificate::from_der(parts.der()); }) == Errc::malformed;
}

Certificate read(const Parts& parts) { return Certificate::from_der(parts.der()); }

Certificate read_pem(const std::string& text) {
  return read_certificates(mtls::as_bytes(text), "test.crt").at(0);
}

}  // namespace

TEST_CASE("a certificate gives every field as it was signed") {
  const TbsCertificate tbs = sample_tbs();
  const Certificate certificate = sign(tbs);
  CHECK(certificate.version() == 3);
  CHECK(certificate.serial() == tbs.serial);
  CHECK(certificate.issuer() == tbs.issuer);
  CHECK(certificate.subject() == tbs.subject);
  CHECK(certificate.validity() == tbs.validity);
  CHECK(certificate.public_key() == tbs.public_key);
  CHECK(certificate.extensions() == tbs.extensions);
  CHECK(mtls::equal(certificate.tbs(), tbs.to_der()));
  const ByteView algorithm = mtls::crypto::algorithm_identifier(tbs.signature);
  CHECK(mtls::equal(certificate.signature_algorithm(), algorithm));
  CHECK(mtls::equal(certificate.inner_signature_algorithm(), algorithm));
  CHECK(certificate.fingerprint() == mtls::crypto::sha256(certificate.der()));
  CHECK(certificate.basic_constraints()->subject == BasicConstraints::Subject::end_entity);
  CHECK(certificate.subject_key_identifier() == tbs.public_key.key_identifier());
  CHECK_FALSE(certificate.key_usage());
  CHECK_FALSE(certificate.extended_key_usage());
  CHECK_FALSE(certificate.authority_key_identifier());
  CHECK_FALSE(certificate.name_constraints());
  CHECK(certificate.subject_alt_names().empty());
}

TEST_CASE("a copy shares the octets and outlives the original") {
  std::optional<Certificate> original = sign(sample_tbs());
  const Certificate copy = *original;
  const std::uint8_t* const octets = copy.der().data();
  original.reset();
  CHECK(copy.der().data() == octets);
  CHECK(copy.tbs().data() > octets);
  CHECK(copy == Certificate::from_der(copy.der()));
  CHECK_FALSE(copy == read({}));
}

TEST_CASE("versions 1 and 2 are held, without extensions") {
  CHECK(read({.version = {}, .extensions = {}}).version() == 1);
  CHECK(read({.version = hex("a003020101"), .extensions = {}}).version() == 2);
  CHECK(read({.extensions = {}}).version() == 3);
  CHECK(
      read({.version = hex("a003020101"), .unique_ids = hex("8102005582020055"), .extensions = {}})
          .version() == 2);
}

TEST_CASE("a version that is a default written out, unknown or unfit is malformed") {
  CHECK(is_malformed({.version = hex("a003020103")}));  // v4
  CHECK(is_malformed({.version = hex("a0030201ff")}));
  CHECK(is_malformed({.version = hex("a00402020002")}));
  CHECK(is_malformed({.version = hex("a0060201020201 02")}));
  CHECK(is_malformed({.version = {}}));                 // extensions in v1
  CHECK(is_malformed({.version = hex("a003020101")}));  // extensions in v2
  CHECK(is_malformed({.version = {}, .unique_ids = hex("81020055"), .extensions = {}}));
  CHECK(is_malformed({.unique_ids = hex("82020055 81020055")}));  // the wrong order
  CHECK(is_malformed({.unique_ids = hex("81020855")}));           // no bit string
}

TEST_CASE("a default that is written out is read, and is an encoding fault") {
  const auto written = read({.extensions = hex("a310300e300c0603551d1301010004023000")});
  REQUIRE(written.encoding_faults().size() == 1);
  CHECK(written.encoding_faults().front().find("critical FALSE") != std::string::npos);
  CHECK(read({}).encoding_faults().empty());
}

TEST_CASE("extensions that are empty or doubled are malformed") {
  CHECK(is_malformed({.extensions = hex("a3023000")}));
  CHECK(is_malformed({.extensions = hex("a300")}));
  CHECK(
      is_malformed({.extensions = hex("a3183016 30090603551d1304023000 30090603551d1304023000")}));
  CHECK(is_malformed({.extensions = hex("a30f300d300b0603551d0f040403020780 0500")}));
}

TEST_CASE("serials that are negative or zero are held, none at all is malformed") {
  CHECK(read({.serial = hex("020100")}).serial().to_text() == "00");
  CHECK(read({.serial = hex("0201ff")}).serial().to_text() == "-01");
  CHECK(is_malformed({.serial = hex("0200")}));
  CHECK(is_malformed({.serial = hex("02020001")}));  // not minimal
  CHECK(is_malformed({.serial = hex("0202ffff")}));
  CHECK(is_malformed({.serial = {}}));
}

TEST_CASE("octets behind any part of a certificate are malformed") {
  CHECK(is_malformed({.behind_tbs_fields = hex("0500")}));
  CHECK(is_malformed({.behind_signature = hex("0500")}));
  CHECK(is_malformed({.behind = hex("00")}));
  CHECK(is_malformed({.behind = Parts{}.der()}));
  CHECK(code_of([] { return Certificate::from_der({}); }) == Errc::malformed);
}

TEST_CASE("a signature field that is not whole octets is malformed") {
  CHECK(is_malformed({.signature = hex("03020154")}));
  CHECK(is_malformed({.signature = hex("0300")}));
  CHECK(is_malformed({.signature = hex("04020055")}));
  CHECK(is_malformed({.signature = {}}));
  CHECK(read({.signature = hex("030100")}).signature().empty());
}

TEST_CASE("inner and outer algorithm may differ and are both kept") {
  const Certificate certificate =
      read({.outer = hex("300d06092a864886f70d01010b0500")});  // sha256WithRSAEncryption
  CHECK_FALSE(
      mtls::equal(certificate.signature_algorithm(), certificate.inner_signature_algorithm()));
  CHECK(is_malformed({.outer = hex("3000")}));
  CHECK(is_malformed({.outer = hex("300f06092a864886f70d01010b05000500")}));
  CHECK(is_malformed({.outer = hex("300d06092a864886f70d01010b0501")}));
  CHECK(is_malformed({.inner = hex("300d06092a864886f70d01010b3080")}));
}

TEST_CASE("times are read in both forms and only as RFC 5280 writes them") {
  const auto validity = [](std::string_view from, std::string_view to) {
    const auto element = [](std::string_view time) {
      const auto form = time.size() == 13 ? tag::utc_time : tag::generalized_time;
      return written([&](der::Writer& w) { w.text(form, time); });
    };
    return written([&](der::Writer& w) {
      w.sequence([&](der::Writer& both) { both.raw(element(from)).raw(element(to)); });
    });
  };
  const Certificate endless = read({.validity = validity("491231235959Z", "99991231235959Z")});
  CHECK(endless.validity().not_before == at("2049-12-31T23:59:59Z"));
  CHECK(endless.validity().not_after == at("9999-12-31T23:59:59Z"));
  CHECK(read({.validity = validity("500101000000Z", "20500101000000Z")}).validity().not_before ==
        at("1950-01-01T00:00:00Z"));
  for (const char* time :
       {"2601010000Z", "260101000000", "260101000000+0000", "261301000000Z", "260230000000Z",
        "20260101000000.5Z", "260101240000Z", "26010100000\xb2Z"}) {
    CAPTURE(time);
    CHECK(is_malformed({.validity = validity("260101000000Z", time)}));
  }
  CHECK(is_malformed({.validity = hex("300f170d3236303130313030303030305a")}));
}

TEST_CASE("a certificate cut at any octet is malformed") {
  const Bytes whole = mtls::to_bytes(sign(sample_tbs()).der());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(code_of([&] { return Certificate::from_der(ByteView(whole).first(size)); }) ==
          Errc::malformed);
  }
}

TEST_CASE("a certificate with any bit changed is malformed or no longer by its signer") {
  const Certificate good = sign(sample_tbs());
  REQUIRE(good.is_signed_by(p256_signer().public_key(), context()));
  Bytes changed = mtls::to_bytes(good.der());
  for (std::size_t bit = 0; bit < changed.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
    changed[bit / 8] ^= mask;
    CAPTURE(bit);
    std::optional<Certificate> read;
    const auto code = code_of([&] { return read = Certificate::from_der(changed); });
    CHECK((code == Errc::malformed || !code));
    if (read) CHECK_FALSE(read->is_signed_by(p256_signer().public_key(), context()));
    changed[bit / 8] ^= mask;
  }
}

TEST_CASE("a signature by another key or by SHA-1 is not the issuer's") {
  const Certificate certificate = sign(sample_tbs());
  const auto& other = signer(mtls::crypto::KeySpec::ed25519());
  CHECK_FALSE(certificate.is_signed_by(other.public_key(), context()));

  const TemporaryDirectory directory;
  const auto made = run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                         "ec_paramgen_curve:P-256", "-nodes", "-sha1", "-subj", "/CN=old",
                         "-keyout", directory.file("k"), "-out", directory.file("c")});
  REQUIRE_MESSAGE(made.ok(), made.shown());
  const Certificate old = read_pem(directory.read("c"));
  CHECK_FALSE(old.is_signed_by(old.public_key(), context()));
}

TEST_CASE("self-issued means the same name, whatever its case or string type") {
  CHECK(sign(sample_tbs()).is_self_issued());
  CHECK_FALSE(read({}).is_self_issued());
  CHECK(read({.issuer = mtls::to_bytes(Name::parse("CN=Sub  Ject").der()),
              .subject = mtls::to_bytes(Name::parse("CN=sub ject").der())})
            .is_self_issued());
}

TEST_CASE("what openssl makes is read as openssl shows it") {
  const TemporaryDirectory directory;
  const auto made = run(
      {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes",
       "-subj", "/C=cn/O=a+OU=b/CN=x", "-set_serial", "0xdeadbeef", "-days", "30", "-addext",
       // NOLINTNEXTLINE(bugprone-suspicious-missing-comma)
       "subjectAltName=critical,DNS:a.example,IP:::1,email:m@b.c,URI:spiffe://t/x,"
       "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:u@r,RID:1.2.3,dirName:dn",
       "-addext", "keyUsage=digitalSignature,keyAgreement", "-addext",
       "extendedKeyUsage=clientAuth,1.2.3.4", "-addext",
       "nameConstraints=permitted;DNS:a,excluded;IP:10.0.0.0/255.0.0.0", "-addext",
       "crlDistributionPoints=URI:http://c", "-addext", "authorityInfoAccess=OCSP;URI:http://o",
       "-keyout", directory.file("k"), "-out", directory.file("c"), "-config",
       directory.write("cnf", "[req]\ndistinguished_name=dn\n[dn]\nCN=inner\n")});
  REQUIRE_MESSAGE(made.ok(), made.shown());
  const Certificate certificate = read_pem(directory.read("c"));
  CHECK(certificate.serial().to_text() == "deadbeef");
  CHECK(certificate.is_signed_by(certificate.public_key(), context()));
  CHECK(certificate.public_key().spec() == mtls::crypto::KeySpec::ec(mtls::crypto::Curve::p384));
  CHECK(find(certificate.extensions(), oids::subject_alt_name())->criticality ==
        Criticality::critical);
  const Extension* names = find(certificate.extensions(), oids::subject_alt_name());
  CHECK(describe(*names) ==
        "dns:a.example, ip:::1, email:m@b.c, uri:spiffe://t/x, upn:u@r, rid:1.2.3, dn:CN=inner");
  CHECK(certificate.key_usage() ==
        KeyUsage{KeyUsageBit::digital_signature, KeyUsageBit::key_agreement});
  CHECK(certificate.extended_key_usage() == std::vector{oids::client_auth(), der::oid("1.2.3.4")});
  CHECK(certificate.name_constraints()->excluded.at(0).to_text() == "ip:10.0.0.0/8");

  const auto fingerprint =
      run({"openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", directory.file("c")});
  CHECK(fingerprint.out.find(mtls::to_colon_hex(certificate.fingerprint())) != std::string::npos);
}

TEST_CASE("what GnuTLS makes is read") {
  const TemporaryDirectory directory;
  const std::string key = directory.file("k");
  const auto made_key =
      run({"certtool", "--generate-privkey", "--key-type=ed25519", "--outfile", key});
  REQUIRE_MESSAGE(made_key.ok(), made_key.shown());
  const std::string settings = directory.write(
      "t",
      "cn = root\norganization = x\nserial = 5\nexpiration_days = 10\nca\ncert_signing_key\n"
      "path_len = 2\nnc_permit_dns = a.example\npolicy1 = 1.2.3.4\npolicy1_url = http://p\n"
      "crl_dist_points = http://c\nocsp_uri = http://o\nca_issuers_uri = http://i\n");
  const auto made = run({"certtool", "--generate-self-signed", "--load-privkey", key, "--template",
                         settings, "--outfile", directory.file("c")});
  REQUIRE_MESSAGE(made.ok(), made.shown());
  const Certificate certificate = read_pem(directory.read("c"));
  CHECK(certificate.is_signed_by(certificate.public_key(), context()));
  CHECK(certificate.basic_constraints()->path_length == 2U);
  CHECK(certificate.name_constraints()->permitted.at(0) == GeneralName::dns("a.example"));
  for (const Extension& extension : certificate.extensions()) {
    CAPTURE(oid_name(extension.id));
    CHECK(describe(extension) != "malformed");
  }
}

TEST_CASE("giant identifiers and deep nesting are malformed, at once") {
  // an algorithm's identifier of 1 MiB (CVE-2023-2650)
  Bytes arcs(std::size_t{1} << 20U, 0x81);
  arcs.back() = 0x01;
  const Bytes giant = written([&](der::Writer& writer) {
    writer.sequence([&](der::Writer& fields) { fields.element(tag::object_identifier, arcs); });
  });
  CHECK(is_malformed({.outer = giant}));
  CHECK(is_malformed({.inner = giant}));
  // parameters 10,000 deep (CVE-2018-0739)
  Bytes nested = hex("0500");
  for (int depth = 0; depth < 10'000; ++depth) {
    nested = written([&](der::Writer& writer) { writer.element(tag::sequence, nested); });
  }
  const Bytes deep = written([&](der::Writer& writer) {
    writer.sequence([&](der::Writer& fields) { fields.oid(der::oid("1.2.3")).raw(nested); });
  });
  CHECK(is_malformed({.outer = deep}));
  // as the value of an unknown extension it is octets, which nobody looks into
  TbsCertificate tbs = sample_tbs();
  tbs.extensions.push_back(
      {.id = der::oid("1.2.3"), .criticality = Criticality::non_critical, .value = nested});
  CHECK(sign(tbs).extensions().back().value == nested);
}
