#include "profile/profile.hpp"

#include "lib/profile/profile_text.hpp"

#include <doctest/doctest.h>

using mtls::crypto::KeySpec;
using mtls::profile::is_ca;
using mtls::profile::KeyPolicy;
using mtls::profile::name;
using mtls::profile::parse_role;
using mtls::profile::Role;
using mtls::test::parse;
using mtls::test::ProfileText;

namespace {

KeyPolicy policy(std::string key) {
  ProfileText text;
  text.key = std::move(key);
  return parse(text).keys;
}

bool allowed(const KeyPolicy& keys, std::string_view spec) {
  const auto parsed = KeySpec::parse(spec);
  REQUIRE(parsed);
  return !keys.refuses(*parsed);
}

}  // namespace

TEST_CASE("roles read back from their words") {
  for (const Role role :
       {Role::root_ca, Role::intermediate_ca, Role::client, Role::server, Role::other}) {
    CHECK(parse_role(name(role)) == role);
  }
  CHECK_FALSE(parse_role("Client"));
  CHECK_FALSE(parse_role(""));
}

TEST_CASE("root-ca and intermediate-ca are CAs, the others are not") {
  CHECK(is_ca(Role::root_ca));
  CHECK(is_ca(Role::intermediate_ca));
  CHECK_FALSE(is_ca(Role::client));
  CHECK_FALSE(is_ca(Role::server));
  CHECK_FALSE(is_ca(Role::other));
}

TEST_CASE("an RSA key is within the sizes of the profile") {
  const KeyPolicy keys = policy(
      "default = \"rsa:3072\"\nallowed = [\"rsa\"]\nrsa_min_bits = 3072\nrsa_max_bits = 4096\n");
  CHECK_FALSE(allowed(keys, "rsa:2048"));
  CHECK_FALSE(allowed(keys, "rsa:3064"));
  CHECK(allowed(keys, "rsa:3072"));
  CHECK(allowed(keys, "rsa:4096"));
  CHECK_FALSE(allowed(keys, "rsa:4104"));
}

TEST_CASE("an RSA size that no flag can ask for is judged too") {
  const KeyPolicy keys = policy("default = \"rsa:2048\"\nallowed = [\"rsa\"]\n");
  CHECK(keys.refuses(KeySpec::rsa(1024)));
  CHECK(keys.refuses(KeySpec::rsa(16384)));
  CHECK_FALSE(keys.refuses(KeySpec::rsa(8192)));
}

TEST_CASE("a kind of key that is not listed is refused, naming those that are") {
  const KeyPolicy keys = policy("default = \"ec:p256\"\nallowed = [\"ec:p256\", \"ed25519\"]\n");
  CHECK(allowed(keys, "ec:p256"));
  CHECK(allowed(keys, "ed25519"));
  CHECK_FALSE(allowed(keys, "ec:p384"));
  const auto why = keys.refuses(KeySpec::rsa(4096));
  REQUIRE(why);
  CHECK(why->find("ec:p256, ed25519") != std::string::npos);
}

TEST_CASE("Ed25519 is refused where it is not listed") {
  CHECK_FALSE(allowed(policy("default = \"ec:p521\"\nallowed = [\"ec:p521\"]\n"), "ed25519"));
}
