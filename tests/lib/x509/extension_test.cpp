#include "x509/extension.hpp"

#include "base/error.hpp"
#include "lib/x509/fixtures.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace mtls::x509;
using namespace mtls::x509::test;
using mtls::Bytes;
using mtls::ByteView;
using mtls::Errc;
using mtls::to_hex;
namespace der = mtls::der;

TEST_CASE("basicConstraints is written and read as RFC 5280 has it") {
  using Subject = BasicConstraints::Subject;
  const std::array<std::pair<BasicConstraints, const char*>, 4> cases = {{
      {{Subject::end_entity, {}}, "3000"},
      {{Subject::ca, {}}, "30030101ff"},
      {{Subject::ca, 0U}, "30060101ff020100"},
      {{Subject::ca, 200U}, "30070101ff020200c8"},
  }};
  for (const auto& [value, octets] : cases) {
    const std::string expected = octets;
    CAPTURE(expected);
    const Extension extension = encode(value, Criticality::critical);
    CHECK(extension.id == oids::basic_constraints());
    CHECK(extension.criticality == Criticality::critical);
    CHECK(to_hex(extension.value) == expected);
    CHECK(decode_basic_constraints(extension.value) == value);
  }
}

TEST_CASE("basicConstraints that are not DER or say nonsense are malformed") {
  for (const char* value : {
           "",
           "30030101 01",               // a boolean that is neither 00 nor ff
           "3003020100",                // a path length without CA:TRUE
           "30060101ff0201ff",          // a negative path length
           "300a0101ff02050100000000",  // one past 32 bits
           "30070101ff02020001",        // not minimal
           "30060101ff0201000500",      // octets behind it
           "3008 0101ff020100 0500",    // another element inside
           "3081030101ff",              // a length that is not minimal
           "30800101ff0000",            // an indefinite length
       }) {
    CAPTURE(value);
    CHECK(code_of([&] { return decode_basic_constraints(hex(value)); }) == Errc::malformed);
  }
}

TEST_CASE("a path length for an end entity is not written") {
  CHECK(code_of([] {
          return encode(BasicConstraints{BasicConstraints::Subject::end_entity, 0U},
                        Criticality::critical);
        }) == Errc::internal);
}

TEST_CASE("keyUsage is a named bit list without zero bits at its end") {
  using enum KeyUsageBit;
  const std::array<std::pair<KeyUsage, const char*>, 5> cases = {{
      {{digital_signature}, "03020780"},
      {{key_cert_sign, crl_sign}, "03020106"},
      {{digital_signature, key_encipherment}, "030205a0"},
      {{encipher_only}, "03020001"},
      {{key_agreement, decipher_only}, "0303070880"},
  }};
  for (const auto& [usage, octets] : cases) {
    const std::string expected = octets;
    CAPTURE(expected);
    const Extension extension = encode(usage, Criticality::critical);
    CHECK(extension.id == oids::key_usage());
    CHECK(to_hex(extension.value) == expected);
    CHECK(decode_key_usage(extension.value) == usage);
  }
}

TEST_CASE("a keyUsage without a bit, with padding or unknown bits is malformed") {
  for (const char* value : {"030100", "03020700", "03020080", "0303000180", "03030600c0",
                            "03020880", "03010780", "0302078000", "04020780", ""}) {
    CAPTURE(value);
    CHECK(code_of([&] { return decode_key_usage(hex(value)); }) == Errc::malformed);
  }
}

TEST_CASE("key usage words are those of RFC 5280, and nonRepudiation is understood") {
  using enum KeyUsageBit;
  KeyUsage all;
  for (unsigned bit = 0; bit < 9; ++bit) all.add(static_cast<KeyUsageBit>(bit));
  const std::vector<std::string> words = names(all);
  REQUIRE(words.size() == 9);
  CHECK(words.front() == "digitalSignature");
  CHECK(words[5] == "keyCertSign");
  CHECK(words.back() == "decipherOnly");
  for (unsigned bit = 0; bit < 9; ++bit) {
    CHECK(parse_key_usage_bit(words[bit]) == static_cast<KeyUsageBit>(bit));
  }
  CHECK(parse_key_usage_bit("nonRepudiation") == content_commitment);
  CHECK(parse_key_usage_bit("digitalsignature") == std::nullopt);
  CHECK(parse_key_usage_bit("") == std::nullopt);
}

