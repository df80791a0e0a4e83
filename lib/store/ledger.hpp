// The ledger: what was issued, in the domain's words. Intent before the signature, certificate
// after it; both durable when the call returns.
#pragma once

#include "base/file.hpp"
#include "base/trace.hpp"
#include "store/audit.hpp"
#include "store/imported.hpp"
#include "store/log_entry.hpp"
#include "store/record.hpp"
#include "store/status.hpp"
#include "store/store_url.hpp"
#include "x509/certificate.hpp"
#include "x509/crl_number.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mtls::store {

/// How long the intent of a process that cannot be seen from here counts as pending.
inline constexpr std::chrono::minutes k_intent_pending{15};

/// Where a ledger is and how to wait for it.
struct LedgerLocation {
  Path file;  // SQLite's
  std::chrono::milliseconds lock_timeout{30'000};
  std::chrono::seconds intent_pending = k_intent_pending;
  std::optional<StoreUrl> server = {};  // PostgreSQL's, instead of `file`
  /// Who opens it: for the log, should opening bring the schema up to date.
  std::optional<Author> author = {};
  /// What time it is, where a SQLite ledger that is only read may be read as it lies while nobody
  /// uses it (read_sqlite); nothing where it is to be read under SQLite's locks.
  std::optional<UnixTime> now = {};

  [[nodiscard]] static LedgerLocation at(const StoreUrl& url);
  /// Its name, safe to show.
  [[nodiscard]] std::string shown() const;
};

enum class LedgerAccess { read_only, read_write };

/// What somebody answers for: the time of a certificate (`serial`) or of another entry (`entry`,
/// its hash), or a ledger that is older than one seen before (neither).
struct Acceptance {
  LogAction what;
  std::optional<x509::SerialNumber> serial = {};
  crypto::Sha256 entry = {};
  std::string note = {};
};

/// One ledger. Not for several threads at once; any number of processes may have it open. All
/// functions throw Error: ledger_locked when the lock timeout ran out, disk_full, permission,
/// ledger_unavailable, ledger_damaged.
class Ledger final {
 public:
  /// Makes a new ledger with its schema and `ledger_id`, all of it or nothing. An empty database
  /// that an interrupted run left is taken over, and a ledger with this very id is opened as it is;
  /// any other file, and a symbolic link, is left alone: would_overwrite.
  [[nodiscard]] static Ledger create(const LedgerLocation& location, const std::string& ledger_id);
  /// Throws what `create` of a ledger with a new id would throw for what stands in the place of its
  /// file: would_overwrite. Makes nothing.
  static void require_free(const LedgerLocation& location);
  /// The same, but a ledger that is there already is joined, whatever its id: several CAs share a
  /// database of PostgreSQL's. `id()` says which ledger it is.
  [[nodiscard]] static Ledger create_or_join(const LedgerLocation& location,
                                             const std::string& ledger_id);
  /// Opens an existing one; an older schema is brought up to date, but not by read_only. Throws
  /// ledger_mismatch where its id is not `ledger_id`, where it is no ledger, or a newer mtlsctl
  /// wrote it; ledger_unavailable where it is absent or empty (truncated, or `create` was
  /// interrupted); permission where it cannot be written, and for read_only where its directory
  /// cannot (store/db.hpp says why).
  [[nodiscard]] static Ledger open(const LedgerLocation& location, const std::string& ledger_id,
                                   LedgerAccess access);
  /// One that lives in memory and goes with the object: for rehearsals (--dry-run) and tests.
  [[nodiscard]] static Ledger create_in_memory(const std::string& ledger_id);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  Ledger(Ledger&& other) noexcept;
  Ledger& operator=(Ledger&& other) noexcept;
  ~Ledger();

  /// Returns the issuer with this name and key, adding it where it is new: a root's must be there
  /// before its own certificate is signed.
  [[nodiscard]] IssuerId add_issuer(const x509::Name& subject, const crypto::PublicKey& key,
                                    const Author& author);
  /// The same with one of its CA certificates, in one commit; where both are there nothing is
  /// written. A renewed or cross-signed certificate of a known issuer is added.
  [[nodiscard]] IssuerId add_issuer(const x509::Name& subject, const crypto::PublicKey& key,
                                    const x509::Certificate& certificate, const Author& author);
  [[nodiscard]] std::optional<IssuerId> find_issuer(const x509::Name& subject,
                                                    const crypto::PublicKey& key) const;

  /// Records intents, all or none, in one durable commit. Throws serial_conflict where a serial is
  /// taken for the issuer in any state, request_key_used where an intent or issued certificate has
  /// the request key, malformed for text that is not UTF-8 or holds a NUL. `replaces_intent`, where
  /// an intent names one, turns that intent (of a dead process) into state `unknown` in the same
  /// commit; where it is no pending intent any more: intent_live. Other intents of these issuers
  /// that nobody will complete (of a dead process of this host, or of one that cannot be seen and
  /// older than the pending time) become `unknown` as well. The log gets one entry for each issuer.
  void record_intents(std::span<const Intent> intents);

