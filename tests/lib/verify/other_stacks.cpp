#include "lib/verify/other_stacks.hpp"

#include "base/format.hpp"
#include "support/temporary_directory.hpp"
#include "x509/name_matching.hpp"

#include <algorithm>

namespace mtls::verify::test {

using mtls::test::Outcome;
using mtls::test::TemporaryDirectory;

Outcome run_openssl(const VerifyRequest& request) {
  const TemporaryDirectory directory;
  std::vector<std::string> words{"openssl",
                                 "verify",
                                 "-x509_strict",
                                 "-auth_level",
                                 "2",
                                 "-no-CApath",
                                 "-no-CAstore",
                                 "-CAfile",
                                 directory.write("ca.pem", to_pem(request.anchors)),
                                 "-attime",
                                 format("{}", request.at.time_since_epoch().count())};
  if (!request.pool.empty()) {
    words.insert(words.end(), {"-untrusted", directory.write("pool.pem", to_pem(request.pool))});
  }
  const bool roots = std::all_of(request.anchors.begin(), request.anchors.end(),
                                 [](const auto& each) { return each.is_self_issued(); });
  if (!roots) words.emplace_back("-partial_chain");
  if (request.purpose != Purpose::any) {
    words.insert(words.end(),
                 {"-purpose", request.purpose == Purpose::server ? "sslserver" : "sslclient"});
  }
  if (request.host) {
    words.insert(words.end(), {x509::parse_ip(*request.host) ? "-verify_ip" : "-verify_hostname",
                               *request.host});
  }
  words.push_back(directory.write("leaf.pem", to_pem(request.leaf)));
  return mtls::test::run(std::move(words));
}

Outcome run_certtool(const VerifyRequest& request) {
  const TemporaryDirectory directory;
  std::vector<x509::Certificate> chain{request.leaf};
  chain.insert(chain.end(), request.pool.begin(), request.pool.end());
  std::vector<std::string> words{"certtool",
                                 "--verify",
                                 "--load-ca-certificate",
                                 directory.write("ca.pem", to_pem(request.anchors)),
                                 "--infile",
                                 directory.write("chain.pem", to_pem(chain))};
  if (request.purpose != Purpose::any) {
    const bool is_server = request.purpose == Purpose::server;
    words.insert(words.end(),
                 {"--verify-purpose", is_server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2"});
  }
  if (request.host) words.insert(words.end(), {"--verify-hostname", *request.host});
  return mtls::test::run(std::move(words));
}

}  // namespace mtls::verify::test
