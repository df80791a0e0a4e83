#include "x509/certificate_request.hpp"

#include "der/pem.hpp"
#include "lib/x509/fixtures.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace mtls::x509;
using namespace mtls::x509::test;
using mtls::Bytes;
using mtls::ByteView;
using mtls::Errc;
using mtls::SecretBytes;
using mtls::crypto::Curve;
using mtls::crypto::KeySpec;
using mtls::test::run;
using mtls::test::TemporaryDirectory;
namespace der = mtls::der;
namespace tag = mtls::der::tag;

namespace {

SecretBytes secret(std::string_view text) { return SecretBytes(mtls::as_bytes(text)); }

RequestFields full_fields() {
  return {
      .subject = Name::parse("CN=client,OU=test,O=alibaba,L=bj,ST=bj,C=cn"),
      .subject_alt_names = {GeneralName::parse("dns:a.example"), GeneralName::parse("ip:10.0.0.1"),
                            GeneralName::parse("uri:spiffe://t/x"),
                            GeneralName::parse("email:m@b.example"),
                            GeneralName::parse("upn:user@realm.example")},
      .challenge_password = secret("s3cret word"),
      .unstructured_name = "Optional Co."};
}

CertificateRequest from_text(std::string_view text) {
  return CertificateRequest::from_file(mtls::as_bytes(text), "test.csr");
}

std::optional<Errc> file_code(std::string_view text) {
  return code_of([text] { return from_text(text); });
}

/// A request of these attributes (content of [0]) that is not signed by anybody.
Bytes request_with(ByteView attributes, ByteView version = hex("020100"), bool with_set = true) {
  der::Writer writer;
  writer.sequence([&](der::Writer& request) {
    request.sequence([&](der::Writer& info) {
      info.raw(version).raw(Name::parse("CN=x").der()).raw(p256_signer().public_key().spki());
      if (with_set) info.element(tag::context_constructed(0), attributes);
    });
    request.raw(mtls::crypto::algorithm_identifier(p256_signer().algorithm()));
    request.bit_string(hex("00"));
  });
  return std::move(writer).take();
}

std::optional<Errc> attributes_code(std::string_view attributes) {
  return code_of([&] { return CertificateRequest::from_der(request_with(hex(attributes))); });
}

}  // namespace

TEST_CASE("a request with every field is read back and proves possession") {
  for (const KeySpec& spec :
       {KeySpec::rsa(2048), KeySpec::ec(Curve::p256), KeySpec::ec(Curve::p384),
        KeySpec::ec(Curve::p521), KeySpec::ed25519()}) {
    CAPTURE(spec.to_text());
    const RequestFields fields = full_fields();
    const CertificateRequest request = make_request(fields, signer(spec));
    CHECK(request.subject() == fields.subject);
    CHECK(request.public_key() == signer(spec).public_key());
    CHECK(request.subject_alt_names() == fields.subject_alt_names);
    CHECK(request.requested_extensions().size() == 1);
    CHECK(request.requested_extensions().at(0).criticality == Criticality::non_critical);
    CHECK(request.has_challenge_password());
    CHECK(request.unstructured_name() == "Optional Co.");
    CHECK(request.attributes().size() == 3);
    CHECK(request.faults().empty());
    CHECK(mtls::equal(request.signature_algorithm(),
                      mtls::crypto::algorithm_identifier(signer(spec).algorithm())));
    CHECK(request.proves_possession(context()) == Possession::proven);
    CHECK(mtls::equal(from_text(to_pem(request)).der(), request.der()));
  }
}

TEST_CASE("a request with a subject alone has the empty set of attributes") {
  const CertificateRequest request = make_request({.subject = Name::parse("CN=x"),
                                                   .subject_alt_names = {},
                                                   .challenge_password = {},
                                                   .unstructured_name = {}},
                                                  p256_signer());
  CHECK(request.requested_extensions().empty());
  CHECK(request.subject_alt_names().empty());
  CHECK_FALSE(request.has_challenge_password());
  CHECK_FALSE(request.unstructured_name());
  CHECK(request.info().subspan(request.info().size() - 2)[0] == 0xa0);
  CHECK(request.proves_possession(context()) == Possession::proven);
}

TEST_CASE("a request without a subject has critical alternative names") {
  RequestFields fields = full_fields();
  fields.subject = Name();
  const CertificateRequest request = make_request(fields, p256_signer());
  CHECK(request.requested_extensions().at(0).criticality == Criticality::critical);
}

