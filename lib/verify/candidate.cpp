#include "verify/candidate.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "ossl/openssl_error.hpp"

#include <algorithm>
#include <array>

namespace mtls::verify {
namespace {

constexpr std::size_t k_shown_name_limit = 256;

std::string first_alternative_name(const x509::GeneralNames& names) {
  std::string text = names.front().to_text();
  if (text.size() <= k_shown_name_limit) return text;
  text.resize(k_shown_name_limit);
  return text + "...";
}

/// Extensions that libcrypto processes and the rules have no value for: policyMappings,
/// policyConstraints, inhibitAnyPolicy (RFC 5280 sections 4.2.1.5, .11 and .14).
bool is_policy_extension(const der::Oid& id) {
  static const std::array<der::Oid, 3> known{der::oid("2.5.29.33"), der::oid("2.5.29.36"),
                                             der::oid("2.5.29.54")};
  return std::find(known.begin(), known.end(), id) != known.end();
}

/// Decodes `extension` into `into`; returns whether it is of a kind that is processed.
bool decode(const x509::Extension& extension, DecodedExtensions& into) {
  namespace oids = x509::oids;
  const ByteView value = extension.value;
  if (extension.id == oids::basic_constraints()) {
    into.basic_constraints = x509::decode_basic_constraints(value);
  } else if (extension.id == oids::key_usage()) {
    into.key_usage = x509::decode_key_usage(value);
  } else if (extension.id == oids::extended_key_usage()) {
    into.extended_key_usage = x509::decode_extended_key_usage(value);
  } else if (extension.id == oids::name_constraints()) {
    into.name_constraints = x509::decode_name_constraints(value);
  } else if (extension.id == oids::subject_alt_name()) {
    into.subject_alt_names = x509::decode_subject_alt_name(value);
  } else if (extension.id == oids::subject_key_identifier()) {
    into.subject_key_identifier = x509::decode_subject_key_identifier(value);
  } else if (extension.id == oids::authority_key_identifier()) {
    into.authority_key_identifier = x509::decode_authority_key_identifier(value);
  } else if (extension.id == oids::certificate_policies()) {
    static_cast<void>(x509::decode_certificate_policies(value));
  } else if (extension.id == oids::crl_distribution_points()) {
    // Processed also where it is critical: it says where CRLs are, and whether one must be asked is
    // local policy (RFC 5280 section 6.3). OpenSSL's listeners let it pass without any CRL; a
    // verdict that they do not share would help nobody.
    static_cast<void>(x509::decode_crl_distribution_points(value));
  } else if (extension.id == oids::authority_info_access()) {
    static_cast<void>(x509::decode_authority_info_access(value));
    return false;  // nothing acts on it: where it is critical it must be refused
  } else {
    return is_policy_extension(extension.id);
  }
  return true;
}

DecodedExtensions decode_all(const x509::Certificate& certificate) {
  DecodedExtensions decoded;
  for (const x509::Extension& extension : certificate.extensions()) {
    bool processed = true;
    try {
      processed = decode(extension, decoded);
    } catch (const Error& error) {
      if (error.code() != Errc::malformed) throw;
      decoded.malformed.push_back(
          format("its {} cannot be read: {}", x509::oid_name(extension.id), error.message()));
    }
    if (!processed && extension.criticality == x509::Criticality::critical) {
      decoded.unknown_critical.push_back(extension.id);
    }
  }
  return decoded;
}

bool is_harmless(crypto::KeyDefect defect) {
  switch (defect) {
    case crypto::KeyDefect::rsa_too_small:
    case crypto::KeyDefect::rsa_size_not_octets:
    case crypto::KeyDefect::rsa_small_factor:
    case crypto::KeyDefect::rsa_roca:
    case crypto::KeyDefect::rsa_close_primes:
      return true;
    case crypto::KeyDefect::unsupported_algorithm:
    case crypto::KeyDefect::explicit_parameters:
    case crypto::KeyDefect::unsupported_curve:
    case crypto::KeyDefect::point_not_on_curve:
    case crypto::KeyDefect::rsa_too_large:
    case crypto::KeyDefect::rsa_even_modulus:
    case crypto::KeyDefect::rsa_exponent:
      return false;
  }
  return false;
}

ossl::Handle<X509> read_form(ByteView der, const ossl::Context& context) {
  ossl::Handle<X509> empty(
      ossl::require_pointer(X509_new_ex(context.get(), context.properties()), "X509_new_ex"));
  // d2i frees what it was given where it fails, and then says so by clearing the pointer.
  X509* target = empty.release();
  const unsigned char* octets = der.data();
  const bool read = d2i_X509(&target, &octets, static_cast<long>(der.size())) != nullptr;
  ossl::Handle<X509> form(target);
  if (read && octets == der.data() + der.size()) return form;
  ossl::clear_queue();
  return nullptr;
}

}  // namespace

const DecodedExtensions& Candidate::extensions() {
  if (!m_extensions) m_extensions = decode_all(m_certificate);
  return *m_extensions;
}

bool Candidate::is_self_issued() {
  if (!m_self_issued) m_self_issued = m_certificate.is_self_issued();
  return *m_self_issued;
}

const std::vector<crypto::KeyFinding>& Candidate::key_findings(const ossl::Context& context) {
  if (!m_key_findings) m_key_findings = crypto::check_key(m_certificate.public_key(), context);
  return *m_key_findings;
}

bool Candidate::has_harmless_key(const ossl::Context& context) {
  const auto& findings = key_findings(context);
  return std::all_of(findings.begin(), findings.end(),
                     [](const crypto::KeyFinding& finding) { return is_harmless(finding.defect); });
}

X509* Candidate::libcrypto_form(const ossl::Context& context) {
  if (!m_libcrypto_form) m_libcrypto_form = read_form(m_certificate.der(), context);
  return m_libcrypto_form->get();
}

const std::string& Candidate::shown_name() {
  if (m_shown_name) return *m_shown_name;
  const x509::Name& subject = m_certificate.subject();
  const x509::GeneralNames& names = extensions().subject_alt_names;
  if (!subject.empty()) {
    m_shown_name = verify::shown_name(subject);
  } else if (!names.empty()) {
    m_shown_name = first_alternative_name(names);
  } else {
    m_shown_name = format("serial {}", m_certificate.serial().to_text());
  }
  return *m_shown_name;
}

std::string shown_name(const x509::Name& name) {
  return name.empty() ? "(empty name)" : name.to_text(k_shown_name_limit);
}

KeyIdMatch match_key_ids(Candidate& child, Candidate& issuer) {
  const auto& authority = child.extensions().authority_key_identifier;
  if (!authority) return KeyIdMatch::silent;
  if (authority->serial_number &&
      !equal(*authority->serial_number, issuer.certificate().serial().content())) {
    return KeyIdMatch::differ;
  }
  for (const x509::GeneralName& name : authority->issuer) {
    if (name.kind() != x509::GeneralNameKind::directory) continue;
    if (!name.directory_name().matches(issuer.certificate().issuer())) return KeyIdMatch::differ;
  }
  const auto& subject = issuer.extensions().subject_key_identifier;
  if (!authority->key_identifier || !subject) return KeyIdMatch::silent;
  return *authority->key_identifier == *subject ? KeyIdMatch::agree : KeyIdMatch::differ;
}

}  // namespace mtls::verify
