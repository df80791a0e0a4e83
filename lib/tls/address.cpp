#include "tls/address.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/host_port.hpp"

#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <netdb.h>
#include <thread>
#include <utility>

namespace mtls::tls {

namespace {

/// What the system's resolver says: getaddrinfo's error, or addresses as text.
struct Lookup {
  int error = 0;
  std::vector<std::string> addresses;
};

Lookup look_up(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_protocol = IPPROTO_TCP;
  addrinfo* first = nullptr;
  Lookup lookup;
  lookup.error = ::getaddrinfo(host.c_str(), nullptr, &wanted, &first);
  if (lookup.error != 0) return lookup;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(first, ::freeaddrinfo);
  for (const addrinfo* one = first; one != nullptr; one = one->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) == 0) {
      lookup.addresses.emplace_back(text.data());
    }
  }
  return lookup;
}

}  // namespace

std::string Address::to_text() const { return host_port_text(ip, port); }

std::vector<Address> resolve(const std::string& host, std::uint16_t port,
                             std::chrono::milliseconds patience) {
  const char* const hint = "check the name, or give its address with --resolve HOST:PORT:ADDR";
  std::packaged_task<Lookup()> lookup([host] { return look_up(host); });
  std::future<Lookup> awaited = lookup.get_future();
  // Nothing ends a lookup before its time: a thread that is waited for no longer is left to it, and
  // holds nothing of ours.
  std::thread(std::move(lookup)).detach();
  if (awaited.wait_for(patience) != std::future_status::ready) {
    throw Error(Errc::io,
                format("cannot find {}: the resolver gave no answer within {} s", printable(host),
                       std::chrono::duration_cast<std::chrono::seconds>(patience).count()),
                hint);
  }
  const Lookup found = awaited.get();
  if (found.addresses.empty()) {
    const char* const why = found.error == 0 ? "no address" : ::gai_strerror(found.error);
    throw Error(Errc::io, format("cannot find {}: {}", printable(host), why), hint);
  }
  std::vector<Address> addresses;
  for (const std::string& ip : found.addresses) {
    Address address{.ip = ip, .port = port};
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
      addresses.push_back(std::move(address));
    }
  }
  return addresses;
}

}  // namespace mtls::tls
