#include "render/render.hpp"

#include "base/base64.hpp"
#include "lib/render/facts.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace mtls::render;
using namespace mtls::render::test;
using mtls::Access;
using mtls::as_bytes;
using mtls::as_text;
using mtls::Errc;
using mtls::test::code_of;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

bool warns(const RenderRequest& wanted, std::string_view part) {
  const std::vector<Notice> notices = render(wanted).notices;
  return std::any_of(notices.begin(), notices.end(), [part](const Notice& one) {
    return one.level == Notice::Level::warning && has(one.text, part);
  });
}

std::optional<Errc> refusal(const RenderRequest& wanted) {
  return code_of([&] { static_cast<void>(render(wanted)); });
}

}  // namespace

TEST_CASE("every target names the CA and ends with the command that proves it") {
  for (const TargetInfo& one : targets()) {
    CAPTURE(one.word);
    const Rendered rendered = render(request(one.target));
    const std::string text(as_text(rendered.text.view()));
    CHECK(rendered.access == Access::shared);
    CHECK(has(text, "CN=Test root,O=Example"));
    CHECK(rendered.probe.rfind("mtlsctl probe https://", 0) == 0);
    const std::string last = "#   " + rendered.probe + "\n";
    CHECK(text.substr(text.size() - last.size()) == last);
  }
}

TEST_CASE("a CRL is rendered where there is one, and only there") {
  for (const Target target : {Target::nginx, Target::haproxy, Target::envoy, Target::k8s_secret}) {
    CAPTURE(name(target));
    const auto facts = with_crl(root_facts(), std::string(k_root_crl));
    const std::string crl = target == Target::nginx     ? "ssl_crl \"/ca/ca.crl\";"
                            : target == Target::haproxy ? "crl-file /ca/ca.crl "
                            : target == Target::envoy   ? "-----BEGIN X509 CRL-----"
                                                        : "ca.crl: ";
    CHECK_FALSE(has(text(request(target)), crl));
    CHECK(has(text(request(target, facts)), crl));
  }
}

TEST_CASE("resumption is off where a CRL would not be asked again") {
  const auto facts = with_crl(root_facts(), std::string(k_root_crl));
  CHECK(has(text(request(Target::nginx, facts)), "ssl_session_tickets off;"));
  CHECK(has(text(request(Target::haproxy, facts)), "no-tls-tickets"));
  CHECK(has(text(request(Target::envoy, facts)), "disable_stateless_session_resumption: true"));
}

TEST_CASE("a CRL that is missing for a CA of the chain, or stale, is warned of") {
  for (const Target target : {Target::nginx, Target::haproxy, Target::envoy, Target::k8s_secret}) {
    CAPTURE(name(target));
    CHECK(warns(request(target, with_crl(issuing_facts(), std::string(k_issuing_crl))),
                "no CRL of CN=Test root"));
    CHECK(warns(request(target, with_crl(issuing_facts(), std::string(k_root_crl))),
                "no CRL of CN=Issuing"));
    CHECK_FALSE(warns(request(target, with_crl(issuing_facts(), both_crls())), ""));
    auto late = request(target, with_crl(issuing_facts(), both_crls()));
    late.at = mtls::parse_rfc3339("2125-12-01").value();
    CHECK(warns(late, "stale"));
  }
  CHECK(warns(request(Target::albconfig, with_crl(root_facts(), std::string(k_root_crl))),
              "ALB checks no CRL"));
}

TEST_CASE("a CA that is expired is warned of") {
  auto late = request(Target::nginx);
  CHECK_FALSE(warns(late, "expired"));
  late.at = mtls::parse_rfc3339("2200-01-01").value();
  CHECK(warns(late, "expired"));
}

TEST_CASE("below an intermediate the root is trusted, and the depth suffices") {
  const std::string nginx = text(request(Target::nginx, issuing_facts()));
  CHECK(has(nginx, "ssl_client_certificate \"/ca/root.crt\";"));
  CHECK(has(nginx, "ssl_verify_depth 3;"));
  CHECK(has(text(request(Target::envoy, issuing_facts())), "max_verify_depth: 4"));
}

TEST_CASE("--verify-depth counts intermediates, and each program in its own way") {
  for (const unsigned depth : {0U, 1U, 2U, 3U, 99U}) {
    CAPTURE(depth);
    auto nginx = request(Target::nginx);
    nginx.settings.listener.verify_depth = depth;
    CHECK(has(text(nginx), "ssl_verify_depth " + std::to_string(depth) + ";"));
    auto envoy = request(Target::envoy);
    envoy.settings.listener.verify_depth = depth;
    CHECK(has(text(envoy), "max_verify_depth: " + std::to_string(depth + 1) + "\n"));
  }
  auto haproxy = request(Target::haproxy);
  haproxy.settings.listener.verify_depth = 1;
  CHECK(refusal(haproxy) == Errc::usage);
}

