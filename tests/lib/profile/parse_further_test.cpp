#include "lib/profile/profile_text.hpp"

#include <doctest/doctest.h>

using mtls::test::parse;
using mtls::test::ProfileText;
using mtls::test::refusal;
using mtls::test::refused_at;
using mtls::x509::Criticality;

namespace {

ProfileText with(const std::string& lines) {
  ProfileText text;
  text.tail = "[[extensions.further]]\n" + lines;
  return text;
}

ProfileText with_oid(const std::string& oid) {
  return with("oid = \"" + oid + "\"\nder = \"0500\"\n");
}
ProfileText with_der(const std::string& der) {
  return with("oid = \"1.2.3\"\nder = \"" + der + "\"\n");
}

}  // namespace

TEST_CASE("further extensions are read in their order") {
  const auto further =
      parse(with("oid = \"1.3.6.1.5.5.7.1.24\"\nder = \"30:03:02:01:05\"\ncritical = true\n"
                 "[[extensions.further]]\noid = \"1.2.3\"\nder = \"0500\"\n"))
          .extensions.further;
  REQUIRE(further.size() == 2);
  CHECK(further[0].id == mtls::der::oid("1.3.6.1.5.5.7.1.24"));
  CHECK(further[0].criticality == Criticality::critical);
  CHECK(further[0].value == mtls::Bytes{0x30, 0x03, 0x02, 0x01, 0x05});
  CHECK(further[1].criticality == Criticality::non_critical);
}

TEST_CASE("an extension that another key makes is refused") {
  CHECK_FALSE(refusal(with_oid("1.2.3").str()));
  for (const char* oid :
       {"2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.31", "2.5.29.32",
        "2.5.29.35", "2.5.29.37", "1.3.6.1.5.5.7.1.1"}) {
    const auto text = with_oid(oid);
    CHECK(refused_at(text, "oid = "));
    CHECK_FALSE(mtls::test::hint_of(text).empty());
  }
}

TEST_CASE("an extension of CRLs or of Certificate Transparency is refused") {
  for (const char* oid : {"2.5.29.20", "2.5.29.21", "2.5.29.27", "2.5.29.28",
                          "1.3.6.1.4.1.11129.2.4.2", "1.3.6.1.4.1.11129.2.4.3"}) {
    CHECK(refused_at(with_oid(oid), "oid = "));
  }
}

TEST_CASE("the same extension twice is refused") {
  CHECK(refused_at(with("oid = \"1.2.3\"\nder = \"0500\"\n[[extensions.further]]\n"
                        "oid = \"1.2.3\"  # again\nder = \"0500\"\n"),
                   "# again"));
}

TEST_CASE("an oid that is no object identifier is refused") {
  for (const char* bad : {"", "tlsFeature", "1", "1.2.", "9.9.9"}) {
    CHECK(refused_at(with_oid(bad), "oid = "));
  }
  CHECK(refused_at(with("der = \"0500\"\n"), "[[extensions.further]]"));
}

TEST_CASE("a value is exactly one DER element") {
  CHECK_FALSE(refusal(with_der("3003020105").str()));
  for (const char* bad : {"", "05", "050", "0501", "05000500", "308003020105", "30810302 0105",
                          "300402010500", "xyz", "30820003020105"}) {
    CHECK(refused_at(with_der(bad), "der = "));
  }
  CHECK(refused_at(with("oid = \"1.2.3\"\n"), "[[extensions.further]]"));
}

TEST_CASE("a value may have 4,096 octets and there may be 32 extensions") {
  const auto octets = [](std::size_t content) {  // OCTET STRING with a header of 4
    const char* digits = "0123456789abcdef";
    std::string hex = "0482";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) hex += digits[content >> shift & 15U];
    return with_der(hex + std::string(2 * content, '0'));
  };
  CHECK_FALSE(refusal(octets(4092).str()));
  CHECK(refused_at(octets(4093), "der = "));
  const auto many = [](unsigned count) {
    ProfileText text;
    for (unsigned i = 0; i < count; ++i) {
      text.tail +=
          "[[extensions.further]]\noid = \"1.2." + std::to_string(i) + "\"\nder = \"0500\"\n";
    }
    return text;
  };
  CHECK_FALSE(refusal(many(32).str()));
  CHECK(refusal(many(33).str())->code() == mtls::Errc::bad_profile);
}
