// The ledger: what was issued, in the domain's words. Intent before the signature, certificate after
// it; both durable when the call returns.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/trace.hpp"
#include "store/record.hpp"
#include "x509/certificate.hpp"

namespace mtls::store {

/// Where a ledger is and how to wait for it.
struct LedgerLocation {
  Path file;  // SQLite; a postgresql:// URL is refused before it comes here, until it is built
  std::chrono::milliseconds lock_timeout{30'000};
};

enum class LedgerAccess { read_only, read_write };

/// One ledger. Not for several threads at once; any number of processes may have it open. All
/// functions throw Error: ledger_locked when the lock timeout ran out, disk_full, permission,
/// ledger_unavailable, ledger_damaged.
class Ledger final {
 public:
  /// Makes a new ledger with its schema and `ledger_id`. Throws would_overwrite where the file exists
  /// and holds another one; an empty database that an interrupted run left is taken over.
  [[nodiscard]] static Ledger create(const LedgerLocation& location, const std::string& ledger_id);
  /// Opens an existing one. Throws ledger_mismatch where its id is not `ledger_id`, ledger_unavailable
  /// where it is absent, ledger_damaged, unsupported for a newer schema.
  [[nodiscard]] static Ledger open(const LedgerLocation& location, const std::string& ledger_id,
                                   LedgerAccess access);
  Ledger(Ledger&& other) noexcept;
  Ledger& operator=(Ledger&& other) noexcept;
  ~Ledger();

  /// Returns the issuer with this name and key, adding it and its certificate where they are new.
  [[nodiscard]] IssuerId add_issuer(const x509::Certificate& ca_certificate);
  [[nodiscard]] std::optional<IssuerId> find_issuer(const x509::Certificate& ca_certificate) const;

  /// Records intents, all or none, in one durable commit. Throws serial_conflict where a serial is
  /// taken (intent, issued or revoked) for the issuer, request_key_used where a request key is. `replace`, where an
  /// intent names one, turns that intent (of a dead process) into state `unknown` in the same commit;
  /// where it is no pending intent any more: intent_live.
  void record_intents(std::span<const Intent> intents);

  /// Completes intents, all or none, in one durable commit. Throws revoked_meanwhile where an intent no
  /// longer stands (the certificate must then be discarded).
  void record_issued(std::span<const Issued> issued);

  /// Gives up an intent whose signature was never made or was faulty: state `burnt`, its serial never
  /// used again, its request key free.
  void burn_intent(IssuerId issuer, const x509::SerialNumber& serial, std::string_view note);

  // Reading. Lists come in the order (not_after, serial) and are paged by key, never by offset.
  [[nodiscard]] std::optional<Record> find(IssuerId issuer, const x509::SerialNumber& serial) const;
  [[nodiscard]] std::vector<Record> find_by_serial(const x509::SerialNumber& serial) const;
  [[nodiscard]] std::optional<Record> find_by_fingerprint(const crypto::Sha256& fingerprint) const;
  [[nodiscard]] std::optional<Record> find_by_request_key(IssuerId issuer,
                                                          std::string_view request_key) const;
  /// Issued certificates and intents over one public key, newest first.
  [[nodiscard]] std::vector<Record> find_by_key(IssuerId issuer, const crypto::Sha256& spki_hash) const;
  /// Calls `row` for each record that `query` selects, in order, until it returns Continue::no. One snapshot.
  void list(const Query& query, const std::function<Continue(const Record&)>& row) const;
  [[nodiscard]] std::int64_t count() const;
  /// The newest time that the ledger recorded; nothing while it is empty.
  [[nodiscard]] std::optional<UnixTime> newest_time() const;

 private:
  struct Data;
  explicit Ledger(std::unique_ptr<Data> data);
  std::unique_ptr<Data> m_data;
};

/// Returns a new random ledger id: 32 hex digits.
[[nodiscard]] std::string make_ledger_id();

}  // namespace mtls::store
