#include "authority/kept_set.hpp"

#include "authority/certificate_judgement.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"

#include <algorithm>

namespace mtls::authority {
namespace {

constexpr const char* k_other_ca = ", or name the CA that issued it with --ca";

/// `text` as one word of a shell.
std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

/// The number of PEM certificates in a text, as servers find them: PKCS #7 and UTF-16 have none.
std::size_t count_pem(std::string_view text) {
  constexpr std::string_view k_begin = "-----BEGIN CERTIFICATE-----";
  std::size_t count = 0;
  for (std::size_t at = text.find(k_begin); at != std::string_view::npos;
       at = text.find(k_begin, at + k_begin.size())) {
    ++count;
  }
  return count;
}

/// One judgement of one set.
class KeptSet final {
 public:
  KeptSet(const SetContents& contents, const Standing& standing)
      : m_contents(contents),
        m_standing(standing),
        m_request(standing.request),
        m_certificate_name(standing.output.certificate_name()),
        m_certificates(
            x509::read_certificates(contents.certificate->view(), printable(m_certificate_name))) {}

  Enrolled keep() {
    judge_key();
    judge_issuer();
    const auto record = m_standing.ledger.find_by_fingerprint(leaf().fingerprint());
    if (!m_other_issuer) require_recorded();
    judge_request(record ? record->origin : store::Origin::imported);
    judge_certificate(leaf(), record, m_standing, m_findings);
    judge_file();
    if (!m_findings.mismatches.empty()) throw mismatch();
    if (m_request_missing) throw incomplete();
    require_not_expired();
    return receipt();
  }

 private:
  [[nodiscard]] const x509::Certificate& leaf() const { return m_certificates.front(); }

  void add(const std::string& file, std::string why) {
    m_findings.mismatches.push_back({file, std::move(why)});
  }

  void judge_key() {
    if (has_own_key(m_request)) return judge_own_key();
    const crypto::PublicKey& certified =
        m_request.csr ? m_request.csr->public_key() : m_request.key->public_key();
    require_no_other_key(m_contents, certified, m_standing);
    if (leaf().public_key() == certified) return;
    add(m_certificate_name, m_request.csr ? "it is over another key than the CSR's"
                                          : "it is over another key than the one given");
  }

  /// The set's own key must be the certificate's. An encrypted one is opened only with a passphrase
  /// that was given: that the set is complete can be said without it, by the ledger and the
  /// request.
  void judge_own_key() {
    const std::string name = m_standing.output.key_name();
    const auto& key_file = m_contents.key;
    if (!key_file) return add(m_certificate_name, format("{} is not there", printable(name)));
    require_trusted_key(*key_file, name, m_standing);
    const bool encrypted = crypto::is_encrypted_key(key_file->bytes.view());
    if (m_request.key_spec && leaf().public_key().spec() != m_request.key_spec) {
      add(m_certificate_name, format("its key is {}, not {}", leaf().public_key().description(),
                                     m_request.key_spec->to_text()));
    }
    if (encrypted && !m_request.key_passphrase) {
      m_findings.notices.push_back(
          {.kind = ca::Notice::Kind::warning,
           .field = "key",
           .requested = {},
           .granted = {},
           .message = format("{} is encrypted and no passphrase was given: whether it is the key "
                             "of {} was not checked",
                             printable(name), printable(m_certificate_name))});
      return;
    }
    if (!encrypted && m_request.key_passphrase) {
      add(name, "it is not encrypted, and a passphrase was given");
    }
    const auto key = open_standing_key(*key_file, name, m_standing);
    if (leaf().public_key() == key.public_key()) return;
    add(m_certificate_name, format("{} is another key", printable(name)));
  }

  /// Where a set has a request, it is the one that goes with the certificate. What another CA
  /// issued and was imported may say less or more than its request asked for.
  void judge_request(store::Origin origin) {
    const std::string name = m_standing.output.request_name();
    if (m_request.csr || name.empty()) return;
    m_request_missing = !m_contents.request;
    if (m_request_missing) return;
    const auto request =
        x509::CertificateRequest::from_file(m_contents.request->view(), printable(name));
    if (!(request.public_key() == leaf().public_key())) {
      return add(name, "it is over another key than the certificate");
    }
    if (request.proves_possession(m_standing.surroundings.context) != x509::Possession::proven) {
      add(name, "its signature is not by its key");
    }
    if (origin != store::Origin::issued) return;
    if (request.subject().to_text() != leaf().subject().to_text()) {
      add(name, format("its subject is {}, not {}", request.subject().to_text(),
                       leaf().subject().to_text()));
    }
    if (!same_names(request.subject_alt_names(), leaf().subject_alt_names())) {
      add(name, format("its subject alternative names are {}, not {}",
                       to_text(request.subject_alt_names()), to_text(leaf().subject_alt_names())));
    }
  }

