#include "authority/adopt.hpp"

#include "authority/ca_files.hpp"
#include "authority/new_directory.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "crypto/key_check.hpp"
#include "x509/certificate_request.hpp"
#include "x509/foreign_signature.hpp"

#include <algorithm>

namespace mtls::authority {
namespace {

/// `last` is the CA itself, or the highest one that is given.
Error no_chain(const x509::Certificate& last) {
  return {Errc::missing_value,
          format("{} was issued by {}: the CAs above it are missing", last.subject().to_text(128),
                 last.issuer().to_text(128)),
          "give the certificates of all above the CA, the root last, with --chain FILE"};
}

[[noreturn]] void refuse_standing_ca(const Path& directory) {
  throw Error(Errc::would_overwrite,
              format("{} is a CA already and is never overwritten", printable(directory.native())),
              "choose another directory with --ca");
}

/// Whether its own key signed it: the name alone does not tell.
bool is_root(const x509::Certificate& certificate, const ossl::Context& context) {
  return certificate.is_self_issued() &&
         x509::judge_foreign_signature(certificate, certificate.public_key(), context) !=
             x509::ForeignSignature::bad;
}

/// A certificate that says itself that it is no CA's, and that nobody here can make anew.
void refuse_leaf(const AdoptRequest& request, const ossl::Context& context) {
  const x509::Certificate& certificate = request.certificate;
  if (certificate.version() < 3 || is_root(certificate, context)) return;
  try {
    const auto constraints = certificate.basic_constraints();
    const auto usage = certificate.key_usage();
    const bool may_sign = usage && usage->has(x509::KeyUsageBit::key_cert_sign);
    const bool is_ca =
        constraints ? constraints->subject == x509::BasicConstraints::Subject::ca : may_sign;
    if (is_ca) return;
  } catch (const Error& error) {
    if (error.code() != Errc::malformed) throw;
    return;  // a finding
  }
  throw Error(Errc::issuer_unfit,
              format("{} is no CA: {} issued it for a client or a server",
                     certificate.subject().to_text(128), certificate.issuer().to_text(128)),
              "give a CA's own certificate and key; 'mtlsctl client issue --key FILE' issues for a "
              "key that is there");
}

/// Who signed whom, from the CA up to the root, which signed itself.
void require_chain(const AdoptRequest& request, const ossl::Context& context) {
  if (!request.above.empty() && is_root(request.certificate, context)) {
    throw Error(Errc::usage,
                format("--chain is given, and {} is a root: nothing stands above it",
                       request.certificate.subject().to_text(128)),
                "leave --chain out");
  }
  refuse_leaf(request, context);
  std::vector<x509::Certificate> chain{request.certificate};
  chain.insert(chain.end(), request.above.begin(), request.above.end());
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const x509::Certificate& signer = chain[std::min(i + 1, chain.size() - 1)];
    const std::string shown = chain[i].subject().to_text(128);
    if (!(chain[i].issuer() == signer.subject())) {
      if (i + 1 == chain.size()) throw no_chain(chain[i]);
      throw Error(Errc::key_mismatch,
                  format("{} was issued by {}, and {} stands above it", shown,
                         chain[i].issuer().to_text(128), signer.subject().to_text(128)),
                  "give --chain the CAs above it, one after the other, the root last");
    }
    const auto verdict = x509::judge_foreign_signature(chain[i], signer.public_key(), context);
    if (verdict != x509::ForeignSignature::bad) continue;
    throw Error(Errc::bad_signature,
                format("the signature on the certificate of {} is not by the key of {}", shown,
                       signer.subject().to_text(128)),
                "the certificate is damaged, or another CA bears the same name");
  }
}

void require_key(const AdoptRequest& request) {
  if (request.certificate.public_key() == request.key.public_key()) return;
  throw Error(Errc::key_mismatch,
              "the key and the certificate do not belong together: they have different public keys",
              "give the certificate and the key of one and the same CA");
}

/// No certificate makes up for the key.
void refuse_weak_key(const std::vector<CaFinding>& findings) {
  const auto weak = std::find_if(findings.begin(), findings.end(), [](const CaFinding& one) {
    return one.defect == CaDefect::weak_key;
  });
  if (weak == findings.end()) return;
  throw Error(
      Errc::weak_key, format("no new certificate is made over this key: {}", weak->message),
      "make a new CA with a key of its own with 'mtlsctl ca init', and issue anew what this "
      "one issued");
}

InitRequest init_request(const AdoptRequest& request) {
  InitRequest wanted;
  wanted.directory = request.directory;
  wanted.lock_timeout = request.lock_timeout;
  wanted.store = request.store;
  wanted.trust = request.trust;
  wanted.named = request.named;
  return wanted;
}

/// Makes the certificate of version 3: same key, same name, same identifier.
class Reissue final {
 public:
  Reissue(const AdoptRequest& request, const profile::Profile& profile, store::Ledger& ledger,
          const ca::Issuer::Surroundings& surroundings)
      : m_request(request),
        m_profile(profile),
        m_ledger(ledger),
        m_surroundings(surroundings),
        m_signer(make_signer(request.key, profile.digest)),
        m_issuer(ca::Issuer::for_new_root(*m_signer, ledger, surroundings)) {}

