#include "tls/address.hpp"

#include "support/thrown.hpp"

#include <doctest/doctest.h>

#include <dlfcn.h>
#include <future>
#include <netdb.h>
#include <string_view>

namespace mtls::tls {
namespace {

constexpr std::chrono::seconds k_long{30};
std::promise<void> g_stall;  // kept: the lookup of stalled.test ends

}  // namespace

TEST_CASE("an address with its port is text that a URL takes") {
  CHECK(Address{"192.0.2.1", 443}.to_text() == "192.0.2.1:443");
  CHECK(Address{"::1", 8443}.to_text() == "[::1]:8443");
}

TEST_CASE("an address resolves to itself, once") {
  CHECK(resolve("127.0.0.1", 443, k_long) == std::vector<Address>{{"127.0.0.1", 443}});
  CHECK(resolve("::1", 1, k_long) == std::vector<Address>{{"::1", 1}});
}

TEST_CASE("a name that is none is an error") {
  CHECK(test::code_of([] { static_cast<void>(resolve("absent.test", 443, k_long)); }) == Errc::io);
}

TEST_CASE("a resolver that does not answer is not waited for") {
  CHECK(test::code_of([] {
          static_cast<void>(resolve("stalled.test", 443, std::chrono::milliseconds(20)));
        }) == Errc::io);
  g_stall.set_value();
}

}  // namespace mtls::tls

/// In the place of the system's, which is asked all the same for the other names.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  const std::string_view name(node == nullptr ? "" : node);
  if (name == "absent.test") return EAI_NONAME;
  if (name == "stalled.test") {
    mtls::tls::g_stall.get_future().wait();
    return EAI_AGAIN;
  }
  static const auto systems =
      reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return systems(node, service, hints, result);
}
