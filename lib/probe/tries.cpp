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

Try Tries::bare_at_neighbour(tls::Version version, const Neighbour& neighbour) const {
  Try one = make(Id::n0, version);
  one.attempt.variant = neighbour.name;
  one.plan.server_name = neighbour.name;
  one.plan.request.host = neighbour.host;
  one.plan.trust.name = neighbour.name;
  return one;
}

Try Tries::of_neighbour(Id id, tls::Version version, const Neighbour& neighbour) const {
  Try one = bare_at_neighbour(version, neighbour);
  one.attempt.id = id;
  const tls::HttpRequest own = one.plan.request;
  if (id != Id::n0) one.plan.request = m_options.target.request;
  switch (id) {
    case Id::n1:
    case Id::n4:
      one.plan.server_name = m_options.target.server_name;
      one.plan.trust.name = m_options.trust.name;
      break;
    case Id::n2:
      one.plan.server_name.reset();
      one.plan.trust.name.reset();
      break;
    case Id::n5:
      one.plan.alpn = {"http/1.1"};
      one.plan.first_request = own;
      break;
    case Id::n6:
      one.plan.alpn = {"h2", "http/1.1"};
      one.plan.first_request = own;
      break;
    default:
      break;
  }
  if (id == Id::n4) return one;
  one.attempt.with_identity = true;
  one.plan.identity = neighbour.identity;
  one.plan.distrust = m_options.distrust;
  return one;
}

std::vector<Id> Tries::ids_of_neighbour() const {
  std::vector<Id> ids{Id::n1};
  if (m_options.target.server_name) ids.push_back(Id::n2);  // else N1 is it
  ids.insert(ids.end(), {Id::n3, Id::n4});
  if (m_alpn.front() != "h2") ids.push_back(Id::n5);
  ids.push_back(Id::n6);
  return ids;
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
