#include "cmd/upload_advice.hpp"

#include "authority/cas_under_root.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace mtls::cmd {
namespace {

constexpr std::string_view k_upload =
    "upload it as the CA certificate of whatever checks clients: an ALB listener's "
    "caCertificates, nginx's ssl_client_certificate, HAProxy's ca-file, Envoy's trusted_ca";

/// Whether RFC 2253, HAProxy's and nginx's configuration all write the name as it is: they escape
/// and quote other characters in ways of their own.
bool is_plain(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    constexpr std::string_view k_marks = " .,=_-:/@()";
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           k_marks.find(c) != std::string_view::npos;
  });
}

std::string subject_of(const x509::Certificate& certificate) {
  return readable(certificate.subject().to_text());
}

/// The subjects of the CAs under the root, this one first; nothing that is not known.
std::vector<std::string> find_admitted(const authority::CaDirectory& ca, const CaOptions& options,
                                       Session& session, std::vector<std::string>& notes) {
  std::vector<x509::Certificate> known = ca.intermediates();
  try {
    const auto recorded = options.read_ledger(ca, session).authorities();
    known.insert(known.end(), recorded.begin(), recorded.end());
  } catch (const Error& error) {
    notes.push_back(
        format("which other CAs there are was not looked up in the ledger: {}", error.message()));
  }
  std::vector<std::string> subjects;
  for (const x509::Certificate& one : authority::find_cas_under_root(
           ca.root(), known, session.openssl(ossl::Configuration::openssl))) {
    std::string subject = subject_of(one);
    if (std::find(subjects.begin(), subjects.end(), subject) == subjects.end()) {
      subjects.push_back(std::move(subject));
    }
  }
  // Its own chain from the bottom up, then the others by name.
  const auto others = subjects.begin() + static_cast<std::ptrdiff_t>(
                                             std::min(subjects.size(), ca.intermediates().size()));
  std::sort(others, subjects.end());
  return subjects;
}

/// The first of the names, and how many more there are.
std::string name_some(const std::vector<std::string>& names) {
  constexpr std::size_t k_most = 10;
  std::string text;
  for (std::size_t at = 0; at < std::min(names.size(), k_most); ++at) {
    text += (at == 0 ? "" : "; ") + names[at];
  }
  if (names.size() > k_most) text += format("; and {} more", names.size() - k_most);
  return text;
}

}  // namespace

UploadAdvice make_upload_advice(const authority::CaDirectory& ca, const CaOptions& options,
                                Session& session) {
  const bool is_root = ca.chain().size() == 1;
  UploadAdvice advice{.file = printable((ca.path() / (is_root ? "ca.crt" : "root.crt")).native()),
                      .text = std::string(k_upload),
                      .notes = {},
                      .admitted = {}};
  if (is_root) return advice;
  const std::string own = subject_of(ca.certificate());
  const std::string own_file = printable((ca.path() / "ca.crt").native());
  advice.text += format(
      "; not {}: nginx and HAProxy refuse every client if they trust only an "
      "intermediate",
      own_file);
  advice.admitted = find_admitted(ca, options, session, advice.notes);
  advice.notes.insert(advice.notes.begin(),
                      format("clients of every CA under {} are then admitted; this ledger knows "
                             "{}, the root's may know more",
                             subject_of(ca.root()), name_some(advice.admitted)));
  // nginx goes no deeper than one intermediate unless it is told to.
  if (const std::size_t intermediates = ca.chain().size() - 1; intermediates > 1) {
    advice.notes.push_back(
        format("nginx needs ssl_verify_depth {}: one for each CA below the root", intermediates));
  }
  const std::string others = format(
      "with Caddy, {} as trusted_ca_cert_file; for other servers, use a root of its own: "
      "mtlsctl ca init --ca DIR",
      own_file);
  if (!is_plain(own)) {
    advice.notes.push_back(format("to admit only clients of {}: {}", own, others));
    return advice;
  }
  advice.notes.push_back(
      format("to admit only clients of {0}: with HAProxy, http-request deny unless {{ "
             "ssl_c_i_dn(,0,rfc2253) -m str \"{0}\" }}; with nginx, a map of $ssl_client_i_dn and "
             "return 403 for every name but \"{0}\" (both only while no other CA under the root "
             "has that name); {1}",
             own, others));
  return advice;
}

std::string key_shown(const authority::CaDirectory& ca) {
  constexpr std::string_view k_scheme = "file:";
  const std::string& uri = ca.config().key;
  if (!uri.starts_with(k_scheme)) return printable(uri);
  return printable((ca.path() / uri.substr(k_scheme.size())).native());
}

void put_upload_advice(Json& document, const UploadAdvice& advice,
                       const authority::CaDirectory& ca) {
  document["upload"] = advice.text;
  document["upload_file"] = advice.file;
  document["upload_notes"] = advice.notes;
  document["admitted_cas"] = advice.admitted;
  document["never_upload"] = {{"file", key_shown(ca)}, {"why", k_why_never}};
}

}  // namespace mtls::cmd
