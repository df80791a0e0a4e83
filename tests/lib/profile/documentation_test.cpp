// docs/profiles.md against the reader: its example is a profile, and no key is left out.
#include "lib/profile/profile_text.hpp"
#include "profile/builtin.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <set>

using mtls::test::ca_text;
using mtls::test::ProfileText;
using mtls::test::refusal;

namespace {

std::string documentation() {
  std::ifstream stream(MTLSCTL_DOCS "/profiles.md", std::ios::binary);
  REQUIRE(stream);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// The keys that the table of an unknown key has: the reader names them in its hint.
void add_known_keys(const std::string& text, std::set<std::string>& keys) {
  const auto error = refusal(text);
  REQUIRE(error);
  constexpr std::string_view k_start = "known here: ";
  REQUIRE(error->hint().rfind(k_start, 0) == 0);
  std::string rest = error->hint().substr(k_start.size()) + ", ";
  for (std::size_t comma = rest.find(", "); comma != std::string::npos; comma = rest.find(", ")) {
    keys.insert(rest.substr(0, comma));
    rest.erase(0, comma + 2);
  }
}

}  // namespace

TEST_CASE("the example of the documentation is a profile") {
  const std::string text = documentation();
  const std::size_t start = text.find("```toml\n");
  REQUIRE(start != std::string::npos);
  const std::size_t end = text.find("```\n", start + 8);
  REQUIRE(end != std::string::npos);
  const auto profile =
      mtls::profile::parse_profile(text.substr(start + 8, end - start - 8), "profiles.md");
  CHECK(profile.san.allowed.size() == 1);
}

TEST_CASE("every key that is read is documented, each with a row of its own") {
  constexpr const char* k_unknown = "zzzzzzzzzzzzzzzz = 1\n";
  std::set<std::string> keys;
  for (std::string ProfileText::*section :
       {&ProfileText::key, &ProfileText::validity, &ProfileText::subject, &ProfileText::extensions,
        &ProfileText::head}) {
    ProfileText text;
    text.*section += k_unknown;
    add_known_keys(text.str(), keys);
  }
  for (const char* table : {"[signature]\n", "[csr]\n", "[san]\n",
                            "[san]\n[[san.allow]]\nkind = \"other\"\ntype = \"1.2.3\"\n",
                            "[[extensions.further]]\noid = \"1.2.3\"\nder = \"0500\"\n",
                            "[extensions.name_constraints]\n"}) {
    ProfileText text = ca_text();
    text.tail = std::string(table) + k_unknown;
    add_known_keys(text.str(), keys);
  }
  CHECK(keys.size() > 40);
  const std::string text = documentation();
  for (const std::string& key : keys) {
    INFO(key);
    const bool row = text.find("\n| `" + key + "` |") != std::string::npos;
    const bool table = text.find("[" + key + "]`") != std::string::npos ||
                       text.find("." + key + "]`") != std::string::npos ||
                       text.find("." + key + "]]`") != std::string::npos;
    CHECK((row || table));
  }
}

TEST_CASE("every built-in profile is documented") {
  const std::string text = documentation();
  for (const auto& profile : mtls::profile::builtin_profiles()) {
    CHECK(text.find("\n| `" + std::string(profile.name) + "` |") != std::string::npos);
  }
}
