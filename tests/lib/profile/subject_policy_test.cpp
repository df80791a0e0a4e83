#include "profile/subject_policy.hpp"

#include "lib/profile/profile_text.hpp"
#include "profile/catalogue.hpp"

#include <doctest/doctest.h>

using mtls::Errc;
using mtls::Error;
using mtls::profile::apply_subject_policy;
using mtls::profile::missing_attributes;
using mtls::profile::SubjectPolicy;
using mtls::test::parse;
using mtls::test::ProfileText;
using mtls::x509::Name;

namespace {

SubjectPolicy policy(std::string subject) {
  ProfileText text;
  text.subject = std::move(subject);
  text.san = "[san]\n[[san.allow]]\nkind = \"dns\"\n";
  return parse(text).subject;
}

/// The subject that comes out of `wanted`, in OpenSSL's order of reading: the first RDN first.
std::string applied(const SubjectPolicy& policy, std::string_view wanted) {
  return apply_subject_policy(policy, Name::parse(wanted)).to_text();
}

std::optional<Error> denial(const SubjectPolicy& policy, const Name& wanted) {
  try {
    static_cast<void>(apply_subject_policy(policy, wanted));
  } catch (const Error& error) {
    CHECK(error.code() == Errc::denied_by_profile);
    return error;
  }
  return std::nullopt;
}
std::optional<Error> denial(const SubjectPolicy& policy, std::string_view wanted) {
  return denial(policy, Name::parse(wanted));
}

bool says(const std::optional<Error>& error, std::string_view word) {
  return error && error->message().find(word) != std::string::npos;
}

SubjectPolicy alb() { return mtls::profile::Catalogue().load("alb-client").subject; }

}  // namespace

TEST_CASE("a subject with all that is required passes unchanged") {
  const Name wanted =
      Name::parse("emailAddress=a.alibaba.com,CN=root,OU=test,O=alibaba,L=bj,ST=bj,C=cn");
  CHECK(apply_subject_policy(alb(), wanted) == wanted);
}

TEST_CASE("the string types of a request stay as they are") {
  // O as a TeletexString and CN as a BMPString, as old software writes them.
  const Name wanted = Name::make(
      {{{mtls::der::oid("2.5.4.10"), 0x14, {'x'}}}, {{mtls::der::oid("2.5.4.3"), 0x1e, {0, 'y'}}}});
  CHECK(apply_subject_policy(policy("required = [\"CN\"]\noptional = [\"O\"]\n"), wanted) ==
        wanted);
}

TEST_CASE("all missing attributes are named at once") {
  const auto error = denial(alb(), "CN=client,O=alibaba");
  for (const char* type : {"C", "ST", "L", "OU"}) CHECK(says(error, type));
  CHECK_FALSE(error->hint().empty());
  CHECK_FALSE(denial(alb(), "CN=client,OU=test,O=alibaba,L=bj,ST=bj,C=cn"));
}

TEST_CASE("missing attributes come in the profile's order") {
  const auto missing = missing_attributes(alb(), Name::parse("O=alibaba"));
  REQUIRE(missing.size() == 4);
  CHECK(mtls::x509::attribute_name(missing.front()) == "C");
  CHECK(mtls::x509::attribute_name(missing.back()) == "OU");
}

TEST_CASE("attributes that are not listed are refused, all of them") {
  const SubjectPolicy cn = policy("required = [\"CN\"]\n");
  const auto error = denial(cn, "CN=x,O=y,title=z");
  CHECK(says(error, "O"));
  CHECK(says(error, "title"));
  CHECK_FALSE(denial(cn, "CN=x"));
}

TEST_CASE("a star allows every attribute, dotted ones too") {
  const SubjectPolicy any = policy("optional = [\"*\"]\n");
  CHECK_FALSE(denial(any, "CN=x,1.2.3.4=y"));
}

TEST_CASE("missing, unknown and contradicting attributes are one complaint") {
  const auto error =
      denial(policy("required = [\"CN\"]\n[subject.fixed]\nO = \"alibaba\"\n"), "title=x,O=other");
  CHECK(says(error, "CN"));
  CHECK(says(error, "title"));
  CHECK(says(error, "other"));
}

TEST_CASE("a fixed attribute is put where it usually stands") {
  const SubjectPolicy fixed = policy(
      "required = [\"CN\"]\noptional = [\"L\", \"OU\"]\n[subject.fixed]\nO = \"alibaba\"\nC = "
      "\"cn\"\n");
  CHECK(applied(fixed, "CN=x,OU=test,L=bj") == "CN=x,OU=test,O=alibaba,L=bj,C=cn");
  CHECK(applied(fixed, "CN=x") == "CN=x,O=alibaba,C=cn");
}

TEST_CASE("a fixed attribute that was asked for with the same value stays in its place") {
  const SubjectPolicy fixed =
      policy("required = [\"CN\"]\n[subject.fixed]\nO = \"Alibaba Cloud\"\n");
  CHECK(applied(fixed, "O=Alibaba Cloud,CN=x") == "O=Alibaba Cloud,CN=x");
  CHECK(applied(fixed, "O=alibaba  CLOUD,CN=x") == "O=Alibaba Cloud,CN=x");
}

TEST_CASE("asking for another value than the fixed one is refused, beside the right one too") {
  const SubjectPolicy fixed = policy("required = [\"CN\"]\n[subject.fixed]\nOU = \"test\"\n");
  CHECK(denial(fixed, "CN=x,OU=prod"));
  CHECK(denial(fixed, "CN=x,OU=prod,OU=test"));
  CHECK(denial(fixed, "CN=x+OU=prod"));
  CHECK_FALSE(denial(fixed, "CN=x,OU=test"));
}

TEST_CASE("fixed attributes alone make a subject") {
  CHECK(applied(policy("[subject.fixed]\nCN = \"robot\"\n"), "") == "CN=robot");
}

TEST_CASE("an empty subject is refused unless the profile allows it") {
  CHECK(denial(policy("optional = [\"CN\"]\n"), Name()));
  CHECK_FALSE(denial(policy("allow_empty = true\noptional = [\"CN\"]\n"), Name()));
}

TEST_CASE("a refusal cannot act on a terminal") {
  // What a CSR can hold: made from DER, so that no check of ours stands before it.
  const Name hostile = Name::make({{{mtls::der::oid("2.5.4.10"), 0x0c, {0x1b, '[', '2', 'J'}}}});
  const auto error = denial(policy("[subject.fixed]\nO = \"x\"\n"), hostile);
  REQUIRE(error);
  CHECK(error->message().find('\x1b') == std::string::npos);
}

TEST_CASE("a value that is no text contradicts a fixed one") {
  const Name hostile = Name::make({{{mtls::der::oid("2.5.4.10"), 0x04, {'x'}}}});
  CHECK(denial(policy("[subject.fixed]\nO = \"x\"\n"), hostile));
}

TEST_CASE("as many unknown attributes as a name can have are refused in few words") {
  std::vector<mtls::x509::Rdn> rdns(64);
  for (unsigned i = 0; i < 64 * 64; ++i) {
    rdns[i / 64].push_back({mtls::der::oid("1.2.3." + std::to_string(i)), 0x0c, {'x'}});
  }
  const auto error = denial(policy("required = [\"CN\"]\n"), Name::make(rdns));
  REQUIRE(error);
  CHECK(error->message().size() < 1000);
}
