#include "probe/judgement.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"

#include <algorithm>
#include <array>

namespace mtls::probe {
namespace {

using tls::Ending;
using tls::Record;
using tls::Stage;

constexpr std::size_t k_most_shown = 100;  // of what a listener says, in a line

/// Whether the listener can have refused what this attempt is about. Before its ServerHello it has
/// seen no certificate and missed none, whoever connects: only names, sessions and protocols.
bool can_be_about_it(const Attempt& attempt) {
  const Record& record = attempt.record;
  switch (attempt.id) {
    case Id::p7:
    case Id::p8:
      return record.stage >= Stage::hello;
    case Id::p9a:
      if (record.stage == Stage::hello) return record.ending == Ending::alert;
      break;
    default:
      break;
  }
  if (record.stage == Stage::handshake && !attempt.with_identity) {
    return record.certificate_requested;
  }
  return record.stage >= Stage::handshake;
}

Judgement judge_answer(const Attempt& attempt, const Record* control) {
  const tls::HttpAnswer& answer = *attempt.record.answer;
  const tls::HttpAnswer* good = control != nullptr ? &control->answer.value() : nullptr;
  // A way round is one only if it leads to the same place.
  if (attempt.id == Id::p8 || attempt.id == Id::p9b) {
    if (good != nullptr && same_content(answer, *good)) return Judgement::accepted;
    return is_refusing_status(answer.status) ? Judgement::rejected_by_http
                                             : Judgement::other_content;
  }
  if (!is_refusing_status(answer.status)) return Judgement::accepted;
  if (good != nullptr && good->status == answer.status) return Judgement::accepted;
  return Judgement::rejected_by_http;
}

}  // namespace

std::string_view name(Judgement judgement) noexcept {
  constexpr std::array<std::string_view, 8> k_words{
      "accepted",         "rejected-in-handshake", "rejected-after-handshake",
      "rejected-by-http", "other-content",         "withheld",
      "not-offered",      "inconclusive"};
  return k_words.at(static_cast<std::size_t>(judgement));
}

bool is_refusing_status(unsigned status) noexcept {
  constexpr std::array k_refusals{400U, 401U, 403U, 421U, 495U, 496U};
  return std::find(k_refusals.begin(), k_refusals.end(), status) != k_refusals.end();
}

bool is_cut(const Record& record) noexcept {
  return record.ending == Ending::alert || record.ending == Ending::closed ||
         record.ending == Ending::reset;
}

Judgement where_cut(const Record& record) noexcept {
  return record.stage == Stage::established ? Judgement::rejected_after_handshake
                                            : Judgement::rejected_in_handshake;
}

bool is_refusal(Judgement judgement) noexcept {
  return judgement == Judgement::rejected_in_handshake ||
         judgement == Judgement::rejected_after_handshake ||
         judgement == Judgement::rejected_by_http || judgement == Judgement::other_content;
}

Judgement judge_control(const Record& control, const Record* bare) {
  if (control.ending == Ending::untrusted_server) return Judgement::withheld;
  if (control.ending == Ending::answer) {
    const unsigned status = control.answer->status;
    if (!is_refusing_status(status)) return Judgement::accepted;
    if (control.certificate_requested && !control.certificate_sent) return Judgement::withheld;
    const bool applications = status == 401 || status == 403;
    const bool bare_cut = bare != nullptr && is_cut(*bare) && bare->stage >= Stage::handshake;
    return applications && bare_cut && control.certificate_sent ? Judgement::accepted
                                                                : Judgement::rejected_by_http;
  }
  // Without a ServerHello it was not about the certificate, which nobody had asked for.
  if (!is_cut(control) || control.stage < Stage::handshake) return Judgement::inconclusive;
  if (control.certificate_requested && !control.certificate_sent) return Judgement::withheld;
  return where_cut(control);
}

Judgement judge(const Attempt& attempt, const Record* control) {
  const Record& record = attempt.record;
  if (record.ending == Ending::untrusted_server) return Judgement::withheld;
  if (attempt.id == Id::p9b) {
    // Whatever is no HTTP answer lets nobody in, silence too.
    if (record.ending == Ending::answer) return judge_answer(attempt, control);
    return record.stage == Stage::established ? Judgement::rejected_in_handshake
                                              : Judgement::inconclusive;
  }
  if (record.ending == Ending::answer) {
    const Judgement judgement = judge_answer(attempt, control);
    return attempt.with_identity && !record.certificate_sent ? Judgement::withheld : judgement;
  }
  if (!is_cut(record) || !can_be_about_it(attempt)) return Judgement::inconclusive;
  if (attempt.with_identity && !record.certificate_sent) return Judgement::withheld;
  // A listener that ends every connection says nothing by ending this one.
  if (control == nullptr && record.stage == Stage::hello) return Judgement::inconclusive;
  return where_cut(record);
}

bool same_content(const tls::HttpAnswer& left, const tls::HttpAnswer& right) {
  const bool same_place = left.status < 300 || left.status >= 400 || left.location.empty() ||
                          right.location.empty() || left.location == right.location;
  return left.status == right.status && left.body_hash == right.body_hash &&
         left.body_size == right.body_size && same_place;
}

std::string describe(const Record& record) {
  switch (record.ending) {
    case Ending::answer: {
      std::string text = format("HTTP {}", record.answer->status);
      const std::string& location = record.answer->location;
      if (record.answer->status >= 300 && record.answer->status < 400 && !location.empty()) {
        text += format(" to {}{}", printable(location.substr(0, k_most_shown)),
                       location.size() > k_most_shown ? "..." : "");
      }
      return text;
    }
    case Ending::alert:
      return format("{} (alert {})", record.alert->name(), record.alert->number);
    case Ending::closed:
      return "connection closed";
    case Ending::reset:
      return "connection reset";
    case Ending::timed_out:
      return format("timed out ({})", name(record.stage));
    case Ending::refused:
      return "connection refused";
    case Ending::unreachable:
      return "unreachable";
    case Ending::proxy_refused:
      return format("the proxy: {}", record.detail);
    case Ending::foreign:
      return record.stage == Stage::established ? "no HTTP answer" : "no TLS here";
    case Ending::untrusted_server:
      return format("the server is not trusted: {}", record.distrusted.value_or("?"));
    case Ending::failed:
      break;
  }
  return record.detail.empty() ? "failed" : record.detail;
}

}  // namespace mtls::probe
