#include "authority/import_ca.hpp"

#include "authority/import_content.hpp"
#include "authority/import_files.hpp"
#include "authority/import_indexes.hpp"
#include "authority/import_lists.hpp"
#include "authority/import_recording.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "x509/foreign_signature.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

namespace mtls::authority {
namespace {

constexpr std::size_t k_batch = 500;

bool has_part(const Path& path, std::string_view part) {
  return std::find(path.begin(), path.end(), part) != path.end();
}

/// Whether what was named is easy-rsa's pki/revoked, a directory in it, or a file in one of these.
bool is_named_revoked(const Path& path) {
  std::error_code ignored;
  Path directory = std::filesystem::canonical(path, ignored);
  if (!std::filesystem::is_directory(directory, ignored)) directory = directory.parent_path();
  return directory.filename() == "revoked" || directory.parent_path().filename() == "revoked";
}

void add_note(ImportReport& report, ImportNote note) {
  ++report.found;
  report.damaged = report.damaged || is_damage(note.finding);
  if (report.notes.size() < k_import_notes_limit) report.notes.push_back(std::move(note));
}

class Import final {
 public:
  Import(const ImportRequest& request, const ossl::Context& context)
      : m_request(request),
        m_context(context),
        m_ca(request.ca.certificate()),
        m_evidence(request.author.time),
        m_named_revoked(is_named_revoked(request.path)) {}

  ImportReport run() {
    const ImportFiles found = find_import_files(m_request.path);
    for (const PassedOver& one : found.passed_over) note(one);
    // It may be a pipe, which is read only once.
    if (found.named) m_named = read_named_file(found.files.front());
    find_issuer();
    m_recorder.emplace(m_request, m_issuer, m_evidence, m_report,
                       [this](ImportNote one) { note(std::move(one)); });
    gather(found);
    for (const Path& file : found.files) take_file(file);
    flush();
    recorder().record(m_serials);
    if (m_highest) recorder().record_number(*m_highest);
    recorder().look_for_missing(m_serials);
    look_for_repeated();
    return std::move(m_report);
  }

 private:
  void note(ImportNote note) { add_note(m_report, std::move(note)); }
  void note(const PassedOver& one) { note(to_note(one)); }
  void note(ImportFinding finding, const x509::Certificate& certificate, const Path& file,
            std::string message) {
    note(ImportNote{.finding = finding,
                    .file = file,
                    .serial = certificate.serial(),
                    .message = std::move(message)});
  }

  /// easy-rsa moves what it revokes into pki/revoked.
  [[nodiscard]] bool is_among_revoked(const Path& file) const {
    const Path below = file.lexically_relative(m_request.path).parent_path();
    return m_named_revoked || has_part(below, "revoked");
  }

  RevocationRecorder& recorder() { return *m_recorder; }

  [[nodiscard]] bool is_trial() const { return m_request.trial == ImportRequest::Trial::yes; }

  [[nodiscard]] ImportedFile read(const Path& file) const {
    return m_named ? *m_named : read_import_file(file);
  }

  /// Whether it has the CA's name and is signed by its key, as far as that can be told.
  [[nodiscard]] bool is_by_us(const x509::Certificate& certificate) const {
    return certificate.issuer() == m_ca.subject() &&
           x509::judge_foreign_signature(certificate, m_ca.public_key(), m_context) !=
               x509::ForeignSignature::bad;
  }

