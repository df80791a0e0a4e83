#include "cmd/probe_view.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/certificate_view.hpp"
#include "probe/advice.hpp"

#include <nlohmann/json.hpp>

namespace mtls::cmd {
namespace {

std::string_view words(probe::Judgement judgement) {
  switch (judgement) {
    case probe::Judgement::accepted:
      return "ACCEPTED";
    case probe::Judgement::rejected_in_handshake:
      return "refused in the handshake";
    case probe::Judgement::rejected_after_handshake:
      return "refused after handshake";
    case probe::Judgement::rejected_by_http:
      return "refused by HTTP";
    case probe::Judgement::other_content:
      return "other content";
    case probe::Judgement::withheld:
      return "withheld";
    case probe::Judgement::not_offered:
      return "version not offered";
    case probe::Judgement::inconclusive:
      break;
  }
  return "inconclusive";
}

std::string padded(std::string_view text, std::size_t width) {
  std::string result(text);
  if (result.size() < width) result.append(width - result.size(), ' ');
  return result;
}

Json versions_json(const std::vector<tls::Version>& versions) {
  Json list = Json::array();
  for (const tls::Version version : versions) list.push_back(std::string(tls::name(version)));
  return list;
}

Json answer_json(const std::optional<tls::HttpAnswer>& answer) {
  if (!answer) return nullptr;
  return {{"status", answer->status},
          {"server", printable(answer->server)},
          {"location", printable(answer->location)},
          {"body_sha256", to_hex(answer->body_hash)},
          {"body_size", answer->body_size}};
}

Json attempt_json(const probe::Judged& judged) {
  const probe::Attempt& attempt = judged.attempt;
  const tls::Record& record = attempt.record;
  Json json{{"id", probe::entry(attempt.id).name},
            {"title", probe::entry(attempt.id).title},
            {"variant", attempt.variant},
            {"address", attempt.address.to_text()},
            {"tls", attempt.version ? Json(tls::name(*attempt.version)) : Json(nullptr)},
            {"verdict", probe::name(judged.judgement)},
            {"let_in", judged.let_in},
            {"stage", tls::name(record.stage)},
            {"ending", tls::name(record.ending)},
            {"detail", printable(record.detail)}};
  json["alert"] = record.alert
                      ? Json{{"number", record.alert->number}, {"name", record.alert->name()}}
                      : Json(nullptr);
  json["http"] = answer_json(record.answer);
  json["first_http"] = answer_json(record.first_answer);
  json["certificate_requested"] = record.certificate_requested;
  json["certificate_sent"] = record.certificate_sent;
  json["signed"] = record.signed_by_us;
  json["authorities"] = record.authorities;
  json["signature_algorithms"] = record.signature_algorithms;
  json["cipher"] = record.cipher;
  json["alpn"] = record.alpn;
  json["resumed"] = record.resumed;
  json["server_certificate"] =
      record.server_chain.empty() ? Json(nullptr) : brief_json(record.server_chain.front());
  json["server_trusted"] = !record.server_chain.empty() && !record.distrusted;
  json["connect_ms"] = record.connect_time.count();
  json["handshake_ms"] = record.handshake_time.count();
  json["total_ms"] = record.total_time.count();
  return json;
}

Json finding_json(const probe::Finding& finding) {
  return {{"verdict", probe::name(finding.overall)},
          {"mode", finding.mode ? Json(probe::name(*finding.mode)) : Json(nullptr)},
          {"reasons", finding.reasons},
          {"offered", versions_json(finding.offered)},
          {"without_control", versions_json(finding.without_control)}};
}

}  // namespace

std::string attempt_line(const probe::Judged& judged) {
  const probe::Attempt& attempt = judged.attempt;
  const std::string_view version = attempt.version ? tls::name(*attempt.version) : "-";
  std::string title(probe::entry(attempt.id).title);
  if (!attempt.variant.empty()) title += format(" ({})", attempt.variant);
  return format(
      "{}{}{}{}: {}\n", padded(probe::entry(attempt.id).name, 5), padded(version, 5),
      padded(attempt.version || !is_refusal(judged.judgement) ? words(judged.judgement) : "refused",
             26),
      title, probe::describe(attempt.record));
}

std::string summary_text(const probe::Report& report) {
  std::string text = "\n";
  const bool several = report.addresses.size() > 1;
  for (const probe::AddressReport& one : report.addresses) {
    if (several) {
      text += format("{}: {}{}\n", one.address.to_text(), probe::name(one.finding.overall),
                     one.finding.mode ? format(" ({})", probe::name(*one.finding.mode)) : "");
    }
    for (const std::string& reason : one.finding.reasons) text += format("  {}\n", reason);
  }
  for (const std::string& note : report.notes) text += format("  note: {}\n", note);
  text += probe::sentence(report) + "\n";
  for (const std::string& line : probe::advise(report)) text += format("  {}\n", line);
  return text;
}

void put_report(Json& document, const probe::Report& report) {
  const Json overall = finding_json(report.overall);
  for (const auto& [key, value] : overall.items()) document[key] = value;
  document["sentence"] = probe::sentence(report);
  document["advice"] = probe::advise(report);
  document["notes"] = report.notes;
  document["server"] = probe::server_name(report);
  document["server_distrusted"] = report.distrusted ? Json(*report.distrusted) : Json(nullptr);
  document["addresses"] = Json::array();
  document["attempts"] = Json::array();
  for (const probe::AddressReport& one : report.addresses) {
    Json address{{"address", one.address.to_text()}};
    const Json finding = finding_json(one.finding);
    for (const auto& [key, value] : finding.items()) address[key] = value;
    document["addresses"].push_back(address);
    for (const probe::Judged& judged : one.attempts) {
      document["attempts"].push_back(attempt_json(judged));
    }
  }
}

}  // namespace mtls::cmd
