#include "cmd/certificate_view.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "der/reader.hpp"

#include <nlohmann/json.hpp>

namespace mtls::cmd {
namespace {

constexpr std::size_t k_shown_entries = 20;

/// What `read` returns, or a default value where the extension is malformed: then the list of
/// extensions says so.
template <class Read>
auto or_default(const Read& read) -> decltype(read()) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.code() != Errc::malformed) throw;
    return {};
  }
}

std::vector<std::string> purposes(const x509::Certificate& certificate) {
  std::vector<std::string> words;
  const auto found = or_default([&certificate] { return certificate.extended_key_usage(); });
  if (!found) return words;
  for (const der::Oid& purpose : *found) words.push_back(x509::oid_name(purpose));
  return words;
}

/// The two attributes of extensions are shown by what they hold.
std::string attribute_value(const x509::RequestAttribute& attribute) {
  const bool is_list = attribute.type == x509::oids::extension_request() ||
                       attribute.type == x509::oids::ms_extension_request();
  return is_list ? std::string("see extensions") : x509::describe(attribute);
}

Json extensions_json(const x509::Extensions& extensions) {
  Json array = Json::array();
  for (const x509::Extension& extension : extensions) {
    array.push_back({{"oid", extension.id.to_dotted()},
                     {"name", x509::oid_name(extension.id)},
                     {"critical", extension.criticality == x509::Criticality::critical},
                     {"value", readable(x509::describe(extension))}});
  }
  return array;
}

std::string extensions_text(const x509::Extensions& extensions) {
  std::string text;
  for (const x509::Extension& extension : extensions) {
    text += format("    {}{}: {}\n", x509::oid_name(extension.id),
                   extension.criticality == x509::Criticality::critical ? " (critical)" : "",
                   readable(x509::describe(extension)));
  }
  return text.empty() ? text : "  extensions\n" + text;
}

Json attributes_json(const x509::CertificateRequest& request) {
  Json array = Json::array();
  for (const x509::RequestAttribute& attribute : request.attributes()) {
    array.push_back({{"oid", attribute.type.to_dotted()},
                     {"name", x509::oid_name(attribute.type)},
                     {"value", readable(attribute_value(attribute))}});
  }
  return array;
}

std::string attributes_text(const x509::CertificateRequest& request) {
  std::string text;
  for (const x509::RequestAttribute& attribute : request.attributes()) {
    text += format("    {}: {}\n", x509::oid_name(attribute.type),
                   readable(attribute_value(attribute)));
  }
  return text.empty() ? text : "  attributes\n" + text;
}

/// All that is wrong with a request, the version first.
std::vector<std::string> faults_of(const x509::CertificateRequest& request) {
  std::vector<std::string> faults = request.faults();
  if (const auto& fault = request.version_fault()) faults.insert(faults.begin(), *fault);
  return faults;
}

std::string faults_text(const std::vector<std::string>& faults) {
  std::string text;
  for (const std::string& fault : faults) text += format("  warning: {}\n", readable(fault));
  return text;
}

}  // namespace

void FieldList::add(std::string_view label, std::string_view value) {
  if (!value.empty()) m_text += format("  {:<12} {}\n", label, readable(value));
}

Json brief_json(const x509::Certificate& certificate) {
  return {{"subject", readable(certificate.subject().to_text())},
          {"issuer", readable(certificate.issuer().to_text())},
          {"serial", certificate.serial().to_text()},
          {"not_before", to_rfc3339(certificate.validity().not_before)},
          {"not_after", to_rfc3339(certificate.validity().not_after)},
          {"fingerprint", to_hex(certificate.fingerprint())}};
}

Json certificate_json(const x509::Certificate& certificate) {
  Json json = brief_json(certificate);
  json["version"] = certificate.version();
  json["key"] = certificate.public_key().description();
  json["spki_sha256"] = to_hex(certificate.public_key().spki_hash());
  json["signature"] = algorithm_name(certificate.signature_algorithm());
  const auto basic = or_default([&certificate] { return certificate.basic_constraints(); });
  json["ca"] = basic && basic->subject == x509::BasicConstraints::Subject::ca;
  json["path_length"] = basic && basic->path_length ? Json(*basic->path_length) : Json(nullptr);
  json["purposes"] = purposes(certificate);
  json["subject_alt_names"] =
      name_texts(or_default([&certificate] { return certificate.subject_alt_names(); }));
  json["extensions"] = extensions_json(certificate.extensions());
  json["faults"] = certificate.encoding_faults();
  return json;
}

std::string certificate_text(const x509::Certificate& certificate) {
  FieldList fields;
  fields.add("subject",
             certificate.subject().empty() ? "(empty)" : certificate.subject().to_text());
  fields.add(
      "alt names",
      join(name_texts(or_default([&certificate] { return certificate.subject_alt_names(); }))));
  fields.add("issuer", certificate.issuer().to_text());
  fields.add("serial", certificate.serial().to_text());
  fields.add("valid", validity_text(certificate.validity()));
  fields.add("purposes", join(purposes(certificate)));
  fields.add("key", certificate.public_key().description());
  fields.add("signature", algorithm_name(certificate.signature_algorithm()));
  fields.add("version", format("{}", certificate.version()));
  fields.add("sha256", to_colon_hex(certificate.fingerprint()));
  fields.add("spki sha256", to_hex(certificate.public_key().spki_hash()));
  return fields.text() + extensions_text(certificate.extensions()) +
         faults_text(certificate.encoding_faults());
}

