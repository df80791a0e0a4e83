// What stands in the ledger, as values.
#pragma once

#include "base/clock.hpp"
#include "crypto/digest.hpp"
#include "x509/serial_number.hpp"
#include "x509/validity.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mtls::store {

/// The row of an issuer: (subject DER, SPKI SHA-256).
enum class IssuerId : std::int64_t {};
[[nodiscard]] constexpr std::int64_t number(IssuerId issuer) noexcept {
  return static_cast<std::int64_t>(issuer);
}

enum class State {
  intent,  // recorded, signature not yet recorded
  issued,
  revoked,
  unknown,  // an intent whose process died: maybe signed, never released
  burnt,    // given up; its serial is never used again
};
[[nodiscard]] std::string_view name(State state) noexcept;
[[nodiscard]] std::optional<State> parse_state(std::string_view word) noexcept;

enum class Origin { issued, imported };
[[nodiscard]] std::string_view name(Origin origin) noexcept;

/// The longest request key, in octets: an index of PostgreSQL holds 2,700.
inline constexpr std::size_t k_request_key_limit = 1000;

/// Who is working: goes into every record.
struct Actor {
  std::string actor;  // --actor, MTLSCTL_ACTOR, or the user's name
  std::string host;
  std::int64_t pid;
  std::string session;  // random, one a process: tells a reused pid from the same process
};

/// Who changes a ledger, and when: what every entry of its log says.
struct Author {
  std::string actor;
  std::string host;
  UnixTime time;
};

/// What is recorded before the CA key is used.
struct Intent {
  IssuerId issuer;
  x509::SerialNumber serial;
  Bytes tbs;
  std::optional<std::string> request_key = {};
  std::string profile;
  crypto::Sha256 profile_hash;
  std::string subject;            // RFC 4514, as shown
  std::vector<std::string> sans;  // "dns:a.example"
  x509::Validity validity;
  crypto::Sha256 spki_hash;
  Actor actor;
  UnixTime time;
  [[nodiscard]] Author author() const {
    return {.actor = actor.actor, .host = actor.host, .time = time};
  }
  /// An intent of a dead process that this one takes over.
  std::optional<x509::SerialNumber> replaces_intent = {};
  /// The certificate that this one replaces (--force), for the record.
  std::optional<x509::SerialNumber> replaces = {};
};

/// What is recorded after it.
struct Issued {
  IssuerId issuer;
  x509::SerialNumber serial;
  crypto::Sha256 fingerprint;
  Bytes certificate;  // DER
  Author author;
  /// Whether it is a CA certificate of `issuer` itself (a root's own), to be kept as one of those
  /// in the same commit.
  enum class Use { leaf, own_certificate };
  Use use = Use::leaf;
};

/// One row.
struct Record {
  IssuerId issuer;
  x509::SerialNumber serial;
  State state;
  Origin origin;
  std::optional<std::string> request_key;
  std::string profile;
  std::string profile_hash;  // hex
  std::string subject;
  std::vector<std::string> sans;
  x509::Validity validity;
  crypto::Sha256 spki_hash;
  std::optional<crypto::Sha256> fingerprint;  // none for intents
  std::optional<Bytes> certificate;           // DER
  Actor actor;
  UnixTime intent_time;
  std::optional<UnixTime> issued_time;
  std::optional<UnixTime> revoked_time;
  std::string note;
  std::optional<Bytes> tbs;  // DER, while there is no certificate, which holds it
  std::int64_t crl_part;
  std::optional<x509::SerialNumber> replaces;
  UnixTime changed_time;  // the newest of the times above
  /// The entries of the issuer's log that commit to the row (row_parts.hpp): to what its intent
  /// fixed, to its certificate, and to where it stands if that says more than those two.
  std::int64_t intent_entry;
  std::optional<std::int64_t> issue_entry;
  std::optional<std::int64_t> standing_entry;
};

/// A certificate that replaces another, as its row says; whether it is revoked is another question
/// (store/status.hpp).
struct Replacement {
  x509::SerialNumber serial;
  State state;
  x509::Validity validity;
};

/// Which records a list shows; every member that is set narrows it.
struct Query {
  std::optional<IssuerId> issuer = {};  // several CAs may share a ledger
  std::optional<State> state = {};
  std::optional<std::string> subject_contains = {};  // ASCII case-insensitive; also over SANs
  std::optional<UnixTime> expires_before = {};
  std::optional<UnixTime> valid_at = {};
  std::optional<std::string> profile = {};
  std::int64_t limit = 0;  // 0: no limit
};

enum class Continue { yes, no };

}  // namespace mtls::store
