#include "base/error.hpp"
#include "base/format.hpp"
#include "render/settings.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace mtls::render {
namespace {

/// A set of targets.
class Targets final {
 public:
  constexpr Targets(std::initializer_list<Target> targets) {
    for (const Target target : targets) m_bits |= bit(target);
  }
  [[nodiscard]] constexpr bool has(Target target) const { return (m_bits & bit(target)) != 0; }

 private:
  static constexpr unsigned bit(Target target) { return 1U << static_cast<unsigned>(target); }
  unsigned m_bits = 0;
};

constexpr Targets k_none{};
constexpr Targets k_servers{Target::nginx, Target::haproxy, Target::envoy};
constexpr Targets k_with_depth{Target::nginx, Target::envoy, Target::k8s_secret};
constexpr Targets k_files{Target::nginx, Target::haproxy};
constexpr Targets k_alb_urls{Target::albconfig, Target::k8s_demo, Target::aliyun_cli, Target::curl};
constexpr Targets k_with_url{Target::albconfig, Target::k8s_demo,   Target::nginx, Target::haproxy,
                             Target::envoy,     Target::aliyun_cli, Target::curl};
constexpr Targets k_proved{Target::albconfig, Target::k8s_demo, Target::k8s_secret, Target::nginx,
                           Target::haproxy,   Target::envoy,    Target::aliyun_cli, Target::curl};
constexpr Targets k_kubernetes{Target::albconfig, Target::k8s_demo, Target::k8s_secret};
constexpr Targets k_namespaced{Target::k8s_demo, Target::k8s_secret};
constexpr Targets k_alb{Target::albconfig};
constexpr Targets k_alb_ids{Target::albconfig, Target::aliyun_cli};

/// Which targets take a setting, and which cannot do without.
struct Row {
  std::string_view flag;
  Targets takes;
  Targets needs;
  bool (*given)(const Settings&);
};

constexpr std::array k_rows{
    Row{"--host", k_proved, k_none, [](const Settings& s) { return !s.listener.hosts.empty(); }},
    Row{"--listen", k_servers, k_none,
        [](const Settings& s) { return s.listener.listen.has_value(); }},
    Row{"--port", k_alb_urls, k_none, [](const Settings& s) { return s.alb.port.has_value(); }},
    Row{"--server-cert",
        {Target::nginx, Target::haproxy, Target::envoy, Target::k8s_secret},
        k_servers,
        [](const Settings& s) { return s.listener.server_certificate.has_value(); }},
    Row{"--server-key",
        {Target::nginx, Target::haproxy, Target::envoy, Target::k8s_secret},
        k_servers,
        [](const Settings& s) { return s.listener.server_key.has_value(); }},
    Row{"--backend", k_servers, k_none,
        [](const Settings& s) { return s.listener.backend.has_value(); }},
    Row{"--trust-file", k_files, k_none,
        [](const Settings& s) { return s.listener.trust_file.has_value(); }},
    Row{"--crl-file", k_files, k_none,
        [](const Settings& s) { return s.listener.crl_file.has_value(); }},
    Row{"--verify-depth", k_with_depth, k_none,
        [](const Settings& s) { return s.listener.verify_depth.has_value(); }},
    Row{"--client-cert", k_proved, k_none,
        [](const Settings& s) { return s.proof.client_certificate.has_value(); }},
    Row{"--client-key", k_proved, k_none,
        [](const Settings& s) { return s.proof.client_key.has_value(); }},
    Row{"--trust", k_proved, k_none,
        [](const Settings& s) { return s.proof.server_trust.has_value(); }},
    Row{"--resolve", k_with_url, k_none,
        [](const Settings& s) { return s.proof.resolve.has_value(); }},
    Row{"--name", k_kubernetes, k_none,
        [](const Settings& s) { return s.kubernetes.name.has_value(); }},
    Row{"--namespace", k_namespaced, k_none,
        [](const Settings& s) { return s.kubernetes.object_namespace.has_value(); }},
    Row{"--image",
        {Target::k8s_demo},
        k_none,
        [](const Settings& s) { return s.kubernetes.image.has_value(); }},
    Row{"--ingress-class",
        {Target::k8s_demo},
        k_none,
        [](const Settings& s) { return s.kubernetes.ingress_class.has_value(); }},
    Row{"--alb-name", k_alb, k_none, [](const Settings& s) { return s.alb.name.has_value(); }},
    Row{"--address-type", k_alb, k_none,
        [](const Settings& s) { return s.alb.address_type.has_value(); }},
    Row{"--edition", k_alb, k_none, [](const Settings& s) { return s.alb.edition.has_value(); }},
    Row{"--protocol", k_alb, k_none, [](const Settings& s) { return s.alb.protocol.has_value(); }},
    Row{"--quic-upgrade", k_alb, k_none, [](const Settings& s) { return s.alb.quic_upgrade; }},
    Row{"--vswitch", k_alb, k_alb, [](const Settings& s) { return !s.alb.vswitches.empty(); }},
    Row{"--server-certificate-id", k_alb, k_alb,
        [](const Settings& s) { return s.alb.server_certificate_id.has_value(); }},
    Row{"--ca-certificate-id", k_alb_ids, k_alb,
        [](const Settings& s) { return !s.alb.ca_certificate_ids.empty(); }},
    Row{"--security-policy", k_alb_ids, k_none,
        [](const Settings& s) { return s.alb.security_policy.has_value(); }},
    Row{"--client-cert-header", k_alb, k_none,
        [](const Settings& s) { return !s.alb.client_cert_headers.empty(); }},
    Row{"--listener-id",
        {Target::aliyun_cli},
        k_none,
        [](const Settings& s) { return s.alb.listener_id.has_value(); }},
    Row{"--warehouse-id",
        {Target::aliyun_cli},
        k_none,
        [](const Settings& s) { return s.alb.warehouse_id.has_value(); }},
    Row{"--region",
        {Target::aliyun_cli},
        k_none,
        [](const Settings& s) { return s.alb.region.has_value(); }},
};

std::string_view placeholder(std::string_view flag) {
  if (flag == "--server-cert" || flag == "--server-key") return "FILE";
  return "ID";
}

}  // namespace

bool takes_verify_depth(Target target) noexcept { return k_with_depth.has(target); }

void check_settings(Target target, const Settings& settings) {
  std::string missing;
  for (const Row& row : k_rows) {
    const bool given = row.given(settings);
    if (given && !row.takes.has(target)) {
      throw Error(Errc::usage, format("{} has no use for {}", name(target), row.flag),
                  "leave it out; mtlsctl render --list says what each target is");
    }
    if (given || !row.needs.has(target)) continue;
    missing += format("{}{} {}", missing.empty() ? "" : ", ", row.flag, placeholder(row.flag));
  }
  if (missing.empty()) return;
  throw Error(Errc::missing_value, format("{} needs {}", name(target), missing),
              target == Target::albconfig
                  ? "without a CA certificate the listener would be one-way TLS in silence; "
                    "mtlsctl render aliyun-cli uploads one and shows its id"
                  : "mtlsctl server issue --san dns:HOST makes server.crt and server.key");
}

}  // namespace mtls::render
