#include "store/row_parts.hpp"

#include "base/error.hpp"
#include "store/log_encoding.hpp"
#include "store/record_row.hpp"
#include "x509/certificate.hpp"

#include <algorithm>
#include <span>

namespace mtls::store {
namespace {

/// The columns that an intent fills, whichever way they were come by.
struct IntentColumns {
  const x509::SerialNumber& serial;
  ByteView tbs;
  const std::optional<std::string>& request_key;
  std::string_view profile;
  std::string profile_hash;
  std::string_view subject;
  const std::vector<std::string>& sans;
  const x509::Validity& validity;
  const crypto::Sha256& spki_hash;
  std::int64_t crl_part;
  const std::optional<x509::SerialNumber>& replaces;
  const Actor& actor;
  UnixTime time;
};

crypto::Sha256 hash(const IntentColumns& columns) {
  return LogEncoding("mtlsctl intent 1")
      .text(columns.serial.to_text())
      .octets(columns.tbs)
      .optional_text(columns.request_key)
      .text(columns.profile)
      .text(columns.profile_hash)
      .text(columns.subject)
      .text(join_sans(columns.sans))
      .number(to_seconds(columns.validity.not_before))
      .number(to_seconds(columns.validity.not_after))
      .octets(columns.spki_hash)
      .number(columns.crl_part)
      .optional_text(columns.replaces ? std::optional(columns.replaces->to_text()) : std::nullopt)
      .text(columns.actor.actor)
      .text(columns.actor.host)
      .number(columns.actor.pid)
      .text(columns.actor.session)
      .number(to_seconds(columns.time))
      .hash();
}

crypto::Sha256 hash(const x509::SerialNumber& serial, const crypto::Sha256& fingerprint,
                    ByteView certificate, UnixTime time) {
  return LogEncoding("mtlsctl certificate 1")
      .text(serial.to_text())
      .octets(fingerprint)
      .octets(certificate)
      .number(to_seconds(time))
      .hash();
}

std::optional<std::int64_t> seconds(const std::optional<UnixTime>& time) {
  if (!time) return std::nullopt;
  return to_seconds(*time);
}

LogEncoding& encode_state(LogEncoding& encoding, const Standing& standing) {
  return encoding.text(name(standing.state))
      .text(standing.note)
      .optional_number(seconds(standing.revoked_time))
      .number(to_seconds(standing.changed_time));
}

Bytes signed_part(const Record& record) {
  if (record.certificate) return to_bytes(x509::Certificate::from_der(*record.certificate).tbs());
  return record.tbs.value_or(Bytes{});
}

crypto::Sha256 node(std::uint8_t kind, ByteView left, ByteView right) {
  Bytes octets{kind};
  octets.insert(octets.end(), left.begin(), left.end());
  octets.insert(octets.end(), right.begin(), right.end());
  return crypto::sha256(octets);
}

crypto::Sha256 root(std::span<const Leaf> leaves) {
  if (leaves.size() == 1) return node(0, as_bytes(leaves.front().serial), leaves.front().part);
  std::size_t left = 1;  // the largest power of two below the number of leaves
  while (left * 2 < leaves.size()) left *= 2;
  return node(1, root(leaves.first(left)), root(leaves.subspan(left)));
}

}  // namespace

crypto::Sha256 intent_part(const Intent& intent) {
  return hash({.serial = intent.serial,
               .tbs = intent.tbs,
               .request_key = intent.request_key,
               .profile = intent.profile,
               .profile_hash = to_hex(intent.profile_hash),
               .subject = intent.subject,
               .sans = intent.sans,
               .validity = intent.validity,
               .spki_hash = intent.spki_hash,
               .crl_part = 0,
               .replaces = intent.replaces,
               .actor = intent.actor,
               .time = intent.time});
}

crypto::Sha256 intent_part(const Record& record) {
  const Bytes tbs = signed_part(record);
  return hash({.serial = record.serial,
               .tbs = tbs,
               .request_key = record.request_key,
               .profile = record.profile,
               .profile_hash = record.profile_hash,
               .subject = record.subject,
               .sans = record.sans,
               .validity = record.validity,
               .spki_hash = record.spki_hash,
               .crl_part = record.crl_part,
               .replaces = record.replaces,
               .actor = record.actor,
               .time = record.intent_time});
}

crypto::Sha256 issue_part(const Issued& issued) {
  return hash(issued.serial, issued.fingerprint, issued.certificate, issued.author.time);
}

crypto::Sha256 issue_part(const Record& record) {
  if (!record.certificate || !record.fingerprint) {
    throw Error(Errc::internal, "the row of an intent was asked for its certificate's part");
  }
  return hash(record.serial, *record.fingerprint, *record.certificate,
              record.issued_time.value_or(UnixTime{}));
}

Standing standing_of(const Record& record) {
  return {.serial = record.serial,
          .origin = record.origin,
          .fingerprint = record.fingerprint,
          .state = record.state,
          .note = record.note,
          .revoked_time = record.revoked_time,
          .changed_time = record.changed_time};
}

crypto::Sha256 standing_part(const Standing& standing) {
  LogEncoding encoding("mtlsctl standing 2");
  encoding.text(standing.serial.to_text()).text(name(standing.origin));
  encoding.optional_text(standing.fingerprint ? std::optional(to_hex(*standing.fingerprint))
                                              : std::nullopt);
  return encode_state(encoding, standing).hash();
}

crypto::Sha256 standing_part_of_schema_2(const Standing& standing) {
  LogEncoding encoding("mtlsctl standing 1");
  encoding.text(standing.serial.to_text());
  return encode_state(encoding, standing).hash();
}

crypto::Sha256 import_part(const Record& record) {
  return LogEncoding("mtlsctl import 1")
      .octets(intent_part(record))
      .octets(issue_part(record))
      .hash();
}

crypto::Sha256 batch_root(std::vector<Leaf> leaves) {
  if (leaves.size() == 1) return leaves.front().part;
  if (leaves.empty()) return crypto::Sha256{};
  std::sort(leaves.begin(), leaves.end(), [](const Leaf& a, const Leaf& b) {
    return a.serial != b.serial ? a.serial < b.serial : a.part < b.part;
  });
  return root(leaves);
}

}  // namespace mtls::store