TEST_CASE("extendedKeyUsage is a list of purposes, never an empty one") {
  const Extension extension =
      encode_extended_key_usage({oids::client_auth(), oids::server_auth()}, Criticality::critical);
  CHECK(to_hex(extension.value) == "301406082b0601050507030206082b06010505070301");
  CHECK(extension.criticality == Criticality::critical);
  CHECK(decode_extended_key_usage(extension.value) ==
        std::vector{oids::client_auth(), oids::server_auth()});
  // SEQUENCE {}: the panic of another project's index
  CHECK(code_of([] { return decode_extended_key_usage(hex("3000")); }) == Errc::malformed);
  CHECK(code_of([] { return decode_extended_key_usage(hex("30020500")); }) == Errc::malformed);
  CHECK(code_of([] { return encode_extended_key_usage({}, Criticality::non_critical); }) ==
        Errc::internal);
}

TEST_CASE("key identifiers are written bare and read in full") {
  const Bytes id = hex("0102");
  CHECK(to_hex(encode_subject_key_identifier(id).value) == "04020102");
  CHECK(decode_subject_key_identifier(hex("04020102")) == id);
  CHECK(code_of([] { return decode_subject_key_identifier(hex("0402010200")); }) ==
        Errc::malformed);

  const Extension authority = encode_authority_key_identifier(id);
  CHECK(authority.criticality == Criticality::non_critical);
  CHECK(to_hex(authority.value) == "300480020102");
  CHECK(decode_authority_key_identifier(authority.value).key_identifier == id);

  const auto full = decode_authority_key_identifier(hex("300c80020102a103820161820105"));
  CHECK(full.key_identifier == id);
  REQUIRE(full.issuer.size() == 1);
  CHECK(full.issuer[0] == GeneralName::dns("a"));
  CHECK(full.serial_number == Bytes{5});
  CHECK_FALSE(decode_authority_key_identifier(hex("3000")).key_identifier);
}

TEST_CASE("an authorityKeyIdentifier with half of issuer and serial number is malformed") {
  for (const char* value :
       {"3005a103820161", "3003820105", "3009a10382016182020005", "3005a100820105", "300000"}) {
    CAPTURE(value);
    CHECK(code_of([&] { return decode_authority_key_identifier(hex(value)); }) == Errc::malformed);
  }
}

TEST_CASE("subjectAltName keeps its names and their order") {
  const GeneralNames names = {GeneralName::dns("a.example"), GeneralName::ip(hex("0a000001"))};
  const Extension extension = encode_subject_alt_name(names, Criticality::non_critical);
  CHECK(to_hex(extension.value) == "30118209612e6578616d706c6587040a000001");
  CHECK(decode_subject_alt_name(extension.value) == names);
  CHECK(code_of([] { return decode_subject_alt_name(hex("3000")); }) == Errc::malformed);
  CHECK(code_of([] { return encode_subject_alt_name({}, Criticality::critical); }) ==
        Errc::internal);
}

TEST_CASE("nameConstraints hold permitted and excluded subtrees, minimum left out") {
  const NameConstraints both{
      .permitted = {GeneralName::dns("a")},
      .excluded = {GeneralName::ip(hex("0a000000ff000000")), GeneralName::email(".b")}};
  const Extension extension = encode(both);
  CHECK(extension.criticality == Criticality::critical);
  CHECK(to_hex(extension.value) ==
        "301b"
        "a0053003820161"
        "a112300a87080a000000ff000000300481022e62");
  const NameConstraints read = decode_name_constraints(extension.value);
  CHECK(read.permitted == both.permitted);
  CHECK(read.excluded == both.excluded);
  CHECK(code_of([] { return encode(NameConstraints{}); }) == Errc::internal);
}

