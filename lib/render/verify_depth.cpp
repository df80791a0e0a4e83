#include "render/verify_depth.hpp"

#include "base/error.hpp"
#include "base/format.hpp"

#include <algorithm>

namespace mtls::render {
namespace {

bool is_authority(const x509::Certificate& certificate) {
  try {
    const auto constraints = certificate.basic_constraints();
    return constraints && constraints->subject == x509::BasicConstraints::Subject::ca;
  } catch (const Error&) {
    return false;  // malformed: no program takes it for a CA
  }
}

/// Whether `issuer` can have issued `issued`, as far as names and key identifiers say.
bool may_have_issued(const x509::Certificate& issuer, const x509::Certificate& issued) {
  if (!issued.issuer().matches(issuer.subject())) return false;
  try {
    const auto authority = issued.authority_key_identifier();
    const auto own = issuer.subject_key_identifier();
    return !authority || !authority->key_identifier || !own || *authority->key_identifier == *own;
  } catch (const Error&) {
    return false;
  }
}

/// The longest path down from a certificate, none of it twice: cross-certificates make rings. The
/// steps are bounded: what many of them hide is found by nobody's server either.
class Descent final {
 public:
  explicit Descent(std::vector<x509::Certificate> authorities)
      : m_authorities(std::move(authorities)), m_on_path(m_authorities.size(), false) {}

  // NOLINTNEXTLINE(misc-no-recursion): never deeper than k_most_intermediates
  unsigned below(const x509::Certificate& issuer, unsigned depth) {
    unsigned deepest = depth;
    for (std::size_t i = 0; i < m_authorities.size() && depth < k_most_intermediates; ++i) {
      if (m_on_path[i] || m_steps == 0 || !may_have_issued(issuer, m_authorities[i])) continue;
      --m_steps;
      m_on_path[i] = true;
      deepest = std::max(deepest, below(m_authorities[i], depth + 1));
      m_on_path[i] = false;
    }
    return deepest;
  }

 private:
  std::vector<x509::Certificate> m_authorities;
  std::vector<bool> m_on_path;
  unsigned m_steps = 10'000;
};

std::optional<unsigned> path_length(const x509::Certificate& anchor) {
  try {
    const auto constraints = anchor.basic_constraints();
    if (!constraints || !constraints->path_length) return std::nullopt;
    return std::min(*constraints->path_length, k_most_intermediates);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string counted(unsigned intermediates) {
  if (intermediates == 0) return "no intermediate CA";
  return format("up to {} intermediate CA{}", intermediates, intermediates == 1 ? "" : "s");
}

}  // namespace

unsigned deepest_chain(const x509::Certificate& anchor, std::span<const x509::Certificate> known) {
  std::vector<x509::Certificate> authorities;
  for (const x509::Certificate& one : known) {
    const bool is_new = std::find(authorities.begin(), authorities.end(), one) == authorities.end();
    // A root, this one or another, is between no client and a root.
    const bool is_root = one == anchor || may_have_issued(one, one);
    if (is_new && is_authority(one) && !is_root) authorities.push_back(one);
  }
  return Descent(std::move(authorities)).below(anchor, 0);
}

VerifyDepth verify_depth(const RenderRequest& request) {
  using Source = VerifyDepth::Source;
  const TrustFacts& facts = request.facts;
  std::vector<x509::Certificate> known = facts.chain;
  known.insert(known.end(), facts.known.begin(), facts.known.end());
  const unsigned deepest = deepest_chain(facts.anchor(), known);
  if (const auto& given = request.settings.listener.verify_depth) {
    return {*given, Source::given, deepest, "--verify-depth"};
  }
  if (const auto length = path_length(facts.anchor())) {
    return {*length, Source::path_length, deepest,
            format("the path length of {}", facts.anchor().subject().to_text())};
  }
  if (deepest > k_least_intermediates) {
    return {deepest, Source::known_chains, deepest, "the deepest chain that is known here"};
  }
  return {k_least_intermediates, Source::least, deepest,
          format("{} without a path length and without --verify-depth: the least that is rendered",
                 facts.anchor().subject().to_text())};
}

bool depends_on_known_chains(const Settings& settings, const x509::Certificate& anchor) {
  return !settings.listener.verify_depth && !path_length(anchor);
}

unsigned nginx_depth(unsigned intermediates) noexcept { return intermediates; }

unsigned envoy_depth(unsigned intermediates) noexcept { return intermediates + 1; }

unsigned least_depth(const VerifyDepth& depth) noexcept {
  const bool is_said = depth.source == VerifyDepth::Source::given ||
                       depth.source == VerifyDepth::Source::path_length;
  return is_said ? depth.intermediates : depth.deepest_known;
}

std::vector<Notice> depth_notices(const VerifyDepth& depth) {
  std::vector<Notice> notices{{Notice::Level::note,
                               format("clients with {} between them and the root get in ({})",
                                      counted(depth.intermediates), depth.reason),
                               {}}};
  if (depth.deepest_known > depth.intermediates) {
    notices.push_back(
        {Notice::Level::warning,
         format("a chain that is known here has {} intermediate CA{}: its clients are "
                "refused",
                depth.deepest_known, depth.deepest_known == 1 ? "" : "s"),
         format("give --verify-depth {}", depth.deepest_known)});
  }
  return notices;
}

}  // namespace mtls::render
