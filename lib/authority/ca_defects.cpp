#include "authority/ca_defects.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "crypto/key_check.hpp"
#include "crypto/signature_algorithm.hpp"
#include "x509/constraint_faults.hpp"
#include "x509/foreign_signature.hpp"

#include <algorithm>

namespace mtls::authority {
namespace {

class CaExamination final {
 public:
  CaExamination(const x509::Certificate& certificate, UnixTime now, const ossl::Context& context)
      : m_certificate(certificate), m_now(now), m_context(context) {}

  std::vector<CaFinding> run() {
    examine_key();
    examine_extensions();
    examine_validity();
    examine_encoding();
    examine_rest();
    std::stable_partition(m_findings.begin(), m_findings.end(),
                          [](const CaFinding& one) { return one.prevents_issuing; });
    return std::move(m_findings);
  }

 private:
  void find(CaDefect defect, std::string message, std::string why) {
    m_findings.push_back({.defect = defect, .message = std::move(message), .why = std::move(why)});
  }
  void find_preventing(CaDefect defect, std::string message, std::string why) {
    find(defect, std::move(message), std::move(why));
    m_findings.back().prevents_issuing = true;
  }

  void examine_key() {
    for (const crypto::KeyFinding& key : check_key(m_certificate.public_key(), m_context)) {
      find_preventing(
          CaDefect::weak_key, key.message,
          "whoever breaks the key can issue whatever this CA can; no certificate helps, "
          "only a new CA with a new key");
    }
  }

  void examine_extensions() {
    if (m_certificate.version() < 3) {
      find_preventing(
          CaDefect::version,
          format("it is X.509 v{}, without any extension", m_certificate.version()),
          "nothing in it says that it is a CA: openssl -x509_strict, rustls and Python's "
          "cryptography refuse every chain to it");
      return;
    }
    try {
      examine_basic_constraints();
      examine_key_usage();
      examine_purposes();
      examine_name_constraints();
      if (!m_certificate.subject_key_identifier()) {
        find(CaDefect::no_subject_key_identifier, "it has no subjectKeyIdentifier",
             "RFC 5280 asks for one in every CA certificate, and strict verifiers insist on it");
      }
      const auto signer = m_certificate.authority_key_identifier();
      if (signer && signer->serial_number && m_certificate.is_self_issued()) {
        find(
            CaDefect::authority_serial, "its authorityKeyIdentifier names issuer and serial",
            "what it issued most likely does so too, and OpenSSL then wants this very certificate: "
            "one that is made anew over the same key does not take its place");
      }
    } catch (const Error& error) {
      find_preventing(CaDefect::malformed_extension, error.message(),
                      "whoever reads the extension refuses the certificate");
    }
  }

  void examine_basic_constraints() {
    const auto constraints = m_certificate.basic_constraints();
    if (!constraints) {
      find_preventing(CaDefect::no_basic_constraints, "it has no basicConstraints",
                      "nothing in it says that it is a CA: every modern verifier refuses it");
      return;
    }
    if (constraints->subject != x509::BasicConstraints::Subject::ca) {
      find_preventing(CaDefect::not_a_ca, "its basicConstraints say that it is no CA",
                      "every verifier refuses what it issues");
      return;
    }
    const auto& extensions = m_certificate.extensions();
    const auto found = std::find_if(
        extensions.begin(), extensions.end(),
        [](const x509::Extension& one) { return one.id == x509::oids::basic_constraints(); });
    if (found == extensions.end() || found->criticality == x509::Criticality::critical) return;
    find(CaDefect::basic_constraints_lenient, "its basicConstraints are not critical",
         "RFC 5280 wants them critical, and strict verifiers refuse it");
  }

  void examine_key_usage() {
    const auto usage = m_certificate.key_usage();
    if (!usage) {
      find(CaDefect::no_key_usage, "it has no keyUsage",
           "RFC 5280 asks for keyCertSign and cRLSign in a CA certificate");
      return;
    }
    if (!usage->has(x509::KeyUsageBit::key_cert_sign)) {
      find_preventing(CaDefect::no_key_cert_sign, "its keyUsage lacks keyCertSign",
                      "it may not sign certificates, and verifiers refuse what it issued");
    }
    if (!usage->has(x509::KeyUsageBit::crl_sign)) {
      find(CaDefect::no_crl_sign, "its keyUsage lacks cRLSign",
           "its revocation lists are refused: a stolen certificate stays good until it ends");
    }
  }

