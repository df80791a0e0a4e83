// Owning handles for libssl's objects, wrapped at birth, as ossl/handle.hpp has them for
// libcrypto's.
#pragma once

#include "ossl/handle.hpp"

#include <openssl/ssl.h>

#include <memory>

namespace mtls::tls {

/// The deleter of libssl's types.
struct SslFree final {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};

template <class T>
using SslHandle = std::unique_ptr<T, SslFree>;

}  // namespace mtls::tls
