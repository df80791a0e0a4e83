#include "base/secret.hpp"

#include <doctest/doctest.h>

#include <numeric>
#include <ostream>
#include <type_traits>
#include <utility>

namespace mtls {

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes>);
static_assert(!std::is_convertible_v<SecretBytes, std::string_view>);
static_assert(!std::is_convertible_v<SecretBytes, std::string>);

TEST_CASE("a new buffer of a size is zero") {
  SecretBytes secret(3);
  CHECK(equal(secret.view(), Bytes{0, 0, 0}));
  CHECK(SecretBytes().empty());
  CHECK(SecretBytes(0).empty());
  CHECK(SecretBytes(ByteView{}).empty());
}

TEST_CASE("moving takes the octets along and leaves nothing behind") {
  SecretBytes from(Bytes{1, 2, 3});
  const std::uint8_t* place = from.view().data();
  SecretBytes to(std::move(from));
  CHECK(to.view().data() == place);
  CHECK(from.empty());  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move): the point
  SecretBytes assigned(Bytes{9});
  assigned = std::move(to);
  CHECK(equal(assigned.view(), Bytes{1, 2, 3}));
}

TEST_CASE("a clone is a buffer of its own") {
  const SecretBytes original(Bytes{1, 2});
  SecretBytes copy = original.clone();
  copy.data()[0] = 9;
  CHECK(equal(original.view(), Bytes{1, 2}));
  CHECK(equal(copy.view(), Bytes{9, 2}));
}

TEST_CASE("grows octet by octet and in leaps without losing one") {
  Bytes expected(3000);
  std::iota(expected.begin(), expected.end(), std::uint8_t{0});
  SecretBytes secret;
  const ByteView all = expected;
  for (std::size_t at = 0; at < 1000; ++at) secret.append(all.subspan(at, 1));
  secret.append({});
  secret.append(all.subspan(1000));
  CHECK(equal(secret.view(), expected));
}

TEST_CASE("truncating overwrites what it drops") {
  SecretBytes secret(Bytes{1, 2, 3, 4});
  const std::uint8_t* place = secret.data();
  secret.truncate(2);
  CHECK(secret.size() == 2);
  CHECK(equal({place, 4}, Bytes{1, 2, 0, 0}));
  secret.truncate(0);
  CHECK(equal({place, 4}, Bytes{0, 0, 0, 0}));
  secret.append(Bytes{7});
  CHECK(equal(secret.view(), Bytes{7}));
}

TEST_CASE("clearing empties the buffer, and it can be used again") {
  SecretBytes secret(Bytes{1, 2});
  secret.clear();
  CHECK(secret.empty());
  CHECK(secret.view().data() == nullptr);
  secret.append(Bytes{5});
  CHECK(equal(secret.view(), Bytes{5}));
}

TEST_CASE("cleanse overwrites, and takes an empty span") {
  Bytes bytes{1, 2, 3};
  cleanse(bytes);
  CHECK(bytes == Bytes{0, 0, 0});
  cleanse({});
}

}  // namespace mtls
