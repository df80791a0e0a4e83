// The status of a certificate: the only place that decides whether it is revoked. Status is a
// property of issuer and serial (RFC 5280, section 5.3), never of a fingerprint or of one row.
#pragma once

#include "store/db.hpp"
#include "store/imported.hpp"

#include <map>

namespace mtls::store {

/// A revocation that is in force. No time: the ledger holds none.
using Revocation = Imported::Revocation;

/// Whether an issuer recorded a certificate.
enum class Recorded {
  no,               // no row of the issuer has its serial
  other_tbs,        // the serial is that of another certificate
  other_signature,  // its TBS is recorded, with another signature or with none
  yes,              // the same octets are recorded
};

/// What a ledger knows of a certificate of one issuer.
struct CertificateStatus {
  Recorded recorded = Recorded::no;
  /// Revoked where `revocation` is set; else the state of its row, which it has where its TBS is
  /// recorded.
  std::optional<State> state = {};
  std::optional<Revocation> revocation = {};
};

/// What a certificate is at an instant, for people and programs. `State` is what the ledger has
/// recorded: of an expired certificate still `issued`.
enum class Status {
  valid,
  not_yet_valid,
  expired,
  on_hold,  // revoked, with the reason certificateHold
  revoked,
  pending,    // State::intent
  unknown,    // State::unknown
  abandoned,  // State::burnt
};
/// Returns its word ("not_yet_valid").
[[nodiscard]] std::string_view name(Status status) noexcept;

/// Returns the status at an instant of a certificate whose row has `state`. A revocation outweighs
/// the time: what is revoked and expired is revoked.
[[nodiscard]] Status status_at(State state, const std::optional<Revocation>& revocation,
                               const x509::Validity& validity, UnixTime at);

/// Whether the schema of a ledger has the table revocations (k_revocations_schema).
enum class RevocationsTable { absent, present };

/// Returns the revocation of a serial, if one is in force. It is where a row of the serial says
/// so, whatever its certificate, or the table revocations, or a `revoke` entry of the log, whatever
/// became of the row. A later `unhold` entry ends what certificateHold was the reason of, and
/// nothing else. Throws DbError.
[[nodiscard]] std::optional<Revocation> find_revocation(Connection& connection, IssuerId issuer,
                                                        const x509::SerialNumber& serial,
                                                        RevocationsTable table);

/// Returns all revocations in force, of serials with and without a certificate. Reads all rows of
/// the issuer; memory grows with the revocations. Throws DbError.
[[nodiscard]] std::map<x509::SerialNumber, Revocation> find_revocations(Connection& connection,
                                                                        IssuerId issuer,
                                                                        RevocationsTable table);

/// Returns the status of a certificate that `issuer` signed, which the caller has verified. Throws
/// DbError: corrupt where a row of its serial cannot be read.
[[nodiscard]] CertificateStatus find_status(Connection& connection, IssuerId issuer,
                                            const x509::Certificate& certificate,
                                            RevocationsTable table);

/// Returns a record with the state, time and reason (revocation_note) that the revocation of its
/// serial gives it, or that it has without one.
[[nodiscard]] Record with_status(Record record, const std::optional<Revocation>& revocation);

}  // namespace mtls::store
