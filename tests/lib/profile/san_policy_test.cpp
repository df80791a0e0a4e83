#include "profile/san_policy.hpp"

#include "lib/profile/profile_text.hpp"

#include <doctest/doctest.h>

using mtls::profile::refuses;
using mtls::profile::SanPolicy;
using mtls::test::parse;
using mtls::test::ProfileText;
using mtls::x509::GeneralName;
using mtls::x509::GeneralNames;

namespace {

SanPolicy policy(std::string san) {
  ProfileText text;
  text.san = std::move(san);
  return parse(text).san;
}

GeneralNames names(std::initializer_list<std::string_view> texts) {
  GeneralNames result;
  for (const std::string_view text : texts) result.push_back(GeneralName::parse(text));
  return result;
}

bool allowed(const SanPolicy& policy, std::string_view name) {
  return !refuses(policy, GeneralName::parse(name));
}

constexpr const char* k_dns = "[san]\n[[san.allow]]\nkind = \"dns\"\n";

}  // namespace

TEST_CASE("a kind without a rule is refused, naming the kinds that are allowed") {
  const SanPolicy dns = policy(k_dns);
  CHECK(allowed(dns, "dns:a.example"));
  const auto why = refuses(dns, GeneralName::parse("ip:10.0.0.1"));
  REQUIRE(why);
  CHECK(why->find("ip:10.0.0.1") != std::string::npos);
  CHECK(why->find("allowed: dns") != std::string::npos);
}

TEST_CASE("without [san] no alternative name is allowed") {
  const SanPolicy none = policy("");
  CHECK_FALSE(allowed(none, "dns:a.example"));
  CHECK_FALSE(refuses(none, GeneralNames{}));
  CHECK(refuses(none, names({"dns:a.example"})));
}

TEST_CASE("a wildcard is refused unless the profile allows it") {
  CHECK_FALSE(allowed(policy(k_dns), "dns:*.example.com"));
  CHECK(allowed(policy("[san]\nwildcard = true\n[[san.allow]]\nkind = \"dns\"\n"),
                "dns:*.example.com"));
}

TEST_CASE("a value must fit one pattern of one rule") {
  const SanPolicy two = policy(
      "[san]\n[[san.allow]]\nkind = \"dns\"\npatterns = [\"*.a.example\", \"b.example\"]\n"
      "[[san.allow]]\nkind = \"dns\"\npatterns = [\"*.c.example\"]\n");
  CHECK(allowed(two, "dns:x.a.example"));
  CHECK(allowed(two, "dns:b.example"));
  CHECK(allowed(two, "dns:x.c.example"));
  const auto why = refuses(two, GeneralName::parse("dns:evil.example"));
  REQUIRE(why);
  CHECK(why->find("*.c.example") != std::string::npos);
}

TEST_CASE("an otherName is allowed by its type") {
  const SanPolicy upn =
      policy("[san]\n[[san.allow]]\nkind = \"other\"\ntype = \"userPrincipalName\"\n");
  CHECK(allowed(upn, "upn:alice@corp.example"));
  CHECK_FALSE(allowed(upn, "other:1.2.3;0c0161"));
}

TEST_CASE("a name longer than any pattern matches is refused where there are patterns") {
  const SanPolicy uris = policy("[san]\n[[san.allow]]\nkind = \"uri\"\npatterns = [\"urn:**\"]\n");
  CHECK_FALSE(refuses(uris, GeneralName::uri("urn:" + std::string(2044, 'a'))));
  const auto why = refuses(uris, GeneralName::uri("urn:" + std::string(2045, 'a')));
  REQUIRE(why);
  CHECK(why->size() < 500);
}

TEST_CASE("a refusal cannot act on a terminal") {
  const auto why = refuses(policy(k_dns), GeneralName::uri("x:\x1b[2J\xe2\x80\xae"));
  REQUIRE(why);
  for (const char c : *why) CHECK((c >= ' ' && c <= '~'));
}

TEST_CASE("the number of names is within min and max") {
  const SanPolicy two = policy("[san]\nmin = 1\nmax = 2\n[[san.allow]]\nkind = \"dns\"\n");
  CHECK(refuses(two, GeneralNames{}));
  CHECK_FALSE(refuses(two, names({"dns:a.example"})));
  CHECK_FALSE(refuses(two, names({"dns:a.example", "dns:b.example"})));
  CHECK(refuses(two, names({"dns:a.example", "dns:b.example", "dns:c.example"})));
}

TEST_CASE("one refused name among good ones is refused") {
  CHECK(refuses(policy(k_dns), names({"dns:a.example", "uri:urn:x"})));
}

TEST_CASE("where a host is required, dns or ip is one and a URI is none") {
  const SanPolicy host = policy(
      "[san]\nrequire_host = true\n[[san.allow]]\nkind = \"dns\"\n[[san.allow]]\nkind = \"ip\"\n"
      "[[san.allow]]\nkind = \"uri\"\n");
  CHECK_FALSE(refuses(host, names({"dns:a.example"})));
  CHECK_FALSE(refuses(host, names({"uri:urn:x", "ip:::1"})));
  CHECK(refuses(host, names({"uri:urn:x"})));
  CHECK(refuses(host, GeneralNames{}));
}

TEST_CASE("find gives the rule that allows a name") {
  const SanPolicy two = policy(
      "[san]\n[[san.allow]]\nkind = \"dns\"\npatterns = [\"a.example\"]\n"
      "[[san.allow]]\nkind = \"dns\"\n");
  CHECK(two.find(GeneralName::parse("dns:a.example")) == two.allowed.data());
  CHECK(two.find(GeneralName::parse("dns:b.example")) == &two.allowed[1]);
  CHECK(two.find(GeneralName::parse("ip:::1")) == nullptr);
}
