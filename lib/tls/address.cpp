#include "tls/address.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

// Boost 1.74's Asio does not include what it needs of it.
#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <utility>

namespace mtls::tls {

namespace asio = boost::asio;

std::string Address::to_text() const {
  return ip.find(':') == std::string::npos ? format("{}:{}", ip, port)
                                           : format("[{}]:{}", ip, port);
}

bool is_ip_address(std::string_view text) {
  boost::system::error_code error;
  asio::ip::make_address(std::string(text), error);
  return !error && text.find('%') == std::string_view::npos;
}

std::vector<Address> resolve(const std::string& host, std::uint16_t port) {
  asio::io_context io;
  asio::ip::tcp::resolver resolver(io);
  boost::system::error_code error;
  const auto results =
      resolver.resolve(host, std::to_string(port), asio::ip::resolver_base::numeric_service, error);
  if (error) {
    throw Error(Errc::io, format("cannot find {}: {}", printable(host), error.message()),
                "check the name, or give its address with --resolve HOST:PORT:ADDR");
  }
  std::vector<Address> addresses;
  for (const auto& result : results) {
    Address address{.ip = result.endpoint().address().to_string(), .port = port};
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
      addresses.push_back(std::move(address));
    }
  }
  return addresses;
}

}  // namespace mtls::tls
