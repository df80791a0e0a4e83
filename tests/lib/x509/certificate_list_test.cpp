#include "x509/certificate_list.hpp"

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

/// The parts of a CRL as DER, to be put together wrongly.
struct Parts {
  Bytes version = hex("020101");
  Bytes this_update = hex("170d3236303130313030303030305a");
  Bytes next_update = hex("170d3236303230313030303030305a");
  std::optional<Bytes> entries = {};  // content of revokedCertificates
  Bytes extensions = hex("a00e300c300a0603551d140403020107");
  Bytes behind_fields = {};
  Bytes behind = {};

  [[nodiscard]] Bytes der() const {
    const ByteView algorithm = mtls::crypto::algorithm_identifier(p256_signer().algorithm());
    der::Writer file;
    file.sequence([&](der::Writer& list) {
      list.sequence([&](der::Writer& tbs) {
        tbs.raw(version).raw(algorithm).raw(Name::parse("CN=ca").der());
        tbs.raw(this_update).raw(next_update);
        if (entries) tbs.element(tag::sequence, *entries);
        tbs.raw(extensions).raw(behind_fields);
      });
      list.raw(algorithm).bit_string(hex("55"));
    });
    file.raw(behind);
    return std::move(file).take();
  }
};

CertificateList read(const Parts& parts) { return CertificateList::from_der(parts.der()); }

bool is_malformed(const Parts& parts) {
  return code_of([&] { return read(parts); }) == Errc::malformed;
}

/// Entries with serials 1, 2, …, every second one with a reason.
Bytes many_entries(std::size_t count) {
  der::Writer writer;
  for (std::size_t i = 1; i <= count; ++i) {
    writer.sequence([i](der::Writer& entry) {
      entry.integer(i).time(at("2026-01-01T00:00:00Z"));
      if (i % 2 == 0) entry.raw(hex("300c300a0603551d1504030a0101"));
    });
  }
  return std::move(writer).take();
}

}  // namespace

TEST_CASE("a revocation list gives its fields") {
  const CertificateList list = read({.entries = many_entries(3)});
  CHECK(list.version() == 2);
  CHECK(list.issuer().to_text() == "CN=ca");
  CHECK(list.this_update() == at("2026-01-01T00:00:00Z"));
  CHECK(list.next_update() == at("2026-02-01T00:00:00Z"));
  CHECK(list.entry_count() == 3);
  REQUIRE(find(list.extensions(), oids::crl_number()) != nullptr);
  CHECK(describe(*find(list.extensions(), oids::crl_number())) == "7");
  CHECK(list.fingerprint() == mtls::crypto::sha256(list.der()));
  CHECK(mtls::equal(list.signature_algorithm(),
                    mtls::crypto::algorithm_identifier(p256_signer().algorithm())));
  const auto entries = list.entries(2);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].serial.to_text() == "01");
  CHECK(entries[1].serial.to_text() == "02");
  CHECK(entries[1].revocation_date == at("2026-01-01T00:00:00Z"));
  CHECK(list.entries(100).size() == 3);
  CHECK(list.entries(0).empty());
}

TEST_CASE("a list of version 1, without entries or without a next update is held") {
  const CertificateList old = read({.version = {}, .next_update = {}, .extensions = {}});
  CHECK(old.version() == 1);
  CHECK_FALSE(old.next_update());
  CHECK(old.entry_count() == 0);
  CHECK(old.entries(5).empty());
  CHECK(read({.entries = Bytes{}}).entry_count() == 0);
}

TEST_CASE("a revocation list that is not what RFC 5280 describes is malformed") {
  CHECK(is_malformed({.version = hex("020100")}));  // v1 written out
  CHECK(is_malformed({.version = hex("020102")}));
  CHECK(is_malformed({.version = {}}));  // extensions in version 1
  CHECK(is_malformed({.version = {}, .entries = many_entries(2), .extensions = {}}));
  CHECK(is_malformed({.this_update = {}, .next_update = {}}));
  CHECK(is_malformed({.this_update = hex("170b323630313031303030305a")}));
  CHECK(is_malformed({.extensions = hex("a0023000")}));
  CHECK(is_malformed({.behind_fields = hex("0500")}));
  CHECK(is_malformed({.behind = hex("00")}));
  CHECK(code_of([] { return CertificateList::from_der({}); }) == Errc::malformed);
}

TEST_CASE("an entry of a wrong shape makes the list malformed") {
  const std::string date = "170d3236303130313030303030305a";
  CHECK_FALSE(is_malformed({.entries = hex("3012020101" + date)}));
  // A critical FALSE that is written out is read as OpenSSL reads it.
  CHECK_FALSE(is_malformed({.entries = hex("3020020101" + date + "300c300a0603551d150101000400")}));
  for (const std::string& entry :
       {"300f" + date, std::string("3003020101"), "30110200" + date, "301302020001" + date,
        "3014020101" + date + "0500", "3014020101" + date + "3000", std::string("0500")}) {
    CAPTURE(entry);
    CHECK(is_malformed({.entries = hex(entry)}));
  }
  der::Writer giant;
  giant.sequence(
      [&](der::Writer& entry) { entry.element(tag::integer, Bytes(65, 0x11)).raw(hex(date)); });
  CHECK(is_malformed({.entries = mtls::to_bytes(giant.view())}));
}

