#include "probe/tries.hpp"

#include "base/format.hpp"

namespace mtls::probe {

Tries::Tries(const Options& options, tls::Address address)
    : m_options(options), m_address(std::move(address)) {}

void Tries::offer_http2() { m_alpn = {"h2", "http/1.1"}; }

Try Tries::make(Id id, std::optional<tls::Version> version) const {
  return {.attempt = {.id = id,
                      .variant = {},
                      .address = m_address,
                      .version = version,
                      .with_identity = false,
                      .record = {}},
          .plan = {.address = m_address,
                   .proxy = m_options.target.proxy,
                   .version = version,
                   .server_name = m_options.target.server_name,
                   .alpn = m_alpn,
                   .request = m_options.target.request,
                   .first_request = std::nullopt,
                   .identity = std::nullopt,
                   .trust = m_options.trust,
                   .distrust = tls::Distrust::go_on,
                   .resume = nullptr,
                   .timeout = m_options.timeout,
                   .wait = m_options.wait}};
}

Try Tries::bare(Id id, std::optional<tls::Version> version) const {
  Try one = make(id, version);
  if (id == Id::p9a) one.plan.alpn = {"h2", "http/1.1"};
  return one;
}

Try Tries::shown(Id id, tls::Version version, const tls::Identity& identity) const {
  Try one = make(id, version);
  one.attempt.with_identity = true;
  one.plan.identity = identity;
  if (id == Id::p0 || id == Id::p5 || id == Id::e6) one.plan.distrust = m_options.distrust;
  return one;
}

std::vector<OtherName> Tries::other_names() const {
  std::vector<OtherName> names;
  if (m_options.target.server_name) names.push_back({"no SNI", std::nullopt});
  if (const auto& other = m_options.target.alternate_name) {
    names.push_back({format("SNI {}", *other), *other});
  }
  return names;
}

}  // namespace mtls::probe