  /// Completes intents, all or none, in one durable commit. Throws revoked_meanwhile where an
  /// intent no longer stands (the certificate must then be discarded).
  void record_issued(std::span<const Issued> issued);

  /// Completes intents like `record_issued`, but as revoked from the first moment: in no state of
  /// the ledger, on disk or in between, is the certificate valid. For what is signed only to be
  /// refused (`mtlsctl probe`). `note` says what for; throws malformed for one that is not
  /// storable.
  void record_issued_revoked(std::span<const Issued> issued, std::string_view note);

  /// Records certificates that were issued elsewhere, in one durable commit, and says what became
  /// of each. The log gets an entry for each issuer, and one for each certificate that is revoked
  /// already. One that is there as valid is revoked where it is said to be, with all that have its
  /// serial; what is revoked stays so. Several with one serial are all kept. One whose serial is
  /// revoked (find_revocation) is put in as revoked whatever was said. Throws malformed for one
  /// that find_unstorable refuses.
  std::vector<ImportOutcome> record_imported(std::span<const Imported> imported,
                                             const Author& author);

  /// Records serials that another tool revoked, in one durable commit, and says what became of
  /// each. Every certificate of the issuer with the serial is revoked; where there is none the
  /// serial is recorded as revoked without one. The log gets an entry for each row that changes.
  std::vector<RevokedOutcome> record_revoked(std::span<const RevokedSerial> revoked,
                                             const Author& author);
  /// What that would do with a serial.
  [[nodiscard]] RevokedOutcome would_revoke(IssuerId issuer,
                                            const x509::SerialNumber& serial) const;
  /// Calls `row` for each serial that is revoked without a certificate, in their order, until it
  /// returns Continue::no. All of it is one snapshot.
  void list_revocations(IssuerId issuer,
                        const std::function<Continue(const RevokedSerial&)>& row) const;

  /// The highest number of a CRL that the log knows; the next one of ours must be higher. Nothing
  /// where it knows none.
  [[nodiscard]] std::optional<x509::CrlNumber> crl_number_floor(IssuerId issuer) const;
  /// Puts the number of a CRL that another tool signed for this issuer into the log (action crl),
  /// with the CRL's SHA-256, unless it knows one as high.
  void record_crl_number(IssuerId issuer, const x509::CrlNumber& number,
                         const crypto::Sha256& fingerprint, const Author& author);

  /// Gives up an intent whose signature was never made or was faulty: state `burnt`, its serial
  /// never used again, its request key free. One that was revoked or burnt meanwhile stays so.
  /// Throws not_in_ledger where there is none, internal where it is issued.
  void burn_intent(IssuerId issuer, const x509::SerialNumber& serial, std::string_view note,
                   const Author& author);

  [[nodiscard]] const std::string& id() const noexcept;
  /// The schema that it had until opening it brought it up to date; 0 where it was as it is.
  [[nodiscard]] std::int64_t brought_from() const noexcept;
  /// Where it is, safe to show.
  [[nodiscard]] std::string shown() const;
  [[nodiscard]] std::chrono::seconds intent_pending() const noexcept;
  /// What is not as it should be with the server or the way to it, for a person.
  [[nodiscard]] std::vector<std::string> warnings() const;
  /// Adds one that whoever opened it has found.
  void add_warning(std::string warning);

  // The log of an issuer: one entry for each change, each with the hash of the one before
  // (store/log_entry.hpp).

  /// Where the log ends.
  [[nodiscard]] LogHead log_head(IssuerId issuer) const;
  /// Whether the log has this entry; an empty log's head is had by every log of the issuer.
  [[nodiscard]] bool has_log_entry(IssuerId issuer, const LogHead& head) const;
  /// Calls `entry` for each entry from number `first` on, in order, until it returns Continue::no.
  /// All of it is one snapshot.
  void read_log(IssuerId issuer, std::int64_t first,
                const std::function<Continue(const LogEntry&)>& entry) const;
  /// Verifies the log: numbers without gaps, each entry with its own hash and that of the one
  /// before, the first with the origin of this ledger and issuer, the head at the end; and that log
  /// and tables say the same: each entry about rows has them, each row and CA certificate is as its
  /// entries committed to. One snapshot; about 200 octets of memory for each entry. It cannot see
  /// that the last entries were removed together with their rows and the head set back: for that a
  /// head is kept elsewhere (ledger.head, one that CI pins).
  [[nodiscard]] AuditReport verify_log(IssuerId issuer) const;
  /// Checks each row of every issuer on its own: it can be read, its columns are what its
  /// certificate says, that bears the issuer's name and its key verifies it, no serial of ours
  /// stands twice; and asks the engine whether its file is whole.
  [[nodiscard]] AuditReport check_rows(const ossl::Context& context) const;
  /// Makes all indexes anew from the rows. Throws ledger_damaged where two rows are what only one
  /// may be, permission where the database's owner has to do it.
  void rebuild_indexes();
  /// All issuers, in the order of their numbers.
  [[nodiscard]] std::vector<IssuerId> issuers() const;
  /// The last entry of a log; nothing while it is empty.
  [[nodiscard]] std::optional<LogEntry> newest_entry(IssuerId issuer) const;
  /// One entry; nothing where there is none of this number.
  [[nodiscard]] std::optional<LogEntry> find_entry(IssuerId issuer, std::int64_t seq) const;
  /// Puts an acceptance into the log: that somebody answers for what the ledger cannot explain.
  void accept(IssuerId issuer, const Acceptance& accepted, const Author& author);
  /// Whether the log has an acceptance of a time (accept_clock) that is about the same.
  [[nodiscard]] bool has_accepted_time(IssuerId issuer, const Acceptance& accepted) const;
  /// Puts an acceptance into the log for each of its entries whose rows are gone, and returns them:
  /// from then on it holds without them, and commits to the rows of theirs that are left as they
  /// stand: of a batch that lost one the others cannot be compared any more. Audited beside others'
  /// work: they wait for the entries alone. Throws ledger_damaged where anything else is wrong with
  /// the log or any row, ledger_locked where others keep accepting losses meanwhile.
  std::vector<LogLoss> accept_losses(IssuerId issuer, const Author& author,
                                     const ossl::Context& context);
  /// From now on `told` is called with every new head, after it is durable.
  void when_appended(std::function<void(IssuerId, const LogHead&)> told);

