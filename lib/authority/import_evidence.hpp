// What all sources below an imported path together say of each serial of the CA.
#pragma once

#include "base/clock.hpp"
#include "base/file.hpp"
#include "store/imported.hpp"

#include <map>
#include <optional>

namespace mtls::authority {

/// What is known of one serial.
struct SerialEvidence {
  Path file;                               // what says it first
  std::optional<std::size_t> line = {};    // of an index
  bool in_index = false;                   // a row of an index that counts has it
  bool named = false;                      // an index or a CRL revokes it, not its directory alone
  std::optional<Path> placed = {};         // its certificate in a directory of revoked ones
  std::optional<UnixTime> not_after = {};  // of the certificate, where an index says it
  std::optional<store::Imported::Revocation> revocation = {};
};

/// By serial: revoked if any source says so.
class ImportEvidence final {
 public:
  explicit ImportEvidence(UnixTime now) : m_now(now) {}

  /// What is known of a serial; begun with `file` and `line` where nothing was.
  [[nodiscard]] SerialEvidence& at(const x509::SerialNumber& serial, const Path& file,
                                   std::optional<std::size_t> line);
  /// Adds a revocation. Of several the earliest time counts, and of their reasons the one that is
  /// said, but certificateHold, which can be undone, only where all say it.
  void revoke(SerialEvidence& evidence, const store::Imported::Revocation& revocation) const;
  [[nodiscard]] const SerialEvidence* find(const x509::SerialNumber& serial) const;
  [[nodiscard]] const std::map<x509::SerialNumber, SerialEvidence>& all() const noexcept {
    return m_serials;
  }

 private:
  UnixTime m_now;
  std::map<x509::SerialNumber, SerialEvidence> m_serials;
};

}  // namespace mtls::authority
