#include "ossl/context.hpp"

#include "ossl/openssl_error.hpp"

#include <openssl/conf.h>
#include <openssl/crypto.h>

namespace mtls::ossl {

Context Context::process_default(Configuration configuration) {
  const std::uint64_t load = configuration == Configuration::openssl ? OPENSSL_INIT_LOAD_CONFIG
                                                                     : OPENSSL_INIT_NO_LOAD_CONFIG;
  // Without its clean-up at exit: every key is cleared by its own handle, and freeing the rest of
  // libcrypto just before the process goes takes a twentieth of a short command's time.
  if (OPENSSL_init_crypto(load | OPENSSL_INIT_NO_ATEXIT, nullptr) != 1) {
    throw_error(Errc::bad_config, "cannot load openssl.cnf",
                "see OPENSSL_CONF; mtlsctl does not go on without the system's crypto policy");
  }
  return {};
}

Context Context::make_private(Configuration configuration) {
  Context context;
  context.m_owned.reset(require_pointer(OSSL_LIB_CTX_new(), "OSSL_LIB_CTX_new"));
  if (configuration == Configuration::openssl) {
    // As the default context does it: no file at all is no error (libssl alone brings none).
    if (CONF_modules_load_file_ex(context.get(), nullptr, nullptr,
                                  CONF_MFLAGS_IGNORE_MISSING_FILE) <= 0) {
      throw_error(Errc::bad_config, "cannot load openssl.cnf", "see OPENSSL_CONF");
    }
  }
  return context;
}

}  // namespace mtls::ossl
