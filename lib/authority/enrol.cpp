#include "authority/enrol.hpp"

#include "authority/ca_directory.hpp"
#include "authority/kept_set.hpp"
#include "authority/wanted.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

#include <utility>

namespace mtls::authority {
namespace {

/// One run of the sequence.
class Enrolment final {
 public:
  Enrolment(const EnrolRequest& request, const profile::Profile& profile,
            const IssuerSource& issuer_source, OutputSet& output, const Standing& standing)
      : m_request(request),
        m_profile(profile),
        m_issuer_source(issuer_source),
        m_output(output),
        m_standing(standing) {}

  Enrolled run() {
    if (m_request.rehearsal == Rehearsal::yes) return rehearse();
    if (auto done = look_early()) return *std::move(done);
    const SetContents contents = m_output.open(m_request.lock_timeout);
    if (auto done = settle_existing(contents, m_standing)) {
      if (done->outcome == Outcome::completed) publish_chain(done->certificate);
      return *std::move(done);
    }
    choose_again(contents);
    return issue(contents);
  }

 private:
  [[nodiscard]] crypto::PrivateKey make_key() const {
    return crypto::PrivateKey::generate(m_request.key_spec.value_or(m_profile.keys.default_spec),
                                        m_request.keygen, m_standing.surroundings.context);
  }

  /// A first look without the lock, so that a refusal costs no key and leaves nothing behind, and
  /// keys (a second each for RSA) are made side by side by any number of processes. What it sees
  /// may be another process's work half done: only that a set stands is believed, everything else
  /// is decided under the lock.
  std::optional<Enrolled> look_early() {
    SetContents early;
    try {
      early = m_output.peek();
      if (auto done = settle_existing(early, m_standing)) {
        if (done->outcome == Outcome::completed) return std::nullopt;  // written under the lock
        return done;
      }
    } catch (const Error& error) {
      if (error.code() == Errc::would_overwrite) throw;
      return std::nullopt;
    }
    if (!choose_early(early)) return std::nullopt;
    if (m_choice.source == KeySource::to_make) {
      require_grantable(m_request, m_profile, m_issuer_source, m_standing.surroundings.context);
      m_choice.key = make_key();
    } else {
      static_cast<void>(prepare(issuer(), wanted()));
    }
    return std::nullopt;
  }

  /// Returns whether what was seen without the lock is good to go on with.
  bool choose_early(const SetContents& early) {
    try {
      KeyChoice choice = choose_key(early, m_standing);
      static_cast<void>(request_overwrite(early, choice, m_standing));
      m_choice = std::move(choice);
      return true;
    } catch (const Error&) {
      return false;  // if it is so under the lock, it is said then
    }
  }

  /// Between the two looks another process may have put a key, or completed and removed one.
  void choose_again(const SetContents& contents) {
    KeyChoice now = choose_key(contents, m_standing);
    m_request_overwrite = request_overwrite(contents, now, m_standing);
    if (now.source == KeySource::to_make) {
      const bool made = m_choice.source == KeySource::to_make && m_choice.key;
      now.key = made ? std::move(m_choice.key) : make_key();
    }
    choose(std::move(now));
  }

  void choose(KeyChoice choice) {
    m_found_key = choice.source == KeySource::standing || choice.source == KeySource::standing_new;
    m_choice = std::move(choice);
  }

  [[nodiscard]] const crypto::PublicKey& public_key() const {
    return m_choice.key ? m_choice.key->public_key() : m_request.csr->public_key();
  }

  [[nodiscard]] ca::Request wanted() const {
    return wanted_certificate(m_request, m_profile, public_key());
  }

  [[nodiscard]] std::vector<ca::Prepared> prepare(const ca::Issuer& issuer,
                                                  const ca::Request& request) const {
    return issuer.prepare({&request, 1}, m_profile);
  }

  [[nodiscard]] ca::Issuer& issuer() const {
    return m_issuer_source(public_key(), m_choice.key ? &*m_choice.key : nullptr);
  }

