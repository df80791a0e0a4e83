#include "authority/import_ca.hpp"

#include "authority/import_files.hpp"
#include "authority/import_indexes.hpp"
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

ImportFinding finding_of(PassedOver::Why why) {
  switch (why) {
    case PassedOver::Why::link:
      return ImportFinding::link;
    case PassedOver::Why::empty:
      return ImportFinding::empty;
    case PassedOver::Why::not_regular:
    case PassedOver::Why::unreadable:
    case PassedOver::Why::too_large:
    case PassedOver::Why::too_many:
      return ImportFinding::unreadable;
  }
  return ImportFinding::unreadable;
}

/// easy-rsa moves what it revokes into pki/revoked.
bool stands_among_revoked(const Path& file, const Path& root) {
  const Path below = file.lexically_relative(root).parent_path();
  return std::find(below.begin(), below.end(), "revoked") != below.end();
}

class Import final {
 public:
  Import(const ImportRequest& request, const ossl::Context& context)
      : m_request(request), m_context(context), m_ca(request.ca.certificate()) {}

  ImportReport run() {
    ImportFiles found = find_import_files(m_request.path);
    // Newer ones leave a copy in pki/certs_by_serial: the place that says more is looked at first.
    std::stable_partition(found.files.begin(), found.files.end(), [this](const Path& file) {
      return stands_among_revoked(file, m_request.path);
    });
    for (const PassedOver& one : found.passed_over) note(one);
    read_indexes(found);
    find_issuer();
    if (found.named) {
      take_named_file(found.files.front());
    } else {
      for (const Path& file : found.files) take_file(file);
    }
    flush();
    look_for_missing();
    look_for_repeated();
    return std::move(m_report);
  }

 private:
  void note(ImportNote note) {
    ++m_report.found;
    m_report.damaged = m_report.damaged || is_damage(note.finding);
    if (m_report.notes.size() < k_import_notes_limit) m_report.notes.push_back(std::move(note));
  }
  void note(const PassedOver& one) {
    note(ImportNote{.finding = finding_of(one.why), .file = one.file, .message = one.message});
  }
  void note(ImportFinding finding, const x509::Certificate& certificate, const Path& file,
            std::string message) {
    note(ImportNote{.finding = finding,
                    .file = file,
                    .serial = certificate.serial(),
                    .message = std::move(message)});
  }

  void read_indexes(const ImportFiles& found) {
    ImportIndexes indexes(found, [this](const x509::Certificate& certificate) {
      return certificate.issuer() == m_ca.subject() &&
             x509::judge_foreign_signature(certificate, m_ca.public_key(), m_context) !=
                 x509::ForeignSignature::bad;
    });
    m_index = indexes.merge(m_request.author.time);
    m_report.indexes = indexes.ours();
    for (const ImportIndexes::Defect& defect : indexes.defects()) {
      note(ImportNote{.finding = ImportFinding::index_line,
                      .file = defect.file,
                      .line = defect.line,
                      .message = defect.message});
    }
  }

  /// The rows of the CA are of one issuer; it is there since the CA was made.
  void find_issuer() {
    m_issuer = m_request.ledger.find_issuer(m_ca.subject(), m_ca.public_key());
    if (m_issuer || m_request.trial == ImportRequest::Trial::yes) return;
    m_issuer =
        m_request.ledger.add_issuer(m_ca.subject(), m_ca.public_key(), m_ca, m_request.author);
  }

  void take_file(const Path& file) {
    ++m_report.files;
    const ImportedFile read = read_import_file(file);
    if (read.passed_over) note(*read.passed_over);
    for (const x509::Certificate& certificate : read.certificates) take(certificate, file);
  }

  void take_named_file(const Path& file) {
    ++m_report.files;
    for (const x509::Certificate& certificate : read_named_file(file)) take(certificate, file);
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
    const auto row = m_index.find(certificate.serial());
    if (row != m_index.end() && row->second.revocation) return row->second.revocation;
    if (stands_among_revoked(file, m_request.path)) {
      note(
          ImportFinding::revoked_by_place, certificate, file,
          "it stands among the revoked, and no line of an index.txt says so: taken as revoked now");
      return store::Imported::Revocation{.time = std::nullopt, .reason = {}};
    }
    if (!m_report.indexes.empty() && row == m_index.end() && !is_own(certificate)) {
      note(ImportFinding::not_in_index, certificate, file,
           format("{} is not in index.txt", certificate.subject().to_text(128)));
    }
    return std::nullopt;
  }

  void flush() {
    if (m_batch.empty()) return;
    const bool trial = m_request.trial == ImportRequest::Trial::yes;
    const auto outcomes =
        trial ? rehearse() : m_request.ledger.record_imported(m_batch, m_request.author);
    for (std::size_t i = 0; i < m_batch.size(); ++i) {
      take_outcome(outcomes[i], m_batch[i], m_batch_files[i]);
    }
    m_batch.clear();
    m_batch_files.clear();
  }

