// Certificate revocation lists (RFC 5280 section 5), as read: enough to say what a file is.
#pragma once

#include "crypto/digest.hpp"
#include "x509/extension.hpp"
#include "x509/serial_number.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace mtls::x509 {

/// A CertificateList. Entries are counted and looked up, not kept as objects. Immutable, cheap to
/// copy.
class CertificateList final {
 public:
  /// Throws malformed.
  [[nodiscard]] static CertificateList from_der(ByteView der);
  [[nodiscard]] ByteView der() const noexcept;
  [[nodiscard]] unsigned version() const noexcept;  // 1 or 2
  [[nodiscard]] const Name& issuer() const noexcept;
  [[nodiscard]] UnixTime this_update() const noexcept;
  [[nodiscard]] std::optional<UnixTime> next_update() const noexcept;
  [[nodiscard]] const Extensions& extensions() const noexcept;
  [[nodiscard]] std::size_t entry_count() const noexcept;
  /// The first `limit` serials with their revocation dates.
  struct Entry {
    SerialNumber serial;
    UnixTime revocation_date;
  };
  [[nodiscard]] std::vector<Entry> entries(std::size_t limit) const;
  [[nodiscard]] ByteView signature_algorithm() const noexcept;
  [[nodiscard]] const crypto::Sha256& fingerprint() const noexcept;

 private:
  struct Data;
  explicit CertificateList(std::shared_ptr<const Data> data) : m_data(std::move(data)) {}
  std::shared_ptr<const Data> m_data;
};

}  // namespace mtls::x509