TEST_CASE("nameConstraints that RFC 5280 forbids are malformed") {
  for (const char* value : {
           "3000",                              // neither list
           "3002a000",                          // an empty list
           "300aa0083006820161800101",          // minimum 1
           "300aa0083006820161810101",          // a maximum
           "300aa008300687040a000000",          // an address without its mask
           "300ea1053003820161a0053003820161",  // the wrong order
           "3009a0053003820161 0500",           // something else behind
       }) {
    CAPTURE(value);
    CHECK(code_of([&] { return decode_name_constraints(hex(value)); }) == Errc::malformed);
  }
}

TEST_CASE("certificatePolicies are written bare; qualifiers are skipped on reading") {
  const std::vector<der::Oid> policies = {der::oid("1.2.3.4.5"), oids::any_policy()};
  const Extension extension = encode_certificate_policies(policies, Criticality::non_critical);
  CHECK(to_hex(extension.value) == "3010300606042a03040530060604551d2000");
  CHECK(decode_certificate_policies(extension.value) == policies);
  const Bytes with_cps = hex("301c301a06042a0304053012301006082b06010505070201160468747470");
  CHECK(decode_certificate_policies(with_cps) == std::vector{der::oid("1.2.3.4.5")});
  for (const char* value : {
           "3000",                                  // no policy
           "3010300606042a030405300606042a030405",  // one twice
           "300a300806042a0304053000",              // an empty list of qualifiers
           "300c300a06042a03040530020500",          // something else in that list
       }) {
    CAPTURE(value);
    CHECK(code_of([&] { return decode_certificate_policies(hex(value)); }) == Errc::malformed);
  }
}

TEST_CASE("the URIs of one CRL are the names of one distribution point") {
  CHECK(to_hex(encode_crl_distribution_points({"http://c"}).value) ==
        "3010300ea00ca00a8608687474703a2f2f63");
  const std::vector<std::string> mirrors = {"http://a.example/x.crl", "http://b.example/x.crl"};
  const Extension extension = encode_crl_distribution_points(mirrors);
  CHECK(decode_crl_distribution_points(extension.value) == mirrors);
  der::Reader whole(extension.value, "test");
  der::Reader points = whole.into(der::tag::sequence);
  points.any();
  CHECK(points.at_end());
  CHECK(code_of([] { return encode_crl_distribution_points({}); }) == Errc::internal);
}

TEST_CASE("foreign distribution points give their URIs, whatever else they say") {
  // a URI; a relative name with reasons and a cRLIssuer; a dNSName and a URI; only a cRLIssuer
  const Bytes points =
      hex("3043 300ea00ca00a8608687474703a2f2f63"
          "3017a00ca10a300806035504030c017881020640a203820169"
          "3011a00fa00d82016e86086c6461703a2f2f64"
          "3005a203820169");
  CHECK(decode_crl_distribution_points(points) == std::vector<std::string>{"http://c", "ldap://d"});
}

TEST_CASE("distribution points that name nothing or stand in the wrong order are malformed") {
  for (const char* value : {
           "3000",              // no point
           "30023000",          // a point that names nothing
           "3006300481020640",  // only reasons
           "30063004a002a000",  // a name without names
           "30043002a000",      // neither full nor relative
           "301c301aa018a00a8608687474703a2f2f63a10a300806035504030c0178",  // both
           "30153013a203820169a00ca00a8608687474703a2f2f63",                // the wrong order
       }) {
    CAPTURE(value);
    CHECK(code_of([&] { return decode_crl_distribution_points(hex(value)); }) == Errc::malformed);
  }
}

