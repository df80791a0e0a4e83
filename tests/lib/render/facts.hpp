// Requests to render, out of the certificates of pem.hpp.
#pragma once

#include "base/bytes.hpp"
#include "base/time_text.hpp"
#include "lib/render/pem.hpp"
#include "render/render.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mtls::render::test {

inline x509::Certificate certificate(std::string_view pem) {
  return x509::read_certificates(as_bytes(pem), "test").front();
}

inline TrustFacts root_facts() { return {"ca", {certificate(k_root)}, "/ca/ca.crt", std::nullopt}; }

inline TrustFacts issuing_facts() {
  return {"ca", {certificate(k_issuing), certificate(k_root)}, "/ca/root.crt", std::nullopt};
}

inline TrustFacts with_crl(TrustFacts facts, const std::string& pem) {
  facts.crl = CrlFacts{"/ca/ca.crl", read_lists(as_bytes(pem), "test")};
  return facts;
}

inline std::string both_crls() { return std::string(k_root_crl) + std::string(k_issuing_crl); }

/// What a target cannot do without.
inline Settings needed(Target target) {
  Settings settings;
  if (target == Target::nginx || target == Target::haproxy || target == Target::envoy) {
    settings.listener.server_certificate = "/s/server.crt";
    settings.listener.server_key = "/s/server.key";
  }
  if (target == Target::albconfig) {
    settings.alb.vswitches = {CloudId::parse("vsw-1").value(), CloudId::parse("vsw-2").value()};
    settings.alb.server_certificate_id = CloudId::parse("108-cn-hangzhou");
    settings.alb.ca_certificate_ids = {CloudId::parse("1f0c").value()};
  }
  return settings;
}

inline RenderRequest request(Target target, TrustFacts facts = root_facts()) {
  return {target, std::move(facts), needed(target), parse_rfc3339("2030-01-01").value(),
          std::nullopt};
}

inline std::string text(const RenderRequest& wanted) {
  return std::string(as_text(render(wanted).text.view()));
}

}  // namespace mtls::render::test
