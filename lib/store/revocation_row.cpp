#include "store/revocation_row.hpp"

#include "base/format.hpp"
#include "store/log_encoding.hpp"
#include "store/record_row.hpp"
#include "store/schema.hpp"

namespace mtls::store {
namespace {

std::optional<std::int64_t> seconds(const std::optional<UnixTime>& time) {
  if (!time) return std::nullopt;
  return to_seconds(*time);
}

std::optional<UnixTime> read_time(const Statement& statement, int column) {
  if (statement.is_null(column)) return std::nullopt;
  return to_time(statement.integer(column));
}

}  // namespace

crypto::Sha256 revocation_part(const RevokedSerial& revoked) {
  return LogEncoding("mtlsctl revocation 1")
      .text(revoked.serial.to_text())
      .optional_number(seconds(revoked.not_after))
      .optional_number(seconds(revoked.revocation.time))
      .text(revoked.revocation.reason)
      .optional_number(seconds(revoked.revocation.invalid_since))
      .hash();
}

RevocationRow read_revocation(const Statement& statement) {
  const std::string text = statement.text(1);
  const auto serial = x509::SerialNumber::parse(text);
  if (!serial || serial->to_text() != text) {
    throw DbError(DbErrc::corrupt, "column serial of revocations holds no serial");
  }
  return {.revoked = {.issuer = IssuerId{statement.integer(0)},
                      .serial = *serial,
                      .not_after = read_time(statement, 2),
                      .revocation = {.time = to_time(statement.integer(3)),
                                     .reason = statement.text(4),
                                     .invalid_since = read_time(statement, 5)}},
          .entry = statement.integer(6)};
}

bool has_revocations(Connection& connection) {
  return read_meta(connection).schema_version >= k_revocations_schema;
}

std::optional<RevocationRow> find_revocation_row(Connection& connection, IssuerId issuer,
                                                 const x509::SerialNumber& serial) {
  if (!has_revocations(connection)) return std::nullopt;
  const auto row = connection.prepare(
      format("SELECT {} FROM revocations WHERE issuer = :issuer AND serial = :serial",
             k_revocation_columns));
  row->bind("issuer", number(issuer)).bind("serial", serial.to_text());
  if (!row->step()) return std::nullopt;
  return read_revocation(*row);
}

}  // namespace mtls::store