  /// Several CAs share a ledger, and two of them may have one name: name and key must be this CA's.
  void judge_issuer() {
    const std::size_t before = m_findings.mismatches.size();
    const auto& chain = m_request.issuer_chain;
    const x509::Certificate& issuer = chain.empty() ? leaf() : chain.front();
    const std::string shown = chain.empty() ? std::string("itself") : issuer.subject().to_text();
    if (!(leaf().issuer() == issuer.subject())) {
      add(m_certificate_name,
          format("it was issued by {}, not by {}", leaf().issuer().to_text(), shown));
    } else if (!leaf().is_signed_by(issuer.public_key(), m_standing.surroundings.context)) {
      add(m_certificate_name, format("its signature is not by the key of {}", shown));
    }
    m_other_issuer = m_findings.mismatches.size() > before;
  }

  /// The ledger must have the certificate as issued.
  void require_recorded() const {
    const auto& chain = m_request.issuer_chain;
    const auto status = m_standing.ledger.status(leaf(), chain.empty() ? &leaf() : &chain.front());
    const bool recorded = status && status->recorded == store::Recorded::yes;
    if (recorded && status->state == store::State::issued) return;
    const std::string name = printable(m_certificate_name);
    if (status && status->recorded == store::Recorded::other_signature) {
      throw Error(Errc::signature_not_recorded,
                  format("{} is there, and the ledger has it with another signature{}", name,
                         status->revocation ? ", as revoked" : ""),
                  replace_hint(m_standing));
    }
    throw Error(
        Errc::not_in_ledger,
        format("{} is there, but the ledger {}", name,
               status && status->state ? format("has it as {}", store::name(*status->state))
                                       : std::string("does not know it")),
        own_ca(m_standing)
            ? "restore the ledger from a backup (for an intermediate: its parent's); should this "
              "be another CA, choose another directory with --ca"
            : replace_hint(m_standing) + k_other_ca);
  }

  /// The certificate file: PEM, the leaf first, then intermediates of its issuer's chain or none.
  /// With or without them it is the same certificate: neither form is refused or rewritten.
  void judge_file() {
    if (count_pem(as_text(m_contents.certificate->view())) != m_certificates.size()) {
      add(m_certificate_name, "it is not PEM with each certificate as a block of its own");
    }
    const std::vector<x509::Certificate> others(m_certificates.begin() + 1, m_certificates.end());
    if (others == m_request.append) return;
    if (others.empty()) return note_alone();
    // Only a leaf's file may hold more than was asked for (--no-chain).
    const auto intermediates =
        own_ca(m_standing) ? std::vector<x509::Certificate>() : intermediates_above();
    const auto is_in = [](const x509::Certificate& one, const auto& list) {
      return std::find(list.begin(), list.end(), one) != list.end();
    };
    // An earlier certificate of a CA of the chain, with the same name and key, is replaced too.
    const auto is_of = [](const x509::Certificate& one, const auto& list) {
      return std::any_of(list.begin(), list.end(), [&one](const x509::Certificate& ca) {
        return ca.subject() == one.subject() && ca.public_key() == one.public_key();
      });
    };
    m_chain_missing = !m_request.append.empty();
    for (const x509::Certificate& one : others) {
      if (is_of(one, intermediates)) continue;
      const std::string subject = one.subject().to_text();
      add(m_certificate_name, is_in(one, m_request.issuer_chain)
                                  ? format("it also holds the CA certificate of {}, which was not "
                                           "asked for",
                                           subject)
                                  : format("it also holds the certificate of {}, which is not of "
                                           "the issuing CA's chain",
                                           subject));
    }
  }

  /// The chain of the issuer without the root.
  [[nodiscard]] std::vector<x509::Certificate> intermediates_above() const {
    std::vector<x509::Certificate> chain = m_request.issuer_chain;
    if (!chain.empty() && chain.back().is_self_issued()) chain.pop_back();
    return chain;
  }

