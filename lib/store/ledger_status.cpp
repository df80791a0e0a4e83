// The status of certificates, asked of a ledger.
#include "base/base64.hpp"
#include "store/ledger_data.hpp"

#include <utility>

namespace mtls::store {
namespace {

/// The issuers of a name, compared as RFC 5280, section 7.1 does, and of a key if one is given.
std::vector<IssuerId> find_issuers(Connection& connection, const x509::Name& subject,
                                   const crypto::PublicKey* key) {
  const auto rows = connection.prepare(
      key != nullptr ? "SELECT issuer, subject_der FROM issuers WHERE spki_hash = :spki_hash "
                       "ORDER BY issuer"
                     : "SELECT issuer, subject_der FROM issuers ORDER BY issuer");
  if (key != nullptr) rows->bind("spki_hash", to_hex(key->spki_hash()));
  const std::string exact = to_base64(subject.der());
  std::vector<IssuerId> found;
  while (rows->step()) {
    const std::string text = rows->text(1);
    if (text != exact) {
      const auto der = from_base64(text);
      if (!der) throw DbError(DbErrc::corrupt, "column subject_der holds what it cannot");
      try {
        if (!x509::Name::from_der(*der).matches(subject)) continue;
      } catch (const Error&) {
        throw DbError(DbErrc::corrupt, "column subject_der holds what it cannot");
      }
    }
    found.push_back(IssuerId{rows->integer(0)});
  }
  return found;
}

/// Two issuers of one key share their serials.
CertificateStatus merge(const CertificateStatus& left, const CertificateStatus& right) {
  CertificateStatus merged = left.recorded >= right.recorded ? left : right;
  if (!merged.revocation) {
    merged.revocation = left.revocation ? left.revocation : right.revocation;
  }
  if (merged.revocation) merged.state = State::revoked;
  return merged;
}

}  // namespace

RevocationsTable Ledger::Data::revocations_table() {
  if (schema < k_revocations_schema) schema = read_meta(*connection).schema_version;
  return schema < k_revocations_schema ? RevocationsTable::absent : RevocationsTable::present;
}

std::optional<CertificateStatus> Ledger::status(const x509::Certificate& certificate,
                                                const x509::Certificate* issuer) const {
  return m_data->guard([&] {
    const x509::Name& name = issuer != nullptr ? issuer->subject() : certificate.issuer();
    const crypto::PublicKey* const key = issuer != nullptr ? &issuer->public_key() : nullptr;
    std::optional<CertificateStatus> status;
    for (const IssuerId id : find_issuers(*m_data->connection, name, key)) {
      CertificateStatus one =
          find_status(*m_data->connection, id, certificate, m_data->revocations_table());
      // Without a verified signature another CA of this name may have made it.
      if (issuer == nullptr && one.recorded < Recorded::other_signature) continue;
      status = status ? merge(*status, one) : std::move(one);
    }
    return status;
  });
}

CertificateStatus Ledger::status(IssuerId issuer, const x509::Certificate& certificate) const {
  return m_data->guard([&] {
    return store::find_status(*m_data->connection, issuer, certificate,
                              m_data->revocations_table());
  });
}

std::optional<Revocation> Ledger::find_revocation(IssuerId issuer,
                                                  const x509::SerialNumber& serial) const {
  return m_data->guard([&] {
    return store::find_revocation(*m_data->connection, issuer, serial, m_data->revocations_table());
  });
}

std::map<x509::SerialNumber, Revocation> Ledger::find_revocations(IssuerId issuer) const {
  return m_data->guard([&] {
    return store::find_revocations(*m_data->connection, issuer, m_data->revocations_table());
  });
}

Record Ledger::with_status(Record record) const {
  const auto revocation = find_revocation(record.issuer, record.serial);
  return store::with_status(std::move(record), revocation);
}

}  // namespace mtls::store
