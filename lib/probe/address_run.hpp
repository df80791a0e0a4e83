// The attempts at one address: made, repeated where they come to nothing, reported in order.
// Private to lib/probe.
#pragma once

#include "probe/attempt_order.hpp"
#include "probe/probe.hpp"
#include "probe/tries.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <vector>

namespace mtls::probe {

/// The run at one address. Everything it is given must outlive it.
class AddressRun final {
 public:
  static constexpr unsigned k_tries = 2;  // of an attempt that came to nothing

  AddressRun(const Options& options, tls::Address address, const Clock& clock,
             const ossl::Context& context, const Progress& progress)
      : m_options(options),
        m_tries(options, std::move(address)),
        m_clock(clock),
        m_context(context),
        m_progress(progress) {}

  /// Makes P0, P1 and P9b; reports nothing yet. Returns whether a listener was met that speaks TLS,
  /// and that says anything to them.
  [[nodiscard]] bool meet();
  /// Reports what has been made; from now on each attempt as soon as none before it is expected.
  void report();
  /// Makes the others, and reports all of them.
  void run_others(const std::map<Id, tls::Identity>& identities);
  /// Whether the good client still gets in where it did. A listener that by now refuses everybody
  /// (a limit of connections, a ban, a back end that went away) has proved nothing by refusing the
  /// others. Takes the place of P0 where it does not.
  void confirm();

  [[nodiscard]] const std::vector<Attempt>& attempts() const noexcept { return m_attempts; }
  [[nodiscard]] const tls::Address& address() const noexcept { return m_tries.address(); }

 private:
  /// Work that makes the attempt with this key, or finds that it cannot be made.
  struct Job {
    AttemptKey key;
    std::function<void()> work;
  };

  void first_attempts();
  void try_again();
  [[nodiscard]] bool may_go_round() const;
  void add_ways_round(tls::Version version, std::vector<Job>& jobs);
  [[nodiscard]] std::optional<tls::Record> resume_once(const Try& first, const Try& second) const;
  void resume(const Try& first, const Try& second);
  void run_jobs_of(const std::vector<Job>& jobs);

  /// N0 and N1 go before the others, which depend on what comes of them.
  struct NeighbourJobs {
    std::vector<Job>& controls;
    std::vector<Job>& others;
  };
  void add_neighbours(tls::Version version, const NeighbourJobs& jobs);
  void add_own_name(tls::Version version, const Neighbour& neighbour);
  void add_beyond(Id id, tls::Version version, const Neighbour& neighbour);
  [[nodiscard]] bool may_prove_something(Id id, tls::Version version, const std::string& neighbour);

  [[nodiscard]] tls::Record make_once(const tls::Plan& plan, unsigned tries) const;
  [[nodiscard]] tls::Record make(const Try& one, unsigned tries);
  void add(const Try& one, unsigned tries);
  void note(Attempt attempt);
  void settle(const AttemptKey& key);
  void report_ready();

  [[nodiscard]] bool is_worse(const Attempt& attempt, const tls::Record& record);
  [[nodiscard]] int how_bad(const Attempt& attempt);
  [[nodiscard]] bool is_let_in(const Attempt& attempt);

  const Options& m_options;
  Tries m_tries;
  const Clock& m_clock;
  const ossl::Context& m_context;
  const Progress& m_progress;
  std::mutex m_mutex;  // for what follows
  std::vector<Attempt> m_attempts;
  InOrder m_order;
  bool m_reporting = false;
};

}  // namespace mtls::probe