  // Reading. Lists come in the order (not_after, serial) and are paged by key, never by offset.
  [[nodiscard]] std::optional<Record> find(IssuerId issuer, const x509::SerialNumber& serial) const;
  [[nodiscard]] std::vector<Record> find_by_serial(const x509::SerialNumber& serial) const;
  [[nodiscard]] std::optional<Record> find_by_fingerprint(const crypto::Sha256& fingerprint) const;

  // Status (store/status.hpp). The state of a record that the functions above return is that of its
  // row alone: only these say whether a certificate is revoked.

  /// Returns the status of a certificate whose signature by `issuer` holds; nothing where the
  /// ledger does not know that issuer. An issuer is known by its key and its name, which may be
  /// encoded in another way than the ledger has it. Without `issuer` (a certificate that is trusted
  /// as it is) those that its issuer field names are asked, and only what they recorded of it
  /// counts.
  [[nodiscard]] std::optional<CertificateStatus> status(const x509::Certificate& certificate,
                                                        const x509::Certificate* issuer) const;
  [[nodiscard]] CertificateStatus status(IssuerId issuer,
                                         const x509::Certificate& certificate) const;
  /// Returns a record with the state, time and reason of revocation that its serial's status gives.
  [[nodiscard]] Record with_status(Record record) const;
  [[nodiscard]] std::optional<Revocation> find_revocation(IssuerId issuer,
                                                          const x509::SerialNumber& serial) const;
  /// Returns all revocations of an issuer that are in force.
  [[nodiscard]] std::map<x509::SerialNumber, Revocation> find_revocations(IssuerId issuer) const;

  /// Returns what replaces the certificate with this serial, in the order of issuance.
  [[nodiscard]] std::vector<Replacement> find_replacements(IssuerId issuer,
                                                           const x509::SerialNumber& serial) const;
  /// Returns the same for all certificates of an issuer that are replaced, by their serials. Reads
  /// all rows that replace another.
  [[nodiscard]] std::map<x509::SerialNumber, std::vector<Replacement>> find_replacements(
      IssuerId issuer) const;

  [[nodiscard]] std::optional<Record> find_by_request_key(IssuerId issuer,
                                                          std::string_view request_key) const;
  /// Everything recorded over one public key, of any issuer and state, newest first.
  [[nodiscard]] std::vector<Record> find_by_key(const crypto::Sha256& spki_hash) const;
  /// Calls `row` for each record that `query` selects, in order, until it returns Continue::no or
  /// throws. All of it is one snapshot, whatever is written meanwhile; memory does not grow with
  /// the ledger. `row` may ask `find…` and `count` (of the same snapshot), but neither list nor
  /// write.
  void list(const Query& query, const std::function<Continue(const Record&)>& row) const;
  [[nodiscard]] std::int64_t count() const;
  /// Every CA certificate that it holds, of any issuer and state, each once: those of its issuers,
  /// those it issued, those that were imported. Reads the profile of every row: not for what runs
  /// often.
  [[nodiscard]] std::vector<x509::Certificate> authorities() const;
  /// The issuer's record with the newest time past `limit`; nothing where there is none, and none
  /// that somebody has answered for: for its serial, or for the entry that gave it its time.
  [[nodiscard]] std::optional<Record> find_later_than(IssuerId issuer, UnixTime limit) const;
  /// Whether the ledger has this very certificate of the issuer, whatever its origin.
  [[nodiscard]] bool has_certificate(IssuerId issuer, const crypto::Sha256& fingerprint) const;
  /// The serials that several certificates of the issuer bear: imported ones may.
  [[nodiscard]] std::vector<x509::SerialNumber> repeated_serials(IssuerId issuer) const;

 private:
  struct Data;
  explicit Ledger(std::unique_ptr<Data> data);
  std::unique_ptr<Data> m_data;
};

/// Returns a new random ledger id: 32 hex digits.
[[nodiscard]] std::string make_ledger_id();

}  // namespace mtls::store
