// Candidate paths from the leaf up to an anchor (RFC 4158). Private to this room.
#pragma once

#include "verify/path.hpp"
#include "verify/verify.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace mtls::verify {

/// Finds paths, the shorter ones first: by name, then in the order of key identifiers, trust, time
/// and CA-hood; only where several certificates could be the issuer are signatures checked, each
/// once. The order does not depend on the pool's. Owns the candidates that its paths point to. For
/// one thread; the request, clock and context must outlive it.
class PathBuilder final {
 public:
  enum class Next { go_on, stop };
  using Visitor = std::function<Next(const Path&)>;

  PathBuilder(const VerifyRequest& request, const Clock& clock, const ossl::Context& context);

  /// Calls `visit` for each path that ends at an anchor, until it says stop or the budget is spent.
  void build(const Visitor& visit);

  /// The longest path without an anchor that `build` met; the leaf alone, given up, if it met none.
  [[nodiscard]] const Path& dead_end() const noexcept { return m_dead_end; }
  /// What the budget kept from being tried ("64 paths were tried"); empty if nothing.
  [[nodiscard]] const std::string& exhausted() const noexcept { return m_exhausted; }
  /// Whether any certificate given is an anchor.
  [[nodiscard]] bool has_anchor() const noexcept;

 private:
  enum class Signed { no, yes, not_checked };

  void add(const x509::Certificate& certificate, Trust trust);
  Next extend(const Visitor& visit);
  Next extend_to(Candidate& issuer, const Visitor& visit);
  Next complete(const Visitor& visit);
  bool spend_step();
  void note_dead_end(PathEnd end);
  const std::vector<Candidate*>& find_issuers(Candidate& child);
  Signed check_signature(Candidate& child, Candidate& issuer);
  bool is_self_signed(Candidate& candidate);
  bool is_on_path(Candidate& candidate) const;

  const VerifyRequest& m_request;
  const Clock& m_clock;
  const ossl::Context& m_context;
  MonotonicTime m_deadline;
  std::vector<std::unique_ptr<Candidate>> m_candidates;  // the leaf first
  std::map<crypto::Sha256, Candidate*> m_by_fingerprint;
  std::map<Candidate*, std::vector<Candidate*>> m_issuers;
  std::map<Candidate*, crypto::PublicKey> m_signers;  // by whose key each was signed
  std::set<std::pair<Candidate*, crypto::Sha256>> m_not_signers;
  std::vector<Candidate*> m_path;
  Path m_dead_end;
  std::size_t m_depth_limit = 0;  // of this round
  bool m_cut = false;             // whether it kept this round from going on somewhere
  std::string m_exhausted;
  unsigned m_paths = 0;
  unsigned m_signature_checks = 0;
  unsigned m_steps = 0;
};

}  // namespace mtls::verify
