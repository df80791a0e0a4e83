#include "probe/probe.hpp"

#include "base/format.hpp"
#include "probe/forgery.hpp"
#include "probe/jobs.hpp"
#include "probe/tries.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>

namespace mtls::probe {
namespace {

using tls::Ending;
using tls::Stage;
using tls::Version;

constexpr unsigned k_no_application_protocol = 120;
constexpr unsigned k_tries = 2;  // of an attempt that came to nothing

/// Whether an attempt came to nothing that the listener said: worth another try.
bool came_to_nothing(const tls::Record& record) {
  const bool dropped = record.ending == Ending::closed || record.ending == Ending::reset;
  return (dropped && record.stage <= Stage::hello) || record.ending == Ending::timed_out ||
         record.ending == Ending::refused || record.ending == Ending::unreachable ||
         record.ending == Ending::proxy_refused;
}

/// The run at one address.
class AddressRun final {
 public:
  AddressRun(const Options& options, tls::Address address, const Clock& clock,
             const ossl::Context& context, const Progress& progress)
      : m_options(options),
        m_tries(options, std::move(address)),
        m_clock(clock),
        m_context(context),
        m_progress(progress) {}

  /// P0 and P1, and P9b; tells nobody yet. Returns whether a listener was met that speaks TLS, and
  /// that says anything to them.
  [[nodiscard]] bool meet() {
    first_attempts();
    // Listeners of gRPC refuse whoever does not offer HTTP/2.
    const bool only_http2 =
        std::any_of(m_attempts.begin(), m_attempts.end(), [](const Attempt& one) {
          return one.record.alert && one.record.alert->number == k_no_application_protocol;
        });
    if (only_http2) {
      m_tries.offer_http2();
      m_attempts.clear();
      first_attempts();
    }
    const bool met = std::any_of(m_attempts.begin(), m_attempts.end(), [](const Attempt& one) {
      return one.id != Id::p9b && one.record.stage >= Stage::handshake;
    });
    if (met) try_again();
    const bool said_something = std::any_of(
        m_attempts.begin(), m_attempts.end(),
        [](const Attempt& one) { return one.id != Id::p9b && !came_to_nothing(one.record); });
    std::sort(m_attempts.begin(), m_attempts.end(), [](const Attempt& a, const Attempt& b) {
      return std::tie(a.id, a.version) < std::tie(b.id, b.version);
    });
    return met && said_something;
  }

  /// Tells what came of meeting; from now on of each attempt as it ends.
  void tell() {
    for (const Judged& one : judge_all(m_attempts, m_options.demands)) m_progress(one);
    m_told = m_attempts.size();
  }

  /// Whether the good client still gets in where it did. A listener that by now refuses everybody
  /// (a limit of connections, a ban, a back end that went away) has proved nothing by refusing the
  /// others. Takes the place of P0 where it does not.
  void confirm() {
    std::vector<Attempt> again = m_attempts;
    std::vector<std::function<void()>> jobs;
    for (Attempt& one : again) {
      if (one.id != Id::p0 || !is_offered(m_attempts, one.version.value())) continue;
      jobs.emplace_back([this, &one] {
        one.variant = "once more";
        one.record = make(m_tries.shown(Id::p0, one.version.value(), *m_options.good), k_tries);
      });
    }
    run_jobs(jobs, m_options.jobs);
    const std::vector<Judged> judged = judge_all(again, m_options.demands);
    for (std::size_t i = 0; i < again.size(); ++i) {
      if (again[i].variant.empty() || again[i].id != Id::p0) continue;
      if (judged[i].judgement == Judgement::accepted) {
        m_attempts[i].again = again[i].record.answer;
        continue;
      }
      m_attempts[i] = again[i];
      m_progress(judged[i]);
    }
  }

  [[nodiscard]] const std::vector<Attempt>& attempts() const noexcept { return m_attempts; }
  [[nodiscard]] const tls::Address& address() const noexcept { return m_tries.address(); }

  /// The others.
  void run_others(const std::map<Id, tls::Identity>& identities) {
    std::vector<std::function<void()>> jobs;
    for (const Version version : m_options.demands.versions) {
      if (!is_offered(m_attempts, version)) continue;
      for (const auto& [id, identity] : identities) {
        jobs.emplace_back([this, version, id = id, &identity = identity] {
          add(m_tries.shown(id, version, identity), k_tries);
        });
      }
      if (!may_go_round()) continue;
      jobs.emplace_back([this, version] { add(m_tries.bare(Id::p9a, version), k_tries); });
      add_ways_round(version, jobs);
    }
    run_jobs(jobs, m_options.jobs);
  }