  /// All that is said of revocations, before the first certificate is taken.
  void gather(const ImportFiles& found) {
    const TakeNote take_note = [this](ImportNote one) { note(std::move(one)); };
    const UnixTime now = m_request.author.time;
    ImportIndexes indexes(found, m_request.ca.chain(),
                          [this](const x509::Certificate& one) { return is_by_us(one); });
    ImportLists lists(m_ca, m_context, now, take_note);
    for (const Path& file : found.files) {
      const ImportedFile content = read(file);
      for (const PassedOver& one : content.passed_over) note(one);
      for (const x509::CertificateList& list : content.lists) lists.take(list, file, m_evidence);
      const auto bundled = indexes.holds_own(content.certificates)
                               ? ImportIndexes::Bundled::with_own
                               : ImportIndexes::Bundled::no;
      for (const x509::Certificate& one : content.certificates) {
        indexes.look_at(one, file, bundled);
        // What the ledger cannot hold is reported when it is taken.
        if (is_among_revoked(file) && !store::find_unstorable(one) && is_by_us(one)) {
          SerialEvidence& placed = m_evidence.at(one.serial(), file, std::nullopt);
          placed.placed = file;
          m_evidence.revoke(placed, {.time = std::nullopt, .reason = {}});
        }
      }
    }
    const ImportIndexes::InLedger in_ledger = [this](const auto& serial, const auto& subject) {
      return is_in_ledger(serial, subject);
    };
    indexes.merge({.now = now, .in_ledger = in_ledger, .evidence = m_evidence, .note = take_note});
    tell_placed();
    m_report.indexes = indexes.ours();
    m_report.lists = lists.files();
    m_highest = lists.highest();
    if (m_highest) m_report.crl_number = m_highest->number;
  }

  void tell_placed() {
    for (const auto& [serial, evidence] : m_evidence.all()) {
      if (!evidence.placed || evidence.named) continue;
      note({.finding = ImportFinding::revoked_by_place,
            .file = evidence.placed,
            .serial = serial,
            .message = "it is in a directory 'revoked', and no index and no CRL says so: taken as "
                       "revoked"});
    }
  }

  [[nodiscard]] bool is_in_ledger(const x509::SerialNumber& serial,
                                  const std::string& subject) const {
    if (!m_issuer) return false;
    const auto rows = m_request.ledger.find_by_serial(serial);
    return std::any_of(rows.begin(), rows.end(), [&](const store::Record& row) {
      return row.issuer == *m_issuer && row.certificate &&
             to_oneline(x509::Certificate::from_der(*row.certificate).subject()) == subject;
    });
  }

  /// The rows of the CA are of one issuer; it is there since the CA was made.
  void find_issuer() {
    m_issuer = m_request.ledger.find_issuer(m_ca.subject(), m_ca.public_key());
    if (m_issuer || is_trial()) return;
    m_issuer =
        m_request.ledger.add_issuer(m_ca.subject(), m_ca.public_key(), m_ca, m_request.author);
  }

  void take_file(const Path& file) {
    ++m_report.files;
    for (const x509::Certificate& certificate : read(file).certificates) take(certificate, file);
  }

  void take(const x509::Certificate& certificate, const Path& file) {
    if (!m_seen.insert(certificate.fingerprint()).second) {
      ++m_report.copies;
      return;
    }
    if (!is_ours(certificate, file)) return;
    if (const auto why = store::find_unstorable(certificate)) {
      note(ImportFinding::unstorable, certificate, file, *why);
      return;
    }
    if (!m_tbs.insert(crypto::sha256(certificate.tbs())).second ||
        is_recorded_otherwise(certificate)) {
      note(ImportFinding::signature_not_recorded, certificate, file,
           format("{} is known with another signature: one of the two was altered; not taken",
                  certificate.subject().to_text(128)));
      return;
    }
    ++m_serials[certificate.serial()];
    m_batch.push_back({.issuer = m_issuer.value_or(store::IssuerId{}),
                       .certificate = certificate,
                       .revocation = find_revocation(certificate, file)});
    m_batch_files.push_back(file);
    if (m_batch.size() >= k_batch) flush();
  }

  /// Whether the ledger has it with another signature. An intent has none: after a restored backup
  /// its certificate is in a file alone.
  [[nodiscard]] bool is_recorded_otherwise(const x509::Certificate& certificate) const {
    if (!m_issuer) return false;
    const store::Ledger& ledger = m_request.ledger;
    if (ledger.status(*m_issuer, certificate).recorded != store::Recorded::other_signature) {
      return false;
    }
    const auto records = ledger.find_by_serial(certificate.serial());
    return std::any_of(records.begin(), records.end(), [&](const store::Record& record) {
      if (record.issuer != *m_issuer || !record.certificate) return false;
      const auto recorded = x509::Certificate::from_der(*record.certificate);
      return to_bytes(recorded.tbs()) == to_bytes(certificate.tbs());
    });
  }