TEST_CASE("authorityInfoAccess is written OCSP first and read by method") {
  const AuthorityInfoAccess access{.ocsp = {"http://o"}, .ca_issuers = {"http://i"}};
  const Extension extension = encode(access);
  CHECK(to_hex(extension.value) ==
        "302c301406082b060105050730018608687474703a2f2f6f"
        "301406082b060105050730028608687474703a2f2f69");
  const AuthorityInfoAccess read = decode_authority_info_access(extension.value);
  CHECK(read.ocsp == access.ocsp);
  CHECK(read.ca_issuers == access.ca_issuers);
  // caRepository, and OCSP at a dNSName, are passed over
  const auto mixed = decode_authority_info_access(
      hex("303b301406082b060105050730058608687474703a2f2f72300d06082b06010505073001820178"
          "301406082b060105050730018608687474703a2f2f6f"));
  CHECK(mixed.ocsp == std::vector<std::string>{"http://o"});
  CHECK(mixed.ca_issuers.empty());
  for (const char* value : {"3000", "300c300a06082b06010505073001",
                            "3018301606082b060105050730018608687474703a2f2f6f0500"}) {
    CAPTURE(value);
    CHECK(code_of([&] { return decode_authority_info_access(hex(value)); }) == Errc::malformed);
  }
  CHECK(code_of([] { return encode(AuthorityInfoAccess{}); }) == Errc::internal);
}

TEST_CASE("a list of extensions is read and written back the same") {
  const Bytes list = hex("301b 300e0603551d0f0101ff040403020780 30090603551d1304023000");
  std::vector<std::string> faults;
  const Extensions extensions = read_extensions(list, "test", faults);
  REQUIRE(extensions.size() == 2);
  CHECK(extensions[0].criticality == Criticality::critical);
  CHECK(extensions[1].criticality == Criticality::non_critical);
  CHECK(find(extensions, oids::basic_constraints()) == &extensions[1]);
  CHECK(find(extensions, oids::subject_alt_name()) == nullptr);
  der::Writer writer;
  write_extensions(writer, extensions);
  CHECK(mtls::equal(writer.view(), list));
}

TEST_CASE("a list of extensions that is empty or repeats one is malformed") {
  std::vector<std::string> faults;
  for (const char* value : {
           "3000",                                              // empty
           "301630090603551d130402300030090603551d1304023000",  // one twice
           "300e300c0603551d1301010104023000",                  // a boolean of 01
           "300730050603551d13",                                // no value
           "300d300b0603551d13040230000500",                    // too much
           "300b30090603551d130402300000",                      // octets behind the list
       }) {
    CAPTURE(value);
    CHECK(code_of([&] { return read_extensions(hex(value), "test", faults); }) == Errc::malformed);
  }
}

TEST_CASE("a default that is written out is read and noted") {
  for (const char* value : {
           "300e300c0603551d1301010004023000",                    // critical FALSE
           "300e300c0603551d1304053003010100",                    // CA:FALSE
           "3015 3013 0603551d1e 040c 300aa0083006820161800100",  // a subtree's minimum 0
       }) {
    CAPTURE(value);
    std::vector<std::string> faults;
    const Extensions extensions = read_extensions(hex(value), "test", faults);
    CHECK(faults.size() == 1);
    REQUIRE(extensions.size() == 1);
    CHECK(extensions.at(0).criticality == Criticality::non_critical);
    CHECK(describe(extensions.at(0)) != "malformed");
  }
}

TEST_CASE("twenty thousand extensions are searched for repetition at once") {
  std::vector<std::string> faults;
  Extensions many;
  for (unsigned i = 0; i < 20000; ++i) {
    many.push_back({.id = der::Oid::parse("1.2.3." + std::to_string(i)).value(),
                    .criticality = Criticality::non_critical,
                    .value = {}});
  }
  der::Writer good;
  write_extensions(good, many);
  CHECK(read_extensions(good.view(), "test", faults) == many);
  many.push_back(many.front());
  der::Writer bad;
  write_extensions(bad, many);
  CHECK(code_of([&] { return read_extensions(bad.view(), "test", faults); }) == Errc::malformed);
}
