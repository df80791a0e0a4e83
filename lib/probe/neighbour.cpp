#include "probe/neighbour.hpp"

#include "base/format.hpp"

#include <algorithm>

namespace mtls::probe {
namespace {

using tls::Ending;
using tls::HttpAnswer;
using tls::Record;
using tls::Stage;

constexpr unsigned k_misdirected_request = 421;  // RFC 9110 section 15.5.20

/// Whether 401 or 403 is what the application says to this client: one without a certificate gets
/// something else.
bool is_of_application(const Attempt& own_name) {
  const unsigned status = own_name.record.answer->status;
  if ((status != 401 && status != 403) || !own_name.bare) return false;
  const Record& bare = *own_name.bare;
  if (bare.ending == Ending::answer) return bare.answer->status != status;
  return is_cut(bare) && bare.stage >= Stage::handshake;
}

Judgement judge_own_name(const Attempt& attempt) {
  const Record& record = attempt.record;
  if (record.certificate_requested && !record.certificate_sent) return Judgement::withheld;
  if (record.ending == Ending::answer) {
    return is_refusing_status(record.answer->status) && !is_of_application(attempt)
               ? Judgement::rejected_by_http
               : Judgement::accepted;
  }
  if (record.version_refused) return Judgement::not_offered;
  if (!is_cut(record) || record.stage < Stage::handshake) return Judgement::inconclusive;
  return where_cut(record);
}

/// Whether another place of the port gives the same answer: the neighbour's own, or one that is
/// open to all.
bool is_given_elsewhere(const Attempt& attempt, const std::vector<Attempt>& attempts) {
  return std::any_of(attempts.begin(), attempts.end(), [&attempt](const Attempt& one) {
    const bool elsewhere = (one.id == Id::n0 && one.variant == attempt.variant) || one.id == Id::p8;
    return elsewhere && one.version == attempt.version && one.record.answer &&
           same_content(*one.record.answer, *attempt.record.answer);
  });
}

/// Whether an answer has content that can be told from what any server says.
bool has_own_content(const HttpAnswer& answer) {
  return answer.status >= 200 && answer.status < 300 && answer.body_size > 0;
}

Judgement judge_answer(const Attempt& attempt, const std::vector<Attempt>& attempts,
                       const HttpAnswer& good) {
  const HttpAnswer& answer = *attempt.record.answer;
  const bool under_target = attempt.id == Id::n1 || attempt.id == Id::n4;
  if (under_target && answer.status == good.status) return Judgement::accepted;
  if (answer.status == k_misdirected_request) return Judgement::rejected_by_http;
  const bool same = same_content(answer, good);
  if (is_refusing_status(answer.status)) {
    return same ? Judgement::inconclusive : Judgement::rejected_by_http;
  }
  if (answer.status != good.status) return Judgement::other_content;
  const bool elsewhere = is_given_elsewhere(attempt, attempts);
  if (same) {
    return elsewhere && !has_own_content(answer) ? Judgement::inconclusive : Judgement::accepted;
  }
  return elsewhere ? Judgement::other_content : Judgement::inconclusive;
}

/// How far a connection must have come for the listener to have refused what the attempt is about:
/// an unknown SNI or session is seen at once, the rest not before the handshake.
Stage earliest_refusal(Id id) {
  return id == Id::n2 || id == Id::n4 ? Stage::hello : Stage::handshake;
}

std::string reason(const Judged& one, std::string_view why) {
  return format("{} at TLS {} ({}): {}", entry(one.attempt.id).name,
                name(one.attempt.version.value()), one.attempt.variant, why);
}

const Judged* find(const std::vector<Judged>& judged, Id id, tls::Version version,
                   const std::string& neighbour) {
  const auto found = std::find_if(judged.begin(), judged.end(), [&](const Judged& one) {
    return one.attempt.id == id && one.attempt.version == version &&
           one.attempt.variant == neighbour;
  });
  return found == judged.end() ? nullptr : &*found;
}

/// Why nothing follows from what one neighbour's client got at one version; nothing where
/// something does. N2 to N6 that came to nothing are named elsewhere.
std::optional<std::string> why_nothing_follows(const std::vector<Judged>& judged,
                                               tls::Version version, const std::string& neighbour) {
  const Judged* own = find(judged, Id::n0, version, neighbour);
  const Judged* plain = find(judged, Id::n1, version, neighbour);
  if (own == nullptr || plain == nullptr) {
    return format("N0 at TLS {} ({}): not tried", name(version), neighbour);
  }
  if (plain->judgement == Judgement::accepted) return std::nullopt;
  if (own->judgement == Judgement::not_offered) return std::nullopt;
  if (own->judgement != Judgement::accepted) {
    return reason(*own, format("the neighbour's certificate does not get in under its own name "
                               "({}), so its other attempts were not made",
                               describe(own->attempt.record)));
  }
  if (is_open_to_all(own->attempt)) {
    return reason(*own,
                  "clients without a certificate get in under this name as well, so whether the "
                  "neighbour's certificate is valid there is not known");
  }
  if (!is_refusal(plain->judgement)) {
    return reason(*plain,
                  format("{} ({})", name(plain->judgement), describe(plain->attempt.record)));
  }
  if (find(judged, Id::n3, version, neighbour) == nullptr) {
    return format("N3 at TLS {} ({}): not tried", name(version), neighbour);
  }
  return std::nullopt;
}

}  // namespace

Judgement judge_neighbour(const Attempt& attempt, const std::vector<Attempt>& attempts,
                          const Record* control) {
  const Record& record = attempt.record;
  if (record.ending == Ending::untrusted_server) return Judgement::withheld;
  if (attempt.id == Id::n0) return judge_own_name(attempt);
  // Without its certificate it was no client of the neighbour's, unless no one was asked for any.
  const bool asked_in_vain =
      attempt.with_identity && record.certificate_requested && !record.certificate_sent;
  if (asked_in_vain) return Judgement::withheld;
  if (control == nullptr) return Judgement::inconclusive;
  if (record.ending == Ending::answer) return judge_answer(attempt, attempts, *control->answer);
  const bool reuses = attempt.id == Id::n5 || attempt.id == Id::n6;
  if (reuses && !record.first_answer) return Judgement::inconclusive;
  if (!is_cut(record) || record.stage < earliest_refusal(attempt.id)) {
    return Judgement::inconclusive;
  }
  return where_cut(record);
}

const Judged* find_of_same(const std::vector<Judged>& judged, const Judged& one, Id id) {
  return find(judged, id, one.attempt.version.value(), one.attempt.variant);
}

bool shares_trust(const std::vector<Judged>& judged, const Judged& one) {
  const Judged* plain = find_of_same(judged, one, Id::n1);
  return plain != nullptr && plain->judgement == Judgement::accepted;
}

bool is_open_to_all(const Attempt& own_name) {
  if (!own_name.record.certificate_sent) return true;
  return own_name.bare && own_name.bare->answer && own_name.record.answer &&
         same_content(*own_name.bare->answer, *own_name.record.answer);
}

std::vector<std::string> gaps_of_neighbours(const std::vector<Judged>& judged, tls::Version version,
                                            const Demands& demands) {
  std::vector<std::string> gaps;
  for (const std::string& neighbour : demands.neighbours) {
    if (auto why = why_nothing_follows(judged, version, neighbour)) gaps.push_back(*std::move(why));
  }
  return gaps;
}

std::vector<std::string> gaps_of_neighbours(const std::vector<Judged>& judged,
                                            const Demands& demands) {
  std::vector<std::string> gaps;
  for (const std::string& neighbour : demands.neighbours) {
    const bool any = std::any_of(judged.begin(), judged.end(), [&neighbour](const Judged& one) {
      return one.attempt.variant == neighbour && one.judgement == Judgement::accepted &&
             (one.attempt.id == Id::n0 || one.attempt.id == Id::n1);
    });
    if (any) continue;
    gaps.push_back(
        format("N0 ({}): the neighbour's certificate gets in under its own name at none of the TLS "
               "versions of the target",
               neighbour));
  }
  return gaps;
}

}  // namespace mtls::probe
