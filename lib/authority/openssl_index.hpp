// openssl's CA database, index.txt: a line a certificate, six fields with tabs between (apps/lib of
// OpenSSL; easy-rsa has the same).
//
//   status V, R or E | end of validity | revocation: TIME[,REASON[,MORE]] | serial | file | subject
#pragma once

#include "base/clock.hpp"
#include "x509/name.hpp"
#include "x509/serial_number.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::authority {

/// What a row says, as far as an import uses it.
struct IndexRow {
  std::size_t line;  // from 1
  x509::SerialNumber serial;
  bool revoked;                                // status R, or a revocation date with any status
  std::optional<UnixTime> revoked_at = {};     // none: revoked, and the time cannot be read
  std::string reason = {};                     // RFC 5280's name, empty where none was given
  std::optional<UnixTime> invalid_since = {};  // openssl's keyTime and CAkeyTime
  std::optional<UnixTime> not_after = {};      // none: it cannot be read
  std::string subject = {};                    // as to_oneline writes it
};

/// Something wrong with a line.
struct IndexDefect {
  std::size_t line;
  std::string message;  // safe to show
};

/// What is read of index.txt. A line that was cut short, or holds a field that cannot be read, is
/// a defect; what its serial and status say counts all the same where they are complete. A row that
/// contradicts itself (a revocation date although the status is V, E or unreadable) is a defect and
/// revoked.
struct OpensslIndex {
  std::vector<IndexRow> rows;
  std::vector<IndexDefect> defects;
};
[[nodiscard]] OpensslIndex parse_openssl_index(std::string_view text);
/// Whether a text begins with a line of such an index, whatever its file is called.
[[nodiscard]] bool looks_like_openssl_index(std::string_view beginning);

/// The longest line that is read, and how many rows of one index.
inline constexpr std::size_t k_index_line_limit = std::size_t{64} << 10U;
inline constexpr std::size_t k_index_rows_limit = 2'000'000;

/// The same for a text that comes in pieces: what is held is the rows, and one line.
class OpensslIndexReader final {
 public:
  /// Throws too_large past k_index_rows_limit rows.
  void take(std::string_view piece);
  /// To be called once, behind the last piece.
  [[nodiscard]] OpensslIndex finish();

 private:
  enum class End { present, missing };
  void take_line(std::string_view line, End end);
  void take_fields(const std::vector<std::string>& fields);
  void take_revocation(IndexRow& row, std::string_view text);
  void defect(std::string message);

  OpensslIndex m_index;
  std::size_t m_line = 0;
  std::string m_begun;      // of the line that the last piece ended in
  bool m_too_long = false;  // that line: the rest of it is left out
};

/// A row as it is written.
struct IndexEntry {
  char status;  // V, R or E
  UnixTime not_after;
  std::optional<UnixTime> revoked_at;  // for R
  std::string reason;
  const x509::SerialNumber& serial;
  const x509::Name& subject;
};
/// Returns the line, which `openssl ca` reads.
[[nodiscard]] std::string to_index_line(const IndexEntry& entry);

/// Returns a name as openssl's index has it: "/C=cn/O=x/CN=y", octets beyond printable ASCII as
/// \xHH, in the order of the encoding.
[[nodiscard]] std::string to_oneline(const x509::Name& name);

}  // namespace mtls::authority
