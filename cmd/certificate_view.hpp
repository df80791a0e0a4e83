// Certificates, requests, lists and keys as text and as JSON: the same fields wherever one is
// shown.
#pragma once

#include "cmd/json.hpp"
#include "x509/certificate.hpp"
#include "x509/certificate_list.hpp"
#include "x509/certificate_request.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mtls::cmd {

/// Lines "  label        value", values aligned; an empty value is left out.
class FieldList final {
 public:
  void add(std::string_view label, std::string_view value);
  [[nodiscard]] const std::string& text() const noexcept { return m_text; }

 private:
  std::string m_text;
};

/// What identifies a certificate: subject, issuer, serial, validity, fingerprint.
[[nodiscard]] Json brief_json(const x509::Certificate& certificate);
/// All of it. An extension that cannot be decoded is shown as malformed; nothing is thrown.
[[nodiscard]] Json certificate_json(const x509::Certificate& certificate);
[[nodiscard]] std::string certificate_text(const x509::Certificate& certificate);

[[nodiscard]] Json request_json(const x509::CertificateRequest& request);
[[nodiscard]] std::string request_text(const x509::CertificateRequest& request);

[[nodiscard]] Json list_json(const x509::CertificateList& list);
[[nodiscard]] std::string list_text(const x509::CertificateList& list);

[[nodiscard]] Json public_key_json(const crypto::PublicKey& key);
[[nodiscard]] std::string public_key_text(const crypto::PublicKey& key);
/// The same for a key of which only its kind is known.
[[nodiscard]] std::string public_key_text(const std::string& description);

/// The name of an AlgorithmIdentifier, "sha256WithRSAEncryption", else dotted decimal.
[[nodiscard]] std::string algorithm_name(ByteView algorithm_identifier);
/// "2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z".
[[nodiscard]] std::string validity_text(const x509::Validity& validity);
/// Texts of general names; empty where they cannot be read.
[[nodiscard]] std::vector<std::string> name_texts(const x509::GeneralNames& names);
[[nodiscard]] std::string join(const std::vector<std::string>& words);

}  // namespace mtls::cmd
