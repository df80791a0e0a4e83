#include "lib/profile/profile_text.hpp"

#include <doctest/doctest.h>

using mtls::test::ca_text;
using mtls::test::hint_of;
using mtls::test::parse;
using mtls::test::ProfileText;
using mtls::test::refusal;
using mtls::test::refused_at;
using mtls::x509::attribute_name;
using Kind = mtls::x509::GeneralNameKind;

namespace {

ProfileText with_subject(std::string subject) {
  ProfileText text;
  text.subject = std::move(subject);
  text.san = "[san]\n[[san.allow]]\nkind = \"dns\"\n";
  return text;
}

ProfileText with_san(std::string san) {
  ProfileText text;
  text.san = std::move(san);
  return text;
}

/// [san] with these lines and a rule for each kind.
ProfileText with_limits(const std::string& lines, std::initializer_list<std::string_view> kinds) {
  std::string san = "[san]\n" + lines;
  for (const std::string_view kind : kinds) {
    san += "[[san.allow]]\nkind = \"" + std::string(kind) + "\"\n";
  }
  return with_san(san);
}

ProfileText with_rule(const std::string& lines) {
  return with_san("[san]\n[[san.allow]]\n" + lines);
}

}  // namespace

TEST_CASE("attributes are read by short name, alias and dotted decimal") {
  const auto policy =
      parse(with_subject("required = [\"CN\", \"c\"]\noptional = [\"E\", \"2.5.4.5\"]\n")).subject;
  REQUIRE(policy.required.size() == 2);
  CHECK(attribute_name(policy.required[1]) == "C");
  REQUIRE(policy.optional.size() == 2);
  CHECK(attribute_name(policy.optional[0]) == "emailAddress");
  CHECK(attribute_name(policy.optional[1]) == "serialNumber");
}

TEST_CASE("an attribute type that nobody knows is refused") {
  for (const char* bad : {"", "COMMON", "1", "3.1.2", "CN ", "CN=x"}) {
    const auto text = with_subject("required = [\"" + std::string(bad) + "\"]\n");
    CHECK(refused_at(text, "required"));
    CHECK(hint_of(text).find("CN") != std::string::npos);
  }
}

TEST_CASE("an attribute stands once, also under another of its names") {
  CHECK(refused_at(with_subject("required = [\"CN\", \"CN\"]\n"), "required"));
  CHECK(refused_at(with_subject("required = [\"CN\", \"2.5.4.3\"]\n"), "required"));
  CHECK(refused_at(with_subject("required = [\"CN\"]\noptional = [\"cn\"]\n"), "optional"));
  CHECK(refused_at(with_subject("required = [\"O\"]\n[subject.fixed]\nO = \"x\"\n"), "O = "));
  CHECK(refused_at(with_subject("optional = [\"O\"]\n[subject.fixed]\nO = \"x\"\n"), "O = "));
  CHECK(refused_at(
      with_subject("required = [\"CN\"]\n[subject.fixed]\nE = \"a@b\"\nemailAddress = \"c@d\"\n"),
      "emailAddress"));
}

TEST_CASE("a star stands alone in optional and nowhere else") {
  CHECK(parse(with_subject("optional = [\"*\"]\n")).subject.any_allowed);
  CHECK(refused_at(with_subject("optional = [\"CN\", \"*\"]\n"), "optional"));
  CHECK(refused_at(with_subject("required = [\"*\"]\n"), "required"));
}

TEST_CASE("a star goes together with required and fixed attributes") {
  const auto policy = parse(with_subject("required = [\"CN\"]\noptional = [\"*\"]\n"
                                         "[subject.fixed]\nO = \"x\"\n"))
                          .subject;
  CHECK(policy.any_allowed);
  CHECK(policy.fixed.size() == 1);
}

TEST_CASE("a fixed value is one that can be encoded") {
  const auto policy =
      parse(with_subject("[subject.fixed]\nC = \"cn\"\n\"2.5.4.10\" = \"x\"\n")).subject;
  REQUIRE(policy.fixed.size() == 2);
  CHECK(attribute_name(policy.fixed[1].type) == "O");
  for (const char* bad : {"C = \"chn\"", "C = \"c1\"", "O = \"\"", "O = \"a\\u0000b\"",
                          "O = \"\\u202e\"", "O = 5", "nonsense = \"x\"", "serialNumber = \"ü\""}) {
    CHECK(refused_at(with_subject("[subject.fixed]\n" + std::string(bad) + "\n"), bad));
  }
}

TEST_CASE("a subject that could have no attribute is refused unless it may be empty") {
  CHECK(refused_at(with_subject("required = []\n"), "required"));
  CHECK(refused_at(with_subject("optional = []\n"), "[subject]"));
  CHECK(parse(with_subject("allow_empty = true\n")).subject.may_be_empty);
}

TEST_CASE("an empty subject contradicts required and fixed attributes") {
  CHECK(refused_at(with_subject("allow_empty = true\nrequired = [\"CN\"]\n"), "allow_empty"));
  CHECK(
      refused_at(with_subject("allow_empty = true\n[subject.fixed]\nO = \"x\"\n"), "allow_empty"));
}

TEST_CASE("an empty subject needs alternative names") {
  ProfileText text = with_subject("allow_empty = true\n");
  text.san.clear();
  CHECK(refusal(text.str())->code() == mtls::Errc::bad_profile);
}

TEST_CASE("a CA has a subject") {
  ProfileText text = ca_text();
  text.subject = "allow_empty = true\n";
  CHECK(refused_at(text, "allow_empty"));
}

