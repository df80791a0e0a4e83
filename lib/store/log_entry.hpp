// One entry of an issuer's log, and how entries hang together.
#pragma once

#include "store/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mtls::store {

/// What an entry is about.
enum class LogAction {
  issuer,           // the issuer was put into the ledger
  ca_certificate,   // one of its CA certificates was
  intent,           // recorded before the CA key is used
  issue,            // the certificate, after it
  revoke,           // a certificate is revoked from here on
  unhold,           // a revocation for certificateHold ends
  unknown,          // an intent whose process died
  burn,             // an intent given up
  import,           // a certificate that was issued elsewhere
  migration,        // the schema was brought up to date; entries for all that was there follow
  crl,              // a revocation list was signed
  accept_rollback,  // somebody answers for a ledger that is older than one seen before
  accept_clock,     // somebody answers for an entry from the future
  accept_loss,      // somebody answers for rows of an earlier entry that are gone
};
[[nodiscard]] std::string_view name(LogAction action) noexcept;
[[nodiscard]] std::optional<LogAction> parse_log_action(std::string_view word) noexcept;

/// Where a log ends: the number of its last entry and that entry's hash. An issuer's empty log has
/// number 0 and its origin as hash (origin_of_log).
struct LogHead {
  std::int64_t seq;
  crypto::Sha256 hash;
  bool operator==(const LogHead&) const = default;
  /// "SEQ:HEX", for people and machines to keep.
  [[nodiscard]] std::string to_text() const;
  [[nodiscard]] static std::optional<LogHead> parse(std::string_view text);
};

/// One entry. `content` is the hash of what it is about: a part of a row (row_parts.hpp), octets of
/// a CA certificate, or the Merkle root over the parts of `count` rows; all zeros where there is
/// nothing.
struct LogEntry {
  std::int64_t seq;  // 1, 2, 3 … without gaps
  UnixTime time;
  std::string actor;
  std::string host;
  LogAction action;
  std::optional<x509::SerialNumber> serial;  // none for a batch, and for what is about no row
  std::string profile;                       // empty where none had a say
  std::string profile_hash;                  // hex
  crypto::Sha256 content;
  std::int64_t count;  // rows it is about
  std::string note;
  crypto::Sha256 previous;  // the hash of the entry before
  crypto::Sha256 hash;      // of all the above: hash_of

  [[nodiscard]] LogHead head() const { return {.seq = seq, .hash = hash}; }
};

/// Returns the hash of an entry: SHA-256 over its fields in the order above, `hash` left out, in
/// the encoding of log_encoding.hpp with the label "mtlsctl log entry 1".
[[nodiscard]] crypto::Sha256 hash_of(const LogEntry& entry);

/// Returns what stands as `previous` in the first entry of an issuer's log: it ties the log to the
/// ledger and to the issuer. `subject_der` and `spki_hash` are the texts of the table issuers.
[[nodiscard]] crypto::Sha256 origin_of_log(std::string_view ledger_id, std::string_view subject_der,
                                           std::string_view spki_hash);

}  // namespace mtls::store
