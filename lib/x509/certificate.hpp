// A certificate (RFC 5280 section 4.1), as read.
#pragma once

#include "crypto/public_key.hpp"
#include "x509/extension.hpp"
#include "x509/name.hpp"
#include "x509/serial_number.hpp"
#include "x509/validity.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::x509 {

/// A certificate that is DER throughout its fixed parts; extension values are decoded when asked
/// for. v1 and v2 can be held, so that they can be shown and judged. The two signature algorithm
/// fields may differ here: `verify` reports it. Immutable, cheap to copy (the octets are shared),
/// safe to read from threads. Equal means identical octets.
class Certificate final {
 public:
  /// Throws malformed: whatever is not DER, octets behind the end, extensions before v3, none in
  /// the list or one twice. A default that is written out is no error but one of encoding_faults.
  [[nodiscard]] static Certificate from_der(ByteView der);

  [[nodiscard]] ByteView der() const noexcept;
  /// The tbsCertificate element, whole.
  [[nodiscard]] ByteView tbs() const noexcept;
  [[nodiscard]] unsigned version() const noexcept;  // 1, 2 or 3
  [[nodiscard]] const SerialNumber& serial() const noexcept;
  [[nodiscard]] const Name& issuer() const noexcept;
  [[nodiscard]] const Name& subject() const noexcept;
  [[nodiscard]] const Validity& validity() const noexcept;
  [[nodiscard]] const crypto::PublicKey& public_key() const noexcept;
  [[nodiscard]] const Extensions& extensions() const noexcept;
  /// Sentences on defaults that DER leaves out and this certificate writes out (v1, critical FALSE,
  /// CA:FALSE): servers read it, stricter libraries refuse it. Empty where there are none.
  [[nodiscard]] const std::vector<std::string>& encoding_faults() const noexcept;
  /// The outer signatureAlgorithm element, whole; the inner one (tbsCertificate.signature).
  [[nodiscard]] ByteView signature_algorithm() const noexcept;
  [[nodiscard]] ByteView inner_signature_algorithm() const noexcept;
  [[nodiscard]] ByteView signature() const noexcept;
  [[nodiscard]] const crypto::Sha256& fingerprint() const noexcept;  // SHA-256 of der()

  // Decoded extensions; nothing where absent; throw malformed.
  [[nodiscard]] std::optional<BasicConstraints> basic_constraints() const;
  [[nodiscard]] std::optional<KeyUsage> key_usage() const;
  [[nodiscard]] std::optional<std::vector<der::Oid>> extended_key_usage() const;
  [[nodiscard]] GeneralNames subject_alt_names() const;  // empty where absent
  [[nodiscard]] std::optional<Bytes> subject_key_identifier() const;
  [[nodiscard]] std::optional<AuthorityKeyIdentifier> authority_key_identifier() const;
  [[nodiscard]] std::optional<NameConstraints> name_constraints() const;

  /// Whether issuer and subject are the same name (says nothing of the signature).
  [[nodiscard]] bool is_self_issued() const;
  /// Whether its signature is by `issuer_key`; false also for algorithms that are not accepted
  /// (SHA-1).
  [[nodiscard]] bool is_signed_by(const crypto::PublicKey& issuer_key,
                                  const ossl::Context& context) const;
  bool operator==(const Certificate& other) const noexcept;

 private:
  struct Data;
  explicit Certificate(std::shared_ptr<const Data> data) : m_data(std::move(data)) {}
  std::shared_ptr<const Data> m_data;
};

/// Reads the certificates of a PEM or DER file's content, in its order. `shown` names the file in
/// errors. Blocks labelled CERTIFICATE or X509 CERTIFICATE count; others are let pass but for
/// private keys, which are refused (malformed, with the hint that a key does not belong there)
/// unless `keys` says they may stand beside. TRUSTED CERTIFICATE, openssl's own form, is refused
/// with the way out. Throws malformed where there is no certificate or over `limit`.
enum class KeysBeside { refuse, allow };
[[nodiscard]] std::vector<Certificate> read_certificates(ByteView file, std::string_view shown,
                                                         KeysBeside keys = KeysBeside::refuse,
                                                         std::size_t limit = 1000);
/// Returns PEM of one or several certificates, in order.
[[nodiscard]] std::string to_pem(const Certificate& certificate);
[[nodiscard]] std::string to_pem(const std::vector<Certificate>& certificates);

}  // namespace mtls::x509
