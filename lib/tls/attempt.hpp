// One attempt at a TLS listener: a new TCP connection, a new SSL_CTX, one GET. It notes what
// happened and judges nothing; every step ends by a deadline.
#pragma once

#include "base/clock.hpp"
#include "crypto/private_key.hpp"
#include "ossl/context.hpp"
#include "tls/address.hpp"
#include "tls/http_answer.hpp"
#include "x509/certificate.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::tls {

enum class Version { tls_1_2, tls_1_3 };
[[nodiscard]] std::string_view name(Version version) noexcept;  // "1.2", "1.3"

/// What a client shows: its certificate first, then what it sends behind it; and the key it signs
/// with, whose public half is the certificate's (but see PrivateKey::make_false).
struct Identity {
  std::vector<x509::Certificate> chain;
  crypto::PrivateKey key;
};

/// Whom the client takes for the server.
struct ServerTrust {
  enum class System { no, yes };
  std::vector<x509::Certificate> anchors;
  System system = System::no;  // the roots of this machine as well
  /// The DNS name or address that its certificate must be for; nothing: any that the anchors trust.
  std::optional<std::string> name;
};

/// What to do about a server whose certificate is not accepted. It is checked inside the handshake,
/// before anything is signed.
enum class Distrust { end_handshake, go_on };

/// A session that a server gave, to be resumed once. Belongs to nobody's connection.
class ClientSession;

/// An HTTP proxy: "CONNECT target" is asked of it first.
struct Proxy {
  Address address;
  std::string target;  // "host:port"
};

/// What one attempt is to be.
struct Plan {
  Address address;
  std::optional<Proxy> proxy;
  /// The one version offered; nothing: no TLS, the request in the clear.
  std::optional<Version> version;
  std::optional<std::string> server_name;  // SNI; nothing: none is sent
  std::vector<std::string> alpn;           // "h2" first has the request sent over HTTP/2 if chosen
  HttpRequest request;
  /// Asked first on the same connection. The request follows only once this has its whole answer.
  std::optional<HttpRequest> first_request;
  std::optional<Identity> identity;
  ServerTrust trust;
  Distrust distrust = Distrust::end_handshake;
  std::shared_ptr<ClientSession> resume;
  std::chrono::milliseconds timeout{5000};
  /// How long to listen at TLS 1.3 before the request is written: refusals come after the client's
  /// handshake is over. A session ticket ends it early.
  std::chrono::milliseconds wait{500};
};

/// How far it came.
enum class Stage {
  connecting,
  hello,        ///< connected; no ServerHello yet
  handshake,    ///< ServerHello seen
  established,  ///< the client's handshake is over (without TLS: connected)
  answered,     ///< a status line was read
};
[[nodiscard]] std::string_view name(Stage stage) noexcept;

/// What ended it.
enum class Ending {
  answer,
  alert,   ///< a fatal alert came: see `alert`
  closed,  ///< end of file or close_notify, or HTTP/2's RST_STREAM or GOAWAY
  reset,
  timed_out,
  refused,  ///< nothing listens there
  unreachable,
  proxy_refused,
  foreign,           ///< no TLS, or no HTTP inside
  untrusted_server,  ///< we ended the handshake: see `distrusted`
  failed,            ///< our side cannot go on with what it was sent: see `detail`
};
[[nodiscard]] std::string_view name(Ending ending) noexcept;

/// A TLS alert (RFC 8446 section 6).
struct Alert {
  unsigned number;
  [[nodiscard]] std::string name() const;  // "certificate_required"; "alert 200" for others
};

/// What happened.
struct Record {
  Stage stage = Stage::connecting;
  Ending ending = Ending::failed;
  std::optional<Alert> alert;
  std::string detail;                             // what the layer below said; for showing only
  bool version_refused = false;                   // the server does not speak the version
  bool certificate_requested = false;             // in the handshake or behind it
  bool certificate_sent = false;                  // a certificate of ours, not an empty list
  bool signed_by_us = false;                      // CertificateVerify was sent
  std::vector<std::string> authorities;           // the CA names that were offered, safe to show
  std::vector<std::string> signature_algorithms;  // "ecdsa_secp256r1_sha256"
  std::string cipher;
  std::string alpn;  // what was chosen
  bool resumed = false;
  std::vector<x509::Certificate> server_chain;
  /// Why the server's certificate is not accepted; nothing where it is, or none came.
  std::optional<std::string> distrusted;
  std::optional<HttpAnswer> answer;
  std::optional<HttpAnswer> first_answer;  // to Plan::first_request
  std::shared_ptr<ClientSession> session;  // the last one that was given
  std::chrono::milliseconds connect_time{};
  std::chrono::milliseconds handshake_time{};
  std::chrono::milliseconds total_time{};
};

/// Runs the plan and returns by its timeout (and little later). What the listener does is in the
/// Record; throws only for what is wrong on our side: unsupported (an identity that libssl does not
/// load), internal.
[[nodiscard]] Record attempt(const Plan& plan, const Clock& clock, const ossl::Context& context);

}  // namespace mtls::tls
