#include "authority/enrol.hpp"

#include "authority/ca_directory.hpp"
#include "authority/standing_set.hpp"
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
    // A first look without the lock: a refusal costs no key, and keys (a second each for RSA) are
    // made side by side by any number of processes.
    const SetContents early = m_output.peek();
    if (auto done = settle_existing(early, m_standing)) return *std::move(done);
    m_choice = choose_key(early, m_standing);
    if (m_choice.source == KeySource::to_make) m_choice.key = make_key();
    if (m_request.rehearsal == Rehearsal::yes) return rehearse();

    const SetContents contents =
        m_output.open(m_request.lock_timeout, m_standing.surroundings.clock);
    if (auto done = settle_existing(contents, m_standing)) return *std::move(done);
    choose_again(contents);
    return issue();
  }

 private:
  crypto::PrivateKey make_key() const {
    return crypto::PrivateKey::generate(m_request.key_spec.value_or(m_profile.keys.default_spec),
                                        m_request.keygen, m_standing.surroundings.context);
  }

  /// Between the two looks another process may have put a key, or completed and removed one.
  void choose_again(const SetContents& contents) {
    KeyChoice now = choose_key(contents, m_standing);
    if (now.source == KeySource::to_make && m_choice.source == KeySource::to_make) return;
    if (now.source == KeySource::to_make) now.key = make_key();
    m_choice = std::move(now);
  }

  [[nodiscard]] const crypto::PublicKey& public_key() const {
    return m_choice.key ? m_choice.key->public_key() : m_request.csr->public_key();
  }

  [[nodiscard]] ca::Request wanted() const {
    ca::Request wanted{.public_key = public_key(),
                       .subject = {},
                       .subject_alt_names = m_request.subject_alt_names,
                       .period = m_request.period,
                       .not_after = m_request.not_after,
                       .past_issuer = m_request.past_issuer,
                       .path_length = m_request.path_length,
                       .name_constraints = m_request.name_constraints,
                       .request_key = m_request.request_key,
                       .replaces_intent = std::nullopt,
                       .replaces = std::nullopt,
                       .csr = m_request.csr};
    const auto& csr = m_request.csr;
    if (m_request.subject) {
      wanted.subject = *m_request.subject;
    } else if (csr && m_profile.csr.subject) {
      wanted.subject = csr->subject();
    }
    if (!csr || !m_request.subject_alt_names_from_csr) return wanted;
    if (!m_profile.csr.subject_alt_names) {
      throw Error(
          Errc::denied_by_profile,
          format("profile '{}' takes no subject alternative names from a CSR", m_profile.name),
          "name them with --san, or set [csr] subject_alt_names = true in a profile of your own");
    }
    const x509::GeneralNames names = csr->subject_alt_names();
    wanted.subject_alt_names.insert(wanted.subject_alt_names.end(), names.begin(), names.end());
    return wanted;
  }

  [[nodiscard]] std::vector<ca::Prepared> prepare(const ca::Issuer& issuer,
                                                  const ca::Request& request) const {
    return issuer.prepare({&request, 1}, m_profile);
  }

  [[nodiscard]] ca::Issuer& issuer() const {
    return m_issuer_source(public_key(), m_choice.key ? &*m_choice.key : nullptr);
  }

  Enrolled rehearse() const {
    const auto prepared = prepare(issuer(), wanted());
    Enrolled enrolled = receipt(Outcome::rehearsed, prepared.front().unsigned_certificate());
    enrolled.notices = prepared.front().notices();
    return enrolled;
  }

  Enrolled issue() {
    ca::Issuer& by = issuer();
    ca::Request request = wanted();
    auto prepared = prepare(by, request);
    const Resumption resumption = find_resumption(prepared.front().unsigned_certificate(),
                                                  m_choice.source, by.public_key(), m_standing);
    if (resumption.recorded) {
      publish(*resumption.recorded);
      return receipt(Outcome::completed, *resumption.recorded);
    }
    if (resumption.dead_intent) {
      request.replaces_intent = resumption.dead_intent;
      prepared = prepare(by, request);
    }
    if (m_choice.source == KeySource::to_make) put_key();
    const auto issued = by.issue(std::move(prepared));
    const ca::IssuedCertificate& one = issued.front();
    with_recorded_hint(one.certificate, [&] { publish(one.certificate); });
    Enrolled enrolled = receipt(Outcome::issued, one.certificate);
    enrolled.notices = one.notices;
    return enrolled;
  }

  void put_key() {
    const auto& passphrase = m_request.key_passphrase;
    m_output.put_key(passphrase ? m_choice.key->to_pkcs8_pem(passphrase->view())
                                : m_choice.key->to_pkcs8_pem());
    const SetContents after = m_output.peek();
    if (after.new_key) m_choice.source = KeySource::standing_new;
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
      publication.request = to_pem(x509::make_request(
          {.subject = certificate.subject(),
           .subject_alt_names = certificate.subject_alt_names(),
           .challenge_password = m_request.challenge_password
                                     ? std::optional(m_request.challenge_password->clone())
                                     : std::nullopt,
           .unstructured_name = m_request.unstructured_name},
          *signer));
    }
    std::vector<x509::Certificate> chain{certificate};
    chain.insert(chain.end(), m_request.append.begin(), m_request.append.end());
    publication.certificate = x509::to_pem(chain);
    if (m_request.before) publication.before = m_request.before(certificate);
    const bool replacing =
        m_request.existing == Existing::replace || m_request.existing == Existing::replace_key;
    m_output.publish(publication, replacing ? Overwrite::yes : Overwrite::no);
  }

  [[nodiscard]] Enrolled receipt(Outcome outcome, const x509::Certificate& certificate) const {
    Enrolled enrolled{.outcome = outcome,
                      .certificate = certificate,
                      .notices = {},
                      .key_file = std::nullopt,
                      .request_file = std::nullopt,
                      .certificate_file = m_output.certificate_name(),
                      .key_encrypted = m_request.key_passphrase.has_value()};
    const bool own_key = m_choice.source != KeySource::csr && m_choice.source != KeySource::given;
    if (own_key) enrolled.key_file = m_output.key_name();
    if (m_choice.source != KeySource::csr && !m_output.request_name().empty()) {
      enrolled.request_file = m_output.request_name();
    }
    return enrolled;
  }

  const EnrolRequest& m_request;
  const profile::Profile& m_profile;
  const IssuerSource& m_issuer_source;
  OutputSet& m_output;
  const Standing& m_standing;
  KeyChoice m_choice{KeySource::to_make, std::nullopt};
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
      return "rehearsed";
  }
  return "issued";
}

Enrolled enrol(const EnrolRequest& request, const profile::Profile& profile,
               const IssuerSource& issuer_source, store::Ledger& ledger, OutputSet& output,
               const ca::Issuer::Surroundings& surroundings) {
  const Standing standing{.request = request,
                          .profile = profile,
                          .ledger = ledger,
                          .output = output,
                          .surroundings = surroundings};
  return Enrolment(request, profile, issuer_source, output, standing).run();
}

}  // namespace mtls::authority
