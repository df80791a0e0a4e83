// What a CSR asked for and did not get: reported, never dropped in silence.
#include "base/error.hpp"
#include "base/format.hpp"
#include "ca/granted.hpp"

#include <algorithm>

namespace mtls::ca {
namespace {

void note(std::vector<Notice>& notices, std::string field, std::string requested,
          std::string granted) {
  std::string message = "the CSR asked for " + field + " (" + requested + "), which is ";
  message += granted.empty() ? "not granted" : "granted as " + granted;
  notices.push_back({.kind = Notice::Kind::not_granted,
                     .field = std::move(field),
                     .requested = std::move(requested),
                     .granted = std::move(granted),
                     .message = std::move(message)});
}

std::string join(const x509::GeneralNames& names) {
  std::string text;
  for (const x509::GeneralName& name : names) {
    text += text.empty() ? "" : ", ";
    text += name.to_text();
  }
  return text;
}

void note_names(const x509::Extension& wanted, const x509::Certificate& granted,
                std::vector<Notice>& notices) {
  x509::GeneralNames missing;
  try {
    missing = x509::decode_subject_alt_name(wanted.value);
  } catch (const Error& error) {
    if (error.code() != Errc::malformed) throw;
    note(notices, "subjectAltName", error.message(), "");
    return;
  }
  // By their texts: a directory name may have been given other string types.
  const std::vector<std::string> given = to_texts(granted.subject_alt_names());
  missing.erase(std::remove_if(missing.begin(), missing.end(),
                               [&given](const x509::GeneralName& name) {
                                 return std::find(given.begin(), given.end(), name.to_text()) !=
                                        given.end();
                               }),
                missing.end());
  if (!missing.empty()) note(notices, "subjectAltName", join(missing), "");
}

/// Whether both say the same, in whatever string types and order inside an RDN.
bool same_text(const x509::Name& left, const x509::Name& right) {
  const auto parts = [](const x509::Rdn& rdn) {
    std::vector<std::string> texts;
    for (const x509::Attribute& attribute : rdn) {
      texts.push_back(x509::Name::make({{attribute}}).to_text());
    }
    std::sort(texts.begin(), texts.end());
    return texts;
  };
  return std::equal(left.rdns().begin(), left.rdns().end(), right.rdns().begin(),
                    right.rdns().end(), [&parts](const x509::Rdn& one, const x509::Rdn& other) {
                      return parts(one) == parts(other);
                    });
}

/// Whether an attribute asks for nothing but what extensions say, or is never shown.
bool is_no_wish(const der::Oid& type) {
  return type == x509::oids::extension_request() || type == x509::oids::ms_extension_request() ||
         type == x509::oids::challenge_password() || type == x509::oids::unstructured_name();
}

}  // namespace

void note_ungranted(const x509::CertificateRequest& csr, const x509::Certificate& granted,
                    std::vector<Notice>& notices) {
  constexpr std::size_t k_listed = 100;
  const std::size_t before = notices.size();
  const auto is_full = [&] { return notices.size() - before >= k_listed; };
  std::size_t more = 0;
  if (!csr.subject().empty() && !same_text(csr.subject(), granted.subject())) {
    note(notices, "subject", csr.subject().to_text(), granted.subject().to_text());
  }
  for (const x509::Extension& wanted : csr.requested_extensions()) {
    const x509::Extension* given = x509::find(granted.extensions(), wanted.id);
    if (wanted.id == x509::oids::subject_alt_name()) {
      note_names(wanted, granted, notices);
    } else if (given != nullptr && given->value == wanted.value) {
      continue;
    } else if (is_full()) {
      ++more;
    } else if (given == nullptr) {
      note(notices, x509::oid_name(wanted.id), x509::describe(wanted), "");
    } else {
      note(notices, x509::oid_name(wanted.id), x509::describe(wanted), x509::describe(*given));
    }
  }
  for (const x509::RequestAttribute& attribute : csr.attributes()) {
    if (is_no_wish(attribute.type)) continue;
    if (is_full()) {
      ++more;
    } else {
      note(notices, "attribute " + x509::oid_name(attribute.type), describe(attribute), "");
    }
  }
  for (const std::string& fault : csr.faults()) {
    if (is_full()) {
      ++more;
      continue;
    }
    notices.push_back({.kind = Notice::Kind::warning,
                       .field = "csr",
                       .requested = fault,
                       .granted = "",
                       .message = format("the CSR is not quite well formed: {}", fault)});
  }
  if (more == 0) return;
  notices.push_back({.kind = Notice::Kind::not_granted,
                     .field = "more",
                     .requested = format("{} more", more),
                     .granted = "",
                     .message = format("the CSR asked for {} more extensions and attributes, which "
                                       "are not listed and not granted",
                                       more)});
}

}  // namespace mtls::ca
