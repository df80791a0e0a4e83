// The part of AddressRun that makes the attempts of neighbours' clients.
#include "probe/address_run.hpp"
#include "probe/neighbour.hpp"

#include <algorithm>

namespace mtls::probe {

using tls::Version;

/// N0 and N1 are the controls; the others are made after them, where they can prove something.
/// Nothing is where P0 was not accepted: there is no content to compare with.
void AddressRun::add_neighbours(Version version, const NeighbourJobs& jobs) {
  const std::vector<Judged> judged = judge_all(m_attempts, m_options.demands);
  const bool controlled = std::any_of(judged.begin(), judged.end(), [version](const Judged& one) {
    return one.attempt.id == Id::p0 && one.attempt.version == version &&
           one.judgement == Judgement::accepted;
  });
  if (!controlled) return;
  for (const Neighbour& neighbour : m_options.neighbours) {
    jobs.controls.push_back({{Id::n0, version, neighbour.name},
                             [this, version, &neighbour] { add_own_name(version, neighbour); }});
    for (const Id id : m_tries.ids_of_neighbour()) {
      (id == Id::n1 ? jobs.controls : jobs.others)
          .push_back({{id, version, neighbour.name},
                      [this, id, version, &neighbour] { add_beyond(id, version, neighbour); }});
    }
  }
}

void AddressRun::add_own_name(Version version, const Neighbour& neighbour) {
  const Try one = m_tries.of_neighbour(Id::n0, version, neighbour);
  Attempt attempt = one.attempt;
  // First, since it decides whether the other one counts as let in.
  attempt.bare = make_once(m_tries.bare_at_neighbour(version, neighbour).plan, k_tries);
  attempt.record = make({attempt, one.plan}, k_tries);
  note(std::move(attempt));
}

void AddressRun::add_beyond(Id id, Version version, const Neighbour& neighbour) {
  if (id != Id::n1 && !may_prove_something(id, version, neighbour.name)) return;
  const Try one = m_tries.of_neighbour(id, version, neighbour);
  if (id == Id::n4) {
    resume(m_tries.of_neighbour(Id::n0, version, neighbour), one);
    return;
  }
  Attempt attempt = one.attempt;
  attempt.record = make(one, k_tries);
  // Without HTTP/2 under that name N6 would be N5 once more.
  const bool another_protocol = id == Id::n6 && attempt.record.stage >= tls::Stage::established &&
                                attempt.record.alpn != "h2";
  if (!another_protocol) note(std::move(attempt));
}

/// Whether the neighbour's client gets in under its own name and not under the target's. Where its
/// name does not offer the version, its certificate can still be shown without SNI.
bool AddressRun::may_prove_something(Id id, Version version, const std::string& neighbour) {
  const std::lock_guard lock(m_mutex);
  bool valid = false;
  bool own_offered = false;
  bool refused = false;
  for (const Judged& one : judge_all(m_attempts, m_options.demands)) {
    if (one.attempt.variant != neighbour) continue;
    const bool here = one.attempt.version == version;
    if (one.attempt.id == Id::n0) {
      valid = valid || one.judgement == Judgement::accepted;
      if (here) own_offered = one.judgement == Judgement::accepted;
    }
    if (one.attempt.id == Id::n1 && here) refused = is_refusal(one.judgement);
  }
  return refused && (own_offered || (valid && id == Id::n2));
}

}  // namespace mtls::probe
