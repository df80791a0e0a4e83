#include "authority/standing_set.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/process_identity.hpp"

#include <algorithm>

namespace mtls::authority {
namespace {

/// Whether the process behind an intent may still complete it.
bool is_live(const store::Record& record, const Standing& standing) {
  switch (liveness({record.actor.host, record.actor.pid, record.actor.session})) {
    case Liveness::dead:
      return false;
    case Liveness::alive:
      return true;
    case Liveness::elsewhere:
      break;
  }
  return standing.surroundings.clock.now() - record.intent_time < standing.ledger.intent_pending();
}

Error intent_live(const store::Record& record) {
  return {Errc::intent_live,
          format("process {} on {} is issuing for this key right now (serial {})", record.actor.pid,
                 printable(record.actor.host), record.serial.to_text()),
          "wait for it to end and run the same command again"};
}

Error request_key_used(const store::Record& record, std::string_view request_key) {
  return {Errc::request_key_used,
          format("the request key '{}' was used already, for serial {} ({})",
                 printable(request_key), record.serial.to_text(), store::name(record.state)),
          format("get that certificate with mtlsctl cert export {}, or use another key",
                 record.serial.to_text())};
}

/// How long a certificate lives; both ends count.
std::chrono::seconds length(const x509::Validity& validity) {
  return validity.not_after - validity.not_before;
}

/// Whether a certificate that is recorded is what is wanted now: all that it says but its serial
/// and where its period begins. A period that was asked for gives the same length, an end (or the
/// issuer's, to which it was clipped) the same end.
bool is_wanted(const store::Record& record, const x509::Certificate& recorded,
               const x509::Certificate& wanted, const Standing& standing) {
  const bool same_time = length(recorded.validity()) == length(wanted.validity()) ||
                         recorded.validity().not_after == wanted.validity().not_after;
  return record.profile == standing.profile.name && same_time &&
         recorded.subject() == wanted.subject() && recorded.extensions() == wanted.extensions();
}

/// Notes that the key cannot be used for this wish: an error, unless a new one is made anyway.
void refuse_key(Resumption& resumption, const Error& why, KeySource source,
                const Standing& standing) {
  const bool own = source == KeySource::standing || source == KeySource::standing_new;
  if (!own || standing.request.existing != Existing::replace_key) throw Error(why);
  resumption.spent_key = true;
}

void resume_from(const store::Record& of_row, const x509::Certificate& wanted, KeySource source,
                 const Standing& standing, Resumption& resumption) {
  const store::Record record = standing.ledger.with_status(of_row);
  const UnixTime now = standing.surroundings.clock.now();
  const std::string key = printable(standing.output.key_name());
  const std::string serial = record.serial.to_text();
  if (record.state == store::State::intent) {
    if (is_live(record, standing)) throw intent_live(record);
    if (!resumption.dead_intent) resumption.dead_intent = record.serial;
  } else if (record.state == store::State::issued && record.certificate &&
             record.validity.not_after >= now && !resumption.recorded) {
    const auto recorded = x509::Certificate::from_der(*record.certificate);
    if (is_wanted(record, recorded, wanted, standing)) {
      resumption.recorded = recorded;
      return;
    }
    refuse_key(resumption,
               Error(Errc::set_mismatch,
                     format("{} is the key of another certificate in the ledger (serial {}, {})",
                            key, serial, readable(record.subject)),
                     format("ask for the same again, get that one with mtlsctl cert export {}, or "
                            "pass the key with --key to use it for another",
                            serial)),
               source, standing);
  } else if (record.state == store::State::revoked) {
    refuse_key(resumption,
               Error(Errc::set_mismatch,
                     format("{} is the key of a revoked certificate (serial {})", key, serial),
                     "make a new key: --force --force-key"),
               source, standing);
  }
}

}  // namespace

Resumption find_resumption(const x509::Certificate& wanted, KeySource source,
                           const crypto::PublicKey& issuer_key, const Standing& standing) {
  Resumption resumption;
  const auto issuer = standing.ledger.find_issuer(wanted.issuer(), issuer_key);
  if (!issuer) return resumption;
  const crypto::Sha256& key_hash = wanted.public_key().spki_hash();
  if (const auto& request_key = standing.request.request_key) {
    const auto record = standing.ledger.find_by_request_key(*issuer, *request_key);
    if (record && record->spki_hash != key_hash) {
      throw request_key_used(standing.ledger.with_status(*record), *request_key);
    }
    if (record) {
      resume_from(*record, wanted, source, standing, resumption);
      return resumption;
    }
  }
  // A key that was given may have any number of certificates; one that stands in the set was left
  // there.
  if (source != KeySource::standing && source != KeySource::standing_new) return resumption;
  for (const store::Record& record : standing.ledger.find_by_key(key_hash)) {
    if (record.issuer == *issuer) resume_from(record, wanted, source, standing, resumption);
  }
  return resumption;
}

}  // namespace mtls::authority
