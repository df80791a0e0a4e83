#include "render/check.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "render/comparison.hpp"

namespace mtls::render {

void require_checkable(Target target) {
  if (target != Target::aliyun_cli && target != Target::curl) return;
  throw Error(Errc::usage,
              format("{} is a script: there is no live configuration to check", name(target)),
              "run it; or check an albconfig");
}

std::vector<Difference> check(const RenderRequest& request, std::string_view live,
                              const ReadFile& read) {
  require_checkable(request.target);
  Comparison comparison(request, read);
  switch (request.target) {
    case Target::albconfig:
      check_albconfig(comparison, live);
      break;
    case Target::k8s_demo:
      check_k8s_demo(comparison, live);
      break;
    case Target::k8s_secret:
      check_k8s_secret(comparison, live);
      break;
    case Target::nginx:
      check_nginx(comparison, live);
      break;
    case Target::haproxy:
      check_haproxy(comparison, live);
      break;
    case Target::envoy:
      check_envoy(comparison, live);
      break;
    case Target::aliyun_cli:
    case Target::curl:
      throw Error(Errc::internal, "a script is not checked");
  }
  return comparison.take();
}

}  // namespace mtls::render
