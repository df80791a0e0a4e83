// Which listener: a URL, and the flags that say how to reach it.
#pragma once

#include "base/host_port.hpp"
#include "cmd/option_set.hpp"
#include "probe/probe.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mtls::cmd {

/// https://HOST[:PORT][/PATH].
struct HttpsUrl {
  std::string host;  // without brackets
  std::uint16_t port;
  std::string target;  // path and query, at least "/"
};
[[nodiscard]] ValueType<HttpsUrl> https_url_value();

/// [http://]HOST:PORT of a proxy.
[[nodiscard]] ValueType<HostPort> proxy_value();

struct TargetOptions {
  HttpsUrl url;
  std::optional<std::string> server_name;
  std::optional<std::string> host_header;
  std::optional<std::string> alternate_name;
  std::vector<ResolveEntry> resolve;
  std::optional<HostPort> proxy;

  void add_to(OptionSet& options);
  /// Resolves the name and returns the target. Throws io where there is no such name.
  [[nodiscard]] probe::Target find() const;
  /// The name that the server's certificate must bear: --sni, else the URL's host.
  [[nodiscard]] const std::string& trusted_name() const;
  /// Host of a request for `name` at the URL's port.
  [[nodiscard]] std::string host_of(const std::string& name) const;
  /// The URL again.
  [[nodiscard]] std::string to_text() const;
};

}  // namespace mtls::cmd
