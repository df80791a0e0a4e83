#include "store/record_row.hpp"

#include <doctest/doctest.h>

namespace mtls::store {
namespace {

TEST_CASE("states have words that are read back") {
  for (const State state :
       {State::intent, State::issued, State::revoked, State::unknown, State::burnt}) {
    CHECK_FALSE(name(state).empty());
    CHECK(parse_state(name(state)) == state);
  }
  CHECK(name(State::issued) == "issued");
  CHECK(parse_state("Issued") == std::nullopt);
  CHECK(parse_state("") == std::nullopt);
}

TEST_CASE("names survive being joined and split") {
  using Names = std::vector<std::string>;
  for (const Names& names :
       {Names{}, Names{""}, Names{"", ""}, Names{"dns:a"}, Names{"dns:a", "uri:b"},
        Names{"a\nb", "\\", "\\n", "\n"}, Names{"\xc3\xbc"}}) {
    CHECK(split_sans(join_sans(names)) == names);
  }
  CHECK(join_sans({"dns:a", "ip:::1"}) == "dns:a\nip:::1\n");
}

TEST_CASE("texts that join_sans never wrote are refused") {
  for (const char* text : {"dns:a", "\\", "\\x\n", "a\nb", "a\n\\"}) {
    CAPTURE(text);
    CHECK(split_sans(text) == std::nullopt);
  }
}

TEST_CASE("text is storable where every engine takes it") {
  CHECK(is_storable(""));
  CHECK(is_storable("M\xc3\xbcller"));
  CHECK_FALSE(is_storable(std::string_view("\0", 1)));
  CHECK_FALSE(is_storable("\xff"));
}

}  // namespace
}  // namespace mtls::store