TEST_CASE("each kind of alternative name can be allowed") {
  const auto policy =
      parse(with_san("[san]\n[[san.allow]]\nkind = \"dns\"\n[[san.allow]]\nkind = \"ip\"\n"
                     "[[san.allow]]\nkind = \"email\"\n[[san.allow]]\nkind = \"uri\"\n"
                     "[[san.allow]]\nkind = \"dn\"\n[[san.allow]]\nkind = \"rid\"\n"
                     "[[san.allow]]\nkind = \"other\"\ntype = \"1.2.3\"\n"))
          .san;
  REQUIRE(policy.allowed.size() == 7);
  CHECK(policy.allowed[4].kind == Kind::directory);
  CHECK(policy.allowed[6].other_type == mtls::der::oid("1.2.3"));
  CHECK(policy.min_count == 0);
  CHECK(policy.max_count == 100);
  CHECK_FALSE(policy.wildcard_allowed);
  CHECK_FALSE(policy.host_required);
}

TEST_CASE("an unknown kind is refused, and those that no one should use") {
  for (const char* bad : {"DNS", "host", "x400", "edi", ""}) {
    const auto text = with_rule("kind = \"" + std::string(bad) + "\"\n");
    CHECK(refused_at(text, "kind"));
    CHECK(hint_of(text).find("dns") != std::string::npos);
  }
  CHECK(refused_at(with_rule("patterns = [\"a\"]\n"), "[[san.allow]]"));
}

TEST_CASE("type belongs to the kind other, which must have it") {
  CHECK(parse(with_rule("kind = \"other\"\ntype = \"userPrincipalName\"\n"))
            .san.allowed[0]
            .other_type == mtls::x509::oids::user_principal_name());
  CHECK(refused_at(with_rule("kind = \"other\"\n"), "[[san.allow]]"));
  CHECK(refused_at(with_rule("kind = \"dns\"\ntype = \"1.2.3\"\n"), "type"));
  CHECK(refused_at(with_rule("kind = \"other\"\ntype = \"upn\"\n"), "type"));
  CHECK(refused_at(with_rule("kind = \"other\"\ntype = \"keyUsage\"\n"), "type"));
}

TEST_CASE("patterns are read by their kind and refused where they stand") {
  const auto policy =
      parse(with_rule("kind = \"dns\"\npatterns = [\"*.example.com\", \"b.example\"]\n")).san;
  REQUIRE(policy.allowed[0].patterns.size() == 2);
  CHECK(policy.allowed[0].patterns[0].text() == "*.example.com");
  CHECK(refused_at(with_rule("kind = \"dns\"\npatterns = [\n\"good.example\",\n\"^bad$\"\n]\n"),
                   "^bad$"));
  CHECK(refused_at(with_rule("kind = \"ip\"\npatterns = [\"10.*\"]\n"), "patterns"));
  CHECK_FALSE(hint_of(with_rule("kind = \"ip\"\npatterns = [\"10.*\"]\n")).empty());
}

TEST_CASE("a pattern may have 1,000 characters and no more") {
  const auto with = [](std::size_t size) {
    return with_rule("kind = \"dns\"\npatterns = [\"" + std::string(size, 'a') + "\"]\n");
  };
  CHECK_FALSE(refusal(with(1000).str()));
  CHECK(refused_at(with(1001), "patterns"));
  CHECK(refusal(with(100'000).str())->message().size() < 500);
}

TEST_CASE("an empty list of patterns would fit nothing and is refused") {
  CHECK(refused_at(with_rule("kind = \"dns\"\npatterns = []\n"), "patterns"));
}

TEST_CASE("a pattern that stands twice is refused") {
  CHECK(refused_at(with_rule("kind = \"dns\"\npatterns = [\"a\", \"a\"]\n"), "patterns"));
}

TEST_CASE("a rule may have 100 patterns and [san] 64 rules") {
  const auto patterns = [](unsigned count) {
    std::string list;
    for (unsigned i = 0; i < count; ++i) list += "\"h" + std::to_string(i) + "\",";
    return with_rule("kind = \"dns\"\npatterns = [" + list + "]\n");
  };
  CHECK_FALSE(refusal(patterns(100).str()));
  CHECK(refused_at(patterns(101), "patterns"));
  const auto rules = [](unsigned count) {
    std::string san = "[san]\n";
    for (unsigned i = 0; i < count; ++i) san += "[[san.allow]]\nkind = \"dns\"\n";
    return with_san(san);
  };
  CHECK_FALSE(refusal(rules(64).str()));
  CHECK(refusal(rules(65).str())->code() == mtls::Errc::bad_profile);
}

TEST_CASE("numbers of names are from 0 to 100 and in order") {
  CHECK(parse(with_limits("min = 2\nmax = 2\n", {"dns"})).san.min_count == 2);
  CHECK_FALSE(refusal(with_limits("max = 100\n", {"dns"}).str()));
  CHECK(refused_at(with_limits("max = 101\n", {"dns"}), "max = 101"));
  CHECK(refused_at(with_limits("min = -1\n", {"dns"}), "min = "));
  CHECK(refused_at(with_limits("min = 3\nmax = 2\n", {"dns"}), "min = "));
}

TEST_CASE("limits that contradict the kinds are refused") {
  CHECK(refused_at(with_limits("max = 5\nmin = 1\n", {}), "min = "));
  CHECK(refused_at(with_limits("max = 0\n", {"dns"}), "max = 0"));
  CHECK(refused_at(with_limits("wildcard = true\n", {"ip"}), "wildcard"));
  CHECK_FALSE(refusal(with_limits("wildcard = true\n", {"dns"}).str()));
  CHECK(refused_at(with_limits("require_host = true\n", {"uri"}), "require_host"));
  CHECK_FALSE(refusal(with_limits("require_host = true\n", {"ip"}).str()));
}
