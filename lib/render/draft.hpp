// What a target makes of a request, before its template is filled. Private to this room: to add a
// target, write its function here and in a file of its own, its template, and its row in
// target.cpp.
#pragma once

#include "render/proof.hpp"
#include "render/quoting.hpp"
#include "render/render.hpp"
#include "render/values.hpp"

#include <vector>

namespace mtls::render {

struct Draft {
  Dialect dialect;
  Proof proof;
  /// Of the target alone: what all templates have in common is added by `render`.
  Values values;
  std::vector<Notice> notices;
};

[[nodiscard]] Draft draft_albconfig(const RenderRequest& request);
[[nodiscard]] Draft draft_aliyun_cli(const RenderRequest& request);
[[nodiscard]] Draft draft_curl(const RenderRequest& request);
[[nodiscard]] Draft draft_envoy(const RenderRequest& request);
[[nodiscard]] Draft draft_haproxy(const RenderRequest& request);
[[nodiscard]] Draft draft_k8s_demo(const RenderRequest& request);
[[nodiscard]] Draft draft_k8s_secret(const RenderRequest& request);
[[nodiscard]] Draft draft_nginx(const RenderRequest& request);

/// Warnings of a CRL that is stale, or missing for a CA of the chain, as `taker` ("nginx") takes
/// it.
[[nodiscard]] std::vector<Notice> crl_notices(const RenderRequest& request, std::string_view taker);
/// What to know where ALB checks no CRL.
[[nodiscard]] Notice no_crl_notice(const TrustFacts& facts);

inline void append(std::vector<Notice>& notices, const std::vector<Notice>& more) {
  notices.insert(notices.end(), more.begin(), more.end());
}

/// The line that stands in a k8s-secret for the private key until the text is secret memory.
inline constexpr std::string_view k_key_line = "\n  tls.key: TLS-KEY\n";

}  // namespace mtls::render
