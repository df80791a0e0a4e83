#include "probe/judgement.hpp"

#include "lib/probe/records.hpp"

#include <doctest/doctest.h>

namespace mtls::probe::test {
namespace {

using tls::Ending;
using tls::Stage;

Judgement judge_at(Id id, const tls::Record& record) {
  const tls::Record control = answered(200);
  return judge(attempt(id, Version::tls_1_3, record), &control);
}

}  // namespace

TEST_CASE("an alert is a refusal wherever it comes, by its place") {
  CHECK(judge_at(Id::p1, alerted(40, Version::tls_1_2)) == Judgement::rejected_in_handshake);
  CHECK(judge_at(Id::p1, alerted(116, Version::tls_1_3)) == Judgement::rejected_after_handshake);
  CHECK(judge_at(Id::p1, ended(Ending::reset, Stage::established)) ==
        Judgement::rejected_after_handshake);
  tls::Record closed = ended(Ending::closed, Stage::handshake);
  closed.certificate_requested = true;
  CHECK(judge_at(Id::p1, closed) == Judgement::rejected_in_handshake);
}

TEST_CASE("the refusing statuses are refusals, all others let in") {
  for (const unsigned status : {400U, 401U, 403U, 421U, 495U, 496U}) {
    CHECK(judge_at(Id::p1, answered(status)) == Judgement::rejected_by_http);
  }
  for (const unsigned status : {200U, 204U, 301U, 302U, 404U, 405U, 429U, 500U, 502U, 503U}) {
    CHECK(judge_at(Id::p1, answered(status)) == Judgement::accepted);
  }
}

TEST_CASE("the control's own status lets in, whatever it is") {
  const tls::Record control = answered(403);
  CHECK(judge(attempt(Id::p2, Version::tls_1_2, answered(403)), &control) == Judgement::accepted);
  CHECK(judge(attempt(Id::p2, Version::tls_1_2, answered(400)), &control) ==
        Judgement::rejected_by_http);
}

TEST_CASE("a way round leads in only if it shows what the good client gets") {
  for (const Id id : {Id::p8, Id::p9b}) {
    CHECK(judge_at(id, answered(200)) == Judgement::accepted);
    CHECK(judge_at(id, answered(200, "something else")) == Judgement::other_content);
    CHECK(judge_at(id, answered(301)) == Judgement::other_content);
    CHECK(judge_at(id, answered(421)) == Judgement::rejected_by_http);
  }
  CHECK(judge_at(Id::p7, answered(200, "something else")) == Judgement::accepted);
}

TEST_CASE("plain HTTP is refused by anything but an answer") {
  CHECK(judge_at(Id::p9b, ended(Ending::foreign, Stage::established)) ==
        Judgement::rejected_in_handshake);
  CHECK(judge_at(Id::p9b, ended(Ending::timed_out, Stage::established)) ==
        Judgement::rejected_in_handshake);
  CHECK(judge_at(Id::p9b, ended(Ending::timed_out, Stage::connecting)) == Judgement::inconclusive);
}

TEST_CASE("what was not sent was not refused") {
  tls::Record record = alerted(40, Version::tls_1_2);
  record.certificate_sent = false;
  CHECK(judge_at(Id::p2, record) == Judgement::withheld);
  CHECK(judge_at(Id::p1, record) == Judgement::rejected_in_handshake);
  record = answered(200);
  record.certificate_sent = false;
  CHECK(judge_at(Id::p2, record) == Judgement::withheld);
  CHECK(judge_at(Id::p0, ended(Ending::untrusted_server, Stage::handshake)) == Judgement::withheld);
}

TEST_CASE("what came to nothing says nothing") {
  CHECK(judge_at(Id::p1, ended(Ending::timed_out, Stage::handshake)) == Judgement::inconclusive);
  CHECK(judge_at(Id::p1, ended(Ending::refused, Stage::connecting)) == Judgement::inconclusive);
  CHECK(judge_at(Id::p1, ended(Ending::foreign, Stage::established)) == Judgement::inconclusive);
  // A listener that ends every connection says nothing by ending this one.
  const Attempt one = attempt(Id::p1, Version::tls_1_3, ended(Ending::reset, Stage::hello));
  CHECK(judge(one, nullptr) == Judgement::inconclusive);
}

TEST_CASE("what was cut before the listener could see it was cut for another reason") {
  for (const Id id : {Id::p1, Id::p2, Id::p6, Id::e1, Id::e6, Id::i1}) {
    for (const Ending ending : {Ending::closed, Ending::reset, Ending::alert}) {
      tls::Record record = ended(ending, Stage::hello);
      record.alert = tls::Alert{40};
      CHECK(judge_at(id, record) == Judgement::inconclusive);
    }
  }
  // Not asked for a certificate yet: it was not missed.
  CHECK(judge_at(Id::p1, ended(Ending::closed, Stage::handshake)) == Judgement::inconclusive);
  CHECK(judge_at(Id::p1, ended(Ending::closed, Stage::established)) ==
        Judgement::rejected_after_handshake);
  // A name, a session and a protocol are seen at once.
  tls::Record alert = ended(Ending::alert, Stage::hello);
  alert.alert = tls::Alert{112};
  for (const Id id : {Id::p7, Id::p8, Id::p9a}) {
    CHECK(judge_at(id, alert) == Judgement::rejected_in_handshake);
  }
  for (const Id id : {Id::p7, Id::p8}) {
    CHECK(judge_at(id, ended(Ending::closed, Stage::hello)) == Judgement::rejected_in_handshake);
  }
  CHECK(judge_at(Id::p9a, ended(Ending::closed, Stage::hello)) == Judgement::inconclusive);
}

TEST_CASE("a good certificate that was asked for and not sent was not refused") {
  for (tls::Record record : {answered(400), answered(403), alerted(40, Version::tls_1_2)}) {
    record.certificate_sent = false;
    CHECK(judge_control(record, nullptr) == Judgement::withheld);
  }
  tls::Record record = answered(200);
  record.certificate_sent = false;
  CHECK(judge_control(record, nullptr) == Judgement::accepted);
}

TEST_CASE("the control is let in by an answer that is no refusal") {
  CHECK(judge_control(answered(200), nullptr) == Judgement::accepted);
  CHECK(judge_control(answered(404), nullptr) == Judgement::accepted);
  CHECK(judge_control(answered(400), nullptr) == Judgement::rejected_by_http);
  CHECK(judge_control(alerted(45, Version::tls_1_3), nullptr) ==
        Judgement::rejected_after_handshake);
  CHECK(judge_control(ended(Ending::reset, Stage::hello), nullptr) == Judgement::inconclusive);
}

TEST_CASE("a 403 is the application's where TLS turned the client without certificate away") {
  const tls::Record cut = alerted(116, Version::tls_1_3);
  const tls::Record same = answered(403);
  CHECK(judge_control(answered(403), &cut) == Judgement::accepted);
  CHECK(judge_control(answered(403), &same) == Judgement::rejected_by_http);
  CHECK(judge_control(answered(400), &cut) == Judgement::rejected_by_http);
}

}  // namespace mtls::probe::test