Json request_json(const x509::CertificateRequest& request) {
  const auto company = request.unstructured_name();
  return {{"subject", readable(request.subject().to_text())},
          {"key", request.public_key().description()},
          {"spki_sha256", to_hex(request.public_key().spki_hash())},
          {"signature", algorithm_name(request.signature_algorithm())},
          {"subject_alt_names",
           name_texts(or_default([&request] { return request.subject_alt_names(); }))},
          {"challenge_password", request.has_challenge_password()},
          {"unstructured_name", company ? Json(printable(*company)) : Json(nullptr)},
          {"extensions", extensions_json(request.requested_extensions())},
          {"attributes", attributes_json(request)},
          {"faults", faults_of(request)}};
}

std::string request_text(const x509::CertificateRequest& request) {
  FieldList fields;
  fields.add("subject", request.subject().empty() ? "(empty)" : request.subject().to_text());
  fields.add("alt names",
             join(name_texts(or_default([&request] { return request.subject_alt_names(); }))));
  fields.add("key", request.public_key().description());
  fields.add("signature", algorithm_name(request.signature_algorithm()));
  fields.add("challenge", request.has_challenge_password() ? "present (not shown)" : "");
  fields.add("company", printable(request.unstructured_name().value_or("")));
  fields.add("spki sha256", to_hex(request.public_key().spki_hash()));
  return fields.text() + attributes_text(request) +
         extensions_text(request.requested_extensions()) + faults_text(faults_of(request));
}

Json list_json(const x509::CertificateList& list) {
  Json entries = Json::array();
  for (const auto& entry : list.entries(list.entry_count())) {
    entries.push_back({{"serial", entry.serial.to_text()},
                       {"revocation_date", to_rfc3339(entry.revocation_date)}});
  }
  const auto next = list.next_update();
  return {{"issuer", readable(list.issuer().to_text())},
          {"version", list.version()},
          {"this_update", to_rfc3339(list.this_update())},
          {"next_update", next ? Json(to_rfc3339(*next)) : Json(nullptr)},
          {"signature", algorithm_name(list.signature_algorithm())},
          {"fingerprint", to_hex(list.fingerprint())},
          {"extensions", extensions_json(list.extensions())},
          {"entries", std::move(entries)}};
}

std::string list_text(const x509::CertificateList& list) {
  FieldList fields;
  fields.add("issuer", list.issuer().to_text());
  fields.add("this update", to_rfc3339(list.this_update()));
  const auto next = list.next_update();
  fields.add("next update", next ? to_rfc3339(*next) : "none");
  fields.add("signature", algorithm_name(list.signature_algorithm()));
  fields.add("sha256", to_colon_hex(list.fingerprint()));
  fields.add("entries", format("{}", list.entry_count()));
  std::string text = fields.text() + extensions_text(list.extensions());
  for (const auto& entry : list.entries(k_shown_entries)) {
    text +=
        format("    {} revoked {}\n", entry.serial.to_text(), to_rfc3339(entry.revocation_date));
  }
  if (list.entry_count() > k_shown_entries) {
    text += format("    and {} more (--json shows all)\n", list.entry_count() - k_shown_entries);
  }
  return text;
}

Json public_key_json(const crypto::PublicKey& key) {
  return {{"key", key.description()}, {"spki_sha256", to_hex(key.spki_hash())}};
}

std::string public_key_text(const crypto::PublicKey& key) {
  FieldList fields;
  fields.add("key", key.description());
  fields.add("spki sha256", to_hex(key.spki_hash()));
  return fields.text();
}

std::string public_key_text(const std::string& description) {
  FieldList fields;
  fields.add("key", description);
  return fields.text();
}

std::string algorithm_name(ByteView algorithm_identifier) {
  if (const auto known = crypto::find_signature_algorithm(algorithm_identifier)) {
    return std::string(name(*known));
  }
  return or_default([algorithm_identifier] {
    der::Reader reader(algorithm_identifier, "algorithm");
    return x509::oid_name(reader.into(der::tag::sequence).oid());
  });
}

std::string validity_text(const x509::Validity& validity) {
  return format("{} to {}", to_rfc3339(validity.not_before), to_rfc3339(validity.not_after));
}

std::vector<std::string> name_texts(const x509::GeneralNames& names) {
  std::vector<std::string> texts;
  texts.reserve(names.size());
  for (const x509::GeneralName& name : names) texts.push_back(readable(name.to_text()));
  return texts;
}

std::string join(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += joined.empty() ? word : ", " + word;
  return joined;
}

}  // namespace mtls::cmd
