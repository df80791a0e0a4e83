#include "render/check.hpp"

#include "lib/render/checking.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>

using namespace mtls::render;
using namespace mtls::render::test;
using mtls::as_bytes;
using mtls::Errc;
using mtls::SecretBytes;
using mtls::test::code_of;

namespace {

constexpr std::array k_servers{Target::nginx, Target::haproxy, Target::envoy};

}  // namespace

TEST_CASE("what was rendered holds") {
  const std::string crls = both_crls();
  for (const Target target : k_servers) {
    CAPTURE(name(target));
    const auto plain = request(target);
    CHECK(differing(plain, text(plain), ca_files(k_root)).empty());
    const auto crl = request(target, with_crl(issuing_facts(), crls));
    CHECK(differing(crl, text(crl), ca_files(k_root, crls)).empty());
  }
  for (const Target target : {Target::albconfig, Target::k8s_demo, Target::k8s_secret}) {
    CAPTURE(name(target));
    const auto wanted = request(target, with_crl(root_facts(), std::string(k_root_crl)));
    CHECK(differing(wanted, text(wanted), files({})).empty());
  }
}

TEST_CASE("another CA is found, and one beside it") {
  for (const Target target : k_servers) {
    CAPTURE(name(target));
    auto other = root_facts();
    other.chain = {certificate(k_other)};
    const std::string live = text(request(target, other));
    CHECK(differing(request(target), live, ca_files(k_other)).size() == 1);
  }
  const auto wanted = request(Target::nginx);
  const std::string two = std::string(k_root) + std::string(k_other);
  CHECK(differing(wanted, text(wanted), ca_files(two)).size() == 1);
  const auto below = request(Target::nginx, issuing_facts());
  const std::string chain = std::string(k_issuing) + std::string(k_root);
  CHECK(differing(below, text(below), ca_files(chain)).empty());
  CHECK(differing(below, text(below), ca_files(k_issuing)).size() == 1);
}

TEST_CASE("a CRL that is missing, old or too much is found") {
  for (const Target target : {Target::nginx, Target::haproxy, Target::envoy, Target::k8s_secret}) {
    CAPTURE(name(target));
    const auto plain = request(target);
    const auto crl = request(target, with_crl(root_facts(), std::string(k_root_crl)));
    const auto other = request(target, with_crl(root_facts(), std::string(k_issuing_crl)));
    CHECK_FALSE(differing(crl, text(plain), ca_files(k_root)).empty());
    CHECK_FALSE(differing(plain, text(crl), ca_files(k_root, std::string(k_root_crl))).empty());
    CHECK_FALSE(differing(crl, text(other), ca_files(k_root, std::string(k_issuing_crl))).empty());
  }
}

TEST_CASE("a file that cannot be read shows nothing, and so does not hold") {
  const auto wanted = request(Target::nginx);
  CHECK(differing(wanted, text(wanted), files({})) == Names{"ssl_client_certificate"});
  CHECK(differing(wanted, text(wanted), files({{"/ca/ca.crt", "nothing"}})).size() == 1);
}

TEST_CASE("nginx: whatever undoes the check is found") {
  const auto wanted = request(Target::nginx, issuing_facts());
  const auto read = ca_files(k_root);
  const std::string live = text(wanted);
  const auto with = [&](std::string_view from, std::string_view to) {
    return differing(wanted, replace(live, from, to), read);
  };
  for (const char* mode : {"optional", "optional_no_ca", "off"}) {
    CHECK(with("ssl_verify_client on", std::string("ssl_verify_client ") + mode) ==
          Names{"ssl_verify_client"});
  }
  CHECK(with("ssl_verify_client on;", "") == Names{"ssl_verify_client"});
  CHECK(with("ssl_client_certificate \"/ca/root.crt\";", "") == Names{"ssl_client_certificate"});
  CHECK(with("ssl_verify_depth 3", "ssl_verify_depth 0") == Names{"ssl_verify_depth"});
  CHECK(with("ssl_protocols ", "ssl_protocols TLSv1 ") == Names{"ssl_protocols"});
  CHECK(with("8443 ssl", "9443 ssl") == Names{"server"});
  CHECK(with("ssl_verify_depth", "ssl_trusted_certificate /x; ssl_verify_depth") ==
        Names{"ssl_trusted_certificate"});
  // A second server on the port is another way in.
  CHECK(with("  server {", "  server { listen 8443 ssl; }\n  server {").size() == 2);
  // What http says holds for its servers.
  CHECK(differing(wanted,
                  replace(replace(live, "ssl_verify_client on;", ""), "http {",
                          "http {\n ssl_verify_client on;"),
                  read)
            .empty());
}