  ca::Prepared prepare() {
    const ca::Request wanted = make_request();
    auto prepared = m_issuer.prepare({&wanted, 1}, m_profile);
    const x509::Certificate& made = prepared.front().unsigned_certificate();
    if (!(made.subject() == m_request.certificate.subject())) {
      throw Error(Errc::denied_by_profile,
                  format("profile '{}' would change the name of the CA to {}", m_profile.name,
                         made.subject().to_text(128)),
                  "name a profile that leaves the subject as it is with --profile");
    }
    return std::move(prepared.front());
  }

  /// The one that an earlier run made, or a new one.
  x509::Certificate run(std::vector<ca::Notice>& notices) {
    if (auto made = find_made()) {
      m_issuer.adopt(*made);
      return *std::move(made);
    }
    std::vector<ca::Prepared> prepared;
    prepared.push_back(prepare());
    auto issued = m_issuer.issue(std::move(prepared));
    notices = std::move(issued.front().notices);
    return issued.front().certificate;
  }

 private:
  [[nodiscard]] ca::Request make_request() const {
    const x509::Certificate& old = m_request.certificate;
    ca::Request wanted{.public_key = old.public_key(),
                       .subject = old.subject(),
                       .period = m_request.period,
                       .not_after = m_request.not_after};
    if (old.version() < 3) return wanted;
    wanted.subject_key_identifier = old.subject_key_identifier();
    if (const auto constraints = old.basic_constraints()) {
      wanted.path_length = constraints->path_length;
    }
    if (const auto names = old.name_constraints()) wanted.name_constraints = *names;
    return wanted;
  }

  [[nodiscard]] std::optional<x509::Certificate> find_made() const {
    const x509::Certificate& old = m_request.certificate;
    const auto issuer = m_ledger.find_issuer(old.subject(), old.public_key());
    if (!issuer) return std::nullopt;
    for (const store::Record& of_row : m_ledger.find_by_key(old.public_key().spki_hash())) {
      const store::Record record = m_ledger.with_status(of_row);
      const bool ours = record.issuer == *issuer && record.origin == store::Origin::issued &&
                        record.state == store::State::issued && record.certificate.has_value();
      if (!ours || record.validity.not_after < m_surroundings.clock.now()) continue;
      auto certificate = x509::Certificate::from_der(*record.certificate);
      if (certificate.subject() == old.subject()) return certificate;
    }
    return std::nullopt;
  }

  const AdoptRequest& m_request;
  const profile::Profile& m_profile;
  store::Ledger& m_ledger;
  const ca::Issuer::Surroundings& m_surroundings;
  std::unique_ptr<crypto::Signer> m_signer;
  ca::Issuer m_issuer;
};

/// One adoption, from the empty directory to ca.crt.
class Adoption final {
 public:
  Adoption(const AdoptRequest& request, const profile::Profile& profile,
           const ca::Issuer::Surroundings& surroundings)
      : m_request(request), m_profile(profile), m_surroundings(surroundings) {}

  Adopted run() {
    if (m_request.store) require_ledger_name(*m_request.store, m_request.directory);
    require_key(m_request);
    require_chain(m_request, m_surroundings.context);
    if (reissues() && !m_request.above.empty()) {
      throw Error(Errc::usage, "an intermediate cannot make its own certificate anew",
                  "leave --reissue out, and have the CA above it sign a new one");
    }
    refuse_other_ca();
    require_ledger_place(init_request(m_request));
    Adopted adopted = describe();
    if (reissues()) refuse_weak_key(adopted.findings);
    if (m_request.rehearsal == Rehearsal::yes) {
      require_fit_directory(init_request(m_request));
      rehearse(adopted);
      return adopted;
    }
    put(adopted);
    return adopted;
  }

 private:
  [[nodiscard]] bool reissues() const { return m_request.reissue == AdoptRequest::Reissue::yes; }

  /// A CA stands there: only the same one, adopted as it was, may be gone on with.
  void refuse_other_ca() {
    if (!name_exists(m_request.directory / "ca.crt")) return;
    if (!name_exists(m_request.directory / "ca.toml")) return;  // not ours: told there
    if (!reissues()) refuse_standing_ca(m_request.directory);
    const FileContents file = read_file(m_request.directory / "ca.crt");
    const auto standing =
        x509::read_certificates(file.bytes.view(), (m_request.directory / "ca.crt").native());
    m_stands = standing.front() == m_request.certificate;
    if (!m_stands) refuse_standing_ca(m_request.directory);
  }

  [[nodiscard]] Adopted describe() const {
    auto findings =
        find_ca_defects(m_request.certificate, m_surroundings.clock.now(), m_surroundings.context);
    const bool fit = std::none_of(findings.begin(), findings.end(),
                                  [](const CaFinding& one) { return one.prevents_issuing; });
    return {.certificate = m_request.certificate,
            .findings = std::move(findings),
            .reissued = reissues(),
            .can_issue = fit || reissues(),
            .key_encrypted = m_request.key_passphrase.has_value(),
            .store = m_request.store.value_or(CaConfig().store)};
  }

