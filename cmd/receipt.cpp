#include "cmd/receipt.hpp"

#include "base/bytes.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"

#include <nlohmann/json.hpp>

namespace mtls::cmd {
namespace {

std::string_view kind_name(ca::Notice::Kind kind) {
  switch (kind) {
    case ca::Notice::Kind::not_granted:
      return "not_granted";
    case ca::Notice::Kind::clipped:
      return "clipped";
    case ca::Notice::Kind::warning:
      return "warning";
    case ca::Notice::Kind::rewritten:
      return "rewritten";
    case ca::Notice::Kind::key_reused:
      return "key_reused";
  }
  return "warning";
}

void put_file(Json& files, const char* key, const std::optional<std::string>& name) {
  files[key] = name ? Json(printable(*name)) : Json(nullptr);
}

std::string headline(authority::Outcome outcome) {
  switch (outcome) {
    case authority::Outcome::issued:
      return "issued";
    case authority::Outcome::completed:
      return "completed: the certificate was recorded already, and missing files were written";
    case authority::Outcome::unchanged:
      return "unchanged: complete and recorded";
    case authority::Outcome::rehearsed:
      return "dry run: would issue (nothing was written, recorded or signed)";
    case authority::Outcome::rehearsed_completion:
      return "dry run: would write the missing certificates of the chain (nothing was written)";
  }
  return "issued";
}

void line(std::string& text, std::string_view label, std::string_view value) {
  if (!value.empty()) text += format("  {:<12} {}\n", label, readable(value));
}

}  // namespace

void tell_notices(const std::vector<ca::Notice>& notices, const Session& session) {
  for (const ca::Notice& notice : notices) {
    if (notice.kind == ca::Notice::Kind::key_reused || notice.kind == ca::Notice::Kind::rewritten) {
      session.messages().note(notice.message);
    } else {
      session.messages().warning(notice.message);
    }
  }
}

Json receipt_document(const authority::Enrolled& enrolled, const std::string& profile,
                      const Session& session) {
  const x509::Certificate& certificate = enrolled.certificate;
  const bool rehearsed = enrolled.outcome == authority::Outcome::rehearsed;
  Json document = session.document();
  document["outcome"] = name(enrolled.outcome);
  document["profile"] = profile;
  document["serial"] = rehearsed ? Json(nullptr) : Json(certificate.serial().to_text());
  document["fingerprint"] = rehearsed ? Json(nullptr) : Json(to_hex(certificate.fingerprint()));
  document["subject"] = readable(certificate.subject().to_text());
  document["issuer"] = readable(certificate.issuer().to_text());
  document["subject_alt_names"] = Json::array();
  for (const x509::GeneralName& name : certificate.subject_alt_names()) {
    document["subject_alt_names"].push_back(readable(name.to_text()));
  }
  document["not_before"] = to_rfc3339(certificate.validity().not_before);
  document["not_after"] = to_rfc3339(certificate.validity().not_after);
  document["key"] = certificate.public_key().description();
  document["key_reused"] = enrolled.key_reused;
  document["files"] = Json::object();
  put_file(document["files"], "key", enrolled.key_file);
  put_file(document["files"], "request", enrolled.request_file);
  put_file(document["files"], "certificate", enrolled.certificate_file);
  document["certificates"] = enrolled.in_certificate_file;
  document["notices"] = Json::array();
  for (const ca::Notice& notice : enrolled.notices) {
    document["notices"].push_back({{"kind", kind_name(notice.kind)},
                                   {"field", notice.field},
                                   {"requested", readable(notice.requested)},
                                   {"granted", readable(notice.granted)},
                                   {"message", readable(notice.message)}});
  }
  return document;
}

std::string receipt_text(const authority::Enrolled& enrolled, const std::string& profile) {
  const x509::Certificate& certificate = enrolled.certificate;
  const bool rehearsed = enrolled.outcome == authority::Outcome::rehearsed;
  std::string text = headline(enrolled.outcome) + "\n";
  line(text, "subject", certificate.subject().to_text());
  std::string names;
  for (const x509::GeneralName& name : certificate.subject_alt_names()) {
    names += names.empty() ? name.to_text() : ", " + name.to_text();
  }
  line(text, "alt names", names);
  line(text, "issuer", certificate.issuer().to_text());
  if (!rehearsed) line(text, "serial", certificate.serial().to_text());
  line(text, "valid",
       format("{} to {}", to_rfc3339(certificate.validity().not_before),
              to_rfc3339(certificate.validity().not_after)));
  line(text, "key", certificate.public_key().description());
  line(text, "profile", profile);
  std::string files;
  for (const auto& file : {enrolled.key_file, enrolled.request_file, enrolled.certificate_file}) {
    if (file) files += files.empty() ? printable(*file) : " " + printable(*file);
  }
  line(text, "files", files);
  if (const std::size_t above = enrolled.in_certificate_file - 1; above > 0) {
    line(text, "chain",
         format("{} {} in the certificate file", above,
                above == 1 ? "intermediate" : "intermediates"));
  }
  return text;
}

}  // namespace mtls::cmd
