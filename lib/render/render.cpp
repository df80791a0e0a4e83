#include "render/render.hpp"

#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "render/builtin.hpp"
#include "render/draft.hpp"
#include "render/template.hpp"

#include <algorithm>

namespace mtls::render {
namespace {

Draft make_draft(const RenderRequest& request) {
  switch (request.target) {
    case Target::albconfig:
      return draft_albconfig(request);
    case Target::k8s_demo:
      return draft_k8s_demo(request);
    case Target::k8s_secret:
      return draft_k8s_secret(request);
    case Target::nginx:
      return draft_nginx(request);
    case Target::haproxy:
      return draft_haproxy(request);
    case Target::envoy:
      return draft_envoy(request);
    case Target::aliyun_cli:
      return draft_aliyun_cli(request);
    case Target::curl:
      return draft_curl(request);
  }
  throw Error(Errc::internal, "a target without a draft");
}

std::string_view template_of(Target target) {
  const auto all = builtin_templates();
  const auto found = std::find_if(all.begin(), all.end(), [target](const BuiltinTemplate& one) {
    return one.name == name(target);
  });
  if (found == all.end()) {
    throw Error(Errc::internal, format("there is no template for {}", name(target)));
  }
  return found->text;
}

std::vector<Notice> chain_notices(const RenderRequest& request) {
  std::vector<Notice> notices;
  for (const x509::Certificate& one : request.facts.chain) {
    if (one.validity().not_after > request.at) continue;
    notices.push_back({Notice::Level::warning,
                       format("the CA certificate {} is expired since {}: no client gets in",
                              one.subject().to_text(), to_rfc3339(one.validity().not_after)),
                       "make a new CA with mtlsctl ca init, and issue its clients anew"});
  }
  return notices;
}

/// The private key goes in last, so that it is only ever in memory that is overwritten.
SecretBytes with_key(const std::string& text, const SecretBytes& key_pem) {
  const std::size_t line = text.find(k_key_line);
  if (line == std::string::npos) throw Error(Errc::internal, "the Secret has no place for the key");
  const std::size_t place = line + k_key_line.find("TLS-KEY");
  const std::size_t rest = line + k_key_line.size() - 1;
  std::string encoded = to_base64(key_pem.view());
  SecretBytes whole(as_bytes(std::string_view(text).substr(0, place)));
  whole.append(as_bytes(encoded));
  whole.append(as_bytes(std::string_view(text).substr(rest)));
  cleanse({reinterpret_cast<std::uint8_t*>(encoded.data()), encoded.size()});
  return whole;
}

}  // namespace

Rendered render(const RenderRequest& request) {
  check_settings(request.target, request.settings);
  Draft draft = make_draft(request);
  std::string probe = probe_command(draft.proof);
  const x509::Certificate& anchor = request.facts.anchor();
  draft.values.comment("directory", printable(request.facts.directory))
      .comment("ca_subject", anchor.subject().to_text())
      .comment("ca_fingerprint", to_colon_hex(anchor.fingerprint()))
      .comment("probe", probe);
  const std::string text =
      fill(name(request.target), template_of(request.target), draft.values, draft.dialect);
  std::vector<Notice> notices = request.notices;
  append(notices, chain_notices(request));
  append(notices, draft.notices);
  const bool has_key = request.server.has_value();
  return {has_key ? with_key(text, request.server->key_pem) : SecretBytes(as_bytes(text)),
          has_key ? Access::secret : Access::shared, std::move(probe), std::move(notices)};
}

}  // namespace mtls::render