  void rehearse(Adopted& adopted) const {
    if (!reissues()) return;
    store::Ledger nowhere = store::Ledger::create_in_memory(store::make_ledger_id());
    Reissue reissue(m_request, m_profile, nowhere, m_surroundings);
    const ca::Prepared prepared = reissue.prepare();
    adopted.certificate = prepared.unsigned_certificate();
    adopted.notices = prepared.notices();
  }

  void put(Adopted& adopted) {
    if (reissues()) {  // what is refused is refused before there is a directory
      Adopted trial = describe();
      rehearse(trial);
    }
    const Directory directory = open_new_directory(init_request(m_request));
    OwnLedger own = open_new_ledger(init_request(m_request), m_surroundings);
    adopted.store = own.store;
    adopted.ledger = own.origin;
    DirectorySet output(m_request.directory, "ca", SetOwner::ca);
    const SetContents contents = output.open(m_request.lock_timeout);
    put_key(contents, output, adopted);
    record(own.ledger);
    if (reissues()) {
      adopted.certificate =
          Reissue(m_request, m_profile, own.ledger, m_surroundings).run(adopted.notices);
    }
    join_ledger(directory, own.ledger, adopted.certificate, m_surroundings);
    output.publish(make_publication(adopted.certificate),
                   m_stands ? Overwrite::yes : Overwrite::no);
    for (const char* name : {"ca.key", "ca.csr", "ca.crt", "chain.crt", "root.crt", "ca.toml",
                             "ca.db", "ledger.head"}) {
      if (directory.contains(name)) {
        adopted.files.push_back((m_request.directory / name).lexically_normal().native());
      }
    }
  }

  /// Copies the key; a copy that stands there must be the same key.
  void put_key(const SetContents& contents, DirectorySet& output, Adopted& adopted) const {
    if (!contents.key) {
      const auto& passphrase = m_request.key_passphrase;
      static_cast<void>(output.put_key(passphrase ? m_request.key.to_pkcs8_pem(passphrase->view())
                                                  : m_request.key.to_pkcs8_pem()));
      return;
    }
    const ByteView text = contents.key->bytes.view();
    const std::string shown = printable(output.key_name());
    require_found_key(*contents.key, shown, m_request.trust.owners(), m_request.open_key);
    adopted.key_reused = true;
    adopted.key_encrypted = crypto::is_encrypted_key(text);
    const auto key =
        crypto::PrivateKey::from_file(text, shown, m_request.open_existing_key,
                                      crypto::LegacyKeys::refuse, m_surroundings.context);
    if (key.public_key() == m_request.key.public_key()) return;
    throw Error(Errc::set_mismatch, format("{} is there and is another key", shown),
                "choose another directory with --ca");
  }

  /// The certificate is one of the CA's, and a root's is what it issued itself.
  void record(store::Ledger& ledger) const {
    const x509::Certificate& certificate = m_request.certificate;
    const store::Author author{.actor = m_surroundings.actor.actor,
                               .host = m_surroundings.actor.host,
                               .time = m_surroundings.clock.now()};
    const store::IssuerId issuer =
        ledger.add_issuer(certificate.subject(), certificate.public_key(), certificate, author);
    if (!m_request.above.empty() || store::find_unstorable(certificate)) return;
    const store::Imported imported{.issuer = issuer, .certificate = certificate};
    static_cast<void>(ledger.record_imported({&imported, 1}, author));
  }

  [[nodiscard]] Publication make_publication(const x509::Certificate& certificate) const {
    std::vector<x509::Certificate> chain{certificate};
    chain.insert(chain.end(), m_request.above.begin(), m_request.above.end());
    const std::string root = x509::to_pem(chain.back());
    chain.pop_back();
    Publication publication;
    publication.before = {{"chain.crt", x509::to_pem(chain)}, {"root.crt", root}};
    publication.certificate = x509::to_pem(certificate);
    // A key that signs nothing here makes no request either.
    if (crypto::check_key(m_request.key.public_key(), m_surroundings.context).empty()) {
      const auto signer = make_signer(m_request.key, std::nullopt);
      publication.request.emplace(
          Publication::Request{to_pem(x509::make_request({.subject = certificate.subject(),
                                                          .subject_alt_names = {},
                                                          .challenge_password = std::nullopt,
                                                          .unstructured_name = std::nullopt},
                                                         *signer)),
                               Overwrite::yes});
    }
    return publication;
  }

  const AdoptRequest& m_request;
  const profile::Profile& m_profile;
  const ca::Issuer::Surroundings& m_surroundings;
  bool m_stands = false;
};

}  // namespace

Adopted adopt_ca(const AdoptRequest& request, const profile::Profile& profile,
                 const ca::Issuer::Surroundings& surroundings) {
  if (profile.role != profile::Role::root_ca) {
    throw Error(Errc::denied_by_profile,
                format("profile '{}' is for {}, not for a root CA", profile.name,
                       profile::name(profile.role)),
                "name another one with --profile");
  }
  return Adoption(request, profile, surroundings).run();
}

}  // namespace mtls::authority
