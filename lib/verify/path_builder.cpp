#include "verify/path_builder.hpp"

#include "base/format.hpp"
#include "crypto/signature_algorithm.hpp"

#include <algorithm>
#include <tuple>

namespace mtls::verify {
namespace {

/// Extensions of a path that are tried in all: CAs that certify each other in a ring have more
/// paths than anyone can walk.
constexpr unsigned k_most_steps = 20'000;

Trust trust_of(const x509::Certificate& certificate, const VerifyRequest& request, Trust given) {
  if (!request.anchor_fingerprint) return given;
  return certificate.fingerprint() == *request.anchor_fingerprint ? Trust::anchor : Trust::none;
}

}  // namespace

PathBuilder::PathBuilder(const VerifyRequest& request, const Clock& clock,
                         const ossl::Context& context)
    : m_request(request),
      m_clock(clock),
      m_context(context),
      m_deadline(clock.monotonic() + request.budget.deadline) {
  const auto is_leaf = [&request](const x509::Certificate& anchor) {
    return anchor == request.leaf;
  };
  const bool leaf_trusted = std::any_of(request.anchors.begin(), request.anchors.end(), is_leaf);
  add(request.leaf, leaf_trusted ? Trust::anchor : Trust::none);
  for (const x509::Certificate& anchor : request.anchors) add(anchor, Trust::anchor);
  for (const x509::Certificate& other : request.pool) add(other, Trust::none);
  for (const x509::Certificate& other : request.local_pool) add(other, Trust::none);
}

void PathBuilder::add(const x509::Certificate& certificate, Trust trust) {
  if (m_by_fingerprint.contains(certificate.fingerprint())) return;
  m_candidates.push_back(
      std::make_unique<Candidate>(certificate, trust_of(certificate, m_request, trust)));
  m_by_fingerprint.emplace(certificate.fingerprint(), m_candidates.back().get());
}

bool PathBuilder::has_anchor() const noexcept {
  return std::any_of(m_candidates.begin(), m_candidates.end(),
                     [](const auto& candidate) { return candidate->is_anchor(); });
}

void PathBuilder::build(const Visitor& visit) {
  m_path = {m_candidates.front().get()};
  m_dead_end = {.certificates = m_path, .end = PathEnd::given_up};
  // Deepening step by step finds the short ways out of a thicket of CAs before getting lost in the
  // long ones. Going over the beginnings again is cheap: what was found out is kept.
  for (m_depth_limit = 0; m_depth_limit <= m_request.budget.max_depth; ++m_depth_limit) {
    m_cut = false;
    if (extend(visit) == Next::stop || !m_cut) return;
  }
}

PathBuilder::Next PathBuilder::extend(const Visitor& visit) {
  Candidate& last = *m_path.back();
  const std::size_t depth = m_path.size() - 1;
  if (last.is_anchor()) {
    // Shorter paths were judged in an earlier round.
    return depth == m_depth_limit ? complete(visit) : Next::go_on;
  }
  if (!spend_step()) return Next::stop;
  if (is_self_signed(last)) {
    note_dead_end(PathEnd::self_signed);
    return Next::go_on;
  }
  const std::vector<Candidate*>& issuers = find_issuers(last);
  if (depth == m_depth_limit) {
    m_cut = m_cut || !issuers.empty();
    if (issuers.empty()) note_dead_end(PathEnd::no_issuer);
    if (depth == m_request.budget.max_depth && !issuers.empty()) note_dead_end(PathEnd::too_deep);
    return Next::go_on;
  }
  // The only one that could be the issuer is tried as it is: judging the path checks the signature
  // anyway, and if it does not hold, that is the finding.
  if (issuers.size() == 1) return extend_to(*issuers.front(), visit);

  bool plausible = false;
  for (Candidate* const issuer : issuers) {
    if (is_on_path(*issuer) || check_signature(last, *issuer) == Signed::no) continue;
    plausible = true;
    if (extend_to(*issuer, visit) == Next::stop) return Next::stop;
  }
  if (!plausible && !issuers.empty()) return extend_to(*issuers.front(), visit);
  if (!plausible) note_dead_end(PathEnd::no_issuer);
  return Next::go_on;
}

PathBuilder::Next PathBuilder::extend_to(Candidate& issuer, const Visitor& visit) {
  if (is_on_path(issuer)) {
    note_dead_end(PathEnd::no_issuer);
    return Next::go_on;
  }
  m_path.push_back(&issuer);
  const Next next = extend(visit);
  m_path.pop_back();
  return next;
}

PathBuilder::Next PathBuilder::complete(const Visitor& visit) {
  if (m_paths == m_request.budget.max_paths) {
    m_exhausted = format("{} paths were tried, and there are more", m_paths);
    return Next::stop;
  }
  ++m_paths;
  return visit({.certificates = m_path, .end = PathEnd::anchor});
}

bool PathBuilder::spend_step() {
  if (!m_exhausted.empty()) return false;
  if (++m_steps > k_most_steps) {
    m_exhausted = format("{} ways to go on were tried, and there are more", k_most_steps);
  } else if (m_clock.monotonic() > m_deadline) {
    m_exhausted = "the time for the search is over";
  }
  return m_exhausted.empty();
}

void PathBuilder::note_dead_end(PathEnd end) {
  const bool is_first = m_dead_end.end == PathEnd::given_up;
  if (!is_first && m_path.size() <= m_dead_end.certificates.size()) return;
  m_dead_end = {.certificates = m_path, .end = end};
}

const std::vector<Candidate*>& PathBuilder::find_issuers(Candidate& child) {
  const auto [slot, is_new] = m_issuers.try_emplace(&child);
  if (!is_new) return slot->second;
  const x509::Name& name = child.certificate().issuer();
  using Rank = std::tuple<bool, bool, bool, bool, bool, std::chrono::seconds, crypto::Sha256>;
  std::vector<std::pair<Rank, Candidate*>> ranked;
  for (const auto& candidate : m_candidates) {
    const x509::Certificate& issuer = candidate->certificate();
    if (candidate.get() == &child) continue;
    if (!(issuer.subject() == name) && !issuer.subject().matches(name)) continue;
    const KeyIdMatch match = match_key_ids(child, *candidate);
    ranked.emplace_back(
        Rank{match == KeyIdMatch::differ, !candidate->is_anchor(), match != KeyIdMatch::agree,
             !issuer.validity().contains(m_request.at), !candidate->extensions().is_ca(),
             -issuer.validity().not_after.time_since_epoch(), issuer.fingerprint()},
        candidate.get());
  }
  std::sort(ranked.begin(), ranked.end(),
            [](const auto& left, const auto& right) { return left.first < right.first; });
  for (const auto& [rank, candidate] : ranked) slot->second.push_back(candidate);
  return slot->second;
}

PathBuilder::Signed PathBuilder::check_signature(Candidate& child, Candidate& issuer) {
  const x509::Certificate& certificate = child.certificate();
  // What `is_signed_by` cannot check, libcrypto may (RSASSA-PSS), or the rules refuse (SHA-1).
  if (!crypto::find_signature_algorithm(certificate.signature_algorithm())) {
    return Signed::not_checked;
  }
  const crypto::PublicKey& key = issuer.certificate().public_key();
  // A signature is by one key: once that is known, no other need be tried.
  const auto signer = m_signers.find(&child);
  if (signer != m_signers.end()) return signer->second == key ? Signed::yes : Signed::no;
  if (m_not_signers.contains({&child, key.spki_hash()})) return Signed::no;
  if (m_signature_checks == m_request.budget.max_signature_checks) {
    m_exhausted = format("{} signatures were checked, and there are more", m_signature_checks);
    return Signed::no;
  }
  ++m_signature_checks;
  if (certificate.is_signed_by(key, m_context)) {
    m_signers.emplace(&child, key);
    return Signed::yes;
  }
  m_not_signers.emplace(&child, key.spki_hash());
  return Signed::no;
}

bool PathBuilder::is_self_signed(Candidate& candidate) {
  if (!candidate.is_self_issued()) return false;
  const Signed by_itself = check_signature(candidate, candidate);
  if (by_itself != Signed::not_checked) return by_itself == Signed::yes;
  return match_key_ids(candidate, candidate) != KeyIdMatch::differ;
}

bool PathBuilder::is_on_path(Candidate& candidate) const {
  // Another certificate of a name and key that the path has already leads nowhere new (RFC 4158
  // section 2.4.2). The leaf is no CA on the path, so a namesake of its key is let pass.
  return std::any_of(m_path.begin(), m_path.end(), [&](const Candidate* each) {
    return each == &candidate ||
           (each != m_path.front() &&
            each->certificate().public_key() == candidate.certificate().public_key() &&
            each->certificate().subject().matches(candidate.certificate().subject()));
  });
}

}  // namespace mtls::verify
