// What a listener presents and asks for, as values.
#pragma once

#include "crypto/private_key.hpp"
#include "x509/certificate.hpp"

#include <vector>

namespace mtls::tls {

/// Whether a client is asked for a certificate, and what happens without one. A certificate that is
/// presented is always judged.
enum class ClientAuth { none, optional, require };

/// The oldest version that is spoken.
enum class MinimumVersion { tls1_2, tls1_3 };

struct ServerSettings {
  std::vector<x509::Certificate> chain;  // leaf first
  crypto::PrivateKey key;
  ClientAuth client_auth = ClientAuth::require;
  MinimumVersion minimum = MinimumVersion::tls1_2;
  /// The CAs named in the CertificateRequest, which browsers choose by; sessions are bound to them.
  std::vector<x509::Certificate> client_cas = {};
};

}  // namespace mtls::tls