TEST_CASE("HAProxy: whatever undoes the check is found") {
  const auto wanted = request(Target::haproxy, with_crl(root_facts(), std::string(k_root_crl)));
  const auto read = ca_files(k_root, std::string(k_root_crl));
  const std::string live = text(wanted);
  const auto with = [&](std::string_view from, std::string_view to) {
    return differing(wanted, replace(live, from, to), read);
  };
  CHECK(with("verify required", "verify optional") == Names{"verify"});
  CHECK(with("verify required", "") == Names{"verify"});
  CHECK(with(" ca-file /ca/ca.crt", "") == Names{"ca-file"});
  CHECK(with("verify required", "verify required ca-ignore-err all crt-ignore-err all") ==
        Names{"ca-ignore-err", "crt-ignore-err"});
  CHECK(with("verify required", "verify required crt-list /x") == Names{"crt-list"});
  CHECK(with("ssl-min-ver TLSv1.2", "ssl-min-ver TLSv1.0") == Names{"ssl-min-ver"});
  CHECK(with("no-tls-tickets", "") == Names{"no-tls-tickets"});
  CHECK(with("tune.ssl.cachesize 0", "") == Names{"tune.ssl.cachesize"});
  CHECK(with("8443 ssl", "8443") == Names{"ssl"});
  CHECK(with("127.0.0.1:8443 ssl", "127.0.0.1:1 ssl") == Names{"bind"});
  CHECK(with("frontend mtls", "frontend open\n bind :8443,:1 ssl crt /x\nfrontend mtls").size() ==
        4);
  CHECK(differing(wanted,
                  replace(replace(live, "global\n", "global\n ca-base /ca\n"), "ca-file /ca/ca.crt",
                          "ca-file ca.crt"),
                  read)
            .empty());
}

TEST_CASE(
    "a depth that locks out known clients is found, and any other than the one that is asked for") {
  for (const Target target : {Target::nginx, Target::envoy}) {
    CAPTURE(name(target));
    const bool is_nginx = target == Target::nginx;
    const std::string setting = is_nginx ? "ssl_verify_depth " : "max_verify_depth: ";
    const std::string word = is_nginx ? "ssl_verify_depth" : "validation_context.max_verify_depth";
    const unsigned root = is_nginx ? 0 : 1;  // whether the program counts it
    auto wanted = request(target, issuing_facts());
    const std::string live = text(wanted);
    const auto with = [&](unsigned intermediates) {
      return differing(wanted,
                       replace(live, setting + std::to_string(3 + root),
                               setting + std::to_string(intermediates + root)),
                       ca_files(k_root));
    };
    CHECK(with(0) == Names{word});  // there is a CA below the root
    for (const unsigned enough : {1U, 2U, 3U, 50U}) CHECK(with(enough).empty());
    wanted.settings.listener.verify_depth = 2;
    for (const unsigned other : {1U, 3U}) CHECK(with(other) == Names{word});
    CHECK(with(2).empty());
  }
}

