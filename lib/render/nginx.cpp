#include "render/server_listener.hpp"
#include "render/verify_depth.hpp"

namespace mtls::render {

Draft draft_nginx(const RenderRequest& request) {
  const Settings& settings = request.settings;
  ServerListener listener = server_listener(request);
  const VerifyDepth depth = verify_depth(request);
  Draft draft{Dialect::nginx, listener.proof, {}, server_notices(request)};
  append(draft.notices, depth_notices(depth));
  std::vector<Values> names;
  names.push_back(Values().text("server_name", listener.proof.host.text()));
  for (std::size_t i = 1; i < settings.listener.hosts.size(); ++i) {
    names.push_back(Values().text("server_name", settings.listener.hosts[i].text()));
  }
  std::optional<Values> backend;
  if (settings.listener.backend)
    backend = Values().word("upstream", settings.listener.backend->text());
  std::optional<Values> crl;
  if (listener.crl_path) crl = Values().text("crl_file", *listener.crl_path);
  draft.values.word("listen", listener.listen.text())
      .list("server_names", std::move(names))
      .text("certificate", *settings.listener.server_certificate)
      .text("key", *settings.listener.server_key)
      .text("trust_file", listener.trust_path)
      .word("depth", std::to_string(nginx_depth(depth.intermediates)))
      .comment("depth_reason", depth.reason)
      .maybe("crl", std::move(crl))
      .maybe("backend", std::move(backend));
  return draft;
}

}  // namespace mtls::render
