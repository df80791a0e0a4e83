// What the log of one issuer says, read and verified against itself.
#pragma once

#include "store/audit.hpp"
#include "store/db.hpp"

#include <map>
#include <set>
#include <unordered_map>

namespace mtls::store {

/// What an entry committed to, and what was found of it.
struct Commitment {
  LogAction action;
  crypto::Sha256 content;
  std::int64_t count;
  std::int64_t seen = 0;
};

/// What is left of an entry's rows, as somebody has answered for it.
struct AcceptedLoss {
  crypto::Sha256 content;
  std::int64_t left;
};

/// Whether an entry says where a row stands by other means than its certificate.
[[nodiscard]] bool is_standing(LogAction action) noexcept;

/// What all entries together committed to: about 150 octets for each.
struct LogCommitments {
  std::map<std::int64_t, Commitment> entries;                           // those about rows
  std::unordered_map<std::string, std::vector<std::int64_t>> standing;  // serial → its entries
  std::set<crypto::Sha256> ca_certificates;
  std::map<std::int64_t, AcceptedLoss> accepted;  // by the entry whose rows are gone
  std::optional<std::int64_t> recommitted;        // to where imported rows stand
};

/// Reads an issuer's log from its first entry to its head. Numbers without gaps, each entry with
/// its own hash and that of the one before, the first with the origin: what is not so, and what
/// cannot be read, is a finding in `report`, which also gets the number of entries and the head.
[[nodiscard]] LogCommitments read_commitments(Connection& connection, IssuerId issuer,
                                              AuditReport& report);

}  // namespace mtls::store