  void note_alone() {
    const std::string name = printable(m_certificate_name);
    m_findings.notices.push_back(
        {.kind = ca::Notice::Kind::warning,
         .field = "certificate",
         .requested = {},
         .granted = {},
         .message = format("{} holds the certificate alone, without the intermediates that a peer "
                           "needs, and was kept so: for a file with them, mtlsctl cert export {} "
                           "--ca DIR -o {} --force",
                           name, leaf().serial().to_text(), shell_word(m_certificate_name))});
  }

  void require_not_expired() const {
    const UnixTime end = leaf().validity().not_after;
    if (end >= m_standing.surroundings.clock.now()) return;
    throw Error(Errc::expired,
                format("{} expired at {}", printable(m_certificate_name), to_rfc3339(end)),
                replace_hint(m_standing));
  }

  /// How to make the request again. Other commands do not write over the files of a CA.
  [[nodiscard]] std::string request_hint(Overwrite overwrite) const {
    const bool ca = own_ca(m_standing);
    const std::string name = printable(m_standing.output.request_name());
    std::string hint = format(
        "make the request again with mtlsctl csr create --key {} -o {}",
        has_own_key(m_request) ? printable(m_standing.output.key_name()) : std::string("FILE"),
        ca ? "request.csr" : name);
    const bool encrypted = has_own_key(m_request) && m_contents.key &&
                           crypto::is_encrypted_key(m_contents.key->bytes.view());
    if (encrypted) hint += " --key-passphrase SOURCE";
    if (!leaf().subject().empty()) hint += " --subject " + shell_word(leaf().subject().to_text());
    for (const std::string& one : x509::to_texts(leaf().subject_alt_names())) {
      hint += " --san " + shell_word(one);
    }
    if (ca) return hint + format(" && mv request.csr {}", name);
    return overwrite == Overwrite::yes ? hint + " --force" : hint;
  }

  [[nodiscard]] Error mismatch() const {
    const std::string request = m_standing.output.request_name();
    const bool only_request =
        std::all_of(m_findings.mismatches.begin(), m_findings.mismatches.end(),
                    [&request](const Mismatch& one) { return one.file == request; });
    if (!only_request) {
      Error error = set_mismatch(m_findings.mismatches, m_standing);
      if (m_other_issuer && !own_ca(m_standing)) error.set_hint(error.hint() + k_other_ca);
      return error;
    }
    return {Errc::set_mismatch, mismatch_text(m_findings.mismatches), request_hint(Overwrite::yes)};
  }

  [[nodiscard]] Error incomplete() const {
    return {Errc::set_incomplete,
            format("{} is there, and {} is not", printable(m_certificate_name),
                   printable(m_standing.output.request_name())),
            request_hint(Overwrite::no)};
  }

  [[nodiscard]] Enrolled receipt() {
    Enrolled enrolled{.outcome = m_chain_missing ? Outcome::completed : Outcome::unchanged,
                      .certificate = leaf(),
                      .notices = std::move(m_findings.notices),
                      .key_file = std::nullopt,
                      .request_file = std::nullopt,
                      .certificate_file = m_certificate_name,
                      .in_certificate_file =
                          m_chain_missing ? 1 + m_request.append.size() : m_certificates.size(),
                      .key_reused = !m_request.csr};
    if (has_own_key(m_request)) {
      enrolled.key_file = m_standing.output.key_name();
      enrolled.key_encrypted = crypto::is_encrypted_key(m_contents.key->bytes.view());
    }
    if (!m_request.csr && !m_standing.output.request_name().empty()) {
      enrolled.request_file = m_standing.output.request_name();
    }
    return enrolled;
  }

  const SetContents& m_contents;
  const Standing& m_standing;
  const EnrolRequest& m_request;
  std::string m_certificate_name;
  std::vector<x509::Certificate> m_certificates;
  Findings m_findings;
  bool m_other_issuer = false;
  bool m_request_missing = false;
  bool m_chain_missing = false;
};

}  // namespace

Enrolled keep_set(const SetContents& contents, const Standing& standing) {
  try {
    return KeptSet(contents, standing).keep();
  } catch (Error& error) {
    // A file of the set that is not what its name says.
    if (error.code() == Errc::malformed || error.code() == Errc::unsupported) {
      error.set_hint(replace_hint(standing));
    }
    throw;
  }
}

std::string certificate_file_text(const x509::Certificate& certificate,
                                  const EnrolRequest& request) {
  std::vector<x509::Certificate> chain{certificate};
  chain.insert(chain.end(), request.append.begin(), request.append.end());
  return x509::to_pem(chain);
}

}  // namespace mtls::authority
