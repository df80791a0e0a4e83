// Certificate revocation lists (RFC 5280 section 5), as read.
#pragma once

#include "crypto/digest.hpp"
#include "crypto/public_key.hpp"
#include "x509/extension.hpp"
#include "x509/serial_number.hpp"

#include <memory>
#include <optional>
#include <string_view>
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
  /// The content of revokedCertificates, for x509/crl_entries.hpp.
  [[nodiscard]] ByteView revoked_certificates() const noexcept;
  [[nodiscard]] ByteView signature_algorithm() const noexcept;
  [[nodiscard]] const crypto::Sha256& fingerprint() const noexcept;
  /// Whether an entry has a critical extension: certificateIssuer of an indirect list, or one that
  /// nobody here knows (RFC 5280 section 5.3: such a list must not be used).
  [[nodiscard]] bool has_critical_entry_extensions() const noexcept;
  /// Whether its signature is by `issuer_key`; false also where its two algorithm fields differ
  /// (section 5.1.1.2) and for algorithms that are not accepted (SHA-1).
  [[nodiscard]] bool is_signed_by(const crypto::PublicKey& issuer_key,
                                  const ossl::Context& context) const;

 private:
  struct Data;
  explicit CertificateList(std::shared_ptr<const Data> data) : m_data(std::move(data)) {}
  std::shared_ptr<const Data> m_data;
};

/// Reads the lists of a PEM or DER file's content, in its order; PEM blocks with other labels than
/// X509 CRL are let pass. `shown` names the file in errors. Throws malformed, also where there is
/// none.
[[nodiscard]] std::vector<CertificateList> read_certificate_lists(ByteView file,
                                                                  std::string_view shown);

}  // namespace mtls::x509
