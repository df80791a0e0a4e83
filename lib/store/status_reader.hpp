// The status of records at an instant, and what replaces them.
#pragma once

#include "store/ledger.hpp"

namespace mtls::store {

/// A record as it is at an instant.
struct CurrentRecord {
  Record record;  // with_status
  Status status;
  std::optional<Revocation> revocation;
  std::vector<x509::SerialNumber> replaced_by;  // directly, in the order of issuance
  /// A valid certificate replaces it, directly or through others: it is not due for renewal.
  bool renewed = false;
};

/// Reads the status of an issuer's records. Refers to the ledger, which outlives it. One that is
/// used within Ledger::list answers from the snapshot of that list.
class StatusReader final {
 public:
  /// few: the first records are looked up by their indexes, and if more are read, as `all`. all:
  /// revocations and replacements are read at once.
  enum class Rows { few, all };
  StatusReader(const Ledger& ledger, IssuerId issuer, UnixTime at, Rows rows)
      : m_ledger(ledger), m_issuer(issuer), m_at(at), m_rows(rows) {}

  [[nodiscard]] CurrentRecord read(Record record);

 private:
  [[nodiscard]] std::optional<Revocation> revocation_of(const x509::SerialNumber& serial);
  [[nodiscard]] std::vector<Replacement> replacements_of(const x509::SerialNumber& serial);
  [[nodiscard]] bool is_renewed(const x509::SerialNumber& serial);

  const Ledger& m_ledger;
  IssuerId m_issuer;
  UnixTime m_at;
  Rows m_rows;
  std::size_t m_lookups = 0;
  std::map<x509::SerialNumber, bool> m_renewed;  // what was found out already
  std::optional<std::map<x509::SerialNumber, Revocation>> m_revocations;
  std::optional<std::map<x509::SerialNumber, std::vector<Replacement>>> m_replacements;
};

}  // namespace mtls::store
