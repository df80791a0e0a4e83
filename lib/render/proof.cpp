#include "render/proof.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "render/quoting.hpp"

namespace mtls::render {

std::string Proof::url() const {
  if (port == 443) return format("https://{}/", url_host(host.text()));
  return format("https://{}:{}/", url_host(host.text()), port);
}

Proof make_proof(const Settings& settings, std::string_view fallback, std::uint16_t port,
                 const std::string& server_trust) {
  const auto host =
      settings.listener.hosts.empty() ? Host::parse(fallback) : settings.listener.hosts.front();
  if (!host) throw Error(Errc::internal, format("{} is no host", fallback));
  return {*host,
          port,
          settings.proof.client_certificate.value_or("client.crt"),
          settings.proof.client_key.value_or("client.key"),
          settings.proof.server_trust.value_or(server_trust),
          settings.proof.resolve};
}

Proof make_alb_proof(const Settings& settings) {
  return make_proof(settings, k_guide_host, settings.alb.port.value_or(443), "system");
}

std::string probe_command(const Proof& proof) {
  const auto shell = [](const std::string& text) { return quote(Dialect::shell, text); };
  std::string command =
      format("mtlsctl probe {} --cert {} --key {} --trust {}", shell(proof.url()),
             shell(proof.client_certificate), shell(proof.client_key), shell(proof.server_trust));
  if (proof.resolve) command += format(" --resolve {}", shell(proof.resolve->text()));
  return command;
}

}  // namespace mtls::render
