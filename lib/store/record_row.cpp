#include "store/record_row.hpp"

#include "base/base64.hpp"
#include "base/bytes.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <utility>

namespace mtls::store {
namespace {

[[noreturn]] void refuse(std::string_view column) {
  throw DbError(DbErrc::corrupt, "column " + std::string(column) + " holds what it cannot");
}

template <class Value>
Value require(std::optional<Value> value, std::string_view column) {
  if (!value) refuse(column);
  return std::move(*value);
}

Origin origin(std::string_view word) {
  if (word == "issued") return Origin::issued;
  if (word != "imported") refuse("origin");
  return Origin::imported;
}

/// The columns of one row, one after the other, in the order of k_record_columns.
class Columns final {
 public:
  explicit Columns(const Statement& statement) : m_statement(statement) {}
  std::int64_t integer() { return m_statement.integer(m_next++); }
  std::string text() { return m_statement.text(m_next++); }
  std::optional<std::string> optional_text() { return m_statement.optional_text(m_next++); }
  UnixTime time() { return to_time(integer()); }
  std::optional<UnixTime> optional_time() {
    const int column = m_next++;
    if (m_statement.is_null(column)) return std::nullopt;
    return to_time(m_statement.integer(column));
  }
  std::optional<std::int64_t> optional_integer() {
    const int column = m_next++;
    if (m_statement.is_null(column)) return std::nullopt;
    return m_statement.integer(column);
  }
  std::optional<x509::SerialNumber> optional_serial(std::string_view column) {
    const auto hex = optional_text();
    if (!hex) return std::nullopt;
    return read_serial(*hex, column);
  }
  std::optional<crypto::Sha256> optional_digest(std::string_view column) {
    const auto hex = optional_text();
    if (!hex) return std::nullopt;
    return read_digest(*hex, column);
  }
  std::optional<Bytes> optional_octets(std::string_view column) {
    const auto base64 = optional_text();
    if (!base64) return std::nullopt;
    return require(from_base64(*base64), column);
  }

 private:
  const Statement& m_statement;
  int m_next = 0;
};

}  // namespace

x509::SerialNumber read_serial(std::string_view text, std::string_view column) {
  auto parsed = require(x509::SerialNumber::parse(text), column);
  if (parsed.to_text() != text) refuse(column);
  return parsed;
}

crypto::Sha256 read_digest(std::string_view text, std::string_view column) {
  crypto::Sha256 result{};
  const auto octets = from_hex(text);
  if (!octets || octets->size() != result.size() || to_hex(*octets) != text) refuse(column);
  std::copy(octets->begin(), octets->end(), result.begin());
  return result;
}

namespace {

/// What the table's own checks hold, and each state brings with it: a row that lacks it is not one
/// of the table's, whatever the server says.
void require_complete(const Record& record) {
  const bool is_issued = record.state == State::issued;
  if (!record.tbs && !record.certificate) refuse("certificate");
  if (is_issued && !record.certificate) refuse("certificate");
  if (record.certificate && !record.fingerprint) refuse("fingerprint");
  if (is_issued && record.origin == Origin::issued && !record.issued_time) refuse("issued_time");
  if (record.state == State::revoked && !record.revoked_time) refuse("revoked_time");
}

}  // namespace

RecordRow read_record(const Statement& statement) {
  Columns columns(statement);
  // Braces evaluate from left to right, which is the order of the columns.
  Record record{
      .issuer = IssuerId{columns.integer()},
      .serial = read_serial(columns.text(), "serial"),
      .state = require(parse_state(columns.text()), "state"),
      .origin = origin(columns.text()),
      .request_key = columns.optional_text(),
      .profile = columns.text(),
      .profile_hash = columns.text(),
      .subject = columns.text(),
      .sans = require(split_sans(columns.text()), "sans"),
      .validity = {.not_before = columns.time(), .not_after = columns.time()},
      .spki_hash = read_digest(columns.text(), "spki_hash"),
      .fingerprint = columns.optional_digest("fingerprint"),
      .certificate = columns.optional_octets("certificate"),
      .actor = {.actor = columns.text(),
                .host = columns.text(),
                .pid = columns.integer(),
                .session = columns.text()},
      .intent_time = columns.time(),
      .issued_time = columns.optional_time(),
      .revoked_time = columns.optional_time(),
      .note = columns.text(),
      .tbs = columns.optional_octets("tbs"),
      .crl_part = columns.integer(),
      .replaces = columns.optional_serial("replaces"),
      .changed_time = columns.time(),
      .intent_entry = columns.integer(),
      .issue_entry = columns.optional_integer(),
      .standing_entry = columns.optional_integer(),
  };
  require_complete(record);
  return {.record = std::move(record), .id = columns.integer()};
}

bool is_storable(std::string_view text) {
  return text.find('\0') == std::string_view::npos && decode_utf8(text).has_value();
}

std::string join_sans(const std::vector<std::string>& sans) {
  std::string text;
  for (const std::string& san : sans) {
    for (const char c : san) {
      if (c == '\\') {
        text += "\\\\";
      } else if (c == '\n') {
        text += "\\n";
      } else {
        text += c;
      }
    }
    text += '\n';
  }
  return text;
}

std::optional<std::vector<std::string>> split_sans(std::string_view text) {
  std::vector<std::string> sans;
  std::string san;
  bool escaped = false;
  for (const char c : text) {
    if (escaped) {
      if (c != '\\' && c != 'n') return std::nullopt;
      san += c == 'n' ? '\n' : c;
      escaped = false;
    } else if (c == '\\') {
      escaped = true;
    } else if (c == '\n') {
      sans.push_back(std::exchange(san, {}));
    } else {
      san += c;
    }
  }
  if (escaped || !san.empty()) return std::nullopt;
  return sans;
}

}  // namespace mtls::store
