// What one attempt says: accepted or refused, and how strongly. A pure function of records.
#pragma once

#include "probe/catalogue.hpp"
#include "tls/attempt.hpp"

#include <optional>
#include <string>

namespace mtls::probe {

/// One attempt that was made.
struct Attempt {
  Id id;
  std::string variant;  // "no SNI", the neighbour's name; empty where there is but one
  tls::Address address;
  std::optional<tls::Version> version;  // nothing: without TLS
  bool with_identity = false;           // it was to show a certificate
  tls::Record record;
  /// Of P0: what it got when it was made once more, at the end.
  std::optional<tls::HttpAnswer> again = std::nullopt;
  /// Of N0: what a client without a certificate got under the neighbour's name.
  std::optional<tls::Record> bare = std::nullopt;
};

enum class Judgement {
  accepted,
  rejected_in_handshake,
  rejected_after_handshake,  ///< at TLS 1.3 this is where refusals come: as strong as the first
  rejected_by_http,          ///< weaker: the handshake was let through
  other_content,             ///< P8, P9b, N: answered, but not with what the good client gets
  withheld,     ///< our certificate was not sent: the server is not trusted, or did not ask
  not_offered,  ///< the listener does not speak this version
  inconclusive,
};
/// "rejected-in-handshake" …
[[nodiscard]] std::string_view name(Judgement judgement) noexcept;

/// True for the three kinds of rejection and for other content.
[[nodiscard]] bool is_refusal(Judgement judgement) noexcept;

/// Whether an HTTP status is what listeners refuse clients with: nginx 400, 495 and 496, 421 for
/// the wrong virtual host; applications 401 and 403.
[[nodiscard]] bool is_refusing_status(unsigned status) noexcept;

/// Whether the listener ended the connection: by an alert, a close or a reset.
[[nodiscard]] bool is_cut(const tls::Record& record) noexcept;
/// The kind of rejection of a connection that was cut.
[[nodiscard]] Judgement where_cut(const tls::Record& record) noexcept;

/// Judges the control of one TLS version by its record and that of P1, which was made without a
/// certificate. 401 and 403 count as accepted where P1 did not even get to HTTP: then they are the
/// application's. Refused although our certificate was asked for and not sent (the listener takes
/// no signature of its key), it was withheld.
[[nodiscard]] Judgement judge_control(const tls::Record& control, const tls::Record* bare);

/// Judges any other attempt but the neighbours' (see neighbour.hpp). `control` is the control's
/// record if it was accepted, else null. A connection that is cut before the listener can have seen
/// what the attempt is about was cut for another reason: inconclusive.
[[nodiscard]] Judgement judge(const Attempt& attempt, const tls::Record* control);

/// Whether two answers say the same: status, body, and where both name one, the place that they
/// redirect to. (Over HTTP/2 no Location is read.)
[[nodiscard]] bool same_content(const tls::HttpAnswer& left, const tls::HttpAnswer& right);

/// Says what happened, for a person: "certificate_required (alert 116)", "HTTP 400", "timed out".
[[nodiscard]] std::string describe(const tls::Record& record);

}  // namespace mtls::probe