 private:
  /// P1 goes first: where it meets nothing but silence, the others would wait for as long.
  void first_attempts() {
    std::vector<std::function<void()>> jobs;
    for (const Version version : m_options.demands.versions) {
      jobs.emplace_back([this, version] { add(m_tries.bare(Id::p1, version), 1); });
    }
    // It may be answered by silence, which is no reason to ask again.
    jobs.emplace_back([this] { add(m_tries.bare(Id::p9b, std::nullopt), 1); });
    run_jobs(jobs, m_options.jobs);
    const bool silent = std::all_of(m_attempts.begin(), m_attempts.end(), [](const Attempt& one) {
      return one.id == Id::p9b ||
             (one.record.ending == Ending::timed_out && one.record.stage <= Stage::hello);
    });
    if (!m_options.good || silent) return;
    jobs.clear();
    for (const Version version : m_options.demands.versions) {
      jobs.emplace_back(
          [this, version] { add(m_tries.shown(Id::p0, version, *m_options.good), 1); });
    }
    run_jobs(jobs, m_options.jobs);
  }

  /// Makes those of the first attempts again that came to nothing although a listener is there.
  void try_again() {
    std::vector<Attempt> again;
    for (auto it = m_attempts.begin(); it != m_attempts.end();) {
      const bool nothing = it->id != Id::p9b && came_to_nothing(it->record);
      if (nothing) again.push_back(*it);
      it = nothing ? m_attempts.erase(it) : it + 1;
    }
    std::vector<std::function<void()>> jobs;
    jobs.reserve(again.size());
    for (const Attempt& one : again) {
      jobs.emplace_back([this, id = one.id, version = one.version.value()] {
        add(id == Id::p1 ? m_tries.bare(id, version) : m_tries.shown(id, version, *m_options.good),
            1);
      });
    }
    run_jobs(jobs, m_options.jobs);
  }

  /// P7 and P8 are withheld where the server is not trusted: what is behind it is not asked for.
  [[nodiscard]] bool may_go_round() const {
    if (m_options.distrust == tls::Distrust::go_on) return true;
    return std::none_of(m_attempts.begin(), m_attempts.end(),
                        [](const Attempt& one) { return one.record.distrusted.has_value(); });
  }

  void add_ways_round(Version version, std::vector<std::function<void()>>& jobs) {
    for (const OtherName& other : m_tries.other_names()) {
      jobs.emplace_back([this, version, other] {
        Try one = m_tries.bare(Id::p8, version);
        one.attempt.variant = other.variant;
        one.plan.server_name = other.server_name;
        add(one, k_tries);
      });
      jobs.emplace_back([this, version, other] { resume(version, other); });
    }
    const OtherName same{"the same name", m_options.target.server_name};
    jobs.emplace_back([this, version, same] { resume(version, same); });
  }

  /// P7: a session made without a certificate, resumed under this name. Nothing where no such
  /// session can be made.
  [[nodiscard]] std::optional<tls::Record> resume_once(Version version,
                                                       const OtherName& other) const {
    Try first = m_tries.bare(Id::p7, version);
    first.plan.server_name = other.server_name;
    const tls::Record made = make_once(first.plan, k_tries);
    if (!made.session || made.stage < Stage::established) return std::nullopt;
    Try second = m_tries.bare(Id::p7, version);
    second.plan.resume = made.session;  // once: hence with a new session every time
    return tls::attempt(second.plan, m_clock, m_context);
  }

  void resume(Version version, const OtherName& other) {
    Attempt attempt = m_tries.bare(Id::p7, version).attempt;
    attempt.variant = format("session of {}", other.variant);
    bool any = false;
    for (unsigned i = 0; i < m_options.repeat; ++i) {
      std::optional<tls::Record> record = resume_once(version, other);
      if (record && came_to_nothing(*record)) record = resume_once(version, other);
      if (!record) continue;
      if (!any || is_worse(attempt, *record)) attempt.record = *std::move(record);
      any = true;
    }
    if (any) note(std::move(attempt));
  }

  [[nodiscard]] tls::Record make_once(const tls::Plan& plan, unsigned tries) const {
    tls::Record record = tls::attempt(plan, m_clock, m_context);
    for (unsigned t = 1; t < tries && came_to_nothing(record); ++t) {
      record = tls::attempt(plan, m_clock, m_context);
    }
    return record;
  }

