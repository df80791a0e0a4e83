// openssl.cnf as users have it. The process's own context, which is configured once, has its tests
// in tests/cli/openssl_cnf.txt.
#include "ossl/context.hpp"

#include "base/error.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

namespace mtls::ossl {
namespace {

// NOLINTBEGIN(concurrency-mt-unsafe): one thread
/// OPENSSL_CONF as long as it lives.
class OpensslConf final {
 public:
  explicit OpensslConf(const std::string& file) { ::setenv("OPENSSL_CONF", file.c_str(), 1); }
  OpensslConf(const OpensslConf&) = delete;
  OpensslConf& operator=(const OpensslConf&) = delete;
  ~OpensslConf() { ::unsetenv("OPENSSL_CONF"); }
};
// NOLINTEND(concurrency-mt-unsafe)

/// The error of a context configured by `file`; empty where there is none.
std::string failure(const std::string& file) {
  const OpensslConf conf(file);
  try {
    static_cast<void>(Context::make_private(Configuration::openssl));
    return {};
  } catch (const Error& error) {
    CHECK(error.code() == Errc::bad_config);
    CHECK(error.message().find(file) != std::string::npos);
    CHECK_FALSE(error.details().empty());
    for (const std::string& line : error.details()) CHECK(line.back() != ' ');
    return error.message().substr(error.message().find(file) + file.size());
  }
}

TEST_CASE("an openssl.cnf that cannot be loaded is an error that says why") {
  const mtls::test::TemporaryDirectory directory;
  const auto with = [&](std::string_view text) {
    return failure(directory.write("openssl.cnf", std::string(text)));
  };
  CHECK(with("openssl_conf = init\n[init\nx y z\n").find("line 2") != std::string::npos);
  CHECK(with("openssl_conf = init\n[init]\nproviders = nosuch\n").find("nosuch") !=
        std::string::npos);
  CHECK_FALSE(with("openssl_conf = nosuch\n").empty());
  CHECK(failure(directory.file("absent.cnf")) == ": No such file or directory");
  const OpensslConf conf(directory.path());
  CHECK_THROWS_AS(static_cast<void>(Context::make_private(Configuration::openssl)), Error);
}

TEST_CASE("an openssl.cnf without anything for libcrypto, or none where none is wanted, is good") {
  const mtls::test::TemporaryDirectory directory;
  CHECK(failure(directory.write("empty.cnf", "")).empty());
  CHECK(failure(directory.write("other.cnf", "[req]\nprompt = no\n")).empty());
  CHECK(failure("/dev/null").empty());
  CHECK(failure("").empty());
  CHECK_NOTHROW(static_cast<void>(Context::make_private(Configuration::openssl)));
}

TEST_CASE("openssl.cnf is not looked at where that was not asked for") {
  const OpensslConf conf("/absent/openssl.cnf");
  CHECK_NOTHROW(static_cast<void>(Context::make_private(Configuration::none)));
}

}  // namespace
}  // namespace mtls::ossl
