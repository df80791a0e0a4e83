#include "render/check.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "render/comparison.hpp"

namespace mtls::render {

namespace {

void check_file(Comparison& comparison, std::string_view live) {
  switch (comparison.request().target) {
    case Target::albconfig:
      return check_albconfig(comparison, live);
    case Target::k8s_demo:
      return check_k8s_demo(comparison, live);
    case Target::k8s_secret:
      return check_k8s_secret(comparison, live);
    case Target::nginx:
      return check_nginx(comparison, live);
    case Target::envoy:
      return check_envoy(comparison, live);
    case Target::haproxy:
    case Target::aliyun_cli:
    case Target::curl:
      break;
  }
  throw Error(Errc::internal, "it is not one file that is checked");
}

}  // namespace

void require_checkable(Target target, std::size_t files) {
  if (target == Target::aliyun_cli || target == Target::curl) {
    throw Error(Errc::usage,
                format("{} is a script: there is no live configuration to check", name(target)),
                "run it; or check an albconfig");
  }
  if (files < 2 || target == Target::haproxy) return;
  throw Error(Errc::usage, format("{} is checked as one FILE", name(target)),
              target == Target::nginx ? "check what nginx -T prints, which has them all"
                                      : "give --check once, and each other FILE a run of its own");
}

std::vector<Difference> check(const RenderRequest& request, std::span<const LiveFile> live) {
  require_checkable(request.target, live.size());
  Comparison comparison(request);
  if (request.target == Target::haproxy) {
    check_haproxy(comparison, live);
  } else {
    comparison.look_at(live.front(), Comparison::Naming::without_file);
    with_context(live.front().name, [&] { check_file(comparison, live.front().text); });
  }
  return comparison.take();
}

}  // namespace mtls::render
