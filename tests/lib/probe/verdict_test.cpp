#include "probe/verdict.hpp"

#include "lib/probe/records.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace mtls::probe::test {
namespace {

using tls::Ending;
using tls::Stage;

const std::vector k_one{Version::tls_1_3};
const std::vector k_both{Version::tls_1_2, Version::tls_1_3};

std::vector<Attempt> both(std::vector<Attempt> first, const std::vector<Attempt>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// The mode where one attempt alone is let in.
std::optional<Mode> mode_where(Id id) {
  auto attempts = enforced(Version::tls_1_3);
  if (id == Id::p7) attempts.push_back(attempt(Id::p7, Version::tls_1_3, {}));
  put(attempts, id, answered(200));
  return find(attempts, demands(k_one)).mode;
}

}  // namespace

TEST_CASE("enforced: the good one gets in and every other is refused") {
  const Finding finding = find(enforced(Version::tls_1_3), demands(k_one));
  CHECK(finding.overall == Overall::enforced);
  CHECK_FALSE(finding.mode);
  CHECK(finding.offered == k_one);
  CHECK(
      find(both(enforced(Version::tls_1_2), enforced(Version::tls_1_3)), demands(k_both)).overall ==
      Overall::enforced);
}

TEST_CASE("the mode is the worst of what was let in") {
  CHECK(mode_where(Id::p1) == Mode::optional);
  CHECK(mode_where(Id::p2) == Mode::any_certificate);
  CHECK(mode_where(Id::p3) == Mode::any_certificate);
  CHECK(mode_where(Id::p6) == Mode::any_certificate);
  CHECK(mode_where(Id::p7) == Mode::bypass);
  CHECK(mode_where(Id::p8) == Mode::bypass);
  CHECK(mode_where(Id::p9a) == Mode::bypass);
  CHECK(mode_where(Id::p9b) == Mode::bypass);
  CHECK(mode_where(Id::e6) == Mode::gaps);
  auto attempts = enforced(Version::tls_1_3);
  put(attempts, Id::e6, answered(200));
  put(attempts, Id::p8, answered(200));
  CHECK(find(attempts, demands(k_one)).mode == Mode::bypass);
  put(attempts, Id::p3, answered(200));
  const Finding finding = find(attempts, demands(k_one));
  CHECK(finding.mode == Mode::any_certificate);
  CHECK(finding.reasons.size() == 1);
}

TEST_CASE("no-mtls: nobody was asked for a certificate") {
  std::vector<Attempt> attempts = enforced(Version::tls_1_3);
  tls::Record open = answered(200);
  open.certificate_requested = false;
  open.certificate_sent = false;
  for (Attempt& one : attempts) one.record = open;
  const Finding finding = find(attempts, demands(k_one));
  CHECK(finding.overall == Overall::not_enforced);
  CHECK(finding.mode == Mode::no_mtls);
}

TEST_CASE("no-mtls is about the name that is probed, whatever others ask") {
  std::vector<Attempt> attempts = enforced(Version::tls_1_3);
  tls::Record open = answered(200);
  open.certificate_requested = false;
  open.certificate_sent = false;
  for (Attempt& one : attempts) one.record = open;
  put(attempts, Id::p8, answered(200));
  CHECK(find(attempts, demands(k_one)).mode == Mode::no_mtls);
}

TEST_CASE("a control that got in without its certificate shows that none is needed") {
  auto attempts = enforced(Version::tls_1_3);
  tls::Record open = answered(200);
  open.certificate_sent = false;
  put(attempts, Id::p0, open);
  Finding finding = find(attempts, demands(k_one));
  CHECK(finding.mode == Mode::optional);
  REQUIRE(finding.reasons.size() == 1);
  // P1 says it better.
  put(attempts, Id::p1, answered(200));
  finding = find(attempts, demands(k_one));
  CHECK(finding.mode == Mode::optional);
  CHECK(finding.reasons.size() == 1);
}

TEST_CASE("nothing is proved without the attempts that prove it") {
  for (const Id id : {Id::p1, Id::p2, Id::p3, Id::p4, Id::p5, Id::p6, Id::p9a}) {
    auto attempts = enforced(Version::tls_1_3);
    attempts.erase(std::find_if(attempts.begin(), attempts.end(),
                                [id](const Attempt& one) { return one.id == id; }));
    const Finding finding = find(attempts, demands(k_one));
    CHECK(finding.overall == Overall::no_verdict);
    CHECK(finding.reasons.size() == 1);
  }
  Demands wanted = demands(k_one);
  wanted.revocation = true;
  CHECK(find(enforced(Version::tls_1_3), wanted).overall == Overall::no_verdict);
}

TEST_CASE("where the control's content varies, other content proves nothing") {
  for (const Id id : {Id::p8, Id::p9b}) {
    auto attempts = enforced(Version::tls_1_3);
    put(attempts, id, answered(200, "12:00:01"));
    attempts.front().again = answered(200).answer;
    CHECK(find(attempts, demands(k_one)).overall == Overall::enforced);
    attempts.front().again = answered(200, "12:00:02").answer;
    CHECK(find(attempts, demands(k_one)).overall == Overall::no_verdict);
    // Another status is another page whatever it says.
    put(attempts, id, answered(301, "12:00:01"));
    CHECK(find(attempts, demands(k_one)).overall == Overall::enforced);
  }
}

TEST_CASE("no control, no verdict") {
  for (const tls::Record& record :
       {answered(400), alerted(45, Version::tls_1_3), ended(Ending::timed_out, Stage::established),
        ended(Ending::untrusted_server, Stage::handshake)}) {
    auto attempts = enforced(Version::tls_1_3);
    put(attempts, Id::p0, record);
    const Finding finding = find(attempts, demands(k_one));
    CHECK(finding.overall == Overall::no_verdict);
    CHECK(finding.without_control == k_one);
  }
  auto attempts = enforced(Version::tls_1_3);
  attempts.erase(attempts.begin());
  CHECK(find(attempts, demands(k_one)).overall == Overall::no_verdict);
}

TEST_CASE("P1 let in decides even without a control") {
  auto attempts = enforced(Version::tls_1_3);
  put(attempts, Id::p0, ended(Ending::untrusted_server, Stage::handshake));
  put(attempts, Id::p1, answered(200));
  CHECK(find(attempts, demands(k_one)).mode == Mode::optional);
}

TEST_CASE("everything answered alike, as with a stale CRL, is no verdict") {
  auto attempts = enforced(Version::tls_1_3);
  for (Attempt& one : attempts) {
    if (one.version) one.record = answered(400);
  }
  CHECK(find(attempts, demands(k_one)).overall == Overall::no_verdict);
}

TEST_CASE("a version without a control spoils the whole, unless it is left out") {
  auto old = enforced(Version::tls_1_2);
  put(old, Id::p0, alerted(45, Version::tls_1_2));
  const auto attempts = both(old, enforced(Version::tls_1_3));
  const Finding finding = find(attempts, demands(k_both));
  CHECK(finding.overall == Overall::no_verdict);
  CHECK(finding.without_control == std::vector{Version::tls_1_2});
  CHECK(find(enforced(Version::tls_1_3), demands(k_one)).overall == Overall::enforced);
}

TEST_CASE("a version that is not offered does not count; one alone that nobody offers does") {
  tls::Record none = ended(Ending::alert, Stage::hello);
  none.alert = tls::Alert{70};
  none.version_refused = true;
  std::vector<Attempt> old{attempt(Id::p0, Version::tls_1_2, none),
                           attempt(Id::p1, Version::tls_1_2, none)};
  const Finding finding = find(both(old, enforced(Version::tls_1_3)), demands(k_both));
  CHECK(finding.overall == Overall::enforced);
  CHECK(finding.offered == k_one);
  CHECK(find(old, demands({Version::tls_1_2})).overall == Overall::no_verdict);
  // A server that knows no 1.3 answers with a ServerHello of 1.2, which we do not take.
  tls::Record old_server = ended(Ending::failed, Stage::handshake);
  old_server.version_refused = true;
  const std::vector<Attempt> newer{attempt(Id::p0, Version::tls_1_3, old_server),
                                   attempt(Id::p1, Version::tls_1_3, old_server)};
  CHECK(find(both(enforced(Version::tls_1_2), newer), demands(k_both)).overall ==
        Overall::enforced);
  // Ended without a word: not offered only if the other version is spoken.
  const tls::Record cut = ended(Ending::reset, Stage::hello);
  old = {attempt(Id::p0, Version::tls_1_2, cut), attempt(Id::p1, Version::tls_1_2, cut)};
  CHECK_FALSE(is_offered(both(old, enforced(Version::tls_1_3)), Version::tls_1_2));
  CHECK(is_offered(old, Version::tls_1_2));
}

TEST_CASE("a needed attempt that came to nothing leaves no verdict") {
  for (const Id id : {Id::p2, Id::p5, Id::p9a}) {
    auto attempts = enforced(Version::tls_1_3);
    put(attempts, id, ended(Ending::timed_out, Stage::hello));
    CHECK(find(attempts, demands(k_one)).overall == Overall::no_verdict);
  }
}

TEST_CASE("information is told and not judged, unless revocation is expected") {
  auto attempts = enforced(Version::tls_1_3);
  for (const Id id : {Id::i1, Id::i2, Id::i3, Id::i4, Id::i5}) {
    attempts.push_back(attempt(id, Version::tls_1_3, answered(200)));
  }
  Demands wanted = demands(k_one);
  CHECK(find(attempts, wanted).overall == Overall::enforced);
  wanted.revocation = true;
  CHECK(find(attempts, wanted).mode == Mode::gaps);
  put(attempts, Id::i1, alerted(44, Version::tls_1_3));
  CHECK(find(attempts, wanted).overall == Overall::enforced);
}

TEST_CASE("with --require handshake a refusal over HTTP lets in") {
  auto attempts = enforced(Version::tls_1_3);
  for (Attempt& one : attempts) {
    if (one.id != Id::p0 && one.version) one.record = answered(400);
  }
  Demands wanted = demands(k_one);
  CHECK(find(attempts, wanted).overall == Overall::enforced);
  wanted.strength = Strength::handshake;
  CHECK(find(attempts, wanted).mode == Mode::optional);
  // The wrong virtual host can only be refused over HTTP.
  attempts = enforced(Version::tls_1_3);
  put(attempts, Id::p8, answered(421));
  CHECK(find(attempts, wanted).overall == Overall::enforced);
}

TEST_CASE("of several addresses the worst decides; where nobody listens does not count") {
  const Demands wanted = demands(k_one);
  const auto good = judge_all(enforced(Version::tls_1_3), wanted);
  auto attempts = enforced(Version::tls_1_3);
  put(attempts, Id::p1, answered(200));
  const auto open = judge_all(attempts, wanted);
  put(attempts, Id::p1, alerted(116, Version::tls_1_3));
  put(attempts, Id::p0, answered(400));
  const auto unknown = judge_all(attempts, wanted);
  for (Attempt& one : attempts) one.record = ended(Ending::refused, Stage::connecting);
  const auto closed = judge_all(attempts, wanted);
  const auto together = [&wanted](const std::vector<std::vector<Judged>>& judged) {
    std::vector<Finding> findings;
    for (const auto& one : judged) findings.push_back(find_verdict(one, wanted));
    return combine(findings, judged).overall;
  };
  CHECK(together({good, good}) == Overall::enforced);
  CHECK(together({good, open}) == Overall::not_enforced);
  CHECK(together({open, unknown}) == Overall::not_enforced);
  CHECK(together({good, unknown}) == Overall::no_verdict);
  CHECK(together({good, closed}) == Overall::enforced);
  CHECK(together({closed, closed}) == Overall::no_verdict);
}

}  // namespace mtls::probe::test