  void examine_purposes() {
    const auto purposes = m_certificate.extended_key_usage();
    if (!purposes) return;
    find(CaDefect::extended_key_usage, "it has an extKeyUsage",
         "many verifiers (OpenSSL, Go, Windows) let what it issues serve these purposes only");
  }

  void examine_name_constraints() {
    const auto constraints = m_certificate.name_constraints();
    if (!constraints) return;
    for (const x509::ConstraintFault& fault : x509::find_constraint_faults(*constraints)) {
      find(CaDefect::unmeetable_constraint, "its name constraint " + fault.message,
           "no name of that kind is accepted by all programs under this CA" +
               (fault.remedy.empty()
                    ? std::string()
                    : format("; a new CA certificate would need {}", fault.remedy)));
    }
  }

  void examine_encoding() {
    for (const std::string& fault : m_certificate.encoding_faults()) {
      find(CaDefect::default_written_out, fault,
           "OpenSSL, nginx and HAProxy read it, rustls and Python's cryptography refuse it");
    }
  }

  void examine_validity() {
    constexpr std::chrono::hours k_soon{24 * 90};
    const x509::Validity& validity = m_certificate.validity();
    if (m_now > validity.not_after) {
      find_preventing(CaDefect::expired, format("it expired at {}", to_rfc3339(validity.not_after)),
                      "nothing that it issued is accepted any more");
    } else if (validity.not_after - m_now < k_soon) {
      find(CaDefect::expires_soon, format("it expires at {}", to_rfc3339(validity.not_after)),
           "on that day everything that it issued is refused at once");
    }
    if (m_now < validity.not_before) {
      find_preventing(CaDefect::not_yet_valid,
                      format("it is valid only from {}", to_rfc3339(validity.not_before)),
                      "nothing that it issues is accepted before");
    }
  }

  void examine_rest() {
    if (!crypto::find_signature_algorithm(m_certificate.signature_algorithm())) {
      find(
          CaDefect::outdated_signature,
          format("it is signed with {}", x509::algorithm_name(m_certificate.signature_algorithm())),
          "some peers refuse it even as a root, and all of them as an intermediate");
    }
    if (m_certificate.subject().empty()) {
      find_preventing(CaDefect::empty_subject, "its subject is empty",
                      "chains are found by the name of the issuer");
    }
    constexpr std::size_t k_longest_serial = 20;
    const ByteView serial = m_certificate.serial().content();
    const bool zero =
        std::all_of(serial.begin(), serial.end(), [](std::uint8_t octet) { return octet == 0; });
    if (zero || serial.front() >= 0x80 || serial.size() > k_longest_serial) {
      find(
          CaDefect::serial, format("its serial is {}", m_certificate.serial().to_text()),
          "RFC 5280 wants a positive number of at most 20 octets; several libraries refuse others");
    }
  }

  const x509::Certificate& m_certificate;
  UnixTime m_now;
  const ossl::Context& m_context;
  std::vector<CaFinding> m_findings;
};

}  // namespace

std::string_view name(CaDefect defect) noexcept {
  switch (defect) {
    case CaDefect::version:
      return "version";
    case CaDefect::no_basic_constraints:
      return "no_basic_constraints";
    case CaDefect::not_a_ca:
      return "not_a_ca";
    case CaDefect::basic_constraints_lenient:
      return "basic_constraints_lenient";
    case CaDefect::no_key_usage:
      return "no_key_usage";
    case CaDefect::no_key_cert_sign:
      return "no_key_cert_sign";
    case CaDefect::no_crl_sign:
      return "no_crl_sign";
    case CaDefect::no_subject_key_identifier:
      return "no_subject_key_identifier";
    case CaDefect::authority_serial:
      return "authority_serial";
    case CaDefect::extended_key_usage:
      return "extended_key_usage";
    case CaDefect::serial:
      return "serial";
    case CaDefect::empty_subject:
      return "empty_subject";
    case CaDefect::outdated_signature:
      return "outdated_signature";
    case CaDefect::weak_key:
      return "weak_key";
    case CaDefect::expired:
      return "expired";
    case CaDefect::not_yet_valid:
      return "not_yet_valid";
    case CaDefect::expires_soon:
      return "expires_soon";
    case CaDefect::malformed_extension:
      return "malformed_extension";
    case CaDefect::unmeetable_constraint:
      return "unmeetable_constraint";
    case CaDefect::default_written_out:
      return "default_written_out";
  }
  return "";
}

std::vector<CaFinding> find_ca_defects(const x509::Certificate& certificate, UnixTime now,
                                       const ossl::Context& context) {
  return CaExamination(certificate, now, context).run();
}

}  // namespace mtls::authority