TEST_CASE("attributes stand in the order of DER whatever they hold") {
  for (const char* password : {"a", "a much longer password that changes the order of the set"}) {
    RequestFields fields = full_fields();
    fields.challenge_password = secret(password);
    const CertificateRequest request = make_request(fields, p256_signer());
    der::Reader whole(request.info(), "test");
    der::Reader info = whole.into(tag::sequence);
    for (int skipped = 0; skipped < 3; ++skipped) info.any();
    der::Reader set = info.into(tag::context_constructed(0));
    std::vector<Bytes> attributes;
    while (!set.at_end()) attributes.push_back(mtls::to_bytes(set.any().whole));
    CHECK(attributes.size() == 3);
    CHECK(std::is_sorted(attributes.begin(), attributes.end()));
  }
}

TEST_CASE("openssl and GnuTLS accept our requests of every kind of key") {
  const TemporaryDirectory directory;
  for (const KeySpec& spec :
       {KeySpec::rsa(2048), KeySpec::ec(Curve::p256), KeySpec::ec(Curve::p384),
        KeySpec::ec(Curve::p521), KeySpec::ed25519()}) {
    CAPTURE(spec.to_text());
    const std::string file =
        directory.write("csr", to_pem(make_request(full_fields(), signer(spec))));
    const auto openssl =
        run({"openssl", "req", "-verify", "-noout", "-text", "-nameopt", "oneline", "-in", file});
    CHECK_MESSAGE(openssl.ok(), openssl.shown());
    for (const char* part : {"C = cn, ST = bj, L = bj, O = alibaba, OU = test, CN = client",
                             "DNS:a.example", "IP Address:10.0.0.1", "URI:spiffe://t/x",
                             "email:m@b.example", "s3cret word", "Optional Co."}) {
      CAPTURE(part);
      CHECK(openssl.out.find(part) != std::string::npos);
    }
    CHECK((openssl.out + openssl.err).find("verify OK") != std::string::npos);
    const auto gnutls = run({"certtool", "--crq-info", "--infile", file});
    CHECK_MESSAGE(gnutls.ok(), gnutls.shown());
    CHECK(gnutls.out.find("Self signature: verified") != std::string::npos);
    CHECK(gnutls.out.find("DNSname: a.example") != std::string::npos);
  }
}

TEST_CASE("requests that openssl makes are read") {
  const TemporaryDirectory directory;
  const std::string settings = directory.write(
      "cnf",
      "[req]\nprompt=no\ndistinguished_name=dn\nattributes=at\nreq_extensions=ext\n"
      "[dn]\nCN=client\n[at]\nchallengePassword=pass word\nunstructuredName=Gr\xc3\xbc\xc3\x9f\n"
      "unstructuredAddress=somewhere\n"
      "[ext]\nsubjectAltName=DNS:a.example,IP:10.0.0.1\nkeyUsage=critical,keyCertSign\n"
      "basicConstraints=CA:TRUE\n");
  for (const std::vector<std::string>& key : std::vector<std::vector<std::string>>{
           {"rsa:2048"}, {"ec", "-pkeyopt", "ec_paramgen_curve:P-521"}, {"ed25519"}}) {
    CAPTURE(key.front());
    std::vector<std::string> command = {"openssl",
                                        "req",
                                        "-new",
                                        "-nodes",
                                        "-utf8",
                                        "-config",
                                        settings,
                                        "-keyout",
                                        directory.file("k"),
                                        "-out",
                                        directory.file("c"),
                                        "-newkey"};
    command.insert(command.end(), key.begin(), key.end());
    const auto made = run(command);
    REQUIRE_MESSAGE(made.ok(), made.shown());
    const CertificateRequest request = from_text(directory.read("c"));
    CHECK(request.proves_possession(context()) == Possession::proven);
    CHECK(request.subject().to_text() == "CN=client");
    CHECK(request.subject_alt_names().size() == 2);
    CHECK(request.requested_extensions().size() == 3);
    CHECK(request.has_challenge_password());
    CHECK(request.unstructured_name() == "Gr\xc3\xbc\xc3\x9f");
    const auto* address = find(request.attributes(), der::oid("1.2.840.113549.1.9.8"));
    REQUIRE(address != nullptr);
    CHECK(describe(*address) == "somewhere");
  }
}

