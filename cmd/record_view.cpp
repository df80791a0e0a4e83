#include "cmd/record_view.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "cmd/certificate_view.hpp"

#include <nlohmann/json.hpp>

namespace mtls::cmd {
namespace {

Json optional_time(const std::optional<UnixTime>& time) {
  return time ? Json(to_rfc3339(*time)) : Json(nullptr);
}

std::string shown(std::string_view raw) { return readable(printable(raw)); }

std::vector<std::string> shown_all(const std::vector<std::string>& texts) {
  std::vector<std::string> texts_shown;
  texts_shown.reserve(texts.size());
  for (const std::string& text : texts) texts_shown.push_back(shown(text));
  return texts_shown;
}

/// The ledger may have been written by others: nothing of it is taken as safe to show.
std::string subject_of(const store::Record& record) {
  return record.subject.empty() ? join(shown_all(record.sans)) : readable(record.subject);
}

}  // namespace

std::string serials_text(const std::vector<x509::SerialNumber>& serials,
                         std::string_view separator) {
  std::string text;
  for (const x509::SerialNumber& serial : serials) {
    if (!text.empty()) text += separator;
    text += serial.to_text();
  }
  return text;
}

void put_record(Json& document, const store::CurrentRecord& current) {
  const store::Record& record = current.record;
  document["serial"] = record.serial.to_text();
  document["state"] = name(record.state);
  document["status"] = name(current.status);
  document["origin"] = record.origin == store::Origin::issued ? "issued" : "imported";
  document["subject"] = readable(record.subject);
  document["subject_alt_names"] = shown_all(record.sans);
  document["not_before"] = to_rfc3339(record.validity.not_before);
  document["not_after"] = to_rfc3339(record.validity.not_after);
  document["fingerprint"] = record.fingerprint ? Json(to_hex(*record.fingerprint)) : Json(nullptr);
  document["spki_sha256"] = to_hex(record.spki_hash);
  // What was issued elsewhere was so under no profile.
  document["profile"] = record.profile.empty() ? Json(nullptr) : Json(shown(record.profile));
  document["profile_sha256"] =
      record.profile_hash.empty() ? Json(nullptr) : Json(readable(record.profile_hash));
  document["request_key"] = record.request_key ? Json(shown(*record.request_key)) : Json(nullptr);
  document["actor"] = shown(record.actor.actor);
  document["host"] = shown(record.actor.host);
  document["pid"] = record.actor.pid;
  document["intent_at"] = to_rfc3339(record.intent_time);
  document["issued_at"] = optional_time(record.issued_time);
  document["revoked_at"] = optional_time(record.revoked_time);
  const bool has_reason = current.revocation && !current.revocation->reason.empty();
  document["revocation_reason"] =
      has_reason ? Json(shown(current.revocation->reason)) : Json(nullptr);
  document["replaces"] = record.replaces ? Json(record.replaces->to_text()) : Json(nullptr);
  document["replaced_by"] = Json::array();
  for (const x509::SerialNumber& serial : current.replaced_by) {
    document["replaced_by"].push_back(serial.to_text());
  }
  document["note"] = shown(record.note);
}

std::string record_line(const store::CurrentRecord& current) {
  const store::Record& record = current.record;
  std::string line =
      format("{:<32}  {:<7}  {}  {:<14}  {}", record.serial.to_text(), name(current.status),
             to_rfc3339(record.validity.not_after), shown(record.profile), subject_of(record));
  if (!current.replaced_by.empty()) {
    line += format("  (replaced by {})", serials_text(current.replaced_by, ", "));
  }
  return line + "\n";
}

std::string record_text(const store::CurrentRecord& current) {
  const store::Record& record = current.record;
  FieldList fields;
  fields.add("serial", record.serial.to_text());
  fields.add("state", name(record.state));
  fields.add("status", name(current.status));
  fields.add("subject", record.subject);
  fields.add("alt names", join(shown_all(record.sans)));
  fields.add("valid", validity_text(record.validity));
  fields.add("profile", printable(record.profile));
  fields.add("origin", record.origin == store::Origin::imported ? "imported" : "");
  fields.add("request key", printable(record.request_key.value_or("")));
  fields.add("actor",
             format("{} on {}", printable(record.actor.actor), printable(record.actor.host)));
  fields.add("begun", to_rfc3339(record.intent_time));
  if (record.issued_time) fields.add("issued", to_rfc3339(*record.issued_time));
  if (record.revoked_time) {
    const std::string reason = current.revocation ? current.revocation->reason : "";
    fields.add("revoked", to_rfc3339(*record.revoked_time) +
                              (reason.empty() ? "" : ", reason " + printable(reason)));
  }
  if (record.replaces) fields.add("replaces", record.replaces->to_text());
  fields.add("replaced by", serials_text(current.replaced_by, ", "));
  fields.add("note", printable(record.note));
  if (record.fingerprint) fields.add("sha256", to_colon_hex(*record.fingerprint));
  return fields.text();
}

}  // namespace mtls::cmd