  /// Whether it bears the CA's name and its key signed it.
  bool is_ours(const x509::Certificate& certificate, const Path& file) {
    const auto& chain = m_request.ca.chain();
    const bool above = std::find(chain.begin() + 1, chain.end(), certificate) != chain.end();
    const bool own = certificate == m_ca && !certificate.is_self_issued();
    if (above || own) return false;  // a CA's directory holds its chain
    if (!(certificate.issuer() == m_ca.subject())) {
      note(ImportFinding::other_issuer, certificate, file,
           format("{} was issued by {}{}", certificate.subject().to_text(128),
                  certificate.issuer().to_text(128),
                  certificate.issuer().matches(m_ca.subject())
                      ? ", which is the CA's name in another encoding"
                      : ""));
      return false;
    }
    return is_signed_by_us(certificate, file);
  }

  bool is_signed_by_us(const x509::Certificate& certificate, const Path& file) {
    const std::string subject = certificate.subject().to_text(128);
    switch (x509::judge_foreign_signature(certificate, m_ca.public_key(), m_context)) {
      case x509::ForeignSignature::good:
        return true;
      case x509::ForeignSignature::outdated:
        note(
            ImportFinding::outdated_signature, certificate, file,
            format("{} is signed with {}, which peers refuse", subject, algorithm_of(certificate)));
        return true;
      case x509::ForeignSignature::bad:
        note(ImportFinding::bad_signature, certificate, file,
             format("{} bears the CA's name, and the CA's key did not sign it", subject));
        return false;
      case x509::ForeignSignature::undetermined:
        return is_tied(certificate, file);
    }
    return false;
  }

  /// The last resort, where nothing can verify the signature.
  bool is_tied(const x509::Certificate& certificate, const Path& file) {
    const auto signer = certificate.authority_key_identifier();
    const auto ours = m_ca.subject_key_identifier();
    const bool tied = signer && signer->key_identifier && ours && *signer->key_identifier == *ours;
    const std::string subject = certificate.subject().to_text(128);
    const std::string algorithm = algorithm_of(certificate);
    if (tied) {
      note(ImportFinding::unverified_signature, certificate, file,
           format("{} is signed with {}, which cannot be verified here; its name and its key "
                  "identifier are the CA's",
                  subject, algorithm));
    } else {
      note(ImportFinding::undetermined_signature, certificate, file,
           format("{} is signed with {}, which cannot be verified here", subject, algorithm));
    }
    return tied;
  }

  /// A certificate of the CA itself, this one or an earlier.
  [[nodiscard]] bool is_own(const x509::Certificate& certificate) const {
    return certificate.subject() == m_ca.subject() && certificate.public_key() == m_ca.public_key();
  }

  static std::string algorithm_of(const x509::Certificate& certificate) {
    return x509::algorithm_name(certificate.signature_algorithm());
  }

  std::optional<store::Imported::Revocation> find_revocation(const x509::Certificate& certificate,
                                                             const Path& file) {
    const SerialEvidence* const evidence = m_evidence.find(certificate.serial());
    if (evidence != nullptr && evidence->revocation) return evidence->revocation;
    const bool indexed = evidence != nullptr && evidence->in_index;
    if (!m_report.indexes.empty() && !indexed && !is_own(certificate)) {
      note(ImportFinding::not_in_index, certificate, file,
           format("{} is not in index.txt", certificate.subject().to_text(128)));
    }
    return std::nullopt;
  }

  void flush() {
    if (m_batch.empty()) return;
    const auto outcomes =
        is_trial() ? rehearse() : m_request.ledger.record_imported(m_batch, m_request.author);
    for (std::size_t i = 0; i < m_batch.size(); ++i) {
      take_outcome(outcomes[i], m_batch[i], m_batch_files[i]);
    }
    m_batch.clear();
    m_batch_files.clear();
  }

