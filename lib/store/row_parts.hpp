// The parts of a certificate's row as the log commits to them: each part is hashed when it is
// written, and never changes after.
#pragma once

#include "crypto/digest.hpp"
#include "store/record.hpp"

#include <vector>

namespace mtls::store {

/// What an intent fixes: everything that is known before the signature. Hashes the texts that the
/// table's columns hold.
[[nodiscard]] crypto::Sha256 intent_part(const Intent& intent);
/// The same of a row as it is read: the TBS is the certificate's where there is one. Throws Error
/// (malformed) where the certificate cannot be parsed.
[[nodiscard]] crypto::Sha256 intent_part(const Record& record);

/// What the certificate adds: its octets, its fingerprint and when it was recorded.
[[nodiscard]] crypto::Sha256 issue_part(const Issued& issued);
/// The same of a row; a row without a certificate has no such part (internal).
[[nodiscard]] crypto::Sha256 issue_part(const Record& record);

/// Where a row stands by other means than its certificate: state, note and times; and which row
/// it is, since imported ones may share a serial.
struct Standing {
  x509::SerialNumber serial;
  Origin origin;
  std::optional<crypto::Sha256> fingerprint;
  State state;
  std::string note;
  std::optional<UnixTime> revoked_time;
  UnixTime changed_time;
};
[[nodiscard]] Standing standing_of(const Record& record);
[[nodiscard]] crypto::Sha256 standing_part(const Standing& standing);
/// The part as entries of schema 2 hold it: without origin and fingerprint.
[[nodiscard]] crypto::Sha256 standing_part_of_schema_2(const Standing& standing);

/// What an imported row is committed to: both parts above at once.
[[nodiscard]] crypto::Sha256 import_part(const Record& record);

/// One row of a batch. A leaf's data is the serial's text and the part behind it.
struct Leaf {
  std::string serial;
  crypto::Sha256 part;
};
/// Returns the root of the Merkle tree of RFC 9162, section 2.1.1 over the leaves, ordered by
/// serial and then by part. A batch of one is its part, without a tree; of none, all zeros.
[[nodiscard]] crypto::Sha256 batch_root(std::vector<Leaf> leaves);

}  // namespace mtls::store
