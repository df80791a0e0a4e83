#include "base/nearest.hpp"

#include <doctest/doctest.h>

namespace mtls {

TEST_CASE("the nearest word is at most two edits and less than half of its letters away") {
  const std::vector<std::string> known{"issue", "init", "list", "show", "verify"};
  CHECK(nearest("isue", known) == "issue");
  CHECK(nearest("lost", known) == "list");
  CHECK(nearest("hsow", known) == "show");
  CHECK(nearest("isusse", known) == "issue");
  CHECK(nearest("lots", known).empty());
  CHECK(nearest("lsit", known) == "list");
  CHECK(nearest("verfiy", known) == "verify");
  CHECK(nearest("verify", known) == "verify");
  CHECK(nearest("vrf", known).empty());
  CHECK(nearest("x", known).empty());
  CHECK(nearest("", known).empty());
  CHECK(nearest("revoke", known).empty());
  CHECK(nearest("list", {}).empty());
}

}  // namespace mtls
