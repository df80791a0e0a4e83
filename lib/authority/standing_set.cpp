#include "authority/standing_set.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/process_identity.hpp"
#include "base/time_text.hpp"
#include "profile/subject_policy.hpp"

#include <algorithm>

namespace mtls::authority {
namespace {

/// How long the intent of a process that cannot be seen from here counts as live.
constexpr std::chrono::minutes k_pending{15};

bool has_own_key(const EnrolRequest& request) { return !request.csr && !request.key; }

crypto::PrivateKey open_key(const SecretBytes& pem, const std::string& name,
                            const Standing& standing) {
  return crypto::PrivateKey::from_file(pem.view(), printable(name),
                                       standing.request.open_existing_key,
                                       crypto::LegacyKeys::refuse, standing.surroundings.context);
}

x509::Certificate first_certificate(const SecretBytes& pem, const std::string& name) {
  return x509::read_certificates(pem.view(), printable(name)).front();
}

bool same_names(x509::GeneralNames left, const x509::GeneralNames& right) {
  return left.size() == right.size() &&
         std::is_permutation(left.begin(), left.end(), right.begin());
}

/// Whether the set is a CA's own: `ca init` is at work.
bool own_ca(const Standing& standing) {
  return has_own_key(standing.request) && standing.profile.extensions.basic_constraints.subject ==
                                              x509::BasicConstraints::Subject::ca;
}

/// How to get rid of a set that cannot be kept, with the flags that its command has.
std::string replace_hint(const Standing& standing) {
  if (own_ca(standing)) {
    return "a CA is never replaced: choose another directory with --ca";
  }
  return has_own_key(standing.request) ? "replace the set with --force --force-key, or choose "
                                         "another --name or --out-dir"
                                       : "replace the certificate with --force, or choose another "
                                         "name";
}

Error mismatch(const Standing& standing, std::string_view why) {
  return Error(Errc::set_mismatch,
               format("{} is there and does not match: {}",
                      printable(standing.output.certificate_name()), why),
               replace_hint(standing));
}

void require_key_of(const x509::Certificate& certificate, const SetContents& contents,
                    const Standing& standing) {
  const EnrolRequest& request = standing.request;
  if (request.csr) {
    if (certificate.public_key() == request.csr->public_key()) return;
    throw mismatch(standing, "it is over another key than the CSR's");
  }
  if (request.key) {
    if (certificate.public_key() == request.key->public_key()) return;
    throw mismatch(standing, "it is over another key than the one given");
  }
  if (!contents.key) {
    throw mismatch(standing, format("{} is not there", printable(standing.output.key_name())));
  }
  const auto key = open_key(*contents.key, standing.output.key_name(), standing);
  if (certificate.public_key() == key.public_key()) return;
  throw mismatch(standing, format("{} is another key", printable(standing.output.key_name())));
}

void require_wanted_names(const x509::Certificate& certificate, const Standing& standing) {
  const EnrolRequest& request = standing.request;
  if (request.subject) {
    const x509::Name wanted =
        profile::apply_subject_policy(standing.profile.subject, *request.subject);
    if (!(wanted == certificate.subject())) {
      throw mismatch(standing, format("its subject is {}, not {}", certificate.subject().to_text(),
                                      wanted.to_text()));
    }
  }
  if (!request.subject_alt_names.empty() &&
      !same_names(request.subject_alt_names, certificate.subject_alt_names())) {
    throw mismatch(standing, "its subject alternative names are not the ones asked for");
  }
}

/// --if-missing: what stands there must be what the ledger issued for the same wish, and not
/// expired.
Enrolled keep(const SetContents& contents, const Standing& standing) {
  const std::string name = standing.output.certificate_name();
  x509::Certificate certificate = first_certificate(*contents.certificate, name);
  require_key_of(certificate, contents, standing);
  const auto record = standing.ledger.find_by_fingerprint(certificate.fingerprint());
  if (!record || record->state != store::State::issued) {
    throw Error(
        Errc::not_in_ledger,
        format("{} is there, but the ledger {}", printable(name),
               record ? format("has it as {}", store::name(record->state))
                      : std::string("does not know it")),
        own_ca(standing)
            ? "restore the ledger from a backup (for an intermediate: its parent's); should this "
              "be somebody else's CA, choose another directory with --ca"
            : replace_hint(standing) + ", or name the CA that issued it with --ca");
  }
  if (record->profile != standing.profile.name) {
    throw mismatch(standing,
                   format("it was issued under profile '{}'", printable(record->profile)));
  }
  require_wanted_names(certificate, standing);
  if (certificate.validity().not_after < standing.surroundings.clock.now()) {
    throw Error(
        Errc::expired,
        format("{} expired at {}", printable(name), to_rfc3339(certificate.validity().not_after)),
        replace_hint(standing));
  }
  return {.outcome = Outcome::unchanged,
          .certificate = std::move(certificate),
          .notices = {},
          .key_file = std::nullopt,
          .request_file = std::nullopt,
          .certificate_file = std::nullopt,
          .key_encrypted = false};
}

/// Whether the process behind an intent may still complete it.
bool is_live(const store::Record& record, UnixTime now) {
  switch (liveness({record.actor.host, record.actor.pid, record.actor.session})) {
    case Liveness::dead:
      return false;
    case Liveness::alive:
      return true;
    case Liveness::elsewhere:
      break;
  }
  return now - record.intent_time < k_pending;
}

Error intent_live(const store::Record& record) {
  return Error(Errc::intent_live,
               format("process {} on {} is issuing for this key right now (serial {})",
                      record.actor.pid, printable(record.actor.host), record.serial.to_text()),
               "wait for it to end and run the same command again");
}

Error request_key_used(const store::Record& record, std::string_view request_key) {
  return Error(Errc::request_key_used,
               format("the request key '{}' was used already, for serial {} ({})",
                      printable(request_key), record.serial.to_text(), store::name(record.state)),
               format("get that certificate with mtlsctl cert export {}, or use another key",
                      record.serial.to_text()));
}

bool is_wanted(const store::Record& record, const x509::Certificate& wanted,
               const Standing& standing) {
  std::vector<std::string> names;
  for (const x509::GeneralName& name : wanted.subject_alt_names()) names.push_back(name.to_text());
  return record.subject == wanted.subject().to_text() && record.sans == names &&
         record.profile == standing.profile.name;
}

void resume_from(const store::Record& record, const x509::Certificate& wanted,
                 const Standing& standing, Resumption& resumption) {
  const UnixTime now = standing.surroundings.clock.now();
  if (record.state == store::State::intent) {
    if (is_live(record, now)) throw intent_live(record);
    if (!resumption.dead_intent) resumption.dead_intent = record.serial;
  } else if (record.state == store::State::issued && record.certificate &&
             record.validity.not_after >= now && !resumption.recorded) {
    if (!is_wanted(record, wanted, standing)) {
      throw Error(
          Errc::set_mismatch,
          format("{} is the key of another certificate in the ledger (serial {}, {})",
                 printable(standing.output.key_name()), record.serial.to_text(),
                 printable(record.subject)),
          format("get that one with mtlsctl cert export {}, or pass the key with --key to use "
                 "it again",
                 record.serial.to_text()));
    }
    resumption.recorded = x509::Certificate::from_der(*record.certificate);
  } else if (record.state == store::State::revoked) {
    throw Error(Errc::set_mismatch,
                format("{} is the key of a revoked certificate (serial {})",
                       printable(standing.output.key_name()), record.serial.to_text()),
                "make a new key: --force --force-key");
  }
}

}  // namespace

std::optional<Enrolled> settle_existing(const SetContents& contents, const Standing& standing) {
  if (!contents.certificate) return std::nullopt;
  const EnrolRequest& request = standing.request;
  const std::string name = printable(standing.output.certificate_name());
  switch (request.existing) {
    case Existing::keep:
      return keep(contents, standing);
    case Existing::replace_key:
      return std::nullopt;
    case Existing::replace:
      if (!has_own_key(request)) return std::nullopt;
      throw Error(Errc::would_overwrite,
                  format("{} exists, and a private key is not replaced by --force alone",
                         contents.key ? printable(standing.output.key_name()) : name),
                  "pass --force-key as well for a new key, or --key FILE to keep the old one");
    case Existing::refuse:
      break;
  }
  if (request.request_key) {
    throw Error(Errc::request_key_used,
                format("{} is there already: the request '{}' is complete", name,
                       printable(*request.request_key)),
                "nothing was done; pass --if-missing where that is success");
  }
  throw Error(
      Errc::would_overwrite, format("{} exists and is not overwritten", name),
      "pass --if-missing to keep a complete set, --force (and --force-key) to replace it, or "
      "choose another --name or --out-dir");
}

KeyChoice choose_key(const SetContents& contents, const Standing& standing) {
  const EnrolRequest& request = standing.request;
  if (request.csr) return {KeySource::csr, std::nullopt};
  if (request.key) return {KeySource::given, request.key};
  const bool replacing = request.existing == Existing::replace_key;
  const std::string name = standing.output.key_name();
  if (contents.new_key && (replacing || !contents.key)) {
    return {KeySource::standing_new, open_key(*contents.new_key, name + ".new", standing)};
  }
  if (!contents.key) return {KeySource::to_make, std::nullopt};
  if (!replacing) return {KeySource::standing, open_key(*contents.key, name, standing)};
  const auto nothing = [](const std::optional<SecretBytes>& file) {
    return !file || file->empty();
  };
  if (nothing(contents.certificate) || nothing(contents.key)) {
    return {KeySource::to_make, std::nullopt};
  }

  // A replacement that was cut short between its renames: the new key stands beside the old
  // certificate, and the ledger has a newer one for it.
  auto key = open_key(*contents.key, name, standing);
  const auto certificate =
      first_certificate(*contents.certificate, standing.output.certificate_name());
  if (key.public_key() == certificate.public_key()) return {KeySource::to_make, std::nullopt};
  const auto records = standing.ledger.find_by_key(key.public_key().spki_hash());
  const bool recorded =
      std::any_of(records.begin(), records.end(),
                  [](const store::Record& record) { return record.state == store::State::issued; });
  if (recorded) return {KeySource::standing, std::move(key)};
  return {KeySource::to_make, std::nullopt};
}

Resumption find_resumption(const x509::Certificate& wanted, KeySource source,
                           const crypto::PublicKey& issuer_key, const Standing& standing) {
  Resumption resumption;
  const auto issuer = standing.ledger.find_issuer(wanted.issuer(), issuer_key);
  if (!issuer) return resumption;
  const crypto::Sha256& key_hash = wanted.public_key().spki_hash();
  if (const auto& request_key = standing.request.request_key) {
    const auto record = standing.ledger.find_by_request_key(*issuer, *request_key);
    if (record && record->spki_hash != key_hash) throw request_key_used(*record, *request_key);
    if (record) {
      resume_from(*record, wanted, standing, resumption);
      return resumption;
    }
  }
  // A key that was given may have any number of certificates; one that stands in the set was left
  // there.
  if (source != KeySource::standing && source != KeySource::standing_new) return resumption;
  for (const store::Record& record : standing.ledger.find_by_key(key_hash)) {
    if (record.issuer == *issuer) resume_from(record, wanted, standing, resumption);
  }
  return resumption;
}

}  // namespace mtls::authority
