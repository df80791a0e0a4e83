// The verdict on a listener: a pure function of the attempts that were made at it.
#pragma once

#include "probe/judgement.hpp"

#include <string>
#include <vector>

namespace mtls::probe {

enum class Overall { enforced, not_enforced, no_verdict };
[[nodiscard]] std::string_view name(Overall overall) noexcept;  // "enforced", "not-enforced" …

/// How a listener that does not enforce fails, the worst first.
enum class Mode {
  no_mtls,          ///< no CertificateRequest was seen
  optional,         ///< no certificate is let in as well
  any_certificate,  ///< one is asked for, but who made it does not matter
  bypass,           ///< only ways round it: P7 to P9b, and N2 to N6
  gaps,             ///< only certificates of the right CA that should not be taken
};
[[nodiscard]] std::string_view name(Mode mode) noexcept;  // "no-mtls" …

/// Which refusals count.
enum class Strength {
  any,
  handshake,  ///< a refusal over HTTP does not
};

/// What is asked of the listener.
struct Demands {
  std::vector<tls::Version> versions;
  Strength strength = Strength::any;
  bool revocation = false;  // I1 must be refused (--expect-crl)
  bool have_good = false;   // a good identity was given
  /// Other names of the port whose clients must not get in.
  std::vector<std::string> neighbours = {};
};

/// One attempt with its judgement.
struct Judged {
  Attempt attempt;
  Judgement judgement;
  /// Whether it counts as let in: accepted, or refused in a way that the demands do not count.
  bool let_in;
};

/// What one address (one listener) comes to.
struct Finding {
  Overall overall;
  std::optional<Mode> mode;  // of not_enforced
  /// Why, in words that stand behind the verdict: attempts that were let in, versions without a
  /// control.
  std::vector<std::string> reasons;
  std::vector<tls::Version> offered;
  std::vector<tls::Version> without_control;  // offered, and the good client was not let in
};

/// Returns whether the listener speaks `version`, by the attempts P0 and P1 at it: not if it
/// refused the version by name, nor if it ended both before any ServerHello and speaks another
/// version.
[[nodiscard]] bool is_offered(const std::vector<Attempt>& attempts, tls::Version version);

/// Judges every attempt at one address.
[[nodiscard]] std::vector<Judged> judge_all(const std::vector<Attempt>& attempts,
                                            const Demands& demands);

/// Returns the verdict on one address.
[[nodiscard]] Finding find_verdict(const std::vector<Judged>& judged, const Demands& demands);

/// Returns the verdict on all addresses of a name. One that is not enforced decides; one where
/// nothing listens does not count as long as another answers.
[[nodiscard]] Finding combine(const std::vector<Finding>& findings,
                              const std::vector<std::vector<Judged>>& judged);

}  // namespace mtls::probe
