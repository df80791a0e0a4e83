// A row of the table certificates as a Record, and the texts that its columns hold.
#pragma once

#include "store/db.hpp"
#include "store/record.hpp"

#include <array>

namespace mtls::store {

/// The columns that read_record reads, in its order; `id` is the last.
inline constexpr std::string_view k_record_columns =
    "issuer, serial, state, origin, request_key, profile, profile_hash, subject, sans, not_before, "
    "not_after, spki_hash, fingerprint, certificate, actor, host, pid, session, intent_time, "
    "issued_time, revoked_time, note, tbs, crl_part, replaces, changed_time, intent_entry, "
    "issue_entry, standing_entry, id";

inline constexpr int k_record_columns_count = [] {
  int count = 1;
  for (const char c : k_record_columns) count += c == ',' ? 1 : 0;
  return count;
}();

struct RecordRow {
  Record record;
  std::int64_t id;
};

/// Reads the current row of a statement that selected k_record_columns. Throws DbError corrupt
/// where a column does not hold what it should.
[[nodiscard]] RecordRow read_record(const Statement& statement);

/// Reads a serial as it is written, in lower-case hex and no other way. Throws DbError corrupt that
/// names `column`.
[[nodiscard]] x509::SerialNumber read_serial(std::string_view text, std::string_view column);

/// Reads a SHA-256 as it is written, in lower-case hex and no other way: a change of the text is a
/// change. Throws DbError corrupt that names `column`.
[[nodiscard]] crypto::Sha256 read_digest(std::string_view text, std::string_view column);

/// Whether every engine takes `text` as it is: UTF-8 without a NUL.
[[nodiscard]] bool is_storable(std::string_view text);

/// Names as one text: each with a line end behind it, `\` and line ends inside escaped.
[[nodiscard]] std::string join_sans(const std::vector<std::string>& sans);
/// Reads what join_sans wrote; nothing where it is anything else.
[[nodiscard]] std::optional<std::vector<std::string>> split_sans(std::string_view text);

[[nodiscard]] inline std::int64_t to_seconds(UnixTime time) noexcept {
  return time.time_since_epoch().count();
}
[[nodiscard]] inline UnixTime to_time(std::int64_t seconds) noexcept {
  return UnixTime(std::chrono::seconds(seconds));
}

}  // namespace mtls::store
