#include "render/target.hpp"

#include <algorithm>
#include <array>

namespace mtls::render {
namespace {

constexpr std::array k_targets{
    TargetInfo{Target::albconfig, "albconfig",
               "AlbConfig of the Alibaba Cloud ALB ingress controller, for kubectl apply",
               "ALB checks no CRL and no OCSP: short lifetimes are the revocation; TLS 1.3 only "
               "with a security policy that has it; one CA certificate a listener"},
    TargetInfo{Target::k8s_demo, "k8s-demo",
               "The guide's Deployment, Service and Ingress behind that ALB",
               "it enforces nothing by itself: the listener of the AlbConfig does"},
    TargetInfo{Target::k8s_secret, "k8s-secret",
               "A Secret with ca.crt, ca.crl, tls.crt and tls.key, as ingress controllers read it",
               "it enforces nothing by itself: whatever reads it has to be told to verify clients; "
               "1 MiB at most"},
    TargetInfo{Target::nginx, "nginx", "A whole nginx.conf with one server that verifies clients",
               "nginx refuses by HTTP 400 after the handshake; it needs a CRL of every CA of the "
               "chain, or refuses everyone; it reads CRLs only when it is started or reloaded"},
    TargetInfo{Target::haproxy, "haproxy", "A haproxy.cfg with one frontend that verifies clients",
               "HAProxy needs a CRL of every CA of the chain, or refuses everyone; it reads CRLs "
               "only when it is started or reloaded"},
    TargetInfo{Target::envoy, "envoy", "An Envoy bootstrap with one listener that verifies clients",
               "Envoy needs a CRL of every CA of the chain, or refuses everyone; CA and CRL stand "
               "in the file itself and change only with it"},
    TargetInfo{Target::aliyun_cli, "aliyun-cli",
               "A script that uploads the CA certificate and turns on mutual TLS on a listener",
               "ALB checks no CRL and no OCSP; the private key of the CA is never uploaded"},
    TargetInfo{Target::curl, "curl",
               "A script that tries a listener with the client certificate and without",
               "that no certificate is refused does not show that only the CA's are let in: "
               "mtlsctl probe does"},
};

}  // namespace

std::span<const TargetInfo> targets() noexcept { return k_targets; }

const TargetInfo& info(Target target) noexcept {
  const auto* found =
      std::find_if(k_targets.begin(), k_targets.end(),
                   [target](const TargetInfo& one) { return one.target == target; });
  return found == k_targets.end() ? k_targets.front() : *found;
}

}  // namespace mtls::render
