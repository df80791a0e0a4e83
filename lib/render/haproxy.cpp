#include "base/error.hpp"
#include "render/server_listener.hpp"

#include <algorithm>

namespace mtls::render {
namespace {

/// HAProxy finds the key by the certificate's name: server.crt and server.key, or both in one PEM.
void require_pair(const Settings& settings) {
  constexpr std::string_view k_extension = ".crt";
  const std::string& certificate = *settings.listener.server_certificate;
  const std::string& key = *settings.listener.server_key;
  if (certificate == key) return;
  const std::size_t stem = certificate.size() - std::min(k_extension.size(), certificate.size());
  if (certificate.substr(stem) == k_extension && certificate.substr(0, stem) + ".key" == key) {
    return;
  }
  throw Error(Errc::usage,
              "HAProxy finds a key by its certificate's name: NAME.crt goes with NAME.key",
              "name them so, or put both into one PEM file and give it to --server-cert and "
              "--server-key");
}

}  // namespace

Draft draft_haproxy(const RenderRequest& request) {
  const Settings& settings = request.settings;
  require_pair(settings);
  ServerListener listener = server_listener(request);
  Draft draft{Dialect::haproxy, listener.proof, {}, server_notices(request)};
  std::optional<Values> backend;
  if (settings.listener.backend)
    backend = Values().word("upstream", settings.listener.backend->text());
  std::optional<Values> crl;
  if (listener.crl_path) crl = Values().text("crl_file", *listener.crl_path);
  draft.values.word("listen", listener.listen.text())
      .text("certificate", *settings.listener.server_certificate)
      .text("trust_file", listener.trust_path)
      .maybe("crl", std::move(crl))
      .maybe("backend", std::move(backend));
  return draft;
}

}  // namespace mtls::render
