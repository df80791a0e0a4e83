// What is left of a private key in memory that is given back. This program has its own operator
// delete, which looks at what it frees.
#include "base/base64.hpp"
#include "base/error.hpp"
#include "crypto/private_key.hpp"
#include "der/pem.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

/// What is looked for; no allocation, since it is used while freeing.
struct Needle {
  std::array<char, 24> text{};
  std::size_t size = 0;
};
std::array<Needle, 8> g_needles;
std::size_t g_needle_count = 0;
unsigned g_found = 0;

void look_at(void* memory) {
  if (memory == nullptr || g_needle_count == 0) return;
  const char* const begin = static_cast<const char*>(memory);
  const char* const end = begin + ::malloc_usable_size(memory);
  for (std::size_t i = 0; i < g_needle_count; ++i) {
    const Needle& needle = g_needles[i];
    if (std::search(begin, end, needle.text.begin(), needle.text.begin() + needle.size) != end) {
      ++g_found;
    }
  }
}

}  // namespace

// NOLINTBEGIN(cppcoreguidelines-no-malloc): they are what new and delete are made of
void operator delete(void* memory) noexcept {
  look_at(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept { operator delete(memory); }
void operator delete[](void* memory) noexcept { operator delete(memory); }
void operator delete[](void* memory, std::size_t /*size*/) noexcept { operator delete(memory); }
void* operator new(std::size_t size) {
  if (void* memory = std::calloc(1, size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
// NOLINTEND(cppcoreguidelines-no-malloc)

namespace mtls::crypto {
namespace {

void watch_for(std::string_view text) {
  Needle& needle = g_needles.at(g_needle_count++);
  needle.size = std::min(text.size(), needle.text.size());
  std::copy_n(text.begin(), needle.size, needle.text.begin());
}

/// The needles are gone at the end, so that the case's own copies of the key are not found.
struct Watch {
  explicit Watch(ByteView der) {
    g_found = 0;
    watch_for(as_text(der).substr(der.size() - 32, 16));  // the seed's first half
    std::string base64 = to_base64(der);
    watch_for(std::string_view(base64).substr(24, 20));
    watch_for(std::string_view(base64).substr(44));
    std::fill(base64.begin(), base64.end(), '.');
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() { g_needle_count = 0; }
};

/// A PKCS #8 Ed25519 key of known octets.
Bytes known_key() {
  Bytes der = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
               0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
  for (unsigned i = 0; i < 32; ++i) der.push_back(static_cast<std::uint8_t>(0x51 + 7 * i));
  return der;
}

TEST_CASE("the looking finds what a string leaves behind") {
  const Bytes der = known_key();
  const Watch watch(der);
  { std::string leaked = to_base64(der) + "\n"; }
  CHECK(g_found > 0);
}

TEST_CASE("writing a private key as PEM leaves nothing of it behind") {
  const Bytes der = known_key();
  const Watch watch(der);
  { const SecretBytes pem = der::to_secret_pem("PRIVATE KEY", der); }
  CHECK(g_found == 0);
}

TEST_CASE("reading a private key's PEM leaves nothing of it behind, broken or not") {
  const Bytes der = known_key();
  const SecretBytes good = der::to_secret_pem("PRIVATE KEY", der);
  const Watch watch(der);
  { const auto blocks = der::read_pem(good.view()); }
  CHECK(g_found == 0);
  for (const char change : {'!', '-', '\n'}) {
    SecretBytes bad = good.clone();
    const std::size_t body_end = as_text(bad.view()).find("\n-----END");
    bad.data()[body_end - 1] = static_cast<std::uint8_t>(change);
    CHECK_THROWS_AS(static_cast<void>(der::read_pem(bad.view())), Error);
  }
  CHECK(g_found == 0);
}

TEST_CASE("a private key that is read, used and written leaves nothing of it behind") {
  const ossl::Context context = ossl::Context::process_default(ossl::Configuration::none);
  const Bytes der = known_key();
  const SecretBytes good = der::to_secret_pem("PRIVATE KEY", der);
  const Watch watch(der);
  {
    const PrivateKey key =
        PrivateKey::from_file(good.view(), "key", {}, LegacyKeys::refuse, context);
    const SecretBytes again = key.to_pkcs8_pem();
    CHECK(equal(again.view(), good.view()));
  }
  CHECK(g_found == 0);
}

}  // namespace
}  // namespace mtls::crypto
