#include "render/check.hpp"

#include "lib/render/facts.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <random>

using namespace mtls::render;
using namespace mtls::render::test;
using mtls::as_bytes;
using mtls::Errc;
using mtls::Error;
using mtls::SecretBytes;
using mtls::test::code_of;

namespace {

/// The files that a configuration names.
ReadFile files(std::map<std::string, std::string> contents) {
  return [contents = std::move(contents)](const std::string& path) {
    const auto found = contents.find(path);
    if (found == contents.end()) throw Error(Errc::unreadable_file, "cannot read " + path);
    return SecretBytes(as_bytes(found->second));
  };
}

ReadFile ca_files(std::string_view anchor, const std::string& crl = {}) {
  return files({{"/ca/ca.crt", std::string(anchor)},
                {"/ca/root.crt", std::string(anchor)},
                {"/ca/ca.crl", crl}});
}

std::string replace(std::string text, std::string_view from, std::string_view to) {
  const std::size_t place = text.find(from);
  REQUIRE(place != std::string::npos);
  return text.replace(place, from.size(), to);
}

/// The settings that differ, without where they stand.
std::vector<std::string> differing(const RenderRequest& wanted, const std::string& live,
                                   const ReadFile& read) {
  std::vector<std::string> settings;
  for (const Difference& one : check(wanted, live, read)) {
    const std::size_t colon = one.setting.rfind(": ");
    settings.push_back(colon == std::string::npos ? one.setting : one.setting.substr(colon + 2));
  }
  return settings;
}

using Names = std::vector<std::string>;
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
  CHECK(with("ssl_verify_depth 2", "ssl_verify_depth 0") == Names{"ssl_verify_depth"});
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

TEST_CASE("nginx: doors beside the check are found") {
  const auto wanted = request(Target::nginx);
  const auto read = ca_files(k_root);
  const std::string live = text(wanted);
  const auto with = [&](std::string_view from, std::string_view to) {
    return differing(wanted, replace(live, from, to), read);
  };
  const auto beside = [&](const std::string& more) {
    return with("ssl_verify_client on;", "ssl_verify_client on; " + more);
  };
  // Without ssl it is plain HTTP, whatever is said of TLS.
  CHECK(with("8443 ssl", "8443") == Names{"listen 127.0.0.1:8443"});
  CHECK(with("8443 ssl", "8443 ssl; listen 127.0.0.2:8443") == Names{"listen 127.0.0.2:8443"});
  CHECK(with("8443 ssl", "8443 ssl; listen 127.0.0.1:8443 quic").empty());
  // A range of ports is many ports.
  CHECK(with("  server {", "  server { listen 8440-8450 ssl; }\n  server {").size() == 2);
  CHECK(with("  server {", "  server { listen 8444-8450 ssl; }\n  server {").empty());
  CHECK(with("http {", "stream { server { listen [::]:8443; } }\nhttp {").size() == 3);
  // A page of one's own for whoever has no certificate is an answer like any other.
  for (const char* page : {"error_page 495 496 =200 /;", "error_page 497 /in;",
                           "error_page 403 /a; error_page 496 @in;",
                           "error_page 496 @in; location @in { proxy_pass http://a; }"}) {
    CAPTURE(page);
    CHECK(beside(page) == Names{"error_page"});
  }
  CHECK(with("http {", "http { error_page 496 /in;") == Names{"error_page"});
  for (const char* page :
       {"error_page 497 https://$host$request_uri;", "error_page 500 502 /50x.html;",
        "error_page 495 496 @out; location @out { return 403; }",
        "error_page 496 =401 /out; location = /out { return 401 none; }"}) {
    CAPTURE(page);
    CHECK(beside(page).empty());
  }
  // Past nginx's own words, straight to OpenSSL.
  for (const char* command :
       {"VerifyCAFile /other.crt", "verifycapath /etc/ssl/certs", "VerifyMode Request"}) {
    CAPTURE(command);
    CHECK(beside(std::string("ssl_conf_command ") + command + ";") == Names{"ssl_conf_command"});
  }
  CHECK(beside("ssl_conf_command Options -SessionTicket;").empty());
}

TEST_CASE("nginx: a file that is included is not looked into, but in what nginx -T prints") {
  const auto wanted = request(Target::nginx);
  const auto read = ca_files(k_root);
  const std::string live = text(wanted);
  CHECK(differing(wanted, replace(live, "http {", "http {\n include mime.types;"), read).empty());
  CHECK(
      differing(wanted, replace(live, "http {", "http {\n include conf.d/*.conf;"), read).size() ==
      1);
  // As nginx -T prints it: the server stands behind, and http still holds for it.
  const std::string dumped =
      "# configuration file /a:\nhttp { ssl_verify_client on; include /b; }\n"
      "# configuration file /b:\nserver { listen 8443 ssl; ssl_client_certificate /ca/ca.crt; }\n";
  CHECK(differing(wanted, dumped, read).empty());
  CHECK(differing(wanted, dumped + "server { listen 8443 ssl; ssl_verify_client off; }", read) ==
        Names{"ssl_verify_client", "ssl_client_certificate"});
  // Within a server, too; a name only looks harmless; and a comment makes no dump of a file.
  const auto with = [&](std::string_view from, std::string_view to) {
    return differing(wanted, replace(live, from, to), read).size();
  };
  CHECK(with("ssl_verify_client on;", "ssl_verify_client on; include more.conf;") == 1);
  CHECK(with("http {", "http {\n include ssl_params;") == 1);
  CHECK(with("http {", "# configuration file of ours\nhttp {\n include more.conf;") == 1);
  CHECK(with("location / {", "location / {\n include fastcgi.conf; include more.conf;") == 0);
}

TEST_CASE("nginx: what nginx -T prints is put together as nginx does") {
  const auto wanted = request(Target::nginx);
  const auto read = ca_files(k_root);
  const std::string strict = "ssl_verify_client on; ssl_client_certificate /ca/ca.crt;";
  const auto of = [&](const std::string& main, const std::string& a, const std::string& b) {
    const std::string dump = "# configuration file /etc/nginx/nginx.conf:\n" + main +
                             "\n# configuration file /etc/nginx/conf.d/a.conf:\n" + a +
                             "\n# configuration file /etc/nginx/b.conf:\n" + b + "\n";
    return differing(wanted, dump, read);
  };
  CHECK(of("http { include conf.d/*.conf; }", "server { listen 8443 ssl; include b.conf; }", strict)
            .empty());
  CHECK(of("http { include conf.d/*.conf;" + strict + " }",
           "server { listen 8443 ssl; include /etc/nginx/?.conf; }",
           "ssl_verify_client off;") == Names{"ssl_verify_client"});
  CHECK(of("http { include conf.d/a.conf; include conf.d/none-*; }", "include b.conf;",
           "server { listen 8443 ssl; " + strict + " error_page 496 /in; }") ==
        Names{"error_page"});
  // nginx would not start without the one, and would not print the other.
  CHECK(of("http { include conf.d/a.conf; include absent.conf; }",
           "server { listen 8443 ssl; " + strict + " }",
           "") == Names{"include /etc/nginx/b.conf", "include absent.conf"});
  // A file that includes itself has no end.
  CHECK(code_of([&] { of("http { include b.conf; }", "", "include b.conf;"); }) == Errc::malformed);
  // Files are named from where the main file stands.
  CHECK(differing(wanted,
                  "# configuration file /ca/nginx.conf:\nhttp { server { listen 8443 ssl; "
                  "ssl_verify_client on; ssl_client_certificate ca.crt; } }\n",
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

TEST_CASE("HAProxy: words that come twice, and ports that are hidden") {
  const auto wanted = request(Target::haproxy);
  const std::string live = text(wanted);
  const auto with = [&](std::string_view from, std::string_view to) {
    return differing(wanted, replace(live, from, to),
                     files({{"/ca/ca.crt", std::string(k_root)},
                            {"/other.crt", std::string(k_other)},
                            {"/strange.crl", std::string(k_root_crl)}}));
  };
  // The last one counts for HAProxy; here all must be right.
  CHECK(with("verify required", "verify required verify none") == Names{"verify"});
  CHECK(with("verify required", "verify none verify required") == Names{"verify"});
  CHECK(with("ca-file /ca/ca.crt", "ca-file /ca/ca.crt ca-file /other.crt").size() == 1);
  CHECK(with("ssl-min-ver TLSv1.2", "ssl-min-ver TLSv1.2 ssl-min-ver TLSv1.0") ==
        Names{"ssl-min-ver"});
  // A word that is another's value says nothing by itself.
  CHECK(with("8443 ssl", "8443 name ssl") == Names{"ssl"});
  const auto beside = [&](const std::string& address) {
    return with("frontend mtls", "frontend open\n bind " + address + "\nfrontend mtls").size();
  };
  CHECK(beside("127.0.0.1:8440-8450 ssl crt /x") == 2);
  CHECK(beside("127.0.0.1:8444-8450 ssl crt /x") == 0);
  CHECK(beside("quic4@:8443 ssl crt /x") == 2);
  // What the environment says is not known here.
  CHECK(beside("\"${ADDRESS}:$PORT\" ssl crt /x") == 1);
  CHECK(beside("fd@3 ssl crt /x") == 1);
  CHECK(beside("/run/socket") == 0);
  CHECK(beside("127.0.0.1:80") == 0);
  CHECK(with("frontend mtls", ".if defined(OPEN)\n.endif\nfrontend mtls").size() == 1);
  CHECK(with("\nfrontend", "\nfrontend open\n b\\x69nd :8443\nfrontend") == Names{"ssl"});
}

TEST_CASE("Envoy: doors beside the check are found") {
  const auto wanted = request(Target::envoy);
  const std::string live = text(wanted);
  const auto with = [&](std::string_view from, const std::string& to) {
    return differing(wanted, replace(live, from, to), ca_files(k_root));
  };
  const auto validation = [&](const std::string& line) {
    return with("max_verify_depth:", line + "\n                  max_verify_depth:");
  };
  CHECK(with("      filter_chains:\n",
             "      default_filter_chain: {filters: []}\n      filter_chains:\n") ==
        Names{"transport_socket"});
  CHECK(with("  listeners:\n",
             "  listeners:\n    - address: {socketAddress: {portValue: 8443}}\n"
             "      filterChains: [{filters: []}]\n") == Names{"transport_socket"});
  CHECK(with("  listeners:\n",
             "  listeners:\n    - address: {socket_address: {port_value: 1}}\n"
             "      additional_addresses: [{address: {socket_address: {port_value: 8443}}}]\n"
             "      filter_chains: [{filters: []}]\n") == Names{"transport_socket"});
  // protobuf's JSON takes lowerCamelCase and numbers as well, and YAML has several words for true.
  for (const char* line :
       {"trustChainVerification: ACCEPT_UNTRUSTED", "trust_chain_verification: 1"})
    CHECK(validation(line) == Names{"validation_context.trust_chain_verification"});
  for (const char* line : {"allow_expired_certificate: True", "allowExpiredCertificate: yes"})
    CHECK(validation(line) == Names{"validation_context.allow_expired_certificate"});
  for (const char* key : {"custom_validator_config", "system_root_certs",
                          "ca_certificate_provider_instance", "only_verify_leaf_cert_crl"}) {
    CHECK(validation(key + std::string(": {}")) == Names{std::string("validation_context.") + key});
  }
  CHECK(validation("trust_chain_verification: VERIFY_TRUST_CHAIN").empty());
  CHECK(code_of([&] { validation("maxVerifyDepth: 1"); }) == Errc::malformed);
  // What a server of secrets sends goes before what stands here.
  std::string merged = live;
  const std::size_t begin = merged.find("validation_context:\n");
  merged.replace(
      begin, 20,
      "combined_validation_context:\n                 validation_context_sds_secret_config:"
      " {name: x}\n                 default_validation_context:\n");
  CHECK(differing(wanted, merged, ca_files(k_root)) ==
        Names{"validation_context_sds_secret_config"});
}

TEST_CASE("Envoy: no session outlives its revocation") {
  const auto wanted = request(Target::envoy, with_crl(root_facts(), std::string(k_root_crl)));
  const std::string live = text(wanted);
  for (const char* setting :
       {"disable_stateless_session_resumption", "disable_stateful_session_resumption"}) {
    const std::string changed = replace(live, std::string(setting) + ": true", "# off");
    CHECK(differing(wanted, changed, files({})) == Names{setting});
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
  CHECK(with("max_verify_depth: 1", "trust_chain_verification: ACCEPT_UNTRUSTED") ==
        Names{"validation_context.trust_chain_verification"});
  CHECK(with("max_verify_depth: 1", "allow_expired_certificate: true") ==
        Names{"validation_context.allow_expired_certificate"});
  CHECK(with("validation_context:", "other:") == Names{"validation_context"});
  CHECK(with("trusted_ca:", "other:") == Names{"validation_context.trusted_ca"});
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

TEST_CASE("AlbConfig: what stands twice is looked at twice") {
  const auto wanted = request(Target::albconfig);
  const std::string live = text(wanted);
  const auto count = [&](const std::string& changed) {
    return differing(wanted, changed, files({})).size();
  };
  // kubectl apply takes the last one.
  CHECK(count(live + "---\n" + live) == 0);
  CHECK(count(live + "---\n" + replace(live, "caEnabled: true", "caEnabled: false")) == 1);
  CHECK(count(replace(live, "\n#\n# Proof", "\n    - port: 443\n      protocol: QUIC\n# Proof")) ==
        1);
  CHECK(count(replace(live, "      caEnabled",
                      "      quicConfig: {quicUpgradeEnabled: yes}\n      caEnabled")) == 1);
  CHECK(count(replace(live, "      caEnabled",
                      "      quicConfig: {quicUpgradeEnabled: false}\n      caEnabled")) == 0);
  CHECK(code_of([&] {
          count(replace(live, "      caEnabled", "      <<: {quicConfig: {}}\n      caEnabled"));
        }) == Errc::malformed);
}

TEST_CASE("a Secret: what the API server takes counts") {
  const auto wanted = request(Target::k8s_secret);
  const std::string live = text(wanted);
  const auto count = [&](const std::string& changed) {
    return differing(wanted, changed, files({})).size();
  };
  // stringData goes before data.
  CHECK(count(replace(live, "\ndata:\n", "\nstringData: {ca.crt: other}\ndata:\n")) == 1);
  CHECK(count(live + "---\n" + replace(live, "ca.crt: ", "ca.crt: '*'  #")) == 2);
  // Of another namespace it is another Secret.
  auto of_one = request(Target::k8s_secret);
  of_one.settings.kubernetes.object_namespace = ObjectName::parse("one");
  const std::string one = text(of_one);
  const std::string two = replace(replace(one, "\"one\"", "two"), "ca.crt: ", "ca.crt: '*'  #");
  CHECK(differing(of_one, two + "---\n" + one, files({})).empty());
  CHECK(differing(of_one, two, files({})).size() == 1);
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
  CHECK(code_of([] { static_cast<void>(check(request(Target::curl), "", files({}))); }) ==
        Errc::usage);
  CHECK(code_of([] { static_cast<void>(check(request(Target::nginx), "{", files({}))); }) ==
        Errc::malformed);
  CHECK(code_of([] { static_cast<void>(check(request(Target::envoy), "a: [", files({}))); }) ==
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
      const auto code = code_of([&] { static_cast<void>(check(wanted, changed, read)); });
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
