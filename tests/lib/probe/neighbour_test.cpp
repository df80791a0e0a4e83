#include "probe/neighbour.hpp"

#include "lib/probe/records.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

namespace mtls::probe::test {
namespace {

using tls::Ending;
using tls::Stage;

const std::vector k_one{Version::tls_1_3};
const std::string k_name = "a.example";

Attempt of_neighbour(Id id, tls::Record record) {
  Attempt one = attempt(id, Version::tls_1_3, std::move(record));
  one.variant = k_name;
  one.with_identity = id != Id::n4;
  if (id == Id::n5 || id == Id::n6) one.record.first_answer = answered(200, "a's own").answer;
  if (id == Id::n0) one.bare = alerted(116, Version::tls_1_3);
  return one;
}

Demands with_neighbour() {
  Demands wanted = demands(k_one);
  wanted.neighbours = {k_name};
  return wanted;
}

/// What a listener makes of every attempt that keeps the neighbour's client out.
std::vector<Attempt> kept_apart() {
  std::vector<Attempt> attempts = enforced(Version::tls_1_3);
  attempts.push_back(of_neighbour(Id::n0, answered(200, "a's own")));
  attempts.push_back(of_neighbour(Id::n1, alerted(48, Version::tls_1_3)));
  for (const Id id : {Id::n2, Id::n3, Id::n4, Id::n5, Id::n6}) {
    attempts.push_back(of_neighbour(id, answered(421, "misdirected")));
  }
  return attempts;
}

Finding found(const std::vector<Attempt>& attempts) { return find(attempts, with_neighbour()); }

/// How the attempt is judged with this record.
Judgement judged_as(Id id, const tls::Record& record) {
  std::vector<Attempt> attempts = kept_apart();
  const Attempt one = of_neighbour(id, record);
  const tls::Record control = answered(200);
  return judge_neighbour(one, attempts, &control);
}

constexpr std::array k_about_host{Id::n2, Id::n3, Id::n5, Id::n6};

}  // namespace

TEST_CASE("a neighbour's client that is kept out leaves it enforced") {
  CHECK(found(kept_apart()).overall == Overall::enforced);
}

TEST_CASE("each way in of a neighbour's client is a bypass") {
  for (const Id id : {Id::n2, Id::n3, Id::n4, Id::n5, Id::n6}) {
    auto attempts = kept_apart();
    put(attempts, id, of_neighbour(id, answered(200)).record);
    const Finding finding = found(attempts);
    CHECK(finding.mode == Mode::bypass);
    REQUIRE(finding.reasons.size() == 1);
    CHECK(finding.reasons.front().find("(a.example) was let in") != std::string::npos);
  }
}

TEST_CASE("the target's content is let in, another place's is other content, 421 refuses") {
  for (const Id id : k_about_host) {
    CHECK(judged_as(id, answered(200)) == Judgement::accepted);
    CHECK(judged_as(id, answered(200, "a's own")) == Judgement::other_content);
    CHECK(judged_as(id, answered(421)) == Judgement::rejected_by_http);
    CHECK(judged_as(id, answered(400)) == Judgement::rejected_by_http);
    for (const unsigned status : {301U, 302U, 404U, 500U, 503U}) {
      CHECK(judged_as(id, answered(status)) == Judgement::other_content);
    }
    // The target may show each client something else.
    CHECK(judged_as(id, answered(200, "hello, clerk of a")) == Judgement::inconclusive);
  }
  for (const Id id : {Id::n1, Id::n4}) {
    CHECK(judged_as(id, answered(200)) == Judgement::accepted);
    CHECK(judged_as(id, answered(200, "hello, clerk of a")) == Judgement::accepted);
    CHECK(judged_as(id, answered(302)) == Judgement::other_content);
    CHECK(judged_as(id, answered(404)) == Judgement::other_content);
    CHECK(judged_as(id, answered(403)) == Judgement::rejected_by_http);
    CHECK(judged_as(id, answered(421)) == Judgement::rejected_by_http);
  }
}

TEST_CASE("what any server says is not the target's content") {
  for (const unsigned status : {404U, 302U, 204U}) {
    const std::string body = status == 204 ? "" : "the usual page";
    const tls::Record control = answered(status, body);
    std::vector<Attempt> attempts{of_neighbour(Id::n0, answered(200, "a's own"))};
    const Attempt one = of_neighbour(Id::n3, answered(status, body));
    CHECK(judge_neighbour(one, attempts, &control) == Judgement::accepted);
    attempts.front().record = answered(status, body);
    CHECK(judge_neighbour(one, attempts, &control) == Judgement::inconclusive);
  }
  // The target's own 403, which the good client gets, may be a refusal of this one.
  const tls::Record control = answered(403);
  CHECK(judge_neighbour(of_neighbour(Id::n3, answered(403)), {}, &control) ==
        Judgement::inconclusive);
  // A page of one's own is the target's content even where the neighbour shows it too.
  const tls::Record page = answered(200);
  CHECK(judge_neighbour(of_neighbour(Id::n3, answered(200)), {of_neighbour(Id::n0, answered(200))},
                        &page) == Judgement::accepted);
}

TEST_CASE("redirects are the same only if they lead to the same place") {
  tls::Record control = answered(302, "Found");
  control.answer->location = "https://b.example/login";
  tls::Record elsewhere = answered(302, "Found");
  elsewhere.answer->location = "https://a.example/login";
  CHECK_FALSE(same_content(*control.answer, *elsewhere.answer));
  const std::vector<Attempt> attempts{of_neighbour(Id::n0, elsewhere)};
  CHECK(judge_neighbour(of_neighbour(Id::n3, control), attempts, &control) == Judgement::accepted);
  CHECK(judge_neighbour(of_neighbour(Id::n3, elsewhere), attempts, &control) ==
        Judgement::other_content);
}

TEST_CASE("a target that admits the certificate itself shares its trust: nothing follows") {
  auto attempts = kept_apart();
  put(attempts, Id::n1, answered(200));
  for (const Id id : k_about_host) put(attempts, id, of_neighbour(id, answered(200)).record);
  CHECK(found(attempts).overall == Overall::enforced);
  // Nor need the others have been made.
  attempts.erase(
      std::remove_if(attempts.begin(), attempts.end(),
                     [](const Attempt& one) { return is_of_neighbour(one.id) && one.id > Id::n1; }),
      attempts.end());
  CHECK(found(attempts).overall == Overall::enforced);
}

TEST_CASE("a certificate that does not get in under its own name proves nothing") {
  for (const tls::Record& record :
       {answered(400), answered(421), answered(403), alerted(48, Version::tls_1_3),
        ended(Ending::timed_out, Stage::hello),
        ended(Ending::untrusted_server, Stage::handshake)}) {
    auto attempts = kept_apart();
    put(attempts, Id::n0, record);
    for (Attempt& one : attempts) {
      if (one.id == Id::n0) one.bare = record;
    }
    const Finding finding = found(attempts);
    CHECK(finding.overall == Overall::no_verdict);
    REQUIRE(finding.reasons.size() == 1);
    CHECK(finding.reasons.front().find("N0 at TLS 1.3 (a.example)") == 0);
  }
  // Nothing at all was tried.
  CHECK(found(enforced(Version::tls_1_3)).overall == Overall::no_verdict);
}

TEST_CASE(
    "a 403 under the neighbour's own name is the application's if others get something else") {
  auto attempts = kept_apart();
  put(attempts, Id::n0, answered(403));
  CHECK(found(attempts).overall == Overall::enforced);
  for (Attempt& one : attempts) {
    if (one.id == Id::n0) one.bare = answered(400);
  }
  CHECK(found(attempts).overall == Overall::enforced);
}

TEST_CASE("a neighbour that is open to all proves nothing of its clients, but bypasses count") {
  auto attempts = kept_apart();
  for (Attempt& one : attempts) {
    if (one.id == Id::n0) one.bare = one.record;
  }
  CHECK(found(attempts).overall == Overall::no_verdict);
  put(attempts, Id::n3, answered(200));
  CHECK(found(attempts).mode == Mode::bypass);
}

TEST_CASE("an attempt of a neighbour's client that came to nothing leaves no verdict") {
  for (const Id id : {Id::n1, Id::n2, Id::n3, Id::n4, Id::n5, Id::n6}) {
    auto attempts = kept_apart();
    put(attempts, id, of_neighbour(id, ended(Ending::timed_out, Stage::established)).record);
    CHECK(found(attempts).overall == Overall::no_verdict);
  }
  // Cut while it still asked for its own host.
  auto attempts = kept_apart();
  put(attempts, Id::n5, ended(Ending::closed, Stage::established));
  CHECK(found(attempts).overall == Overall::no_verdict);
  put(attempts, Id::n5, of_neighbour(Id::n5, ended(Ending::closed, Stage::established)).record);
  CHECK(found(attempts).overall == Overall::enforced);
}

TEST_CASE("a name that does not offer the version is not a gap, unless it offers none") {
  auto attempts = kept_apart();
  tls::Record refused = ended(Ending::alert, Stage::hello);
  refused.alert = tls::Alert{70};
  refused.version_refused = true;
  put(attempts, Id::n0, refused);
  CHECK(found(attempts).overall == Overall::no_verdict);
  auto older = enforced(Version::tls_1_2);
  for (Attempt& one : kept_apart()) {
    if (!is_of_neighbour(one.id)) continue;
    one.version = Version::tls_1_2;
    older.push_back(one);
  }
  attempts.insert(attempts.end(), older.begin(), older.end());
  Demands wanted = with_neighbour();
  wanted.versions = {Version::tls_1_2, Version::tls_1_3};
  CHECK(find(attempts, wanted).overall == Overall::enforced);
}

TEST_CASE("with --require handshake the wrong host may still be refused over HTTP") {
  Demands wanted = with_neighbour();
  wanted.strength = Strength::handshake;
  auto attempts = kept_apart();
  put(attempts, Id::n4, alerted(116, Version::tls_1_3));
  CHECK(find(attempts, wanted).overall == Overall::enforced);
  put(attempts, Id::n4, answered(421));
  CHECK(find(attempts, wanted).mode == Mode::bypass);
}

}  // namespace mtls::probe::test
