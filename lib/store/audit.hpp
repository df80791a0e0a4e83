// What is wrong with a ledger, re-derived from everything that stands in it.
#pragma once

#include "store/log_entry.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::store {

enum class Flaw {
  log_gap,            // the numbers of entries are not 1, 2, 3 …
  log_broken,         // an entry does not hold the hash of the one before
  log_altered,        // an entry is not what its own hash is of, or cannot be read
  log_head,           // the head is not the last entry
  entry_without_row,  // the log says more than the tables
  row_without_entry,  // the tables say more than the log
  row_altered,        // a row is another than the log committed to
  row_unreadable,     // a column or a certificate cannot be parsed
  row_wrong,          // a row's columns are not what its certificate says
  foreign_issuer,     // a certificate does not bear the name of the row's issuer
  bad_signature,      // the issuer's key does not verify it
  duplicate_serial,   // two certificates of ours with one serial
  engine,             // the engine's own check of its file
  schema,             // tables, indexes or triggers are not as the migrations make them
};
[[nodiscard]] std::string_view name(Flaw flaw) noexcept;

/// One thing that is wrong.
struct AuditFinding {
  Flaw flaw;
  IssuerId issuer;
  std::optional<std::int64_t> entry;  // of the log
  std::string serial;                 // as it stands in the table; empty where it is about no row
  std::string message;
};

/// How many findings a report lists; `found` counts them all.
inline constexpr std::size_t k_findings_limit = 1000;

/// Rows that an entry of the log recorded and that are not there any more.
struct LogLoss {
  std::int64_t entry;
  std::optional<x509::SerialNumber> serial;  // where the entry is about one row
  std::int64_t lost;
  std::int64_t left;       // rows of the entry that are there
  crypto::Sha256 content;  // their root (batch_root)
};

/// The note of an entry that accepts a loss, and the entry whose rows are gone in such a note.
[[nodiscard]] std::string loss_note(const LogLoss& loss);
[[nodiscard]] std::optional<std::int64_t> parse_loss_note(std::string_view note);

/// What was looked at, and what is wrong with it.
struct AuditReport {
  std::int64_t entries = 0;
  std::int64_t rows = 0;
  std::vector<AuditFinding> findings = {};
  std::int64_t found = 0;
  std::optional<LogHead> head = {};  // of the log, where one was verified and can be read
  bool schema_compared = true;       // or this session may not (schema_audit.hpp)
  std::vector<LogLoss> losses = {};  // each is a finding as well: Flaw::entry_without_row
  std::int64_t accepted_losses = 0;  // entries whose rows are gone: somebody has answered for it

  void add(AuditFinding finding);
  /// Takes over what another report counted and found.
  void merge(AuditReport other);
};

}  // namespace mtls::store
