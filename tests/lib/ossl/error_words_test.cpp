// In a program of its own: libcrypto decides once in a process whether it loads its words itself.
#include "ossl/error_words.hpp"

#include "ossl/context.hpp"
#include "support/process.hpp"

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <cstdio>
#include <map>
#include <sstream>

namespace mtls::ossl {
namespace {

/// What mtlsctl calls. Of the others CMP, CRMF, ESS, HTTP and SM2 have no words here.
constexpr std::array k_libraries{
    ERR_LIB_BN,           ERR_LIB_RSA,         ERR_LIB_DH,   ERR_LIB_EVP,        ERR_LIB_BUF,
    ERR_LIB_OBJ,          ERR_LIB_PEM,         ERR_LIB_X509, ERR_LIB_ASN1,       ERR_LIB_CONF,
    ERR_LIB_CRYPTO,       ERR_LIB_EC,          ERR_LIB_BIO,  ERR_LIB_UI,         ERR_LIB_PKCS7,
    ERR_LIB_X509V3,       ERR_LIB_PKCS12,      ERR_LIB_RAND, ERR_LIB_OSSL_STORE, ERR_LIB_PROP,
    ERR_LIB_OSSL_DECODER, ERR_LIB_OSSL_ENCODER};
constexpr unsigned long k_reasons = 300;

std::string in_words(unsigned long code) {
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

/// What the openssl program says of each code.
std::map<unsigned long, std::string> said_by_openssl(const std::vector<unsigned long>& codes) {
  test::Command command{.arguments = {"openssl", "errstr"}};
  for (const unsigned long code : codes) {
    std::array<char, 20> hex{};
    std::snprintf(hex.data(), hex.size(), "%lX", code);
    command.arguments.emplace_back(hex.data());
  }
  const test::Outcome outcome = test::run(command);
  REQUIRE_MESSAGE(outcome.ok(), outcome.shown());
  std::map<unsigned long, std::string> said;
  std::istringstream lines(outcome.out);
  std::string line;
  for (const unsigned long code : codes) {
    REQUIRE(std::getline(lines, line));
    said[code] = line;
  }
  return said;
}

TEST_CASE("words that are loaded late are those that libcrypto loads itself") {
  static_cast<void>(Context::process_default(Configuration::none));
  const unsigned long known = ERR_PACK(ERR_LIB_PEM, 0, PEM_R_NO_START_LINE);
  REQUIRE(in_words(known).find("start line") == std::string::npos);
  load_error_words();
  load_error_words();
  CHECK(in_words(known).find("no start line") != std::string::npos);

  std::vector<unsigned long> codes;
  for (const int library : k_libraries) {
    for (unsigned long reason = 1; reason < k_reasons; ++reason) {
      codes.push_back(ERR_PACK(library, 0, reason));
    }
  }
  unsigned compared = 0;
  for (const auto& [code, said] : said_by_openssl(codes)) {
    if (said.find("reason(") != std::string::npos) continue;  // it has no word either
    ++compared;
    CHECK(in_words(code) == said);
  }
  CHECK(compared > 800);
}

}  // namespace
}  // namespace mtls::ossl
