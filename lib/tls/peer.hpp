// The other end of a connection, as it is known after the handshake.
#pragma once

#include "x509/certificate.hpp"

#include <string>
#include <vector>

namespace mtls::tls {

struct Peer {
  enum class Session { full, resumed };

  std::string address = {};      // "127.0.0.1:40000", "[::1]:40000"
  std::string version = {};      // "TLSv1.3"
  std::string cipher = {};       // "TLS_AES_256_GCM_SHA384"
  std::string server_name = {};  // SNI, safe to show; empty without
  Session session = Session::full;
  /// The client's certificate and those above it, the anchor last; empty where it has none.
  std::vector<x509::Certificate> path = {};
};

}  // namespace mtls::tls