TEST_CASE("a revocation list cut at any octet is malformed, never shorter") {
  const Bytes whole = Parts{.entries = many_entries(3)}.der();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(code_of([&] { return CertificateList::from_der(ByteView(whole).first(size)); }) ==
          Errc::malformed);
  }
}

TEST_CASE("a list of twenty thousand entries is counted and looked up") {
  const CertificateList list = read({.entries = many_entries(20'000)});
  CHECK(list.entry_count() == 20'000);
  CHECK(list.entries(20'000).back().serial.to_text() == "4e20");
}

TEST_CASE("an entry with a critical extension is told of") {
  CHECK_FALSE(read({.entries = many_entries(4)}).has_critical_entry_extensions());
  // reasonCode, said to be critical
  const Bytes entry =
      hex("3023020101170d3236303130313030303030305a300f300d0603551d150101ff04030a0101");
  CHECK(read({.entries = entry}).has_critical_entry_extensions());
}

TEST_CASE("a signature that is none is by nobody") {
  CHECK_FALSE(read({}).is_signed_by(p256_signer().public_key(), context()));
}

TEST_CASE("a file may hold several lists, PEM or one in DER, and something beside") {
  const std::string one = der::to_pem("X509 CRL", Parts{}.der());
  const std::string two = one + "text\n" + der::to_pem("THING", hex("3000")) + one;
  CHECK(read_certificate_lists(mtls::as_bytes(two), "f").size() == 2);
  CHECK(read_certificate_lists(Parts{}.der(), "f").size() == 1);
  for (const std::string& none :
       {std::string(), std::string("text"), der::to_pem("THING", hex("3000")),
        one.substr(0, one.size() / 2), der::to_pem("X509 CRL", hex("3000"))}) {
    CHECK(code_of([&] { return read_certificate_lists(mtls::as_bytes(none), "f"); }) ==
          Errc::malformed);
  }
}

TEST_CASE("what openssl and GnuTLS issue is read") {
  const TemporaryDirectory directory;
  const std::string settings =
      directory.write("cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=" + directory.file("db") +
                                 "\ncrlnumber=" + directory.write("number", "1F\n") +
                                 "\ndefault_md=sha256\ndefault_crl_days=30\ncrl_extensions=e\n"
                                 "[e]\nauthorityKeyIdentifier=keyid\n");
  directory.write("db",
                  "R\t300101000000Z\t260101000000Z,keyCompromise\tDEADBEEF\tunknown\t/CN=a\n"
                  "R\t300101000000Z\t260102000000Z\t05\tunknown\t/CN=b\n"
                  "V\t300101000000Z\t\t06\tunknown\t/CN=c\n");
  const std::string key = directory.file("k");
  const std::string certificate = directory.file("c");
  const auto ca =
      run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
           "-nodes", "-subj", "/CN=ca", "-keyout", key, "-out", certificate});
  REQUIRE_MESSAGE(ca.ok(), ca.shown());
  const auto made = run({"openssl", "ca", "-gencrl", "-config", settings, "-keyfile", key, "-cert",
                         certificate, "-out", directory.file("crl")});
  REQUIRE_MESSAGE(made.ok(), made.shown());
  const auto blocks = der::read_pem(mtls::as_bytes(directory.read("crl")));
  REQUIRE(blocks.size() == 1);
  const CertificateList list = CertificateList::from_der(blocks[0].der.view());
  CHECK(list.entry_count() == 2);
  // openssl sorts them by serial
  CHECK(list.entries(2).at(0).serial.to_text() == "05");
  CHECK(list.entries(2).at(0).revocation_date == at("2026-01-02T00:00:00Z"));
  CHECK(list.entries(2).at(1).serial.to_text() == "deadbeef");
  CHECK(describe(*find(list.extensions(), oids::crl_number())) == "31");

  const std::string revoked = directory.write("t", "crl_next_update = 43\ncrl_number = 9\n");
  const auto gnutls = run({"certtool", "--generate-crl", "--load-ca-privkey", key,
                           "--load-ca-certificate", certificate, "--load-certificate", certificate,
                           "--template", revoked, "--outfile", directory.file("crl2")});
  REQUIRE_MESSAGE(gnutls.ok(), gnutls.shown());
  const auto others = der::read_pem(mtls::as_bytes(directory.read("crl2")));
  REQUIRE(others.size() == 1);
  CHECK(CertificateList::from_der(others[0].der.view()).entry_count() == 1);
}
