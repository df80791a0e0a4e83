#include "store/row_audit.hpp"

#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/format.hpp"
#include "crypto/signature_algorithm.hpp"
#include "store/log_audit.hpp"
#include "store/schema.hpp"
#include "x509/certificate.hpp"
#include "x509/foreign_signature.hpp"

#include <set>

namespace mtls::store {
namespace {

/// An issuer as its rows are judged by. The key is known where a CA certificate of it is there.
struct KnownIssuer {
  IssuerId id;
  std::string subject_der;  // base64
  std::string spki_hash;    // hex
  std::optional<crypto::PublicKey> key;
};

std::optional<crypto::PublicKey> find_key(Connection& connection, const KnownIssuer& issuer) {
  const auto rows =
      connection.prepare("SELECT certificate FROM ca_certificates WHERE issuer = :issuer");
  rows->bind("issuer", number(issuer.id));
  while (rows->step()) {
    const auto der = from_base64(rows->text(0));
    if (!der) continue;
    try {
      const auto certificate = x509::Certificate::from_der(*der);
      if (to_hex(certificate.public_key().spki_hash()) == issuer.spki_hash) {
        return certificate.public_key();
      }
    } catch (const Error&) {
      continue;  // the log's verification tells that it was altered
    }
  }
  return std::nullopt;
}

std::vector<KnownIssuer> read_issuers(Connection& connection) {
  std::vector<KnownIssuer> issuers;
  {
    const auto rows =
        connection.prepare("SELECT issuer, subject_der, spki_hash FROM issuers ORDER BY issuer");
    while (rows->step()) {
      issuers.push_back({.id = IssuerId{rows->integer(0)},
                         .subject_der = rows->text(1),
                         .spki_hash = rows->text(2),
                         .key = std::nullopt});
    }
  }
  for (KnownIssuer& issuer : issuers) issuer.key = find_key(connection, issuer);
  return issuers;
}

/// Which columns say something else than the certificate.
std::string differences(const Record& row, const x509::Certificate& certificate) {
  std::string list;
  const auto note = [&list](bool same, std::string_view column) {
    if (same) return;
    if (!list.empty()) list += ", ";
    list += column;
  };
  note(row.serial == certificate.serial(), "serial");
  note(row.fingerprint == certificate.fingerprint(), "fingerprint");
  note(row.spki_hash == certificate.public_key().spki_hash(), "spki_hash");
  note(row.subject == certificate.subject().to_text(), "subject");
  note(row.sans == x509::to_texts(certificate.subject_alt_names()), "sans");
  note(row.validity.not_before == certificate.validity().not_before, "not_before");
  note(row.validity.not_after == certificate.validity().not_after, "not_after");
  return list;
}

class RowAudit final {
 public:
  RowAudit(Connection& connection, const ossl::Context& context)
      : m_connection(connection), m_context(context) {}

  AuditReport run() {
    for (const KnownIssuer& issuer : read_issuers(m_connection)) {
      for_each_row(m_connection, issuer.id, m_report,
                   [&](const Record& row) { check(row, issuer); });
    }
    find_duplicates();
    find_strays();
    return std::move(m_report);
  }

 private:
  void find(Flaw flaw, const Record& row, std::string message) {
    m_report.add({.flaw = flaw,
                  .issuer = row.issuer,
                  .entry = std::nullopt,
                  .serial = row.serial.to_text(),
                  .message = std::move(message)});
  }

  void check(const Record& row, const KnownIssuer& issuer) {
    if (!row.certificate) return;
    try {
      const auto certificate = x509::Certificate::from_der(*row.certificate);
      const std::string wrong = differences(row, certificate);
      if (!wrong.empty()) {
        find(Flaw::row_wrong, row, format("not what the certificate says: {}", wrong));
      }
      if (to_base64(certificate.issuer().der()) != issuer.subject_der) {
        find(Flaw::foreign_issuer, row, "the certificate bears another issuer's name");
      }
      check_signature(row, certificate, issuer);
    } catch (const Error& error) {
      find(Flaw::row_unreadable, row, error.message());
    }
  }

  void check_signature(const Record& row, const x509::Certificate& certificate,
                       const KnownIssuer& issuer) {
    if (!issuer.key) return;
    // What probe makes to be refused may have a signature of any kind.
    const bool accepted =
        crypto::find_signature_algorithm(certificate.signature_algorithm()).has_value();
    if (!accepted && row.origin == Origin::issued) return;
    // What is imported may be signed by a key or an algorithm that nothing else accepts.
    const auto verdict = x509::judge_foreign_signature(certificate, *issuer.key, m_context);
    if (verdict != x509::ForeignSignature::bad) return;
    find(Flaw::bad_signature, row, "the signature is not by the issuer's key");
  }

  /// Beside the unique index, which may be what is damaged.
  void find_duplicates() {
    const auto rows = m_connection.prepare(
        "SELECT issuer, serial FROM certificates WHERE origin = 'issued' "
        "GROUP BY issuer, serial HAVING count(*) > 1");
    while (rows->step()) {
      m_report.add({.flaw = Flaw::duplicate_serial,
                    .issuer = IssuerId{rows->integer(0)},
                    .entry = std::nullopt,
                    .serial = rows->text(1),
                    .message = "two certificates have this serial"});
    }
  }

  /// Rows of an issuer that is not there: no log speaks of them.
  void find_strays() {
    const std::int64_t version = read_meta(m_connection).schema_version;
    for (const char* table :
         {"certificates", "ca_certificates", "log_entries", "log_heads", "revocations"}) {
      if (table == std::string_view("revocations") && version < k_revocations_schema) continue;
      const auto rows = m_connection.prepare(
          format("SELECT issuer, count(*) FROM {} WHERE issuer NOT IN (SELECT issuer FROM issuers) "
                 "GROUP BY issuer",
                 table));
      while (rows->step()) {
        m_report.add({.flaw = Flaw::foreign_issuer,
                      .issuer = IssuerId{rows->integer(0)},
                      .entry = std::nullopt,
                      .serial = {},
                      .message = format("{} rows of {} are of issuer {}, which is not there",
                                        rows->integer(1), table, rows->integer(0))});
      }
    }
  }

  Connection& m_connection;
  const ossl::Context& m_context;
  AuditReport m_report;
};

}  // namespace

AuditReport audit_rows(Connection& connection, const ossl::Context& context) {
  return RowAudit(connection, context).run();
}

}  // namespace mtls::store
