#include "der/pem.hpp"
#include "lib/x509/fixtures.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "x509/certificate.hpp"

#include <doctest/doctest.h>

using namespace mtls::x509;
using namespace mtls::x509::test;
using mtls::Errc;
using mtls::test::run;
using mtls::test::TemporaryDirectory;
namespace der = mtls::der;

namespace {

std::vector<Certificate> read_text(std::string_view text, KeysBeside keys = KeysBeside::refuse,
                                   std::size_t limit = 1000) {
  return read_certificates(mtls::as_bytes(text), "test.crt", keys, limit);
}

}  // namespace

TEST_CASE("a file of certificates is read in its order, PEM or DER") {
  const Certificate first = sign(sample_tbs());
  TbsCertificate other = sample_tbs();
  other.serial = SerialNumber::parse("02").value();
  const Certificate second = sign(other);
  const std::string pem = to_pem({first, second});
  CHECK(read_text(pem) == std::vector{first, second});
  CHECK(read_text("\xef\xbb\xbfhello\n" + to_pem(first) + "bye\n") == std::vector{first});
  CHECK(read_certificates(first.der(), "test.crt") == std::vector{first});
  std::string old = to_pem(first);
  for (std::size_t at = old.find("CERTIFICATE"); at != std::string::npos;
       at = old.find("CERTIFICATE", at + 16)) {
    old.insert(at, "X509 ");
  }
  CHECK(read_text(old) == std::vector{first});
  // blocks of other kinds are let pass
  CHECK(read_text(der::to_pem("DH PARAMETERS", hex("3000")) + to_pem(second)) ==
        std::vector{second});
}

TEST_CASE("a private key among certificates is refused unless it may stand there") {
  const std::string certificate = to_pem(sign(sample_tbs()));
  for (const char* label : {"PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY"}) {
    CAPTURE(label);
    const std::string file = certificate + der::to_pem(label, hex("3000"));
    CHECK(code_of([&] { return read_text(file); }) == Errc::malformed);
    CHECK(read_text(file, KeysBeside::allow).size() == 1);
  }
}

TEST_CASE("openssl's TRUSTED CERTIFICATE is refused with the way out") {
  const TemporaryDirectory directory;
  const std::string plain = directory.write("c", to_pem(sign(sample_tbs())));
  const auto made = run({"openssl", "x509", "-in", plain, "-trustout", "-addtrust", "clientAuth",
                         "-out", directory.file("t")});
  REQUIRE_MESSAGE(made.ok(), made.shown());
  const std::string trusted = directory.read("t");
  REQUIRE(trusted.find("TRUSTED CERTIFICATE") != std::string::npos);
  try {
    static_cast<void>(read_text(trusted));
    FAIL("nothing was thrown");
  } catch (const mtls::Error& error) {
    CHECK(error.code() == Errc::malformed);
    CHECK_FALSE(error.hint().empty());
  }
}

TEST_CASE("a file without a certificate, with too many or a broken one is malformed") {
  const std::string one = to_pem(sign(sample_tbs()));
  CHECK(read_text(one + one, KeysBeside::refuse, 2).size() == 2);
  CHECK(code_of([&] { return read_text(one + one + one, KeysBeside::refuse, 2); }) ==
        Errc::malformed);
  for (const std::string& file :
       {std::string(), std::string("hello"), std::string("\x30"), std::string(100, '\0'),
        der::to_pem("CERTIFICATE REQUEST", hex("3000")), der::to_pem("CERTIFICATE", hex("3000")),
        one + der::to_pem("CERTIFICATE", hex("3000")), one.substr(0, one.size() - 30),
        one.substr(0, 60)}) {
    CAPTURE(file);
    CHECK(code_of([&] { return read_text(file); }) == Errc::malformed);
  }
}
