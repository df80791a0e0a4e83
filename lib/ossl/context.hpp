// Which library context and which property query every fetch uses. Passed down as an argument.
#pragma once

#include "ossl/handle.hpp"

#include <string>

namespace mtls::ossl {

enum class Configuration {
  none,     ///< openssl.cnf is not read
  openssl,  ///< openssl.cnf (FIPS and crypto policy live there) is loaded
};

/// A library context with its property query. Cheap to refer to, never copied; outlives all that
/// was fetched from it. Safe to share between threads.
class Context final {
 public:
  /// The default library context of the process. To be called before anything else asks libcrypto
  /// for an algorithm: from here on it no longer configures itself. Throws bad_config, naming the
  /// file, where openssl.cnf (or what OPENSSL_CONF names) is malformed, cannot be done, or is
  /// missing although OPENSSL_CONF names it.
  [[nodiscard]] static Context process_default(Configuration configuration);
  /// A context of its own, for threads that parse much. Throws as above.
  [[nodiscard]] static Context make_private(Configuration configuration);

  [[nodiscard]] OSSL_LIB_CTX* get() const noexcept { return m_owned.get(); }
  /// The property query for fetches, or null for none.
  [[nodiscard]] const char* properties() const noexcept {
    return m_properties.empty() ? nullptr : m_properties.c_str();
  }

 private:
  Context() = default;
  Handle<OSSL_LIB_CTX> m_owned;  // null: the process's default
  std::string m_properties;
};

}  // namespace mtls::ossl