  /// Makes an attempt, several times where asked for: any that is let in wins.
  [[nodiscard]] tls::Record make(const Try& one, unsigned tries) {
    Attempt attempt = one.attempt;
    attempt.record = make_once(one.plan, tries);
    for (unsigned i = 1; i < m_options.repeat; ++i) {
      tls::Record record = make_once(one.plan, tries);
      if (is_worse(attempt, record)) attempt.record = std::move(record);
    }
    return std::move(attempt.record);
  }

  void add(const Try& one, unsigned tries) {
    Attempt attempt = one.attempt;
    attempt.record = make(one, tries);
    note(std::move(attempt));
  }

  void note(Attempt attempt) {
    const std::lock_guard lock(m_mutex);
    m_attempts.push_back(std::move(attempt));
    if (m_told > 0) m_progress(judge_all(m_attempts, m_options.demands).back());
  }

  /// Whether `record` lets in more than what `attempt` has.
  [[nodiscard]] bool is_worse(const Attempt& attempt, const tls::Record& record) {
    Attempt other = attempt;
    other.record = record;
    return how_bad(other) > how_bad(attempt);
  }

  [[nodiscard]] int how_bad(const Attempt& attempt) {
    const tls::Record& record = attempt.record;
    if (record.ending == Ending::answer) {
      if (is_let_in(attempt)) return 4;
      return is_refusing_status(record.answer->status) ? 2 : 3;
    }
    return came_to_nothing(record) ? 1 : 0;
  }

  /// As far as it can be told by now: the control may come later.
  [[nodiscard]] bool is_let_in(const Attempt& attempt) {
    const std::lock_guard lock(m_mutex);
    std::vector<Attempt> attempts = m_attempts;
    attempts.push_back(attempt);
    return judge_all(attempts, m_options.demands).back().let_in;
  }

  const Options& m_options;
  Tries m_tries;
  const Clock& m_clock;
  const ossl::Context& m_context;
  const Progress& m_progress;
  std::mutex m_mutex;
  std::vector<Attempt> m_attempts;
  std::size_t m_told = 0;
};

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
/// together, and not one after the other. Tells of them in their order. Returns those where a
/// listener is.
std::vector<AddressRun*> meet_all(const Runs& runs) {
  constexpr std::size_t k_at_once = 16;
  std::vector<AddressRun*> met;
  std::vector<std::future<bool>> meetings;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    while (meetings.size() < std::min(runs.size(), i + k_at_once)) {
      AddressRun& next = *runs[meetings.size()];
      meetings.push_back(std::async(std::launch::async, [&next] { return next.meet(); }));
    }
    if (meetings[i].get()) met.push_back(runs[i].get());
    runs[i]->tell();
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
  const std::vector<AddressRun*> met = meet_all(runs);
  const bool accepted = std::any_of(met.begin(), met.end(), [&options](const AddressRun* one) {
    return control_accepted(one->attempts(), options.demands);
  });
  if (!met.empty()) {
    const std::map<Id, tls::Identity> shown = gather(options, identities, accepted, context);
    for (AddressRun* one : met) {
      one->run_others(shown);
      const std::vector<Judged> judged = judge_all(one->attempts(), options.demands);
      if (find_verdict(judged, options.demands).overall == Overall::enforced) one->confirm();
    }
  }

  Report report{.addresses = {}, .overall = {}, .distrusted = std::nullopt};
  std::vector<Finding> findings;
  std::vector<std::vector<Judged>> judged;
  for (const auto& one : runs) {
    judged.push_back(judge_all(one->attempts(), options.demands));
    std::sort(judged.back().begin(), judged.back().end(), [](const Judged& a, const Judged& b) {
      return std::tie(a.attempt.version, a.attempt.id, a.attempt.variant) <
             std::tie(b.attempt.version, b.attempt.id, b.attempt.variant);
    });
    findings.push_back(find_verdict(judged.back(), options.demands));
    report.addresses.push_back({one->address(), judged.back(), findings.back()});
    for (const Attempt& attempt : one->attempts()) {
      if (attempt.id <= Id::p1 && attempt.record.distrusted) {
        report.distrusted = attempt.record.distrusted;
      }
    }
  }
  report.overall = combine(findings, judged);
  return report;
}

}  // namespace mtls::probe
