// In a program of its own: libcrypto decides once in a process whether it loads its words itself.
#include "ossl/error_words.hpp"

#include "ossl/context.hpp"
#include "support/process.hpp"

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <sstream>

namespace mtls::ossl {
namespace {

/// Whose errors nothing of mtlsctl can meet, or whose words come with libssl.
constexpr std::array k_without_words{ERR_LIB_SSL, ERR_LIB_COMP, ERR_LIB_OCSP, ERR_LIB_CMS,
                                     ERR_LIB_TS,  ERR_LIB_CT,   ERR_LIB_ESS,  ERR_LIB_CRMF,
                                     ERR_LIB_CMP, ERR_LIB_HTTP};
constexpr int k_last_library = 100;
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
  for (int library = ERR_LIB_NONE + 1; library <= k_last_library; ++library) {
    if (std::find(k_without_words.begin(), k_without_words.end(), library) !=
        k_without_words.end()) {
      continue;
    }
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
  CHECK(compared > 1000);
}

}  // namespace
}  // namespace mtls::ossl
