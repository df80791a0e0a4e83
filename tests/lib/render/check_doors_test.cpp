// What lets somebody in beside the settings that were rendered.
#include "lib/render/checking.hpp"
#include "render/check.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>

using namespace mtls::render;
using namespace mtls::render::test;
using mtls::Errc;
using mtls::test::code_of;

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
  for (const char* page :
       {"error_page 495 496 =200 /;", "error_page 497 /in;",
        "error_page 403 /a; error_page 496 @in;",
        "error_page 496 @in; location @in { proxy_pass http://a; }",
        "error_page 496 = @in; location @in { return 200; return 403; }",
        "error_page 496 = @in; location @in { if ($a) { return 200; } return 403; }",
        // NOLINTNEXTLINE(bugprone-suspicious-missing-comma)
        "recursive_error_pages on; error_page 403 =200 /in; error_page 496 @out; "
        "location @out { return 403; }"}) {
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
           "") == Names{"include absent.conf", "include /etc/nginx/b.conf"});
  // A file that includes itself has no end.
  CHECK(code_of([&] { of("http { include b.conf; }", "", "include b.conf;"); }) == Errc::malformed);
  // Files are named from where the main file stands.
  CHECK(differing(wanted,
                  "# configuration file /ca/nginx.conf:\nhttp { server { listen 8443 ssl; "
                  "ssl_verify_client on; ssl_client_certificate ca.crt; } }\n",
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
  CHECK(beside("127.0.0.1:8444-8450") == 0);
  CHECK(beside("quic4@:8443 ssl crt /x") == 2);
  // What the environment says is not known here.
  CHECK(beside("\"${ADDRESS}:$PORT\" ssl crt /x") == 1);
  CHECK(beside("fd@3 ssl crt /x") == 1);
  CHECK(with("frontend mtls", "frontend open\n \"$LINE\" :8443\nfrontend mtls").size() == 1);
  CHECK(beside("/run/socket") == 0);
  CHECK(beside("stream+unix@/run/a-b") == 0);
  CHECK(beside("abns@name") == 0);
  // HAProxy reads a port with atoi: what is no digit ends it, and what is too large wraps around.
  for (const char* address :
       {":8443x", ":8442-+8443", ":8442-8443x", ":8443.5", ":8443\\ ", "tcp@:8443x", ":4294975739",
        ":8442-4294975739", ":80x-90", "127.0.0.1:80,127.0.0.1:8443x"}) {
    CAPTURE(address);
    CHECK(beside(std::string(address) + " ssl crt /x") == 1);
  }
  // 3.2: a crt-list of one line, with a verify of its own.
  CHECK(with("frontend mtls\n", "frontend mtls\n ssl-f-use crt /x.pem verify none\n") ==
        Names{"ssl-f-use"});
  CHECK(beside("127.0.0.1:80") == 0);
  CHECK(with("frontend mtls", ".if defined(OPEN)\n.endif\nfrontend mtls").size() == 1);
  CHECK(with("\nfrontend", "\nfrontend open\n b\\x69nd :8443\nfrontend") == Names{"ssl"});
}

TEST_CASE("HAProxy: several files are one configuration, in their order") {
  const auto wanted = request(Target::haproxy);
  const std::string live = text(wanted);
  const auto of = [&](const std::string& before, const std::string& after) {
    const auto named = files({{"/ca/ca.crt", std::string(k_root)}});
    const auto nothing = files({});
    std::vector<std::string> settings;
    for (const Difference& one : check(wanted, std::vector<LiveFile>{{"a.cfg", before, nothing},
                                                                     {"b.cfg", live, named},
                                                                     {"c.cfg", after, nothing}})) {
      settings.push_back(one.setting);
    }
    return settings;
  };
  CHECK(of("", "").empty());
  CHECK(of("frontend other\n bind :8080\n", "frontend last\n bind :8444\n").empty());
  CHECK(of("", "frontend open\n bind :8443 ssl crt /x\n").front() ==
        "c.cfg, bind :8443, line 2: verify");
  CHECK(of("frontend open\n bind :8443\n", "") == Names{"a.cfg, bind :8443, line 2: ssl"});
  // What global says holds from there on, whichever file it stands in.
  const std::string relative =
      "frontend more\n bind :8443 ssl crt /x verify required ca-file ca.crt\n";
  const auto based = files({{"/ca/ca.crt", std::string(k_root)}});
  const auto with_base = [&](std::vector<LiveFile> live_files) {
    return check(wanted, live_files).size();
  };
  const LiveFile base{"base.cfg", "global\n ca-base /ca\n", based};
  const LiveFile more{"more.cfg", relative, based};
  CHECK(with_base({base, more}) == 0);
  CHECK(with_base({more, base}) == 1);
  CHECK(with_base({base}) == 1);  // nothing listens
  CHECK(code_of([&] { of("", "bind 'x"); }) == Errc::malformed);
  CHECK(code_of([&] {
          const auto nginx = request(Target::nginx);
          const LiveFile one{"a", "", files({})};
          static_cast<void>(check(nginx, std::vector<LiveFile>{one, one}));
        }) == Errc::usage);
}

TEST_CASE("Envoy: listeners that are sent are not seen, and so do not hold") {
  const auto wanted = request(Target::envoy);
  const std::string live = text(wanted);
  const auto with = [&](const std::string& more) {
    return differing(wanted, live + more, ca_files(k_root));
  };
  CHECK(with("dynamic_resources: {lds_config: {path_config_source: {path: /lds.yaml}}}\n") ==
        Names{"dynamic_resources.lds_config"});
  CHECK(with("dynamicResources: {ldsConfig: {ads: {}}, adsConfig: {api_type: GRPC}}\n") ==
        Names{"dynamic_resources.lds_config", "dynamic_resources.ads_config"});
  CHECK(with("dynamic_resources: {lds_resources_locator: \"xdstp://a/b\"}\n") ==
        Names{"dynamic_resources.lds_resources_locator"});
  CHECK(with("dynamic_resources: {ads_config: {api_type: GRPC}}\n").size() == 1);
  CHECK(with("---\ndynamic_resources: {lds_config: {ads: {}}}\n").size() == 1);
  CHECK(with("dynamic_resources: {cds_config: {path: /cds.yaml}}\n").empty());
  CHECK(with("dynamic_resources:\n").empty());
  CHECK(differing(wanted,
                  replace(live, "      filter_chains:\n",
                          "      fcds_config: {name: x}\n      filter_chains:\n"),
                  ca_files(k_root)) == Names{"listener on port 8443, fcds_config"});
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
  // Numbers of YAML have other forms.
  CHECK(with("  listeners:\n",
             "  listeners:\n    - address: {socket_address: {port_value: 0x20FB}}\n"
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

TEST_CASE("AlbConfig: what stands twice is looked at twice") {
  const auto wanted = request(Target::albconfig);
  const std::string live = text(wanted);
  const auto count = [&](const std::string& changed) {
    return differing(wanted, changed, files({})).size();
  };
  // kubectl apply takes the last one.
  CHECK(count(live + "---\n" + live) == 0);
  CHECK(count(live + "---\n" + replace(live, "caEnabled: true", "caEnabled: false")) == 1);
  for (const char* port : {"443", "0x1BB", "+443"}) {
    CAPTURE(port);
    CHECK(count(replace(
              live, "\n#\n# Proof",
              std::string("\n    - port: ") + port + "\n      protocol: QUIC\n# Proof")) == 1);
  }
  CHECK(count(replace(live, "\n#\n# Proof", "\n    - port: 80\n      protocol: HTTP\n# Proof")) ==
        0);
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
