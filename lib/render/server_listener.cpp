#include "render/server_listener.hpp"

#include "base/error.hpp"
#include "base/format.hpp"

namespace mtls::render {
namespace {

constexpr std::uint16_t k_desk_port = 8443;

bool is_loopback(std::string_view address) {
  return address == "::1" || address.starts_with("127.");
}

}  // namespace

ServerListener server_listener(const RenderRequest& request) {
  const Settings& settings = request.settings;
  const HostPort listen = settings.listener.listen.value_or(HostPort{"127.0.0.1", k_desk_port});
  if (settings.listener.hosts.empty() && !is_loopback(listen.host)) {
    throw Error(Errc::missing_value,
                format("{} listens to {} and needs the name that clients know: --host HOST",
                       name(request.target), listen.text()),
                "the server's certificate must bear it");
  }
  std::optional<std::string> crl_path;
  if (request.facts.crl) crl_path = settings.listener.crl_file.value_or(request.facts.crl->path);
  return {listen, make_proof(settings, "localhost", listen.port, request.facts.anchor_path),
          settings.listener.trust_file.value_or(request.facts.anchor_path), std::move(crl_path)};
}

std::vector<Notice> server_notices(const RenderRequest& request) {
  const auto& chain = request.facts.chain;
  std::vector<Notice> notices = crl_notices(request, name(request.target));
  if (chain.size() > 1) {
    notices.push_back({Notice::Level::note,
                       format("clients of every CA below {} get in, and each has to send its "
                              "intermediates (client.crt of mtlsctl client issue contains them)",
                              chain.back().subject().to_text()),
                       {}});
  }
  if (!request.facts.crl) {
    notices.push_back({Notice::Level::note,
                       "the CA directory has no ca.crl: nobody is refused for being revoked",
                       {}});
  }
  if (!request.settings.listener.backend) {
    notices.push_back({Notice::Level::note,
                       "without --backend HOST:PORT it answers by itself, who the client is",
                       {}});
  }
  return notices;
}

}  // namespace mtls::render
