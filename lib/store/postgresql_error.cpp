#include "store/postgresql_error.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace mtls::store {
namespace {

/// By SQLSTATE or its beginning; the first row that fits counts.
constexpr std::array<std::pair<std::string_view, DbErrc>, 23> k_kinds{{
    {"23505", DbErrc::unique},
    {"23", DbErrc::constraint},
    {"55P03", DbErrc::busy},         // lock_timeout
    {"40", DbErrc::undone},          // serialization, deadlock
    {"53100", DbErrc::full},         // disk_full
    {"53", DbErrc::unavailable},     // memory, connections
    {"08", DbErrc::unavailable},     // connection
    {"57", DbErrc::unavailable},     // shutdown, crash, canceled
    {"58", DbErrc::unavailable},     // I/O error
    {"28", DbErrc::unavailable},     // authorization
    {"3D", DbErrc::unavailable},     // no such database
    {"25P03", DbErrc::unavailable},  // idle_in_transaction_session_timeout
    {"25006", DbErrc::readonly},     // read-only transaction: a standby
    {"42501", DbErrc::readonly},     // insufficient_privilege
    {"XX001", DbErrc::corrupt},      // data_corrupted
    {"XX002", DbErrc::corrupt},      // index_corrupted
    // The schema is not the one that the statement was written for.
    {"42P01", DbErrc::corrupt},  // undefined_table
    {"42703", DbErrc::corrupt},  // undefined_column
    {"42704", DbErrc::corrupt},  // undefined_object
    {"42883", DbErrc::corrupt},  // undefined_function
    {"42804", DbErrc::corrupt},  // datatype_mismatch
    {"42P02", DbErrc::other},    // undefined_parameter
    {"3F000", DbErrc::corrupt},  // invalid_schema_name
}};

/// Whether the server's message of this kind holds only names, numbers and words of its own.
bool is_speakable(std::string_view sqlstate) noexcept {
  constexpr std::array<std::string_view, 10> k_classes{"08", "25", "28", "3D", "40",
                                                       "42", "53", "55", "57", "58"};
  return std::find(k_classes.begin(), k_classes.end(), sqlstate.substr(0, 2)) != k_classes.end();
}

std::string_view field(const LibpqTable& pq, const PGresult* result, int code) noexcept {
  const char* const text = pq.result_error_field(result, code);
  return text != nullptr ? text : "";
}

/// libpq's own messages have several lines, the last one ended.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c == '\n') {
      if (!line.empty() && line.back() != ' ') line += "; ";
    } else if (c == '\t' || c == ' ') {
      if (!line.empty() && line.back() != ' ') line += ' ';
    } else {
      line += c;
    }
  }
  while (!line.empty() && (line.back() == ' ' || line.back() == ';')) line.pop_back();
  return printable(line);
}

}  // namespace

DbErrc db_errc_of_sqlstate(std::string_view sqlstate) noexcept {
  for (const auto& [beginning, kind] : k_kinds) {
    if (sqlstate.rfind(beginning, 0) == 0) return kind;
  }
  return DbErrc::other;
}

DbError make_error(const LibpqTable& pq, const PGresult* result) {
  const std::string_view sqlstate = field(pq, result, PG_DIAG_SQLSTATE);
  if (sqlstate.empty()) {
    // Made by libpq itself: the connection is gone, or memory is.
    const std::string words = one_line(pq.result_error_message(result));
    return {DbErrc::unavailable, words.empty() ? "the connection was lost" : words};
  }
  const std::string_view constraint = field(pq, result, PG_DIAG_CONSTRAINT_NAME);
  std::string words = "the server refused it";
  if (is_speakable(sqlstate)) words = one_line(field(pq, result, PG_DIAG_MESSAGE_PRIMARY));
  if (!constraint.empty()) words = format("it breaks {}", printable(constraint));
  const DbErrc kind = db_errc_of_sqlstate(sqlstate);
  return {kind == DbErrc::other ? DbErrc::unexpected_answer : kind,
          format("{} (SQLSTATE {})", words, printable(sqlstate))};
}

DbError make_error(const LibpqTable& pq, const PGconn* connection) {
  const std::string words = one_line(pq.error_message(connection));
  return {DbErrc::unavailable, words.empty() ? "the connection was lost" : words};
}

}  // namespace mtls::store
