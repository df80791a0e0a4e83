// PKCS #10 requests (RFC 2986).
#pragma once

#include "base/secret.hpp"
#include "crypto/signer.hpp"
#include "x509/certificate.hpp"
#include "x509/request_attributes.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mtls::x509 {

/// What a request's own signature says: that its maker has the key, that it was changed or forged,
/// or nothing, since it is by an algorithm that is not accepted (SHA-1, RSASSA-PSS …), or by a key
/// that nothing is computed with for its form, size or parameters (crypto::find_bound_defects).
enum class Possession { proven, refuted, algorithm_not_accepted, key_not_accepted };

/// A request as read. It only proposes: nothing in it is trusted but the proof of possession, once
/// `proves_possession` has said yes. Immutable, cheap to copy.
class CertificateRequest final {
 public:
  /// Throws malformed: whatever is not DER, an attribute twice. The set of attributes may be
  /// missing, as some software has it. What is wrong otherwise is in version_fault and faults.
  [[nodiscard]] static CertificateRequest from_der(ByteView der);
  /// Reads the one request of a PEM ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST") or DER file.
  /// `shown` names the file in errors. Throws malformed, also for a version_fault and where
  /// anything else stands beside the request: another one, a certificate, a private key (with the
  /// hint that it does not belong there).
  [[nodiscard]] static CertificateRequest from_file(ByteView file, std::string_view shown);

  [[nodiscard]] ByteView der() const noexcept;
  [[nodiscard]] ByteView info() const noexcept;  // certificationRequestInfo, whole
  [[nodiscard]] const Name& subject() const noexcept;
  [[nodiscard]] const crypto::PublicKey& public_key() const noexcept;
  /// The extensions of its extensionRequest attribute (PKCS #9) and of Microsoft's for the same
  /// (1.3.6.1.4.1.311.2.1.14), as RequestAttributes has them; empty where there is none.
  [[nodiscard]] const Extensions& requested_extensions() const noexcept;
  /// The SANs among them; throws malformed, also where the two attributes have different ones or an
  /// attribute of extensions cannot be read.
  [[nodiscard]] GeneralNames subject_alt_names() const;
  /// Whether it has a challengePassword (never shown, never used).
  [[nodiscard]] bool has_challenge_password() const noexcept;
  /// unstructuredName: openssl's "optional company name".
  [[nodiscard]] std::optional<std::string> unstructured_name() const;
  /// All attributes, in the order of their encoding.
  [[nodiscard]] const std::vector<RequestAttribute>& attributes() const noexcept;
  /// What is wrong with the attributes, where that hides nothing: sentences.
  [[nodiscard]] const std::vector<std::string>& faults() const noexcept;
  /// Set where the version is another than 1: what it is and what would be right.
  [[nodiscard]] const std::optional<std::string>& version_fault() const noexcept;
  [[nodiscard]] ByteView signature_algorithm() const noexcept;  // whole element
  /// Whether the signature over info() is by its own key.
  [[nodiscard]] Possession proves_possession(const ossl::Context& context) const;

 private:
  struct Data;
  explicit CertificateRequest(std::shared_ptr<const Data> data) : m_data(std::move(data)) {}
  std::shared_ptr<const Data> m_data;
};

/// Returns `request`; throws malformed for a version_fault.
[[nodiscard]] CertificateRequest require_version_1(CertificateRequest request);

/// Throws unless the request proves possession of its key: bad_signature, unsupported (naming the
/// algorithm) where its algorithm is not accepted, or weak_key where its key is not.
void require_possession(const CertificateRequest& request, const ossl::Context& context);

/// What a request that we make says.
struct RequestFields {
  Name subject;
  GeneralNames subject_alt_names;
  /// The guide's optional prompts. A challenge password stands in the request in clear text.
  std::optional<SecretBytes> challenge_password;
  std::optional<std::string> unstructured_name;
};

/// Makes and signs a request. Throws bad_name where an attribute cannot be encoded: a name that
/// `require_good` refuses, a text that is empty, over 255 characters, or not plain UTF-8.
[[nodiscard]] CertificateRequest make_request(const RequestFields& fields,
                                              const crypto::Signer& signer);
[[nodiscard]] std::string to_pem(const CertificateRequest& request);

}  // namespace mtls::x509