  Enrolled rehearse() {
    const SetContents contents = m_output.peek();
    if (auto done = settle_existing(contents, m_standing)) {
      if (done->outcome == Outcome::completed) done->outcome = Outcome::rehearsed_completion;
      return *std::move(done);
    }
    choose(choose_key(contents, m_standing));
    static_cast<void>(request_overwrite(contents, m_choice, m_standing));
    if (m_choice.source == KeySource::to_make) m_choice.key = make_key();
    const auto prepared = prepare(issuer(), wanted());
    Enrolled enrolled = receipt(Outcome::rehearsed, prepared.front().unsigned_certificate());
    add_notices(enrolled, prepared.front().notices());
    return enrolled;
  }

  [[nodiscard]] Resumption resumption(const ca::Prepared& prepared, const ca::Issuer& by) const {
    return find_resumption(prepared.unsigned_certificate(), m_choice.source, by.public_key(),
                           m_standing);
  }

  /// The key that stands there is another wish's: a new one takes its place.
  void make_another_key() {
    choose(
        {.source = KeySource::to_make,
         .key = make_key(),
         .protection = m_request.key_passphrase ? KeyProtection::passphrase : KeyProtection::none});
  }

  Enrolled issue(const SetContents& contents) {
    Resumption earlier;
    {
      const auto prepared = prepare(issuer(), wanted());
      earlier = resumption(prepared.front(), issuer());
    }
    if (earlier.spent_key) {
      make_another_key();
      earlier = {};
    }
    if (earlier.recorded) {
      issuer().adopt(*earlier.recorded);
      publish(*earlier.recorded);
      return receipt(Outcome::completed, *earlier.recorded);
    }
    ca::Issuer& by = issuer();
    ca::Request request = wanted();
    request.replaces_intent = earlier.dead_intent;
    request.replaces = replaced_serial(contents, by);
    auto prepared = prepare(by, request);
    if (m_choice.source == KeySource::to_make) put_key();
    const auto issued = by.issue(std::move(prepared));
    const ca::IssuedCertificate& one = issued.front();
    with_recorded_hint(one.certificate, [&] { publish(one.certificate); });
    Enrolled enrolled = receipt(Outcome::issued, one.certificate);
    add_notices(enrolled, one.notices);
    return enrolled;
  }

  /// The serial of the certificate that stands and is replaced, where this issuer issued it.
  [[nodiscard]] std::optional<x509::SerialNumber> replaced_serial(const SetContents& contents,
                                                                  const ca::Issuer& by) const {
    if (!contents.certificate || contents.certificate->empty()) return std::nullopt;
    try {
      const auto standing = x509::read_certificates(contents.certificate->view(),
                                                    printable(m_output.certificate_name()))
                                .front();
      const auto issuer = m_standing.ledger.find_issuer(standing.issuer(), by.public_key());
      if (!issuer) return std::nullopt;
      const auto status = m_standing.ledger.status(*issuer, standing);
      if (status.recorded > store::Recorded::other_tbs) return standing.serial();
    } catch (const Error& error) {
      // What cannot be read is replaced like anything else; a ledger that fails is another matter.
      if (error.code() != Errc::malformed && error.code() != Errc::unsupported) throw;
    }
    return std::nullopt;
  }

  void put_key() {
    const auto& passphrase = m_request.key_passphrase;
    const PutAs put = m_output.put_key(passphrase ? m_choice.key->to_pkcs8_pem(passphrase->view())
                                                  : m_choice.key->to_pkcs8_pem());
    if (put == PutAs::new_key) m_choice.source = KeySource::standing_new;
  }

  /// What fails from here on leaves a certificate that the ledger has: say how to get it.
  template <class Work>
  static void with_recorded_hint(const x509::Certificate& certificate, Work&& work) {
    try {
      work();
    } catch (Error& error) {
      const std::string serial = certificate.serial().to_text();
      Error told(
          error.code() == Errc::would_overwrite ? error.code() : Errc::output_failed,
          format("the certificate {} is recorded, but could not be written: {}", serial,
                 error.message()),
          format("run the same command again, or get it with mtlsctl cert export {}", serial));
      throw told;
    }
  }

