// Owning handles for libssl's objects. Private to this room.
#pragma once

#include <openssl/ssl.h>

#include <memory>

namespace mtls::tls {

struct SslFree final {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};

template <class T>
using SslHandle = std::unique_ptr<T, SslFree>;

}  // namespace mtls::tls