TEST_CASE("requests that GnuTLS makes are read") {
  const TemporaryDirectory directory;
  for (const char* kind : {"rsa", "ecdsa", "ed25519"}) {
    CAPTURE(kind);
    const auto key = run({"certtool", "--generate-privkey", std::string("--key-type=") + kind,
                          "--outfile", directory.file("k")});
    REQUIRE_MESSAGE(key.ok(), key.shown());
    const std::string settings = directory.write(
        "t",
        "cn = client\norganization = x\nchallenge_password = word\ndns_name = a.example\n"
        "ip_address = 10.0.0.1\nuri = spiffe://t/x\ntls_www_client\nsigning_key\n");
    const auto made = run({"certtool", "--generate-request", "--load-privkey", directory.file("k"),
                           "--template", settings, "--outfile", directory.file("c")});
    REQUIRE_MESSAGE(made.ok(), made.shown());
    const CertificateRequest request = from_text(directory.read("c"));
    CHECK(request.proves_possession(context()) == Possession::proven);
    CHECK(request.subject_alt_names().size() == 3);
    CHECK(request.has_challenge_password());
  }
}

TEST_CASE("a request signed with SHA-1 does not prove possession") {
  const TemporaryDirectory directory;
  const auto made = run({"openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
                         "ec_paramgen_curve:P-256", "-nodes", "-sha1", "-subj", "/CN=x", "-keyout",
                         directory.file("k"), "-out", directory.file("c")});
  REQUIRE_MESSAGE(made.ok(), made.shown());
  const CertificateRequest request = from_text(directory.read("c"));
  CHECK(request.proves_possession(context()) == Possession::algorithm_not_accepted);
  CHECK(code_of([&] { require_possession(request, context()); }) == Errc::unsupported);
}

TEST_CASE("the signature of a request whose key is refused for its size is not checked") {
  const TemporaryDirectory directory;
  const auto made = run({"openssl", "req", "-new", "-newkey", "rsa:2041", "-nodes", "-subj",
                         "/CN=x", "-keyout", directory.file("k"), "-out", directory.file("c")});
  REQUIRE_MESSAGE(made.ok(), made.shown());
  const CertificateRequest request = from_text(directory.read("c"));
  CHECK(request.proves_possession(context()) == Possession::key_not_accepted);
  CHECK(code_of([&] { require_possession(request, context()); }) == Errc::weak_key);
}

TEST_CASE("a request with any bit changed is malformed or does not prove possession") {
  const CertificateRequest good = make_request({.subject = Name::parse("CN=x"),
                                                .subject_alt_names = {GeneralName::dns("a")},
                                                .challenge_password = secret("p"),
                                                .unstructured_name = {}},
                                               p256_signer());
  REQUIRE(good.proves_possession(context()) == Possession::proven);
  Bytes changed = mtls::to_bytes(good.der());
  for (std::size_t bit = 0; bit < changed.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
    changed[bit / 8] ^= mask;
    CAPTURE(bit);
    std::optional<CertificateRequest> read;
    const auto code = code_of([&] { return read = CertificateRequest::from_der(changed); });
    CHECK((code == Errc::malformed || !code));
    if (read) CHECK(read->proves_possession(context()) != Possession::proven);
    changed[bit / 8] ^= mask;
  }
}

TEST_CASE("a request cut at any octet is malformed") {
  const CertificateRequest good = make_request(full_fields(), p256_signer());
  for (std::size_t size = 0; size < good.der().size(); ++size) {
    CAPTURE(size);
    CHECK(code_of([&] { return CertificateRequest::from_der(good.der().first(size)); }) ==
          Errc::malformed);
  }
}

TEST_CASE(
    "attributes that are not DER or occur twice are malformed, and a slip in one is a fault") {
  const auto faults = [](std::string_view attributes) {
    return CertificateRequest::from_der(request_with(hex(attributes))).faults().size();
  };
  CHECK_FALSE(attributes_code(""));
  CHECK_FALSE(
      code_of([] { return CertificateRequest::from_der(request_with({}, hex("020100"), false)); }));
  // challengePassword twice, with two values, with none
  const std::string password = "301006092a864886f70d01090731030c0161";
  CHECK_FALSE(attributes_code(password));
  CHECK(attributes_code(password + password) == Errc::malformed);
  CHECK(faults(password) == 0);
  CHECK(faults("301306092a864886f70d01090731060c01610c0162") == 1);
  CHECK(faults("300d06092a864886f70d0109073100") == 1);
  // extensionRequest of no extension, of two lists
  CHECK(faults("300f06092a864886f70d01090e31023000") == 1);
  const std::string list = "300b30090603551d1304023000";
  CHECK_FALSE(attributes_code("301a06092a864886f70d01090e310d" + list));
  const auto twice = CertificateRequest::from_der(
      request_with(hex("302706092a864886f70d01090e311a" + list + list)));
  CHECK(twice.faults().size() == 1);
  CHECK(code_of([&] { return twice.subject_alt_names(); }) == Errc::malformed);
  // an unknown attribute is named, twice it is malformed
  const std::string other = "300a06042a03040531020500";
  CHECK(CertificateRequest::from_der(request_with(hex(other))).attributes().at(0).type ==
        der::oid("1.2.3.4.5"));
  CHECK(attributes_code(other + other) == Errc::malformed);
  CHECK(attributes_code("0500") == Errc::malformed);
}

