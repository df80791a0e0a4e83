#include "probe/probe.hpp"

#include "probe/address_run.hpp"
#include "probe/forgery.hpp"
#include "probe/neighbour_report.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <memory>

namespace mtls::probe {
namespace {

/// Whether the good certificate was taken somewhere.
bool control_accepted(const std::vector<Attempt>& attempts, const Demands& demands) {
  const std::vector<Judged> judged = judge_all(attempts, demands);
  return std::any_of(judged.begin(), judged.end(), [](const Judged& one) {
    return one.attempt.id == Id::p0 && one.judgement == Judgement::accepted &&
           one.attempt.record.certificate_sent;
  });
}

/// What is shown beside the good one. The source is asked only where the control was accepted
/// somewhere: nothing is minted in vain.
std::map<Id, tls::Identity> gather(const Options& options, IdentitySource& source, bool accepted,
                                   const ossl::Context& context) {
  std::map<Id, tls::Identity> identities;
  if (!options.good) return identities;
  const Forger forger(*options.good, context);
  for (const Entry& one : catalogue()) {
    // The good key signs E6 only for a server that has been trusted with its signature already.
    if (one.id == Id::e6 && !accepted) continue;
    std::optional<tls::Identity> identity = forger.make(one.id);
    const bool from_source = one.id >= Id::e1 && one.id != Id::e6;
    if (!identity && from_source && accepted) identity = source.find(one.id);
    if (identity) identities.emplace(one.id, *std::move(identity));
  }
  return identities;
}

using Runs = std::vector<std::unique_ptr<AddressRun>>;

/// Meets the listeners at all addresses, many side by side: those that say nothing cost their time
/// together, and not one after the other. Returns for each whether a listener is there.
std::vector<bool> meet_all(const Runs& runs) {
  constexpr std::size_t k_at_once = 16;
  std::vector<bool> met;
  std::vector<std::future<bool>> meetings;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    while (meetings.size() < std::min(runs.size(), i + k_at_once)) {
      AddressRun& next = *runs[meetings.size()];
      meetings.push_back(std::async(std::launch::async, [&next] { return next.meet(); }));
    }
    met.push_back(meetings[i].get());
  }
  return met;
}

}  // namespace

Report run(const Options& options, IdentitySource& identities, const Clock& clock,
           const ossl::Context& context, const Progress& progress) {
  Runs runs;
  for (const tls::Address& address : options.target.addresses) {
    runs.push_back(std::make_unique<AddressRun>(options, address, clock, context, progress));
  }
  const std::vector<bool> met = meet_all(runs);
  std::map<Id, tls::Identity> shown;
  if (std::find(met.begin(), met.end(), true) != met.end()) {
    const bool accepted = std::any_of(runs.begin(), runs.end(), [&options](const auto& one) {
      return control_accepted(one->attempts(), options.demands);
    });
    shown = gather(options, identities, accepted, context);
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (!met[i]) {
      runs[i]->report();
      continue;
    }
    runs[i]->run_others(shown);
    const std::vector<Judged> judged = judge_all(runs[i]->attempts(), options.demands);
    if (find_verdict(judged, options.demands).overall == Overall::enforced) runs[i]->confirm();
  }

  Report report{.addresses = {}, .overall = {}, .distrusted = std::nullopt, .notes = {}};
  std::vector<Finding> findings;
  std::vector<std::vector<Judged>> judged;
  for (const auto& one : runs) {
    judged.push_back(judge_all(one->attempts(), options.demands));
    sort_by_key(judged.back());
    findings.push_back(find_verdict(judged.back(), options.demands));
    report.addresses.push_back({one->address(), judged.back(), findings.back()});
    for (const Judged& each : judged.back()) {
      if (each.attempt.id <= Id::p1 && each.attempt.record.distrusted) {
        report.distrusted = each.attempt.record.distrusted;
      }
    }
  }
  report.overall = combine(findings, judged);
  report.notes = notes_on_neighbours(report, options);
  return report;
}

}  // namespace mtls::probe
