// The objects of Kubernetes: the guide's demonstration, and a Secret.
#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/format.hpp"
#include "render/draft.hpp"
#include "render/verify_depth.hpp"

namespace mtls::render {
namespace {

/// The most that etcd's Secret may hold.
constexpr std::size_t k_secret_limit = std::size_t{1} << 20U;

std::optional<Values> namespace_values(const Settings& settings) {
  if (!settings.kubernetes.object_namespace) return std::nullopt;
  return Values().text("namespace_name", settings.kubernetes.object_namespace->text());
}

}  // namespace

Draft draft_k8s_demo(const RenderRequest& request) {
  const Settings& settings = request.settings;
  Draft draft{Dialect::yaml, make_alb_proof(settings), {}, {}};
  if (is_ip_address(draft.proof.host.text())) {
    throw Error(Errc::usage, "an Ingress takes host names, and --host is an address",
                "give the name that clients use");
  }
  draft.values
      .text("name", settings.kubernetes.name ? settings.kubernetes.name->text() : "https-demo")
      .maybe("namespace", namespace_values(settings))
      .text("image", settings.kubernetes.image.value_or(
                         "registry.cn-hangzhou.aliyuncs.com/alb-sample/cafe:v1"))
      .text("ingress_class",
            settings.kubernetes.ingress_class ? settings.kubernetes.ingress_class->text() : "alb")
      .text("host", draft.proof.host.text())
      .text("listen_ports", format("[{{\"HTTPS\":{}}}]", draft.proof.port));
  draft.notices.push_back({Notice::Level::note,
                           "the Ingress enforces nothing: the AlbConfig's listener does "
                           "(mtlsctl render albconfig)",
                           {}});
  return draft;
}

Draft draft_k8s_secret(const RenderRequest& request) {
  const Settings& settings = request.settings;
  const TrustFacts& facts = request.facts;
  Draft draft{Dialect::yaml, make_proof(settings, "HOST", 443, "system"), {}, {}};
  const std::string ca = to_base64(as_bytes(x509::to_pem(facts.anchor())));
  const std::string crl = facts.crl ? to_base64(as_bytes(to_pem(facts.crl->lists))) : "";
  std::size_t size = ca.size() + crl.size();
  std::optional<Values> pair;
  if (request.server) {
    const std::string certificate = to_base64(as_bytes(request.server->certificate_pem));
    size += certificate.size() + request.server->key_pem.size() * 4 / 3;
    pair = Values().word("tls_crt", certificate).word("tls_key", "TLS-KEY");
  }
  if (size > k_secret_limit) {
    throw Error(Errc::too_large,
                format("the Secret would hold {} octets, and Kubernetes takes 1 MiB", size),
                "the CRL is what grows: take those that are expired out of it, or publish it by "
                "other means");
  }
  draft.values.text("name", settings.kubernetes.name ? settings.kubernetes.name->text() : "mtls")
      .maybe("namespace", namespace_values(settings))
      .text("type", request.server ? "kubernetes.io/tls" : "Opaque")
      .word("ca_crt", ca)
      .maybe("crl", facts.crl ? std::optional(Values().word("ca_crl", crl)) : std::nullopt)
      .maybe("pair", std::move(pair));
  draft.notices = crl_notices(request, "what reads the Secret");
  const VerifyDepth depth = verify_depth(request);
  append(draft.notices, depth_notices(depth));
  draft.notices.push_back(
      {Notice::Level::note,
       format("a Secret enforces nothing: what reads it has to be told to verify clients "
              "(ingress-nginx: nginx.ingress.kubernetes.io/auth-tls-secret, and "
              "auth-tls-verify-depth: "
              "\"{}\", which is 1 by default)",
              nginx_depth(depth.intermediates)),
       {}});
  return draft;
}

}  // namespace mtls::render
