// Fields and objects besides those that were rendered, of Envoy and Kubernetes.
#include "lib/render/checking.hpp"
#include "render/check.hpp"

#include <doctest/doctest.h>

using namespace mtls::render;
using namespace mtls::render::test;

TEST_CASE("Envoy: a field whose effect is unknown cannot be told") {
  const auto wanted = request(Target::envoy);
  const std::string live = text(wanted);
  const auto with = [&](std::string_view from, const std::string& to) {
    return differing(wanted, replace(live, from, to), ca_files(k_root));
  };
  const auto before = [&](const std::string& field, const std::string& more) {
    const std::size_t at = live.find(field);
    const std::size_t begin = live.rfind('\n', at) + 1;
    return with(live.substr(begin),
                live.substr(begin, at - begin) + more + "\n" + live.substr(begin));
  };
  CHECK(before("alpn_protocols", "custom_handshaker: {name: x}") ==
        Names{"common_tls_context.custom_handshaker"});
  CHECK(before("alpn_protocols", "customTlsCertificateSelector: {name: x}") ==
        Names{"common_tls_context.custom_tls_certificate_selector"});
  CHECK(before("require_client_certificate:", "unheard_of: true") == Names{"unheard_of"});
  CHECK(before("trusted_ca:", "unheard_of: true") == Names{"validation_context.unheard_of"});
  CHECK(with(".DownstreamTlsContext", ".UpstreamTlsContext") == Names{"@type"});
  // Fields that only restrict, or do not concern who is let in.
  CHECK(before("trusted_ca:", "verify_certificate_hash: [\"00\"]").empty());
  CHECK(before("require_client_certificate:", "require_sni: true").empty());
  CHECK(before("alpn_protocols", "key_log: {path: /x}").empty());
}

TEST_CASE("Envoy: listeners that may have the port, or hand connections on") {
  const auto wanted = request(Target::envoy);
  const std::string live = text(wanted);
  const auto beside = [&](const std::string& listener) {
    return differing(wanted,
                     replace(live, "  listeners:\n", "  listeners:\n    - " + listener + "\n"),
                     ca_files(k_root));
  };
  CHECK(beside("{address: {socket_address: {named_port: https}}, filter_chains: [{}]}") ==
        Names{"transport_socket"});
  CHECK(beside("{address: {pipe: {path: /x}}, filter_chains: [{}]}").empty());
  CHECK(differing(wanted,
                  replace(live, "      filter_chains:\n",
                          "      use_original_dst: true\n      filter_chains:\n"),
                  ca_files(k_root)) == Names{"listener on port 8443, use_original_dst"});
  const auto admin = [&](const std::string& port) {
    return differing(wanted,
                     live + "admin: {address: {socket_address: {port_value: " + port + "}}}\n",
                     ca_files(k_root));
  };
  CHECK(admin("8443") == Names{"admin.address"});
  CHECK(admin("9901").empty());
}

TEST_CASE("YAML: an alias is what it names, and a key that comes twice is refused") {
  const auto wanted = request(Target::envoy);
  const std::string live = text(wanted);
  const auto with = [&](const std::string& value) {
    return differing(
        wanted,
        "x: &off false\ny: &on true\n" + replace(live, "require_client_certificate: true",
                                                 "require_client_certificate: " + value),
        ca_files(k_root));
  };
  CHECK(with("*on").empty());
  CHECK(with("*off") == Names{"require_client_certificate"});
}

TEST_CASE("the demo: other ways to its pods are found") {
  const auto wanted = request(Target::k8s_demo);
  const std::string live = text(wanted);
  const auto with = [&](std::string_view from, const std::string& to) {
    return differing(wanted, replace(live, from, to), files({}));
  };
  CHECK(with("type: ClusterIP", "type: LoadBalancer").size() == 1);
  CHECK(with("type: ClusterIP", "type: ClusterIP\n  externalIPs: [192.0.2.1]").size() == 1);
  CHECK(with("containerPort: 80", "containerPort: 80\n              hostPort: 80").size() == 1);
  CHECK(with("      containers:", "      hostNetwork: true\n      containers:").size() == 1);
  const auto annotated = [&](const std::string& line) {
    return with("  annotations:\n", "  annotations:\n    " + line + "\n").size();
  };
  for (const char* line : {"kubernetes.io/ingress.class: nginx",
                           "nginx.ingress.kubernetes.io/auth-tls-verify-client: optional",
                           "nginx.ingress.kubernetes.io/auth-tls-verify-client: \"off\"",
                           "nginx.ingress.kubernetes.io/auth-tls-error-page: /in",
                           "nginx.ingress.kubernetes.io/server-snippet: return 200;",
                           "example.org/configuration-snippet: x"}) {
    CAPTURE(line);
    CHECK(annotated(line) == 1);
  }
  CHECK(annotated("alb.ingress.kubernetes.io/ssl-redirect: \"true\"") == 0);
  CHECK(annotated("nginx.ingress.kubernetes.io/auth-tls-verify-client: \"on\"") == 0);
}

TEST_CASE("the demo: further objects that lead to its pods are found") {
  const auto wanted = request(Target::k8s_demo);
  const std::string live = text(wanted);
  const auto beside = [&](const std::string& object) {
    return differing(wanted, live + "---\n" + object, files({})).size();
  };
  const std::size_t at = live.find("app: ");
  const std::string app = live.substr(at + 5, live.find('\n', at) - at - 5);
  const std::string service = "{kind: Service, metadata: {name: x}, spec: {selector: {app: " + app;
  CHECK(beside(service + "}, type: NodePort}}") == 1);
  CHECK(beside(service + "}}}") == 0);
  CHECK(
      beside("{kind: Service, metadata: {name: x}, spec: {selector: {app: b}, type: NodePort}}") ==
      0);
  const auto ingress = [](const std::string& name) {
    return "{kind: Ingress, metadata: {name: x}, spec: {defaultBackend: {service: {name: " + name +
           "}}}}";
  };
  CHECK(beside(ingress(app)) == 1);
  CHECK(beside(ingress("other")) == 0);
}

TEST_CASE("a Secret: the Ingresses that use it are looked at") {
  const auto wanted = request(Target::k8s_secret);
  const std::string live = text(wanted);
  const std::size_t at = live.find("name: \"") + 7;
  const std::string secret = live.substr(at, live.find('"', at) - at);
  const auto beside = [&](const std::string& name, const std::string& annotation) {
    return differing(wanted,
                     live +
                         "---\n{kind: Ingress, metadata: {name: x, annotations: "
                         "{nginx.ingress.kubernetes.io/auth-tls-secret: default/" +
                         name + ", nginx.ingress.kubernetes.io/" + annotation + "}}}\n",
                     files({}))
        .size();
  };
  CHECK(beside(secret, "auth-tls-verify-client: \"on\"") == 0);
  CHECK(beside(secret, "auth-tls-verify-depth: \"2\"") == 0);
  CHECK(beside(secret, "auth-tls-verify-client: optional_no_ca") == 1);
  CHECK(beside(secret, "auth-tls-error-page: https://a.example") == 1);
  CHECK(beside("other", "auth-tls-verify-client: \"off\"") == 0);
}
