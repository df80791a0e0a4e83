#include "lib/x509/fixtures.hpp"
#include "x509/extension.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace mtls::x509;
using namespace mtls::x509::test;
namespace der = mtls::der;

namespace {

/// The words of describe for an extension with this value.
std::string shown(const der::Oid& id, std::string_view value) {
  return describe({.id = id, .criticality = Criticality::non_critical, .value = hex(value)});
}

}  // namespace

TEST_CASE("the extensions of every certificate are described in words") {
  CHECK(shown(oids::basic_constraints(), "3000") == "CA:FALSE");
  CHECK(shown(oids::basic_constraints(), "30030101ff") == "CA:TRUE");
  CHECK(shown(oids::basic_constraints(), "30060101ff020100") == "CA:TRUE, path length 0");
  CHECK(shown(oids::key_usage(), "03020106") == "keyCertSign, cRLSign");
  CHECK(shown(oids::extended_key_usage(), "301006082b0601050507030206042a030405") ==
        "clientAuth, 1.2.3.4.5");
  CHECK(shown(oids::subject_key_identifier(), "0402abcd") == "AB:CD");
  CHECK(shown(oids::authority_key_identifier(), "30048002abcd") == "AB:CD");
  CHECK(shown(oids::authority_key_identifier(), "300c80020102a103820161820105") ==
        "01:02, issuer dns:a, serial 05");
  CHECK(shown(oids::authority_key_identifier(), "3000") == "none");
  CHECK(shown(oids::subject_alt_name(), "30118209612e6578616d706c6587040a000001") ==
        "dns:a.example, ip:10.0.0.1");
  CHECK(shown(oids::issuer_alt_name(), "300b8209612e6578616d706c65") == "dns:a.example");
}

TEST_CASE("the extensions of CAs and of CRLs are described in words") {
  CHECK(shown(oids::name_constraints(),
              "301ba0053003820161a112300a87080a000000ff000000300481022e62") ==
        "permitted dns:a; excluded ip:10.0.0.0/8, email:.b");
  CHECK(shown(oids::certificate_policies(), "3010300606042a03040530060604551d2000") ==
        "1.2.3.4.5, anyPolicy");
  CHECK(shown(oids::crl_distribution_points(), "3010300ea00ca00a8608687474703a2f2f63") ==
        "uri:http://c");
  CHECK(shown(oids::crl_distribution_points(), "30073005a203820169") == "without a URI");
  CHECK(shown(oids::authority_info_access(),
              "302c301406082b060105050730018608687474703a2f2f6f"
              "301406082b060105050730028608687474703a2f2f69") ==
        "ocsp uri:http://o, caIssuers uri:http://i");
  CHECK(shown(oids::crl_number(), "02020100") == "256");
  CHECK(shown(oids::crl_number(), "0209008000000000000000") == "0x8000000000000000");
  CHECK(shown(der::oid("2.5.29.54"), "020100") == "0");
  CHECK(shown(der::oid("2.5.29.36"), "3006800100810102") ==
        "explicit policy after 0 certificates, no policy mapping after 2 certificates");
  CHECK(shown(der::oid("2.5.29.33"), "300e300c06042a0304050604551d2000") ==
        "1.2.3.4.5 to anyPolicy");
  CHECK(shown(der::oid("1.3.6.1.5.5.7.1.24"), "3009020105020111020107") ==
        "status_request, status_request_v2, TLS extension 7");
  CHECK(shown(der::oid("1.3.6.1.5.5.7.48.1.5"), "0500") == "present");
}

TEST_CASE("an unknown extension is hex, a broken known one is malformed") {
  CHECK(shown(der::oid("1.2.3.4"), "deadbeef") == "deadbeef");
  CHECK(shown(der::oid("1.2.3.4"), "") == "");
  for (const char* oid : {"2.5.29.14",
                          "2.5.29.15",
                          "2.5.29.17",
                          "2.5.29.18",
                          "2.5.29.19",
                          "2.5.29.20",
                          "2.5.29.27",
                          "2.5.29.30",
                          "2.5.29.31",
                          "2.5.29.32",
                          "2.5.29.33",
                          "2.5.29.35",
                          "2.5.29.36",
                          "2.5.29.37",
                          "2.5.29.46",
                          "2.5.29.54",
                          "1.3.6.1.5.5.7.1.1",
                          "1.3.6.1.5.5.7.1.24",
                          "1.3.6.1.5.5.7.48.1.5",
                          "2.16.840.1.113730.1.13"}) {
    CAPTURE(oid);
    CHECK(shown(der::oid(oid), "3005") == "malformed");
    CHECK(shown(der::oid(oid), "") == "malformed");
  }
}

TEST_CASE("a description cannot act on a terminal or forge another name") {
  CHECK(shown(der::oid("2.16.840.1.113730.1.13"), "1604610a621b") == "a\\x0ab\\x1b");
  // uri:"http://a, dns:evil" and dns:"x\0y"
  const std::string names =
      shown(oids::subject_alt_name(), "30198612687474703a2f2f612c20646e733a6576696c8203780079");
  CHECK(names == "uri:http://a,\\x20dns:evil, dns:x\\x00y");
  const GeneralName directory = GeneralName::directory(Name::parse("CN=x\\, dns:evil"));
  const std::string line =
      describe(encode_subject_alt_name({directory}, Criticality::non_critical));
  CHECK(line.find(", ") == std::string::npos);
}

TEST_CASE("a name full of separators is described in one pass") {
  std::string value;
  for (unsigned i = 0; i < 200'000; ++i) value += "+, ";
  const Attribute attribute{.type = der::oid("2.5.4.3"),
                            .tag = der::tag::utf8_string,
                            .octets = mtls::to_bytes(mtls::as_bytes(value))};
  const GeneralName name = GeneralName::directory(Name::make({{attribute}}));
  const auto begin = std::chrono::steady_clock::now();
  const std::string line = describe(encode_subject_alt_name({name}, Criticality::non_critical));
  CHECK(line.size() > 5 * 200'000);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(1));
}

TEST_CASE("every name of an identifier is read back, and names are told apart") {
  for (const char* word :
       {"subjectAltName", "keyUsage", "basicConstraints", "clientAuth", "serverAuth", "codeSigning",
        "emailProtection", "OCSPSigning", "anyExtendedKeyUsage", "anyPolicy", "ocsp", "caIssuers",
        "cRLDistributionPoints", "msSmartcardLogin", "tlsFeature"}) {
    CAPTURE(word);
    const auto id = find_oid(word);
    REQUIRE(id);
    CHECK(oid_name(*id) == word);
  }
  CHECK(find_oid("clientAuth") == oids::client_auth());
  CHECK(find_oid("1.3.6.1.5.5.7.3.2") == oids::client_auth());
  CHECK(find_oid("1.2.3.4.5")->to_dotted() == "1.2.3.4.5");
  CHECK(oid_name(der::oid("1.2.3.4.5")) == "1.2.3.4.5");
  for (const char* word : {"", "clientauth", "client Auth", "1", "1.2.", "3.1", "2.5.29.17 "}) {
    CAPTURE(word);
    CHECK_FALSE(find_oid(word));
  }
}