  void take_outcome(store::ImportOutcome outcome, const store::Imported& one, const Path& file) {
    const bool now_revoked = outcome == store::ImportOutcome::now_revoked;
    if (now_revoked) {
      note(ImportFinding::revoked_since, one.certificate, file,
           "index.txt says that it is revoked, and the ledger had it as valid: revoked from here "
           "on");
    }
    if (now_revoked || outcome == store::ImportOutcome::already_there) {
      ++m_report.already_there;
      if (m_request.trial == ImportRequest::Trial::no) keep_own_certificate(one.certificate);
      return;
    }
    ++m_report.imported;
    const bool by_log = outcome == store::ImportOutcome::recorded_revoked;
    if (one.revocation || by_log) ++m_report.revoked;
    if (by_log) {
      note(ImportFinding::revoked_in_log, one.certificate, file,
           "the ledger's log says that this serial was revoked: taken as revoked");
    }
    if (m_request.trial == ImportRequest::Trial::no) keep_own_certificate(one.certificate);
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
    const bool valid = status.state == store::State::issued;
    return valid && one.revocation ? ImportOutcome::now_revoked : ImportOutcome::already_there;
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

  /// There is nothing to import where only a row is left.
  void look_for_missing() {
    for (const auto& [serial, standing] : m_index) {
      if (m_serials.contains(serial)) continue;
      if (m_issuer && m_request.ledger.find(*m_issuer, serial)) continue;
      note(ImportNote{.finding = ImportFinding::row_without_certificate,
                      .file = standing.file,
                      .line = standing.line,
                      .serial = serial,
                      .message = "no certificate with this serial is there to be imported"});
    }
  }

  void look_for_repeated() {
    std::set<x509::SerialNumber> repeated;
    for (const auto& [serial, count] : m_serials) {
      if (count > 1) repeated.insert(serial);
    }
    if (m_issuer) {
      for (const x509::SerialNumber& serial : m_request.ledger.repeated_serials(*m_issuer)) {
        if (m_serials.contains(serial)) repeated.insert(serial);
      }
    }
    for (const x509::SerialNumber& serial : repeated) {
      note(ImportNote{.finding = ImportFinding::repeated_serial,
                      .serial = serial,
                      .message = "several certificates bear this serial; each is kept under its "
                                 "fingerprint, and a revocation concerns them all"});
    }
  }

  const ImportRequest& m_request;
  const ossl::Context& m_context;
  const x509::Certificate& m_ca;
  std::optional<store::IssuerId> m_issuer;
  std::map<x509::SerialNumber, IndexStanding> m_index;
  std::map<x509::SerialNumber, std::int64_t> m_serials;  // of certificates that are the CA's
  std::set<crypto::Sha256> m_seen;
  std::set<crypto::Sha256> m_tbs;  // of what is taken
  std::vector<store::Imported> m_batch;
  std::vector<Path> m_batch_files;
  ImportReport m_report;
};

}  // namespace

std::string_view name(ImportFinding finding) noexcept {
  switch (finding) {
    case ImportFinding::unreadable:
      return "unreadable";
    case ImportFinding::empty:
      return "empty";
    case ImportFinding::link:
      return "link";
    case ImportFinding::other_issuer:
      return "other_issuer";
    case ImportFinding::bad_signature:
      return "bad_signature";
    case ImportFinding::undetermined_signature:
      return "undetermined_signature";
    case ImportFinding::unstorable:
      return "unstorable";
    case ImportFinding::outdated_signature:
      return "outdated_signature";
    case ImportFinding::unverified_signature:
      return "unverified_signature";
    case ImportFinding::index_line:
      return "index_line";
    case ImportFinding::row_without_certificate:
      return "row_without_certificate";
    case ImportFinding::not_in_index:
      return "not_in_index";
    case ImportFinding::revoked_by_place:
      return "revoked_by_place";
    case ImportFinding::revoked_in_log:
      return "revoked_in_log";
    case ImportFinding::revoked_since:
      return "revoked_since";
    case ImportFinding::repeated_serial:
      return "repeated_serial";
    case ImportFinding::signature_not_recorded:
      return "signature_not_recorded";
  }
  return "";
}

bool is_damage(ImportFinding finding) noexcept {
  return finding != ImportFinding::outdated_signature && finding != ImportFinding::revoked_in_log &&
         finding != ImportFinding::revoked_since && finding != ImportFinding::unverified_signature;
}

ImportReport import_ca(const ImportRequest& request, const ossl::Context& context) {
  return Import(request, context).run();
}

}  // namespace mtls::authority
