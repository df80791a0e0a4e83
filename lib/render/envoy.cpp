#include "render/server_listener.hpp"
#include "render/verify_depth.hpp"

namespace mtls::render {

Draft draft_envoy(const RenderRequest& request) {
  const Settings& settings = request.settings;
  const ServerListener listener = server_listener(request);
  const VerifyDepth depth = verify_depth(request);
  Draft draft{Dialect::yaml, listener.proof, {}, server_notices(request)};
  append(draft.notices, depth_notices(depth));
  std::optional<Values> backend;
  if (settings.listener.backend) {
    backend = Values()
                  .text("backend_host", settings.listener.backend->host)
                  .word("backend_port", std::to_string(settings.listener.backend->port));
  }
  std::optional<Values> crl;
  if (request.facts.crl) crl = Values().lines("crl_pem", to_pem(request.facts.crl->lists));
  draft.values.text("address", listener.listen.host)
      .word("port", std::to_string(listener.listen.port))
      .text("certificate", *settings.listener.server_certificate)
      .text("key", *settings.listener.server_key)
      .lines("trust_pem", x509::to_pem(request.facts.anchor()))
      .word("depth", std::to_string(envoy_depth(depth.intermediates)))
      .comment("depth_reason", depth.reason)
      .maybe("crl", std::move(crl))
      .maybe("backend", std::move(backend));
  return draft;
}

}  // namespace mtls::render
