#include "x509/pkcs7.hpp"

#include "base/file.hpp"
#include "lib/x509/fixtures.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

using namespace mtls::x509;
using namespace mtls::x509::test;
using mtls::Bytes;
using mtls::Errc;
using mtls::der::content_kind;
using mtls::der::ContentKind;

namespace {

/// Files that openssl made.
struct Made {
  mtls::test::TemporaryDirectory directory;
  Certificate certificate = sign(sample_tbs());

  explicit Made(std::string_view command) {
    mtls::write_file(directory.path() / "one.pem", mtls::as_bytes(to_pem(certificate)),
                     mtls::Access::shared, mtls::Overwrite::no);
    const auto done = mtls::test::run(
        {"sh", "-c", "cd '" + directory.path().native() + "' && " + std::string(command)});
    REQUIRE_MESSAGE(done.ok(), done.shown());
  }
  [[nodiscard]] Bytes read() const {
    return mtls::to_bytes(mtls::read_file(directory.path() / "out").bytes.view());
  }
};

}  // namespace

TEST_CASE("certificates come out of PKCS #7 as openssl put them in") {
  const Made made(
      "openssl crl2pkcs7 -nocrl -certfile one.pem -certfile one.pem -outform DER -out out");
  const Bytes der = made.read();
  CHECK(content_kind(der) == ContentKind::pkcs7);
  const Pkcs7Content content = read_pkcs7(der);
  REQUIRE(content.certificates.size() == 2);
  CHECK(Certificate::from_der(content.certificates[0]) == made.certificate);
  CHECK(content.lists.empty());
  CHECK(content.others == 0);
  for (std::size_t cut = 0; cut < der.size(); ++cut) {
    const Bytes part(der.begin(), der.begin() + static_cast<std::ptrdiff_t>(cut));
    CHECK(code_of([&] { return read_pkcs7(part); }).has_value());
  }
}

TEST_CASE("PKCS #7 that is encrypted or BER is recognised and not read") {
  const Made encrypted(
      "openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -subj /CN=x 2>/dev/null "
      "&& "
      "openssl smime -encrypt -binary -in one.pem -outform DER -out out -aes256 c.pem");
  const Bytes der = encrypted.read();
  CHECK(content_kind(der) == ContentKind::pkcs7);
  CHECK(code_of([&] { return read_pkcs7(der); }) == Errc::unsupported);
  const Bytes indefinite = hex("30 80 06 09 2a864886f70d010702 a0 80 30 80");
  CHECK(content_kind(indefinite) == ContentKind::pkcs7);
  CHECK(code_of([&] { return read_pkcs7(indefinite); }) == Errc::unsupported);
}

TEST_CASE("PKCS #12 is recognised by its content") {
  const Made made(
      "openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -subj /CN=x 2>/dev/null "
      "&& "
      "openssl pkcs12 -export -in c.pem -inkey k.pem -passout pass:x -out out");
  CHECK(content_kind(made.read()) == ContentKind::pkcs12);
  CHECK(content_kind(made.certificate.der()) == ContentKind::certificate);
  CHECK(content_kind(hex("30")) == ContentKind::other);
}

TEST_CASE("a bundle is put in order, the leaf first, and a signed message is none") {
  const Made bundle(
      "openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out root.pem -subj /CN=root "
      "2>/dev/null && openssl req -newkey rsa:2048 -nodes -keyout l.pem -out l.csr -subj /CN=leaf "
      "2>/dev/null && openssl x509 -req -in l.csr -CA root.pem -CAkey k.pem -out leaf.pem "
      "2>/dev/null && openssl crl2pkcs7 -nocrl -certfile root.pem -certfile leaf.pem -outform DER "
      "-out out && openssl smime -sign -binary -nodetach -in l.csr -signer leaf.pem -inkey l.pem "
      "-outform DER -out signed");
  const Bytes der = bundle.read();
  const auto certificates = read_pkcs7_bundle(der, mtls::der::FileForm::der, 2);
  REQUIRE(certificates.size() == 2);
  CHECK(certificates[0].subject().to_text() == "CN=leaf");
  CHECK(certificates[1].subject().to_text() == "CN=root");
  CHECK(code_of([&] { return read_pkcs7_bundle(der, mtls::der::FileForm::der, 1); }) ==
        Errc::malformed);
  const auto signed_message = mtls::read_file(bundle.directory.path() / "signed");
  CHECK(code_of([&] {
          return read_pkcs7_bundle(signed_message.bytes.view(), mtls::der::FileForm::der, 9);
        }) == Errc::unsupported);
}
