#include "probe/address_run.hpp"

#include "base/format.hpp"
#include "probe/jobs.hpp"

#include <algorithm>

namespace mtls::probe {
namespace {

using tls::Ending;
using tls::Stage;
using tls::Version;

constexpr unsigned k_no_application_protocol = 120;

/// Whether an attempt came to nothing that the listener said: worth another try.
bool came_to_nothing(const tls::Record& record) {
  const bool dropped = record.ending == Ending::closed || record.ending == Ending::reset;
  return (dropped && record.stage <= Stage::hello) || record.ending == Ending::timed_out ||
         record.ending == Ending::refused || record.ending == Ending::unreachable ||
         record.ending == Ending::proxy_refused;
}

}  // namespace

bool AddressRun::meet() {
  first_attempts();
  // Listeners of gRPC refuse whoever does not offer HTTP/2.
  const bool only_http2 = std::any_of(m_attempts.begin(), m_attempts.end(), [](const Attempt& one) {
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
  return met && said_something;
}

void AddressRun::report() {
  const std::lock_guard lock(m_mutex);
  m_reporting = true;
  report_ready();
}

void AddressRun::report_ready() {
  for (const Judged& one : m_order.take(judge_all(m_attempts, m_options.demands))) m_progress(one);
}

void AddressRun::confirm() {
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
  }
  report();
}

void AddressRun::run_others(const std::map<Id, tls::Identity>& identities) {
  std::vector<Job> jobs;
  std::vector<Job> after_controls;
  for (const Version version : m_options.demands.versions) {
    if (!is_offered(m_attempts, version)) continue;
    for (const auto& [id, identity] : identities) {
      const Try one = m_tries.shown(id, version, identity);
      jobs.push_back({key_of(one.attempt), [this, one] { add(one, k_tries); }});
    }
    if (!may_go_round()) continue;
    const Try http2 = m_tries.bare(Id::p9a, version);
    jobs.push_back({key_of(http2.attempt), [this, http2] { add(http2, k_tries); }});
    add_ways_round(version, jobs);
    add_neighbours(version, {.controls = jobs, .others = after_controls});
  }
  for (const Job& job : jobs) m_order.expect(job.key);
  for (const Job& job : after_controls) m_order.expect(job.key);
  report();
  run_jobs_of(jobs);
  run_jobs_of(after_controls);
}

void AddressRun::run_jobs_of(const std::vector<Job>& jobs) {
  std::vector<std::function<void()>> work;
  work.reserve(jobs.size());
  for (const Job& job : jobs) {
    work.emplace_back([this, &job] {
      job.work();
      settle(job.key);
    });
  }
  run_jobs(work, m_options.jobs);
}

/// P1 goes first: where it meets nothing but silence, the others would wait for as long.
void AddressRun::first_attempts() {
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
    jobs.emplace_back([this, version] { add(m_tries.shown(Id::p0, version, *m_options.good), 1); });
  }
  run_jobs(jobs, m_options.jobs);
}

/// Makes those of the first attempts again that came to nothing although a listener is there.
void AddressRun::try_again() {
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
bool AddressRun::may_go_round() const {
  if (m_options.distrust == tls::Distrust::go_on) return true;
  return std::none_of(m_attempts.begin(), m_attempts.end(),
                      [](const Attempt& one) { return one.record.distrusted.has_value(); });
}

void AddressRun::add_ways_round(Version version, std::vector<Job>& jobs) {
  const auto add_resumption = [&](const OtherName& other) {
    Try first = m_tries.bare(Id::p7, version);
    first.plan.server_name = other.server_name;
    Try second = m_tries.bare(Id::p7, version);
    second.attempt.variant = format("session of {}", other.variant);
    jobs.push_back({key_of(second.attempt), [this, first, second] { resume(first, second); }});
  };
  for (const OtherName& other : m_tries.other_names()) {
    Try one = m_tries.bare(Id::p8, version);
    one.attempt.variant = other.variant;
    one.plan.server_name = other.server_name;
    jobs.push_back({key_of(one.attempt), [this, one] { add(one, k_tries); }});
    add_resumption(other);
  }
  add_resumption({"the same name", m_options.target.server_name});
}

/// P7, N4: makes a session with `first` and resumes it with `second`. Nothing where no such session
/// can be made.
std::optional<tls::Record> AddressRun::resume_once(const Try& first, const Try& second) const {
  const tls::Record made = make_once(first.plan, k_tries);
  if (!made.session || made.stage < Stage::established) return std::nullopt;
  tls::Plan plan = second.plan;
  plan.resume = made.session;  // once: hence with a new session every time
  return tls::attempt(plan, m_clock, m_context);
}

void AddressRun::resume(const Try& first, const Try& second) {
  Attempt attempt = second.attempt;
  bool any = false;
  for (unsigned i = 0; i < m_options.repeat; ++i) {
    std::optional<tls::Record> record = resume_once(first, second);
    if (record && came_to_nothing(*record)) record = resume_once(first, second);
    if (!record) continue;
    if (!any || is_worse(attempt, *record)) attempt.record = *std::move(record);
    any = true;
  }
  if (any) note(std::move(attempt));
}

tls::Record AddressRun::make_once(const tls::Plan& plan, unsigned tries) const {
  tls::Record record = tls::attempt(plan, m_clock, m_context);
  for (unsigned t = 1; t < tries && came_to_nothing(record); ++t) {
    record = tls::attempt(plan, m_clock, m_context);
  }
  return record;
}

/// Makes an attempt, several times where asked for: any that is let in wins.
tls::Record AddressRun::make(const Try& one, unsigned tries) {
  Attempt attempt = one.attempt;
  attempt.record = make_once(one.plan, tries);
  for (unsigned i = 1; i < m_options.repeat; ++i) {
    tls::Record record = make_once(one.plan, tries);
    if (is_worse(attempt, record)) attempt.record = std::move(record);
  }
  return std::move(attempt.record);
}

void AddressRun::add(const Try& one, unsigned tries) {
  Attempt attempt = one.attempt;
  attempt.record = make(one, tries);
  note(std::move(attempt));
}

void AddressRun::note(Attempt attempt) {
  const std::lock_guard lock(m_mutex);
  m_attempts.push_back(std::move(attempt));
}

void AddressRun::settle(const AttemptKey& key) {
  const std::lock_guard lock(m_mutex);
  m_order.settle(key);
  report_ready();
}

/// Whether `record` lets in more than what `attempt` has.
bool AddressRun::is_worse(const Attempt& attempt, const tls::Record& record) {
  Attempt other = attempt;
  other.record = record;
  return how_bad(other) > how_bad(attempt);
}

int AddressRun::how_bad(const Attempt& attempt) {
  const tls::Record& record = attempt.record;
  if (record.ending == Ending::answer) {
    if (is_let_in(attempt)) return 4;
    return is_refusing_status(record.answer->status) ? 2 : 3;
  }
  return came_to_nothing(record) ? 1 : 0;
}

/// As far as it can be told by now: the control may come later.
bool AddressRun::is_let_in(const Attempt& attempt) {
  const std::lock_guard lock(m_mutex);
  std::vector<Attempt> attempts = m_attempts;
  attempts.push_back(attempt);
  return judge_all(attempts, m_options.demands).back().let_in;
}

}  // namespace mtls::probe
