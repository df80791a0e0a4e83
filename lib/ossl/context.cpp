#include "ossl/context.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "ossl/openssl_error.hpp"

#include <openssl/conf.h>
#include <openssl/crypto.h>

#include <filesystem>

namespace mtls::ossl {
namespace {

struct FreeText final {
  void operator()(char* text) const noexcept { OPENSSL_free(text); }
};

/// Where libcrypto looks for openssl.cnf: what OPENSSL_CONF says, else its own place.
std::string configuration_file() {
  const std::unique_ptr<char, FreeText> name(
      require_pointer(CONF_get1_default_config_file(), "CONF_get1_default_config_file"));
  return name.get();
}

bool is_own_place(std::string_view file) {
  return file == format("{}/openssl.cnf", X509_get_default_cert_area());
}

/// Loads openssl.cnf into `library` (null: the process's default context). Not left to libcrypto,
/// which goes on without it in silence where it is malformed or names what does not exist. That
/// there is none in libcrypto's own place is no error: libssl alone brings none.
void load_configuration(OSSL_LIB_CTX* library) {
  const std::string file = configuration_file();
  if (file.empty()) return;  // OPENSSL_CONF is set to nothing: none is wanted
  const unsigned long flags = is_own_place(file) ? CONF_MFLAGS_IGNORE_MISSING_FILE : 0;
  // Which libcrypto reads as an empty file.
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    throw Error(Errc::bad_config, format("cannot load {}: it is a directory", printable(file)),
                "name a file with OPENSSL_CONF");
  }
  clear_queue();
  if (CONF_modules_load_file_ex(library, file.c_str(), nullptr, flags) > 0) return;
  const std::string why = printable(queued_reason());
  throw_error(Errc::bad_config,
              format("cannot load {}{}{}", printable(file), why.empty() ? "" : ": ", why),
              "correct it, or name another with OPENSSL_CONF; mtlsctl does not go on without the "
              "system's crypto policy");
}

}  // namespace

Context Context::process_default(Configuration configuration) {
  // Without its clean-up at exit: every key is cleared by its own handle, and freeing the rest of
  // libcrypto just before the process goes takes a twentieth of a short command's time.
  if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr) != 1) {
    throw_error(Errc::internal, "libcrypto cannot be initialised");
  }
  if (configuration == Configuration::openssl) load_configuration(nullptr);
  return {};
}

Context Context::make_private(Configuration configuration) {
  Context context;
  context.m_owned.reset(require_pointer(OSSL_LIB_CTX_new(), "OSSL_LIB_CTX_new"));
  if (configuration == Configuration::openssl) load_configuration(context.get());
  return context;
}

}  // namespace mtls::ossl