TEST_CASE("a known chain that is deeper than what was asked for is warned of") {
  auto below = request(Target::nginx, issuing_facts());
  CHECK_FALSE(warns(below, "intermediate CAs"));
  below.settings.listener.verify_depth = 0;
  CHECK(warns(below, "a chain that is known here has 1 intermediate"));
}

TEST_CASE("files may be elsewhere on the server") {
  auto wanted = request(Target::nginx, with_crl(root_facts(), std::string(k_root_crl)));
  wanted.settings.listener.trust_file = "/etc/nginx/clients.crt";
  wanted.settings.listener.crl_file = "/etc/nginx/clients.crl";
  CHECK(has(text(wanted), "ssl_client_certificate \"/etc/nginx/clients.crt\";"));
  CHECK(has(text(wanted), "ssl_crl \"/etc/nginx/clients.crl\";"));
}

TEST_CASE("a private key makes the text secret, and is whole in it") {
  auto wanted = request(Target::k8s_secret);
  const std::string key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  wanted.server = ServerIdentity{std::string(k_root), mtls::SecretBytes(as_bytes(key))};
  const Rendered rendered = render(wanted);
  CHECK(rendered.access == Access::secret);
  const std::string text(as_text(rendered.text.view()));
  CHECK(has(text, "\n  tls.key: " + mtls::to_base64(as_bytes(key)) + "\n"));
  CHECK_FALSE(has(text, "TLS-KEY"));
  CHECK(has(text, "type: \"kubernetes.io/tls\""));
}

TEST_CASE("a Secret over 1 MiB is refused") {
  auto wanted = request(Target::k8s_secret);
  wanted.server = ServerIdentity{std::string(1U << 20U, 'x'), mtls::SecretBytes(as_bytes("k"))};
  CHECK(refusal(wanted) == Errc::too_large);
}

TEST_CASE("what would be no mutual TLS behind an ALB is refused") {
  const auto with = [](void (*change)(Settings&)) {
    auto wanted = request(Target::albconfig);
    change(wanted.settings);
    return refusal(wanted);
  };
  CHECK_FALSE(with([](Settings&) {}));
  CHECK(with([](Settings& s) { s.alb.edition = Edition::basic; }) == Errc::usage);
  CHECK(with([](Settings& s) { s.alb.protocol = Protocol::http; }) == Errc::usage);
  CHECK(with([](Settings& s) { s.alb.protocol = Protocol::quic; }) == Errc::usage);
  CHECK(with([](Settings& s) { s.alb.quic_upgrade = true; }) == Errc::usage);
  CHECK(with([](Settings& s) { s.alb.ca_certificate_ids.clear(); }) == Errc::missing_value);
  CHECK(with([](Settings& s) {
          s.alb.ca_certificate_ids.push_back(s.alb.ca_certificate_ids[0]);
        }) == Errc::usage);
  CHECK(with([](Settings& s) { s.alb.vswitches.pop_back(); }) == Errc::usage);
  CHECK(with([](Settings& s) { s.alb.vswitches[1] = s.alb.vswitches[0]; }) == Errc::usage);
}

TEST_CASE("a listener that more than this machine reaches needs its name") {
  auto wanted = request(Target::nginx);
  wanted.settings.listener.listen = mtls::parse_host_port("0.0.0.0:443");
  CHECK(refusal(wanted) == Errc::missing_value);
  wanted.settings.listener.hosts = {Host::parse("a.example").value()};
  CHECK(has(text(wanted), "mtlsctl probe https://a.example/ "));
}

TEST_CASE("HAProxy's certificate and key are named alike or one file") {
  auto wanted = request(Target::haproxy);
  wanted.settings.listener.server_key = "/s/other.key";
  CHECK(refusal(wanted) == Errc::usage);
  wanted.settings.listener.server_key = wanted.settings.listener.server_certificate = "/s/both.pem";
  CHECK_FALSE(refusal(wanted));
}

TEST_CASE("a directory's name cannot break out of the comment") {
  auto facts = root_facts();
  facts.directory = "a\nspec: evil";
  CHECK(has(text(request(Target::albconfig, facts)), "from a\\x0aspec: evil."));
}