  void take_outcome(store::ImportOutcome outcome, const store::Imported& one, const Path& file) {
    const bool now_revoked = outcome == store::ImportOutcome::now_revoked;
    if (now_revoked) recorder().tell_revoked_since(one.certificate.serial());
    if (now_revoked || outcome == store::ImportOutcome::already_there) {
      ++m_report.already_there;
      if (!is_trial()) keep_own_certificate(one.certificate);
      return;
    }
    ++m_report.imported;
    const bool by_log = outcome == store::ImportOutcome::recorded_revoked;
    if (one.revocation || by_log) ++m_report.revoked;
    if (by_log) {
      note(ImportFinding::revoked_in_log, one.certificate, file,
           "the ledger's log says that this serial was revoked: taken as revoked");
    }
    if (!is_trial()) keep_own_certificate(one.certificate);
  }

  /// What would become of one.
  [[nodiscard]] store::ImportOutcome rehearse(const store::Imported& one) const {
    using store::ImportOutcome;
    if (!m_issuer) return ImportOutcome::recorded;
    const store::Ledger& ledger = m_request.ledger;
    const store::CertificateStatus status = ledger.status(*m_issuer, one.certificate);
    if (status.recorded != store::Recorded::yes) {
      const bool by_ledger = !one.revocation && status.revocation;
      return by_ledger ? ImportOutcome::recorded_revoked : ImportOutcome::recorded;
    }
    if (!one.revocation) return ImportOutcome::already_there;
    const auto became = ledger.would_revoke(*m_issuer, one.certificate.serial());
    return became == store::RevokedOutcome::now_revoked ? ImportOutcome::now_revoked
                                                        : ImportOutcome::already_there;
  }

  [[nodiscard]] std::vector<store::ImportOutcome> rehearse() const {
    std::vector<store::ImportOutcome> outcomes;
    for (const store::Imported& one : m_batch) outcomes.push_back(rehearse(one));
    return outcomes;
  }

  /// A CA's own earlier certificate is one of its CA certificates as well.
  void keep_own_certificate(const x509::Certificate& certificate) {
    if (!is_own(certificate)) return;
    static_cast<void>(m_request.ledger.add_issuer(m_ca.subject(), m_ca.public_key(), certificate,
                                                  m_request.author));
  }

  /// Whether the ledger has a certificate with this serial that is not in the import.
  [[nodiscard]] bool has_another(const x509::SerialNumber& serial) const {
    if (!m_issuer) return false;
    const auto rows = m_request.ledger.find_by_serial(serial);
    return std::any_of(rows.begin(), rows.end(), [this](const store::Record& row) {
      return row.issuer == *m_issuer && row.fingerprint && !m_seen.contains(*row.fingerprint);
    });
  }

  void look_for_repeated() {
    std::set<x509::SerialNumber> repeated;
    for (const auto& [serial, count] : m_serials) {
      if (count > 1 || (is_trial() && has_another(serial))) repeated.insert(serial);
    }
    if (m_issuer) {
      for (const x509::SerialNumber& serial : m_request.ledger.repeated_serials(*m_issuer)) {
        if (m_serials.contains(serial)) repeated.insert(serial);
      }
    }
    for (const x509::SerialNumber& serial : repeated) {
      note(ImportNote{.finding = ImportFinding::repeated_serial,
                      .serial = serial,
                      .message = "several certificates have this serial; each is kept under its "
                                 "fingerprint, and a revocation applies to them all"});
    }
  }

  const ImportRequest& m_request;
  const ossl::Context& m_context;
  const x509::Certificate& m_ca;
  std::optional<store::IssuerId> m_issuer;
  std::optional<ImportedFile> m_named;  // the one file that was named
  ImportEvidence m_evidence;
  std::optional<ImportLists::Highest> m_highest;
  std::optional<RevocationRecorder> m_recorder;
  bool m_named_revoked;
  ImportedSerials m_serials;  // of certificates that are the CA's
  std::set<crypto::Sha256> m_seen;
  std::set<crypto::Sha256> m_tbs;  // of what is taken
  std::vector<store::Imported> m_batch;
  std::vector<Path> m_batch_files;
  ImportReport m_report;
};

}  // namespace

ImportReport import_ca(const ImportRequest& request, const ossl::Context& context) {
  return Import(request, context).run();
}

}  // namespace mtls::authority