TEST_CASE("Envoy: whatever undoes the check is found") {
  const auto wanted = request(Target::envoy);
  const std::string live = text(wanted);
  const auto with = [&](std::string_view from, std::string_view to) {
    return differing(wanted, replace(live, from, to), ca_files(k_root));
  };
  CHECK(with("require_client_certificate: true", "require_client_certificate: false") ==
        Names{"require_client_certificate"});
  CHECK(with("              require_client_certificate: true\n", "") ==
        Names{"require_client_certificate"});
  CHECK(with("max_verify_depth: 4", "trust_chain_verification: ACCEPT_UNTRUSTED") ==
        Names{"validation_context.trust_chain_verification"});
  CHECK(with("max_verify_depth: 4", "allow_expired_certificate: true") ==
        Names{"validation_context.allow_expired_certificate"});
  CHECK(with("validation_context:", "other:") ==
        Names{"common_tls_context.other", "validation_context"});
  CHECK(with("trusted_ca:", "other:") ==
        Names{"validation_context.trusted_ca", "validation_context.other"});
  CHECK(with("transport_socket:", "other:") == Names{"transport_socket"});
  CHECK(with("port_value: 8443", "port_value: 1") == Names{"listener on port 8443"});
}

TEST_CASE("AlbConfig: whatever undoes the check is found") {
  const auto wanted = request(Target::albconfig);
  const std::string live = text(wanted);
  const auto with = [&](std::string_view from, std::string_view to) {
    return differing(wanted, replace(live, from, to), files({})).size();
  };
  CHECK(with("caEnabled: true", "caEnabled: false") == 1);
  CHECK(with("      caEnabled: true\n", "") == 1);
  CHECK(with("\"1f0c\"", "\"1f0d\"") == 1);
  CHECK(with("- CertificateId: \"1f0c\"",
             "- CertificateId: \"1f0c\"\n        - CertificateId: x") == 1);
  CHECK(with("caCertificates:", "cacertificates:") == 1);
  CHECK(with("\"HTTPS\"", "HTTP") == 1);
  CHECK(with("      caEnabled", "      quicConfig: {quicUpgradeEnabled: true}\n      caEnabled") ==
        1);
  CHECK(with("addressType:", "edition: Basic\n    addressType:") == 1);
  CHECK(with("\"alb-demo\"", "\"other\"") == 1);
  CHECK(with("port: 443", "port: 444") == 1);
  CHECK(with("\"HTTPS\"", "HTTPS") == 0);
}

TEST_CASE("a Secret's listener certificate is compared as well") {
  auto wanted = request(Target::k8s_secret);
  wanted.server = ServerIdentity{std::string(k_root), SecretBytes(as_bytes("k"))};
  const std::string live = text(wanted);
  CHECK(differing(wanted, live, files({})).empty());
  wanted.server->certificate_pem = std::string(k_other);
  CHECK(differing(wanted, live, files({})) == Names{"data.tls.crt"});
  CHECK(differing(wanted, replace(live, "ca.crt:", "x:"), files({})).size() == 2);
  CHECK(differing(wanted, replace(live, "ca.crt: ", "ca.crt: '*'  #"), files({})).size() == 3);
}

TEST_CASE("a script cannot be checked, and nonsense is malformed") {
  CHECK(code_of([] { static_cast<void>(check_one(request(Target::curl), "", files({}))); }) ==
        Errc::usage);
  CHECK(code_of([] { static_cast<void>(check_one(request(Target::nginx), "{", files({}))); }) ==
        Errc::malformed);
  CHECK(code_of([] { static_cast<void>(check_one(request(Target::envoy), "a: [", files({}))); }) ==
        Errc::malformed);
}

TEST_CASE("whatever is done to a live configuration, it is compared or refused") {
  const std::string crls = both_crls();
  for (const Target target : {Target::albconfig, Target::k8s_demo, Target::k8s_secret,
                              Target::nginx, Target::haproxy, Target::envoy}) {
    CAPTURE(name(target));
    const auto wanted = request(target, with_crl(issuing_facts(), crls));
    const ReadFile read = ca_files(k_root, crls);
    const std::string live = text(wanted);
    const auto survives = [&](const std::string& changed) {
      const auto code = code_of([&] { static_cast<void>(check_one(wanted, changed, read)); });
      CHECK((!code || code == Errc::malformed));
    };
    for (std::size_t size = 0; size < live.size(); size += 5) survives(live.substr(0, size));
    std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same changes every time
    for (int i = 0; i < 500; ++i) {
      std::string changed = live;
      for (int k = 0; k < 3; ++k) changed[random() % changed.size()] = static_cast<char>(random());
      survives(changed);
    }
  }
}
