#include "render/settings.hpp"

#include "lib/render/facts.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>

using namespace mtls::render;
using mtls::Errc;
using mtls::test::code_of;
using mtls::test::thrown_by;

TEST_CASE("ids of the cloud are 1 to 128 plain characters") {
  CHECK(CloudId::parse("123e45"));
  CHECK(CloudId::parse(std::string(128, 'a')));
  CHECK_FALSE(CloudId::parse(std::string(129, 'a')));
  for (const char* bad : {"", "a b", "a.b", "a\"", "a\n", "#", "\xc3\xa9"}) {
    CHECK_FALSE(CloudId::parse(bad));
  }
}

TEST_CASE("names of objects and load balancers are what their servers take") {
  CHECK(ObjectName::parse("alb-demo"));
  CHECK(ObjectName::parse(std::string(63, 'a')));
  for (const std::string& bad : {std::string(), std::string("-a"), std::string("a-"),
                                 std::string("A"), std::string("a_b"), std::string(64, 'a')}) {
    CHECK_FALSE(ObjectName::parse(bad));
  }
  CHECK(AlbName::parse("Alb_1.x-y"));
  for (const char* bad : {"a", "1a", "a b", "a\"b", "a#"}) CHECK_FALSE(AlbName::parse(bad));
}

TEST_CASE("hosts are names or addresses") {
  for (const char* good : {"localhost", "a.example", "127.0.0.1", "::1"}) CHECK(Host::parse(good));
  for (const char* bad : {"", "a b", "*.example", "a..b", "a/b", "[::1]", "a:1", "-"}) {
    CHECK_FALSE(Host::parse(bad));
  }
}

TEST_CASE("a header of the client's certificate has a known name and a plain alias") {
  const auto parsed = ClientCertHeader::parse("issuerdn=x-1").value();
  CHECK(parsed.header == CertHeader::issuer_dn);
  CHECK(parsed.alias.value().text() == "x-1");
  CHECK_FALSE(ClientCertHeader::parse("serial"));
  CHECK_FALSE(ClientCertHeader::parse(""));
  CHECK(ClientCertHeader::parse("subjectdn=" + std::string(40, 'a')));
  for (const std::string& bad :
       {std::string("subjectdn="), std::string("subjectdn=a b"), std::string("subjectdn=a:"),
        "subjectdn=" + std::string(41, 'a')}) {
    CHECK(code_of([&] { static_cast<void>(ClientCertHeader::parse(bad)); }) == Errc::usage);
  }
}

TEST_CASE("a setting that a target has no use for is refused") {
  for (const TargetInfo& one : targets()) {
    CAPTURE(one.word);
    Settings settings = test::needed(one.target);
    CHECK_NOTHROW(check_settings(one.target, settings));
    if (one.target == Target::albconfig) {
      settings.listener.backend = mtls::HostPort{"a.example", 1};
    } else {
      settings.alb.edition = Edition::standard;
    }
    CHECK(code_of([&] { check_settings(one.target, settings); }) == Errc::usage);
  }
}

TEST_CASE("all that is missing is named at once") {
  const auto error = thrown_by([] { check_settings(Target::albconfig, Settings()); });
  REQUIRE(error);
  CHECK(error->code() == Errc::missing_value);
  for (const char* flag : {"--vswitch", "--server-certificate-id", "--ca-certificate-id"}) {
    CHECK(error->message().find(flag) != std::string::npos);
  }
}
