#include "probe/verdict.hpp"

#include "base/format.hpp"
#include "probe/neighbour.hpp"

#include <algorithm>
#include <array>

namespace mtls::probe {
namespace {

using tls::Ending;
using tls::Record;
using tls::Stage;
using tls::Version;

const Record* find_record(const std::vector<Attempt>& attempts, Id id, Version version) {
  for (const Attempt& one : attempts) {
    if (one.id == id && one.version == version) return &one.record;
  }
  return nullptr;
}

/// Whether an attempt can mean that its version is not spoken. (Servers that are too old to see
/// that nothing but 1.3 was offered answer with a ServerHello of 1.2.)
bool speaks_against_version(const Record& record) {
  const bool cut = record.ending == Ending::alert || record.ending == Ending::closed ||
                   record.ending == Ending::reset;
  return record.version_refused || (cut && record.stage == Stage::hello);
}

bool spoke(const Record* record) {
  return record != nullptr && record->stage >= Stage::handshake && !record->version_refused;
}

/// The control's record of a version if it was accepted.
const Record* good_control(const std::vector<Attempt>& attempts, Version version) {
  const Record* control = find_record(attempts, Id::p0, version);
  if (control == nullptr) return nullptr;
  const Record* bare = find_record(attempts, Id::p1, version);
  return judge_control(*control, bare) == Judgement::accepted ? control : nullptr;
}

/// The control that an attempt is measured by; what is made without TLS is measured by any.
const Record* control_of(const Attempt& attempt, const std::vector<Attempt>& attempts) {
  if (attempt.version) return good_control(attempts, *attempt.version);
  for (const Version version : {Version::tls_1_3, Version::tls_1_2}) {
    if (const Record* control = good_control(attempts, version)) return control;
  }
  return nullptr;
}

/// Whether "other content" says nothing of an answer with the control's status: the control itself
/// gets other content every time.
bool is_never_the_same(const Attempt& attempt, const std::vector<Attempt>& attempts) {
  return std::any_of(attempts.begin(), attempts.end(), [&attempt](const Attempt& one) {
    const bool measure = one.id == Id::p0 && one.again && one.record.answer &&
                         (!attempt.version || attempt.version == one.version);
    return measure && !same_content(*one.again, *one.record.answer) &&
           attempt.record.answer->status == one.record.answer->status;
  });
}

bool is_needed(Id id, const Demands& demands) {
  const Need need = entry(id).need;
  return need == Need::refused || need == Need::available || (id == Id::i1 && demands.revocation);
}

/// Whether an attempt shows a name in the handshake that is not the Host it asks for. The wrong
/// virtual host can only be refused over HTTP.
bool is_about_host(Id id) {
  return id == Id::p8 || (is_of_neighbour(id) && id != Id::n1 && id != Id::n4);
}

std::string shown(const Attempt& attempt) {
  std::string text(entry(attempt.id).name);
  if (attempt.version) text += format(" at TLS {}", name(*attempt.version));
  if (!attempt.variant.empty()) text += format(" ({})", attempt.variant);
  return text;
}

Mode mode_of(Id id) {
  switch (id) {
    case Id::p1:
      return Mode::optional;
    case Id::p2:
    case Id::p3:
    case Id::p4:
    case Id::p5:
    case Id::p6:
      return Mode::any_certificate;
    case Id::p7:
    case Id::p8:
    case Id::p9a:
    case Id::p9b:
    case Id::n2:
    case Id::n3:
    case Id::n4:
    case Id::n5:
    case Id::n6:
      return Mode::bypass;
    default:
      return Mode::gaps;
  }
}

/// Whether any client was asked under the name that is probed; P7, P8 and N use others.
bool requested_anywhere(const std::vector<Judged>& judged, std::optional<Version> version) {
  return std::any_of(judged.begin(), judged.end(), [version](const Judged& one) {
    return one.attempt.version == version && one.attempt.record.certificate_requested &&
           one.attempt.id != Id::p7 && one.attempt.id != Id::p8 && !is_of_neighbour(one.attempt.id);
  });
}

/// Whether the control got in as anybody would have: its certificate was not sent. (Of several
/// servers behind one address P1 may have met another.)
bool got_in_without(const Judged& one, const std::vector<Judged>& judged) {
  if (one.attempt.id != Id::p0 || one.judgement != Judgement::accepted ||
      one.attempt.record.certificate_sent) {
    return false;
  }
  return std::none_of(judged.begin(), judged.end(), [&one](const Judged& other) {
    return other.attempt.id == Id::p1 && other.attempt.version == one.attempt.version &&
           other.let_in;
  });
}

/// How it fails if `one` was let in; nothing where it was not, or need not be refused.
std::optional<Mode> failing_mode(const Judged& one, const std::vector<Judged>& judged,
                                 const Demands& demands) {
  if (got_in_without(one, judged)) {
    return requested_anywhere(judged, one.attempt.version) ? Mode::optional : Mode::no_mtls;
  }
  if (!one.let_in || !is_needed(one.attempt.id, demands)) return std::nullopt;
  if (is_of_neighbour(one.attempt.id) && shares_trust(judged, one)) return std::nullopt;
  const Mode mode = mode_of(one.attempt.id);
  return mode == Mode::optional && !requested_anywhere(judged, one.attempt.version) ? Mode::no_mtls
                                                                                    : mode;
}

/// The worst of the ways in which needed attempts were let in; those that show it are the reasons.
std::optional<Mode> worst_mode(const std::vector<Judged>& judged, const Demands& demands,
                               std::vector<std::string>& reasons) {
  std::optional<Mode> worst;
  for (const Judged& one : judged) {
    const auto mode = failing_mode(one, judged, demands);
    if (mode && (!worst || *mode < *worst)) worst = mode;
  }
  for (const Judged& one : judged) {
    if (!worst || failing_mode(one, judged, demands) != worst) continue;
    reasons.push_back(format("{} was let in{}: {} ({})", shown(one.attempt),
                             one.attempt.id == Id::p0 ? " without its certificate" : "",
                             entry(one.attempt.id).title, describe(one.attempt.record)));
  }
  return worst;
}

/// Attempts without which nothing is proved, and that were not made.
void note_missing(const std::vector<Judged>& judged, Version version, const Demands& demands,
                  Finding& finding) {
  for (const Entry& each : catalogue()) {
    const bool always =
        each.need == Need::refused && each.id != Id::p7 && each.id != Id::p8 && each.id != Id::p9b;
    if (!always && !(each.id == Id::i1 && demands.revocation)) continue;
    const bool made = std::any_of(judged.begin(), judged.end(), [&](const Judged& one) {
      return one.attempt.id == each.id && one.attempt.version == version;
    });
    if (!made)
      finding.reasons.push_back(format("{} at TLS {}: not tried", each.name, name(version)));
  }
}

std::string without_control(const Judged& control, Version version) {
  const tls::Record& record = control.attempt.record;
  if (!control.attempt.variant.empty()) {
    return format(
        "TLS {}: the good client no longer gets in ({}), so what was refused may have "
        "been refused for that reason",
        name(version), describe(record));
  }
  if (is_refusal(control.judgement)) {
    return format("TLS {}: everything is refused, the good client too ({})", name(version),
                  describe(record));
  }
  if (control.judgement == Judgement::withheld && record.ending != Ending::untrusted_server) {
    return format(
        "TLS {}: the good certificate was not sent: the listener takes no signature that "
        "its key makes ({})",
        name(version), describe(record));
  }
  return format("TLS {}: the good client got no answer ({})", name(version), describe(record));
}

/// What keeps "enforced" from being said of a version that is offered.
void note_gaps_in_proof(const std::vector<Judged>& judged, Version version, const Demands& demands,
                        Finding& finding) {
  const auto control = std::find_if(judged.begin(), judged.end(), [version](const Judged& one) {
    return one.attempt.id == Id::p0 && one.attempt.version == version;
  });
  if (control == judged.end()) {
    finding.reasons.push_back(
        format("TLS {}: no control, without a good certificate refusals "
               "prove nothing",
               name(version)));
    finding.without_control.push_back(version);
    return;
  }
  if (control->judgement != Judgement::accepted) {
    finding.without_control.push_back(version);
    finding.reasons.push_back(without_control(*control, version));
    return;
  }
  note_missing(judged, version, demands, finding);
  for (std::string& gap : gaps_of_neighbours(judged, version, demands)) {
    finding.reasons.push_back(std::move(gap));
  }
  for (const Judged& one : judged) {
    if (one.attempt.version != version || !is_needed(one.attempt.id, demands)) continue;
    if (is_refusal(one.judgement) || one.let_in) continue;
    if (is_of_neighbour(one.attempt.id) && shares_trust(judged, one)) continue;
    finding.reasons.push_back(format("{}: {} ({})", shown(one.attempt), name(one.judgement),
                                     describe(one.attempt.record)));
  }
}

/// Whether any attempt met a listener that speaks one of the versions.
bool meets_tls(const std::vector<Judged>& judged) {
  return std::any_of(judged.begin(), judged.end(), [](const Judged& one) {
    return one.attempt.version && spoke(&one.attempt.record);
  });
}

bool nobody_listens(const std::vector<Judged>& judged) {
  return std::all_of(judged.begin(), judged.end(), [](const Judged& one) {
    return one.attempt.record.ending == Ending::refused ||
           one.attempt.record.ending == Ending::unreachable;
  });
}

}  // namespace

std::string_view name(Overall overall) noexcept {
  constexpr std::array<std::string_view, 3> k_words{"enforced", "not-enforced", "no-verdict"};
  return k_words.at(static_cast<std::size_t>(overall));
}

std::string_view name(Mode mode) noexcept {
  constexpr std::array<std::string_view, 5> k_words{"no-mtls", "optional", "any-certificate",
                                                    "bypass", "gaps"};
  return k_words.at(static_cast<std::size_t>(mode));
}

bool is_offered(const std::vector<Attempt>& attempts, Version version) {
  const Version other = version == Version::tls_1_2 ? Version::tls_1_3 : Version::tls_1_2;
  const bool other_spoken =
      spoke(find_record(attempts, Id::p0, other)) || spoke(find_record(attempts, Id::p1, other));
  bool ended = false;
  for (const Id id : {Id::p0, Id::p1}) {
    const Record* record = find_record(attempts, id, version);
    if (record == nullptr) continue;
    if (!speaks_against_version(*record)) return true;
    ended = ended || other_spoken || record->version_refused;
  }
  return !ended;
}

std::vector<Judged> judge_all(const std::vector<Attempt>& attempts, const Demands& demands) {
  std::vector<Judged> judged;
  judged.reserve(attempts.size());
  for (const Attempt& one : attempts) {
    Judgement judgement{};
    if (one.version && !is_offered(attempts, *one.version)) {
      judgement = Judgement::not_offered;
    } else if (one.id == Id::p0) {
      judgement = judge_control(one.record, find_record(attempts, Id::p1, one.version.value()));
    } else if (is_of_neighbour(one.id)) {
      judgement = judge_neighbour(one, attempts, control_of(one, attempts));
    } else {
      judgement = judge(one, control_of(one, attempts));
    }
    if (judgement == Judgement::other_content && !is_of_neighbour(one.id) &&
        is_never_the_same(one, attempts)) {
      judgement = Judgement::inconclusive;
    }
    const bool weak = judgement == Judgement::rejected_by_http && !is_about_host(one.id) &&
                      demands.strength == Strength::handshake && one.version.has_value();
    judged.push_back({.attempt = one,
                      .judgement = judgement,
                      .let_in = judgement == Judgement::accepted ||
                                (weak && control_of(one, attempts) != nullptr)});
  }
  return judged;
}

Finding find_verdict(const std::vector<Judged>& judged, const Demands& demands) {
  Finding finding{.overall = Overall::no_verdict,
                  .mode = std::nullopt,
                  .reasons = {},
                  .offered = {},
                  .without_control = {}};
  for (const Version version : demands.versions) {
    const bool offered = std::any_of(judged.begin(), judged.end(), [version](const Judged& one) {
      return one.attempt.version == version && one.judgement != Judgement::not_offered;
    });
    if (offered) finding.offered.push_back(version);
  }
  finding.mode = worst_mode(judged, demands, finding.reasons);
  if (finding.mode) {
    finding.overall = Overall::not_enforced;
    return finding;
  }
  if (!meets_tls(judged)) {
    finding.offered.clear();
    for (const Judged& one : judged) {
      if (one.attempt.id != Id::p1) continue;
      finding.reasons.push_back(format("{}: {}", shown(one.attempt), describe(one.attempt.record)));
    }
    return finding;
  }
  for (const Version version : finding.offered) {
    note_gaps_in_proof(judged, version, demands, finding);
  }
  for (const Judged& one : judged) {
    if (one.attempt.version || is_refusal(one.judgement)) continue;
    finding.reasons.push_back(format("{}: {} ({})", shown(one.attempt), name(one.judgement),
                                     describe(one.attempt.record)));
  }
  if (finding.reasons.empty()) finding.reasons = gaps_of_neighbours(judged, demands);
  if (finding.reasons.empty()) finding.overall = Overall::enforced;
  return finding;
}

Finding combine(const std::vector<Finding>& findings,
                const std::vector<std::vector<Judged>>& judged) {
  std::size_t worst = findings.size();
  const auto rank = [](const Finding& finding) {
    if (finding.overall == Overall::not_enforced) return static_cast<int>(*finding.mode);
    return finding.overall == Overall::no_verdict ? 100 : 200;
  };
  for (std::size_t i = 0; i < findings.size(); ++i) {
    // Where nobody listens nobody gets in, but it proves nothing either.
    if (nobody_listens(judged[i])) continue;
    if (worst == findings.size() || rank(findings[i]) < rank(findings[worst])) worst = i;
  }
  return findings.at(worst == findings.size() ? 0 : worst);
}

}  // namespace mtls::probe
