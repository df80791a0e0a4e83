#include "probe/catalogue.hpp"

#include <doctest/doctest.h>

namespace mtls::probe {

TEST_CASE("the attempts are twenty-nine, each found by its name") {
  CHECK(catalogue().size() == 29);
  for (const Entry& one : catalogue()) {
    CHECK(&entry(one.id) == &one);
    CHECK(find_id(one.name) == one.id);
  }
  CHECK(find_id("p9A") == Id::p9a);
  CHECK(is_of_neighbour(Id::n0));
  CHECK(is_of_neighbour(Id::n6));
  CHECK_FALSE(is_of_neighbour(Id::p9b));
  CHECK_FALSE(is_of_neighbour(Id::e1));
  CHECK_FALSE(find_id("P10"));
  CHECK_FALSE(find_id(""));
}

}  // namespace mtls::probe
