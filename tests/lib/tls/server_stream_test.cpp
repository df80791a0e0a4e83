#include "tls/server_stream.hpp"

#include "lib/tls/tls_client.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>

namespace mtls::tls::test {
namespace {

using verify::test::client;
using verify::test::Entity;
using verify::test::root;

constexpr std::array k_versions{TLS1_2_VERSION, TLS1_3_VERSION};

/// One connection from both ends.
struct Talk {
  Talk(const std::shared_ptr<const ServerContext>& context, const std::optional<Entity>& identity,
       int version, SSL_SESSION* session = nullptr)
      : stream(context, sockets.server()), other(sockets.client(), identity, version) {
    if (session != nullptr) SSL_set_session(other.get(), session);
    for (int i = 0; i < 20 && io != Io::done && io != Io::failed && io != Io::closed; ++i) {
      other.step();
      io = stream.handshake();
    }
    for (int i = 0; i < 3; ++i) other.step();
  }

  [[nodiscard]] std::string reason() const {
    return stream.turned_away() ? stream.turned_away()->reason : "";
  }
  [[nodiscard]] bool resumed() const { return stream.peer().session == Peer::Session::resumed; }

  SocketPair sockets;
  ServerStream stream;
  Client other;
  Io io = Io::want_read;
};

PeerVerdict refusal(RefusalAlert alert) {
  return {.answer = PeerVerdict::Answer::refused, .alert = alert, .reason = "a reason", .path = {}};
}

TEST_CASE("a client that the judge accepts is let in, and known") {
  for (const int version : k_versions) {
    const auto judge = std::make_shared<FakeJudge>();
    const Talk talk(make_context(judge, ClientAuth::require), client(), version);
    REQUIRE(talk.io == Io::done);
    CHECK(judge->asked == 1);
    REQUIRE(talk.stream.peer().path.size() == 1);
    CHECK(talk.stream.peer().path.front() == client().certificate);
    CHECK(talk.stream.peer().version == (version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
    CHECK(talk.stream.peer().server_name == "localhost");
    CHECK_FALSE(talk.resumed());
  }
}

TEST_CASE("a client that the judge refuses gets the alert, and we the reason") {
  struct Row {
    RefusalAlert alert;
    int number;
  };
  constexpr std::array k_rows{Row{RefusalAlert::unknown_ca, 48},
                              Row{RefusalAlert::bad_certificate, 42},
                              Row{RefusalAlert::certificate_expired, 45},
                              Row{RefusalAlert::certificate_revoked, 44},
                              Row{RefusalAlert::unsupported_certificate, 43},
                              Row{RefusalAlert::certificate_unknown, 46},
                              Row{RefusalAlert::decrypt_error, 51}};
  for (const int version : k_versions) {
    for (const Row& row : k_rows) {
      const auto judge = std::make_shared<FakeJudge>();
      judge->verdict = refusal(row.alert);
      const Talk talk(make_context(judge, ClientAuth::require), client(), version);
      CHECK(talk.io == Io::failed);
      CHECK(talk.reason() == "a reason");
      CHECK(talk.stream.turned_away()->by == TurnedAway::By::us);
      CHECK(talk.other.alert() == row.number);
      CHECK(talk.stream.presented().size() == 1);
    }
  }
}

TEST_CASE("what the judge throws refuses") {
  for (const ClientAuth client_auth : {ClientAuth::require, ClientAuth::optional}) {
    const auto judge = std::make_shared<FakeJudge>();
    judge->throws = true;
    const Talk talk(make_context(judge, client_auth), client(), TLS1_3_VERSION);
    CHECK(talk.io == Io::failed);
    CHECK(talk.reason() == "the ledger cannot be asked");
  }
}

TEST_CASE("a verdict on another certificate than the client's does not count") {
  const auto judge = std::make_shared<FakeJudge>();
  judge->verdict = PeerVerdict{.answer = PeerVerdict::Answer::accepted,
                               .alert = RefusalAlert::certificate_unknown,
                               .reason = {},
                               .path = {root().certificate}};
  const Talk talk(make_context(judge, ClientAuth::require), client(), TLS1_3_VERSION);
  CHECK(talk.io == Io::failed);
  CHECK(talk.stream.peer().path.empty());
}

TEST_CASE("without a certificate: refused, let in, not asked") {
  for (const int version : k_versions) {
    const auto judge = std::make_shared<FakeJudge>();
    const Talk refused(make_context(judge, ClientAuth::require), std::nullopt, version);
    CHECK(refused.io == Io::failed);
    CHECK(refused.reason() == "no client certificate, and one is required");
    CHECK(Talk(make_context(judge, ClientAuth::optional), std::nullopt, version).io == Io::done);
    const Talk not_asked(make_context(judge, ClientAuth::none), client(), version);
    CHECK(not_asked.io == Io::done);
    CHECK(not_asked.stream.peer().path.empty());
    CHECK(judge->asked == 0);
  }
}

TEST_CASE("a key of another certificate, and a listener without a judge, are not served") {
  using namespace verify::test;  // NOLINT(google-build-using-namespace)
  const auto code = [](const crypto::PrivateKey& key, std::shared_ptr<const PeerJudge> judge) {
    return mtls::test::code_of([&] {
      return ServerContext::make({.chain = {intermediate().certificate}, .key = key},
                                 std::move(judge), context());
    });
  };
  const auto judge = std::make_shared<const FakeJudge>();
  CHECK(code(key("intermediate"), judge) == std::nullopt);
  CHECK(code(key("root"), judge) == Errc::bad_config);
  CHECK(code(key("intermediate"), nullptr) == Errc::internal);
}

TEST_CASE("a session resumes while the judge still accepts its client, and only in its context") {
  for (const int version : k_versions) {
    const auto judge = std::make_shared<FakeJudge>();
    const auto context = make_context(judge, ClientAuth::require);
    const Talk first(context, client(), version);
    REQUIRE(first.io == Io::done);
    const auto session = first.other.session();

    const Talk again(context, client(), version, session.get());
    REQUIRE(again.io == Io::done);
    CHECK(again.resumed());
    CHECK(judge->asked == 2);
    CHECK(again.stream.peer().path.front() == client().certificate);

    // The same settings made anew: other keys.
    const Talk elsewhere(make_context(judge, ClientAuth::require), client(), version,
                         session.get());
    CHECK(elsewhere.io == Io::done);
    CHECK_FALSE(elsewhere.resumed());

    judge->verdict = refusal(RefusalAlert::certificate_revoked);
    const Talk revoked(context, client(), version, session.get());
    CHECK(revoked.io == Io::failed);
    CHECK(revoked.reason() == "a reason");
    CHECK(revoked.other.alert() == 44);
    judge->throws = true;
    CHECK(Talk(context, client(), version, session.get()).io == Io::failed);
  }
}

TEST_CASE("a session that a resumed one gave keeps the client's chain") {
  const auto judge = std::make_shared<FakeJudge>();
  const auto context = make_context(judge, ClientAuth::require);
  auto session = Talk(context, client(), TLS1_3_VERSION).other.session();
  for (int i = 0; i < 3; ++i) {
    const Talk next(context, client(), TLS1_3_VERSION, session.get());
    REQUIRE(next.io == Io::done);
    CHECK(next.resumed());
    CHECK(next.stream.peer().path.front() == client().certificate);
    session = next.other.session();
  }
}

TEST_CASE("a session without a certificate stays one") {
  const auto judge = std::make_shared<FakeJudge>();
  const auto context = make_context(judge, ClientAuth::optional);
  const Talk first(context, std::nullopt, TLS1_3_VERSION);
  const auto session = first.other.session();
  const Talk again(context, client(), TLS1_3_VERSION, session.get());
  REQUIRE(again.io == Io::done);
  CHECK(again.resumed());
  CHECK(again.stream.peer().path.empty());
}

}  // namespace
}  // namespace mtls::tls::test
