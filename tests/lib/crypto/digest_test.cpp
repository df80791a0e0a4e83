#include "crypto/digest.hpp"

#include "base/bytes.hpp"
#include "broken_random.hpp"
#include "fixtures.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>
#include <thread>
#include <vector>

namespace mtls::crypto {
namespace {

TEST_CASE("gives the digests of FIPS 180-4's examples") {
  CHECK(to_hex(sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(to_hex(sha256(as_bytes("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("digests on several threads at once") {
  const Sha256 expected = sha256(as_bytes("thread"));
  std::array<Sha256, 4> found{};
  {
    std::vector<std::thread> threads;
    threads.reserve(found.size());
    for (Sha256& slot : found) {
      threads.emplace_back([&slot] {
        for (int i = 0; i < 200; ++i) slot = sha256(as_bytes("thread"));
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  for (const Sha256& one : found) CHECK(one == expected);
}

TEST_CASE("fills all octets at random") {
  std::set<Bytes> seen;
  for (int i = 0; i < 100; ++i) {
    Bytes octets(16);
    fill_random(octets);
    seen.insert(octets);
  }
  CHECK(seen.size() == 100);

  // 256 octets without one that stayed zero at either end, in a few tries.
  Bytes octets(256);
  for (int i = 0; i < 20 && (octets.front() == 0 || octets.back() == 0); ++i) fill_random(octets);
  CHECK(octets.front() != 0);
  CHECK(octets.back() != 0);
  CHECK_NOTHROW(fill_random({}));
}

TEST_CASE("throws where the generator fails, and leaves nothing that looks random") {
  Bytes octets(16);
  {
    const test::BrokenRandom broken;
    CHECK(test::code_of([&] { fill_random(octets); }) == Errc::io);
  }
  CHECK(std::all_of(octets.begin(), octets.end(), [](std::uint8_t octet) { return octet == 0; }));
  CHECK_NOTHROW(fill_random(octets));
}

}  // namespace
}  // namespace mtls::crypto