TEST_CASE("a request of another version is read to be shown, and refused from a file") {
  for (const char* version : {"020101", "020102", "0201ff", "02020100"}) {
    CAPTURE(version);
    const Bytes request = request_with({}, hex(version));
    CHECK(CertificateRequest::from_der(request).version_fault());
    CHECK(file_code(mtls::as_text(request)) == Errc::malformed);
  }
  CHECK_FALSE(CertificateRequest::from_der(request_with({})).version_fault());
}

TEST_CASE("a request with octets behind is malformed") {
  Bytes longer = request_with({});
  longer.push_back(0);
  CHECK(code_of([&] { return CertificateRequest::from_der(longer); }) == Errc::malformed);
}

TEST_CASE("a file holds exactly one request and nothing else") {
  const CertificateRequest request = make_request(full_fields(), p256_signer());
  const std::string pem = to_pem(request);
  CHECK_FALSE(file_code("some text\n" + pem + "more text\n"));
  CHECK_FALSE(file_code(mtls::as_text(request.der())));
  CHECK_FALSE(file_code(der::to_pem("NEW CERTIFICATE REQUEST", request.der())));
  CHECK(file_code(pem + pem) == Errc::malformed);
  CHECK(file_code(pem + der::to_pem("PRIVATE KEY", hex("3000"))) == Errc::malformed);
  CHECK(file_code(der::to_pem("RSA PRIVATE KEY", hex("3000")) + pem) == Errc::malformed);
  CHECK(file_code(pem + der::to_pem("CERTIFICATE", hex("3000"))) == Errc::malformed);
  CHECK(file_code(to_pem(sign(sample_tbs()))) == Errc::malformed);
  CHECK(file_code("") == Errc::malformed);
  CHECK(file_code("hello") == Errc::malformed);
  CHECK(file_code(pem.substr(0, pem.size() - 20)) == Errc::malformed);
}

TEST_CASE("texts that cannot stand in a request are refused by name") {
  const auto code = [](std::optional<std::string> password, std::optional<std::string> company) {
    RequestFields fields{.subject = Name::parse("CN=x"),
                         .subject_alt_names = {},
                         .challenge_password = {},
                         .unstructured_name = std::move(company)};
    if (password) fields.challenge_password = secret(*password);
    return code_of([&] { return make_request(fields, p256_signer()); });
  };
  CHECK_FALSE(code(std::string(255, 'x'), std::string(255, 'x')));
  CHECK_FALSE(code("p\xc3\xa4ss@word_*", "Gr\xc3\xbc\xc3\x9f"));
  for (const std::string& bad : {std::string(), std::string(256, 'x'), std::string("a\0b", 3),
                                 std::string("a\nb"), std::string("\xff"), std::string("a\x1b[2J"),
                                 std::string("a\xe2\x80\xae"
                                             "b")}) {
    CAPTURE(bad);
    CHECK(code(bad, std::nullopt) == Errc::bad_name);
    CHECK(code(std::nullopt, bad) == Errc::bad_name);
  }
}

TEST_CASE("names that cannot stand in a request are refused") {
  for (const GeneralName& bad :
       {GeneralName::dns(std::string("good\0.evil", 10)), GeneralName::ip(hex("0102")),
        GeneralName::uri(""), GeneralName::email("a\x1b@b")}) {
    CHECK(code_of([&] {
            return make_request({.subject = Name::parse("CN=x"),
                                 .subject_alt_names = {bad},
                                 .challenge_password = {},
                                 .unstructured_name = {}},
                                p256_signer());
          }) == Errc::bad_name);
  }
}
