// What configuration can be rendered for.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace mtls::render {

enum class Target { albconfig, k8s_demo, k8s_secret, nginx, haproxy, envoy, aliyun_cli, curl };

/// What is to be known of a target before it is chosen.
struct TargetInfo {
  Target target;
  std::string_view word;     // as on the command line, and the name of its template
  std::string_view summary;  // what it makes
  std::string_view limits;   // what it cannot do
};

/// All of them, in the order of the guide.
[[nodiscard]] std::span<const TargetInfo> targets() noexcept;
[[nodiscard]] const TargetInfo& info(Target target) noexcept;
[[nodiscard]] inline std::string_view name(Target target) noexcept { return info(target).word; }

}  // namespace mtls::render
