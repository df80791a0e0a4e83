#include "base/base64.hpp"
#include "store/chain.hpp"
#include "store/ledger_data.hpp"

namespace mtls::store {
namespace {

/// An issuer as its table has it.
struct IssuerTexts {
  std::string subject_der;
  std::string spki_hash;

  IssuerTexts(const x509::Name& subject, const crypto::PublicKey& key)
      : subject_der(to_base64(subject.der())), spki_hash(to_hex(key.spki_hash())) {}
};

std::optional<IssuerId> read_issuer(Connection& connection, const IssuerTexts& texts) {
  const auto statement = connection.prepare(
      "SELECT issuer FROM issuers WHERE spki_hash = :spki_hash AND subject_der = :subject_der");
  statement->bind("spki_hash", texts.spki_hash).bind("subject_der", texts.subject_der);
  if (!statement->step()) return std::nullopt;
  return IssuerId{statement->integer(0)};
}

/// Puts a new issuer in, with its empty log; within an exclusive transaction of the caller's.
IssuerId insert_issuer(Connection& connection, const IssuerTexts& texts) {
  const std::int64_t inserted =
      connection
          .prepare(
              "INSERT INTO issuers (issuer, subject_der, spki_hash) "
              "SELECT coalesce(max(issuer), 0) + 1, cast(:subject_der AS text), "
              "cast(:spki_hash AS text) FROM issuers WHERE true")
          ->bind("subject_der", texts.subject_der)
          .bind("spki_hash", texts.spki_hash)
          .run();
  require_changed(inserted, 1);
  const auto added = read_issuer(connection, texts);
  if (!added) throw DbError(DbErrc::other, "an issuer that was added is not there");
  begin_log(connection, *added);
  return *added;
}

bool has_ca_certificate(Connection& connection, IssuerId issuer,
                        const crypto::Sha256& fingerprint) {
  const auto statement = connection.prepare(
      "SELECT 1 FROM ca_certificates WHERE issuer = :issuer AND fingerprint = :fingerprint");
  statement->bind("issuer", number(issuer)).bind("fingerprint", to_hex(fingerprint));
  return statement->step();
}

LogSubject issuer_entry(const x509::Name& subject) {
  return {.action = LogAction::issuer,
          .content = crypto::sha256(subject.der()),
          .note = subject.to_text()};
}

}  // namespace

void insert_ca_certificate(Connection& connection, ChainWriter& chain, IssuerId issuer,
                           const NewCaCertificate& added) {
  const auto inserted =
      connection
          .prepare(
              "INSERT INTO ca_certificates (issuer, fingerprint, certificate) "
              "VALUES (:issuer, :fingerprint, :certificate) ON CONFLICT DO NOTHING")
          ->bind("issuer", number(issuer))
          .bind("fingerprint", to_hex(added.fingerprint))
          .bind("certificate", to_base64(added.der))
          .run();
  if (inserted == 0) {
    require_changed(has_ca_certificate(connection, issuer, added.fingerprint) ? 1 : 0, 1);
    return;
  }
  chain.append({.action = LogAction::ca_certificate,
                .serial = added.serial,
                .content = added.fingerprint,
                .note = {}});
}

IssuerId Ledger::add_issuer(const x509::Name& subject, const crypto::PublicKey& key,
                            const Author& author) {
  if (const auto known = find_issuer(subject, key)) return *known;
  return m_data->add_issuer(subject, key, nullptr, author);
}

IssuerId Ledger::add_issuer(const x509::Name& subject, const crypto::PublicKey& key,
                            const x509::Certificate& certificate, const Author& author) {
  const auto known = find_issuer(subject, key);
  const bool complete = known && m_data->guard([&] {
    return has_ca_certificate(*m_data->connection, *known, certificate.fingerprint());
  });
  return complete ? *known : m_data->add_issuer(subject, key, &certificate, author);
}

IssuerId Ledger::Data::add_issuer(const x509::Name& subject, const crypto::PublicKey& key,
                                  const x509::Certificate* certificate, const Author& author) {
  const Author stamped = dated(author);
  const IssuerTexts texts(subject, key);
  return guard([&] {
    Transaction transaction(*connection, Transaction::Kind::exclusive);
    require_schema();
    const auto known = read_issuer(*connection, texts);
    const IssuerId issuer = known ? *known : insert_issuer(*connection, texts);
    ChainWriter chain(*connection, issuer, stamped);
    if (!known) chain.append(issuer_entry(subject));
    if (certificate != nullptr) {
      insert_ca_certificate(*connection, chain, issuer,
                            {.serial = certificate->serial(),
                             .fingerprint = certificate->fingerprint(),
                             .der = certificate->der()});
    }
    commit(transaction, {{issuer, chain.finish()}});
    return issuer;
  });
}

std::optional<IssuerId> Ledger::find_issuer(const x509::Name& subject,
                                            const crypto::PublicKey& key) const {
  return m_data->guard([&] { return read_issuer(*m_data->connection, IssuerTexts(subject, key)); });
}

}  // namespace mtls::store
