#include "tls/turned_away.hpp"

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace mtls::tls {
namespace {

TurnedAway explain_one(int library, int reason, const std::optional<PeerVerdict>& verdict = {}) {
  return explain({.entries = {{.library = library, .reason = reason, .line = "a \x1b line"}},
                  .verdict = verdict,
                  .client_subject = "CN=alice"});
}

TEST_CASE("the judge's reason goes before libssl's") {
  const std::optional<PeerVerdict> refused = PeerVerdict{.reason = "CN=alice: expired"};
  const TurnedAway why = explain_one(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, refused);
  CHECK(why.reason == "CN=alice: expired");
  CHECK(why.by == TurnedAway::By::us);
}

TEST_CASE("a refusal without a reason is one, too") {
  const std::optional<PeerVerdict> refused = PeerVerdict{};
  CHECK(explain_one(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, refused).by ==
        TurnedAway::By::us);
}

TEST_CASE("a missing certificate, plain HTTP and a version too old have words") {
  CHECK(explain_one(ERR_LIB_SSL, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE).reason ==
        "no client certificate, and one is required");
  CHECK(explain_one(ERR_LIB_SSL, SSL_R_HTTP_REQUEST).by == TurnedAway::By::transport);
  CHECK(explain_one(ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL).by == TurnedAway::By::us);
}

TEST_CASE("whoever speaks HTTP is known, so that it can be answered") {
  CHECK(explain_one(ERR_LIB_SSL, SSL_R_HTTP_REQUEST).spoke == TurnedAway::Spoke::http);
  CHECK(explain_one(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER).spoke == TurnedAway::Spoke::tls);
}

TEST_CASE("an alert is the client's, and about our certificate or not") {
  const TurnedAway unknown_ca = explain_one(ERR_LIB_SSL, SSL_AD_REASON_OFFSET + 48);
  CHECK(unknown_ca.by == TurnedAway::By::client);
  CHECK(unknown_ca.reason.find("does not accept this listener's certificate") != std::string::npos);
  const TurnedAway cancelled = explain_one(ERR_LIB_SSL, SSL_AD_REASON_OFFSET + 90);
  CHECK(cancelled.reason.find("alert 90") != std::string::npos);
}

TEST_CASE("a proof that fails behind an accepted certificate is a missing key") {
  const std::optional<PeerVerdict> accepted = PeerVerdict{.answer = PeerVerdict::Answer::accepted};
  const TurnedAway why = explain_one(ERR_LIB_SSL, SSL_R_BAD_SIGNATURE, accepted);
  CHECK(why.reason.find("CN=alice: the client does not have the private key") == 0);
}

TEST_CASE("what has no words of ours is libssl's, escaped; silence is a client that left") {
  CHECK(explain_one(ERR_LIB_SSL, 0).reason == "libssl says: a \\x1b line");
  CHECK(explain({.entries = {}, .verdict = {}, .client_subject = {}}).by == TurnedAway::By::client);
}

}  // namespace
}  // namespace mtls::tls