  void publish(const x509::Certificate& certificate) const {
    Publication publication;
    if (m_choice.source == KeySource::standing_new) {
      publication.new_key = Publication::NewKey::take;
    }
    if (m_choice.key) {
      const auto signer = make_signer(*m_choice.key, std::nullopt);
      const auto pem = to_pem(x509::make_request(
          {.subject = certificate.subject(),
           .subject_alt_names = certificate.subject_alt_names(),
           .challenge_password = m_request.challenge_password
                                     ? std::optional(m_request.challenge_password->clone())
                                     : std::nullopt,
           .unstructured_name = m_request.unstructured_name},
          *signer));
      publication.request.emplace(Publication::Request{pem, m_request_overwrite});
    }
    publication.certificate = certificate_file_text(certificate, m_request);
    if (m_request.before) publication.before = m_request.before(certificate);
    m_output.publish(publication, is_replacing(m_request) ? Overwrite::yes : Overwrite::no);
  }

  /// Gives the file of a certificate that is kept the chain that it lacks.
  void publish_chain(const x509::Certificate& certificate) const {
    Publication publication;
    publication.certificate = certificate_file_text(certificate, m_request);
    m_output.publish(publication, Overwrite::yes);
  }

  [[nodiscard]] Enrolled receipt(Outcome outcome, const x509::Certificate& certificate) const {
    Enrolled enrolled{.outcome = outcome,
                      .certificate = certificate,
                      .notices = {},
                      .key_file = std::nullopt,
                      .request_file = std::nullopt,
                      .certificate_file = m_output.certificate_name(),
                      .in_certificate_file = 1 + m_request.append.size(),
                      .key_encrypted = m_choice.protection == KeyProtection::passphrase,
                      .key_reused = m_found_key || m_choice.source == KeySource::given};
    if (has_own_key(m_request)) enrolled.key_file = m_output.key_name();
    if (m_choice.source != KeySource::csr && !m_output.request_name().empty()) {
      enrolled.request_file = m_output.request_name();
    }
    // A key that was given with --key needs no notice.
    if (m_found_key) {
      enrolled.notices.push_back(
          {.kind = ca::Notice::Kind::key_reused,
           .field = "key",
           .requested = {},
           .granted = {},
           .message = format("{} was there already and is used: no new key was made",
                             printable(m_output.key_name()))});
    }
    return enrolled;
  }

  static void add_notices(Enrolled& enrolled, const std::vector<ca::Notice>& notices) {
    enrolled.notices.insert(enrolled.notices.end(), notices.begin(), notices.end());
  }

  const EnrolRequest& m_request;
  const profile::Profile& m_profile;
  const IssuerSource& m_issuer_source;
  OutputSet& m_output;
  const Standing& m_standing;
  KeyChoice m_choice{.source = KeySource::to_make};
  Overwrite m_request_overwrite = Overwrite::no;
  bool m_found_key = false;  // of an earlier run, or put there by the user
};

}  // namespace

std::string_view name(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::issued:
      return "issued";
    case Outcome::completed:
      return "completed";
    case Outcome::unchanged:
      return "unchanged";
    case Outcome::rehearsed:
    case Outcome::rehearsed_completion:
      return "rehearsed";
  }
  return "issued";
}

void put_ledger_warnings(Enrolled& enrolled, const store::Ledger& ledger) {
  for (std::string& warning : ledger.warnings()) {
    enrolled.notices.push_back({.kind = ca::Notice::Kind::warning,
                                .field = "ledger",
                                .requested = {},
                                .granted = {},
                                .message = std::move(warning)});
  }
}

Enrolled enrol(const EnrolRequest& request, const profile::Profile& profile,
               const IssuerSource& issuer_source, store::Ledger& ledger, OutputSet& output,
               const ca::Issuer::Surroundings& surroundings) {
  const Standing standing{.request = request,
                          .profile = profile,
                          .ledger = ledger,
                          .output = output,
                          .surroundings = surroundings};
  Enrolled enrolled = Enrolment(request, profile, issuer_source, output, standing).run();
  put_ledger_warnings(enrolled, ledger);
  return enrolled;
}

}  // namespace mtls::authority
