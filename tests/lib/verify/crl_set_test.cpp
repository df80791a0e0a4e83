#include "verify/crl_set.hpp"

#include "base/format.hpp"
#include "lib/verify/pki.hpp"
#include "ossl/handle.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace mtls::verify::test {
namespace {

using mtls::test::code_of;

void require(bool succeeded) {
  if (!succeeded) throw std::runtime_error("libcrypto failed");
}

/// A list that libcrypto makes.
struct ListPlan {
  const Entity& ca = intermediate();
  std::string signer = {};  // a key's name; else the CA's own
  std::vector<x509::SerialNumber> revoked = {};
  UnixTime this_update = judging_time() - std::chrono::hours(1);
  std::optional<UnixTime> next_update = judging_time() + std::chrono::hours(1);
  const EVP_MD* digest = EVP_sha256();
  /// An extension with this OID and an INTEGER as its value; critical or not.
  std::string extension = {};
  bool critical = true;
};

ossl::Handle<EVP_PKEY> libcrypto_key(const std::string& name) {
  const SecretBytes pem = key(name).to_pkcs8_pem();
  const ossl::Handle<BIO> bio(BIO_new_mem_buf(pem.view().data(), static_cast<int>(pem.size())));
  return ossl::Handle<EVP_PKEY>(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

struct FreeTime {
  void operator()(ASN1_TIME* time) const noexcept { ASN1_TIME_free(time); }
};
using Time = std::unique_ptr<ASN1_TIME, FreeTime>;

Time to_time(UnixTime time) {
  return Time(ASN1_TIME_set(nullptr, time.time_since_epoch().count()));
}

void add_extension(X509_CRL* list, const ListPlan& plan) {
  const std::string conf = format("{}ASN1:INTEGER:1", plan.critical ? "critical," : "");
  X509_EXTENSION* const made =
      X509V3_EXT_conf(nullptr, nullptr, plan.extension.c_str(), conf.c_str());
  require(made != nullptr && X509_CRL_add_ext(list, made, -1) == 1);
  X509_EXTENSION_free(made);
}

void revoke(X509_CRL* list, const x509::SerialNumber& serial, const Time& when) {
  X509_REVOKED* const entry = X509_REVOKED_new();
  const ByteView content = serial.content();
  const ossl::Handle<BIGNUM> number(
      BN_bin2bn(content.data(), static_cast<int>(content.size()), nullptr));
  ASN1_INTEGER* const integer = BN_to_ASN1_INTEGER(number.get(), nullptr);
  require(X509_REVOKED_set_serialNumber(entry, integer) == 1);
  require(X509_REVOKED_set_revocationDate(entry, when.get()) == 1);
  ASN1_INTEGER_free(integer);
  require(X509_CRL_add0_revoked(list, entry) == 1);
}

x509::CertificateList make_list(const ListPlan& plan) {
  const ossl::Handle<X509_CRL> list(X509_CRL_new());
  require(X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1);
  const ByteView name = plan.ca.certificate.subject().der();
  const unsigned char* at_name = name.data();
  X509_NAME* const issuer = d2i_X509_NAME(nullptr, &at_name, static_cast<long>(name.size()));
  require(X509_CRL_set_issuer_name(list.get(), issuer) == 1);
  X509_NAME_free(issuer);
  require(X509_CRL_set1_lastUpdate(list.get(), to_time(plan.this_update).get()) == 1);
  if (plan.next_update) {
    require(X509_CRL_set1_nextUpdate(list.get(), to_time(*plan.next_update).get()) == 1);
  }
  const Time when = to_time(at("2026-05-01T00:00:00Z"));
  for (const x509::SerialNumber& serial : plan.revoked) revoke(list.get(), serial, when);
  if (!plan.extension.empty()) add_extension(list.get(), plan);
  const auto signer = libcrypto_key(plan.signer.empty() ? plan.ca.key : plan.signer);
  require(X509_CRL_sign(list.get(), signer.get(), plan.digest) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509_CRL(list.get(), &der);
  require(size > 0);
  const Bytes octets(der, der + size);
  OPENSSL_free(der);
  return x509::CertificateList::from_der(octets);
}

CrlSet set_of(const std::vector<ListPlan>& plans) {
  CrlSet set;
  for (const ListPlan& plan : plans) set.add(make_list(plan), "test.crl");
  return set;
}

/// What the set says of the test's client: "", or the problem's word.
std::string verdict(const CrlSet& set) {
  const auto objection =
      set.check(client().certificate, intermediate().certificate, judging_time(), context());
  return objection ? std::string(name(objection->problem)) : "";
}

const x509::SerialNumber& client_serial() { return client().certificate.serial(); }

TEST_CASE("a current list of the CA that does not have the serial says nothing") {
  CHECK(verdict(set_of({{}})).empty());
  CHECK(verdict(set_of({{.revoked = {root().certificate.serial()}}})).empty());
}

TEST_CASE("a list that has the serial revokes, with its time and CA") {
  const CrlSet set = set_of({{.revoked = {root().certificate.serial(), client_serial()}}});
  const auto objection =
      set.check(client().certificate, intermediate().certificate, judging_time(), context());
  REQUIRE(objection);
  CHECK(objection->problem == Problem::revoked);
  CHECK(objection->message.find("2026-05-01T00:00:00Z") != std::string::npos);
  CHECK(objection->message.find("CN=intermediate") != std::string::npos);
}

TEST_CASE("among thousands of serials the right one is found, and no other") {
  std::vector<x509::SerialNumber> many;
  for (int i = 0; i < 5'000; ++i) {
    many.push_back(x509::SerialNumber::parse(format("{:x}", 0x10'0000 + i * 7)).value());
  }
  CHECK(verdict(set_of({{.revoked = many}})).empty());
  many.push_back(client_serial());
  CHECK(verdict(set_of({{.revoked = many}})) == "revoked");
}

TEST_CASE("a CA without a list is not covered") {
  const CrlSet set = set_of({{.ca = root(), .revoked = {client_serial()}}});
  CHECK_FALSE(set.covers(intermediate().certificate.subject()));
  CHECK(verdict(set).empty());
  CHECK(CrlSet().empty());
}

TEST_CASE("a list that cannot be relied on is never 'not revoked'") {
  const UnixTime now = judging_time();
  const auto hours = [](int count) { return std::chrono::hours(count); };
  CHECK(verdict(set_of({{.this_update = now - hours(9), .next_update = now - hours(1)}})) ==
        "revocation_unknown");
  CHECK(verdict(set_of({{.this_update = now + hours(1), .next_update = now + hours(9)}})) ==
        "revocation_unknown");
  CHECK(verdict(set_of({{.signer = "another"}})) == "revocation_unknown");
  CHECK(verdict(set_of({{.digest = EVP_sha1()}})) == "revocation_unknown");
  // The two ends belong to its time.
  CHECK(verdict(set_of({{.this_update = now, .next_update = now}})).empty());
}

TEST_CASE("what a stale list has stays revoked; a forged one cannot revoke") {
  const UnixTime now = judging_time();
  const ListPlan stale{.revoked = {client_serial()},
                       .this_update = now - std::chrono::hours(9),
                       .next_update = now - std::chrono::hours(1)};
  CHECK(verdict(set_of({stale})) == "revoked");
  CHECK(verdict(set_of({stale, {}})) == "revoked");
  CHECK(verdict(set_of({{}, {.signer = "another", .revoked = {client_serial()}}})).empty());
}

TEST_CASE("of several lists one that is current will do") {
  const UnixTime now = judging_time();
  const ListPlan stale{.this_update = now - std::chrono::hours(9),
                       .next_update = now - std::chrono::hours(1)};
  CHECK(verdict(set_of({stale, {}})).empty());
  CHECK(verdict(set_of({{}, stale})).empty());
}

TEST_CASE("a CA that may not sign lists has none that counts") {
  const auto extensions = with(
      ca_extensions(),
      x509::encode(x509::KeyUsage{x509::KeyUsageBit::key_cert_sign}, x509::Criticality::critical));
  const Entity ca =
      issue({.subject = "CN=no lists,O=mtls", .key = "no lists", .extensions = extensions}, root());
  const Entity leaf =
      issue({.subject = "CN=leaf", .key = "client", .extensions = client_extensions()}, ca);
  const CrlSet set = set_of({{.ca = ca}});
  const auto objection = set.check(leaf.certificate, ca.certificate, judging_time(), context());
  REQUIRE(objection);
  CHECK(objection->problem == Problem::revocation_unknown);
}

TEST_CASE("lists that say a part, or more than is understood, are not taken") {
  const auto code = [](const ListPlan& plan) {
    return code_of([&] { CrlSet().add(make_list(plan), "test.crl"); });
  };
  CHECK(code({.extension = "2.5.29.28"}) == Errc::unsupported);  // issuingDistributionPoint
  CHECK(code({.extension = "2.5.29.27"}) == Errc::unsupported);  // delta
  CHECK(code({.extension = "1.2.3.4"}) == Errc::unsupported);
  CHECK(code({.extension = "1.2.3.4", .critical = false}) == std::nullopt);
  CHECK(code({.next_update = std::nullopt}) == Errc::malformed);
}

}  // namespace
}  // namespace mtls::verify::test
