#include "base/format.hpp"
#include "cmd/build_info.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"

#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>

#include <memory>

namespace mtls::cmd {
namespace {

// OpenSSL_version reads constants: it loads no configuration and initialises nothing.
std::string running_openssl() { return OpenSSL_version(OPENSSL_VERSION); }

std::string compiler() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

ExitCode run(Session& session) {
  if (session.json()) {
    Json document = session.document();
    document["version"] = k_version;
    document["build_type"] = k_build_type;
    document["openssl_built_with"] = OPENSSL_VERSION_TEXT;
    document["openssl_running"] = running_openssl();
    document["compiler"] = compiler();
    session.print(document);
    return ExitCode::ok;
  }
  session.out().write(format("mtlsctl {}\n", k_version));
  if (session.common().verbose) {
    session.out().write(format("build type:          {}\n", k_build_type));
    session.out().write(format("OpenSSL built with:  {}\n", OPENSSL_VERSION_TEXT));
    session.out().write(format("OpenSSL running:     {}\n", running_openssl()));
    session.out().write(format("compiler:            {}\n", compiler()));
  }
  return ExitCode::ok;
}

}  // namespace

void add_version(Command& command) {
  command.describe("With --verbose also how it was built, and with which OpenSSL it runs.");
  command.example("$ mtlsctl version\nmtlsctl " + std::string(k_version));
  command.without_openssl_configuration();
  command.run([](Session& session) { return run(session); });
}

}  // namespace mtls::cmd
