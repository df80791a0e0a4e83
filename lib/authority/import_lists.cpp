#include "authority/import_lists.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "x509/foreign_signature.hpp"

namespace mtls::authority {
namespace {

/// Whether the ledger can hold a serial: none that is negative.
bool is_storable(const x509::SerialNumber& serial) {
  const auto read = x509::SerialNumber::parse(serial.to_text());
  return read && *read == serial;
}

std::string limits(const x509::CrlScope& scope) {
  if (scope.is_delta) return "a delta CRL: it lists only what changed since another CRL";
  if (scope.is_indirect) return "an indirect CRL: what it lists for other CAs is not used";
  return "limited to a part of the CA's certificates, or by an extension that is not known";
}

}  // namespace

void ImportLists::note(ImportFinding finding, const Path& file, std::string message) {
  m_note({.finding = finding, .file = file, .message = std::move(message)});
}

void ImportLists::take(const x509::CertificateList& list, const Path& file,
                       ImportEvidence& evidence) {
  if (!m_seen.insert(list.fingerprint()).second || !is_ours(list, file)) return;
  m_files.push_back(file);
  try {
    const x509::CrlScope scope = x509::scope_of(list);
    if (scope.is_delta || scope.is_indirect || scope.is_partial) {
      note(ImportFinding::partial_crl, file, "it is " + limits(scope));
    }
    take_entries(list, file, evidence);
  } catch (const Error& error) {
    note(ImportFinding::unreadable, file, error.message());
  }
  take_number(list, file);
}

bool ImportLists::is_ours(const x509::CertificateList& list, const Path& file) {
  const std::string algorithm = x509::algorithm_name(list.signature_algorithm());
  if (!list.issuer().matches(m_ca.subject())) {
    note(ImportFinding::other_issuer, file,
         format("it is a CRL of {}", list.issuer().to_text(128)));
    return false;
  }
  switch (x509::judge_foreign_signature(list, m_ca.public_key(), m_context)) {
    case x509::ForeignSignature::good:
      return true;
    case x509::ForeignSignature::outdated:
      note(ImportFinding::outdated_signature, file,
           format("the CRL is signed with {}, which peers refuse", algorithm));
      return true;
    case x509::ForeignSignature::bad:
      note(ImportFinding::bad_signature, file,
           "the CRL has the CA's name, and the CA's key did not sign it");
      return false;
    case x509::ForeignSignature::undetermined:
      note(ImportFinding::undetermined_signature, file,
           format("the CRL is signed with {}, which cannot be verified here", algorithm));
      return false;
  }
  return false;
}

void ImportLists::take_entries(const x509::CertificateList& list, const Path& file,
                               ImportEvidence& evidence) {
  const bool is_delta = x509::scope_of(list).is_delta;
  x509::for_each_entry(list, [&](const x509::CrlEntry& entry) {
    if (is_delta && entry.reason == x509::CrlReason::remove_from_crl) return;
    if (entry.certificate_issuer && !entry.certificate_issuer->matches(m_ca.subject())) return;
    if (!is_storable(entry.serial)) {
      m_note({.finding = ImportFinding::unstorable,
              .file = file,
              .serial = entry.serial,
              .message = "the CRL lists a serial that is not a positive number"});
      return;
    }
    const bool said = entry.reason && entry.reason != x509::CrlReason::unspecified &&
                      entry.reason != x509::CrlReason::remove_from_crl;
    SerialEvidence& one = evidence.at(entry.serial, file, std::nullopt);
    one.named = true;
    evidence.revoke(one, {.time = std::min(entry.revocation_date, m_now),
                          .reason = said ? std::string(name(*entry.reason)) : std::string(),
                          .invalid_since = entry.invalid_since});
  });
}

void ImportLists::take_number(const x509::CertificateList& list, const Path& file) {
  const x509::CrlNumbering numbering = x509::numbering_of(list);
  if (!numbering.is_present) return;  // version 1
  if (!numbering.number) {
    note(ImportFinding::crl_number, file,
         "its CRL number is negative, over 20 octets or no number: it does not count");
    return;
  }
  if (m_highest && m_highest->number >= *numbering.number) return;
  m_highest = {.number = *numbering.number, .fingerprint = list.fingerprint()};
}

}  // namespace mtls::authority
