#include "probe/catalogue.hpp"

#include <doctest/doctest.h>

namespace mtls::probe {

TEST_CASE("the attempts are twenty-two, each found by its name") {
  CHECK(catalogue().size() == 22);
  for (const Entry& one : catalogue()) {
    CHECK(&entry(one.id) == &one);
    CHECK(find_id(one.name) == one.id);
  }
  CHECK(find_id("p9A") == Id::p9a);
  CHECK_FALSE(find_id("P10"));
  CHECK_FALSE(find_id(""));
}

}  // namespace mtls::probe
