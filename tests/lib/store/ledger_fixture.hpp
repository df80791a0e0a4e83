// What the tests of the ledger share: a ledger of their own, and things to record in it.
#pragma once

#include "store/db.hpp"
#include "store/ledger.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown.hpp"

#include <cstdint>

namespace mtls::store::test {

using mtls::test::code_of;
using mtls::test::TemporaryDirectory;
using mtls::test::thrown_by;

inline constexpr const char* k_id = "00112233445566778899aabbccddeeff";
inline constexpr const char* k_other_id = "ffeeddccbbaa99887766554433221100";

/// Noon of 2026-01-31, and `seconds` later.
[[nodiscard]] UnixTime at(std::int64_t seconds);

/// Who records, at at(seconds).
[[nodiscard]] Author author(std::int64_t seconds = 0);

/// A serial whose octets are made of `number`, a different one for each.
[[nodiscard]] x509::SerialNumber serial(std::uint64_t number);
[[nodiscard]] crypto::Sha256 digest(std::uint8_t octet);

/// An Ed25519 key whose octets are all `octet`.
[[nodiscard]] crypto::PublicKey key(std::uint8_t octet);
/// A self-signed CA certificate by openssl, of CN=root.
[[nodiscard]] x509::Certificate ca_certificate();
[[nodiscard]] IssuerId add_root(Ledger& ledger);

/// An intent with plain values: serial(number), subject CN=client, one SAN, valid from at(0) for a
/// day, recorded at at(0).
[[nodiscard]] Intent intent(IssuerId issuer, std::uint64_t number);
/// What completes it, one second later.
[[nodiscard]] Issued issued(IssuerId issuer, std::uint64_t number);
/// Records both.
void issue(Ledger& ledger, const Intent& intent);

/// Where a new ledger can be made: in `directory`, or (compiled with MTLSCTL_TEST_POSTGRESQL) in
/// the database that tests/support/postgresql.py started, emptied.
[[nodiscard]] LedgerLocation new_location(const TemporaryDirectory& directory);

/// A directory or database with a new ledger in it.
struct LedgerFixture {
  TemporaryDirectory directory;
  LedgerLocation location = new_location(directory);
  Ledger ledger = Ledger::create(location, k_id);
  IssuerId issuer = add_root(ledger);

  /// The same ledger through another connection.
  [[nodiscard]] Ledger reopen(LedgerAccess access = LedgerAccess::read_write) const {
    return Ledger::open(location, k_id, access);
  }
  /// Its database, without the ledger's words.
  [[nodiscard]] std::unique_ptr<Connection> connect(OpenMode mode = OpenMode::read_write) const {
    return location.server ? open_postgresql(*location.server, mode, location.lock_timeout)
                           : open_sqlite(location.file, mode, location.lock_timeout);
  }
};

/// Every record that `query` selects.
[[nodiscard]] std::vector<Record> list(const Ledger& ledger, const Query& query = {});
/// The subjects of those.
[[nodiscard]] std::vector<std::string> subjects(const Ledger& ledger, const Query& query);

}  // namespace mtls::store::test
