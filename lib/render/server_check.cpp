#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "base/utf16.hpp"
#include "der/content_kind.hpp"
#include "render/draft.hpp"
#include "render/input_check.hpp"
#include "x509/name_matching.hpp"

#include <algorithm>

namespace mtls::render {
namespace {

using Certificates = std::vector<x509::Certificate>;

constexpr const char* k_issue_hint = "mtlsctl server issue --san dns:HOST makes one";

Notice warning(std::string text, std::string hint) {
  return {Notice::Level::warning, std::move(text), std::move(hint)};
}

bool is_issued_by(const x509::Certificate& issued, const x509::Certificate& issuer,
                  const ossl::Context& context) {
  return issued.issuer().matches(issuer.subject()) &&
         issued.is_signed_by(issuer.public_key(), context);
}

void require_key(const ServerFiles& files) {
  if (!files.key || *files.key == files.certificates.front().public_key()) return;
  const auto own = std::find_if(
      files.certificates.begin(), files.certificates.end(),
      [&files](const x509::Certificate& one) { return one.public_key() == *files.key; });
  if (own == files.certificates.end()) {
    throw Error(Errc::key_mismatch,
                format("{} is not the key of {}", files.key_name, files.certificate_name));
  }
  throw Error(Errc::key_mismatch,
              format("{} begins with {}, and {} is the key of certificate {} in it",
                     files.certificate_name, files.certificates.front().subject().to_text(),
                     files.key_name, own - files.certificates.begin() + 1),
              "put the listener's own certificate first, then each one's issuer");
}

void require_server_purpose(const RenderRequest& request, const ServerFiles& files) {
  const x509::Certificate& own = files.certificates.front();
  const auto& chain = request.facts.chain;
  if (std::find(chain.begin(), chain.end(), own) != chain.end()) {
    throw Error(Errc::unsupported,
                format("{} is the certificate of the CA itself, whose key belongs on no server",
                       files.certificate_name),
                k_issue_hint);
  }
  const auto purposes =
      with_context(files.certificate_name, [&own] { return own.extended_key_usage(); });
  if (!purposes) return;
  const auto has = [&purposes](const der::Oid& id) {
    return std::find(purposes->begin(), purposes->end(), id) != purposes->end();
  };
  if (has(x509::oids::server_auth())) return;
  throw Error(
      Errc::unsupported,
      format("{} is {}: its extendedKeyUsage lacks serverAuth, and clients refuse it",
             files.certificate_name,
             has(x509::oids::client_auth()) ? "a client certificate" : "no server certificate"),
      k_issue_hint);
}

std::vector<Notice> check_hosts(const RenderRequest& request, const ServerFiles& files) {
  const auto names = with_context(
      files.certificate_name, [&files] { return files.certificates.front().subject_alt_names(); });
  std::string all;
  for (const std::string& one : x509::to_texts(names)) all += (all.empty() ? "" : ", ") + one;
  const std::string bears =
      names.empty() ? "has no subjectAltName, and the CN does not count" : "is for " + all;
  std::vector<Notice> notices;
  for (const Host& host : request.settings.listener.hosts) {
    if (x509::has_host(names, host.text())) continue;
    notices.push_back(
        warning(format("{} is not for {}: it {}", files.certificate_name, host.text(), bears),
                "issue one with mtlsctl server issue --san, or give the names it has with --host"));
  }
  const bool is_guessed =
      request.settings.listener.hosts.empty() && request.target != Target::k8s_secret;
  if (is_guessed && !x509::has_host(names, "localhost")) {
    notices.push_back(
        warning(format("{} is not for localhost: it {}", files.certificate_name, bears),
                "give the name that clients use with --host HOST"));
  }
  return notices;
}

std::vector<Notice> check_times(const RenderRequest& request, const ServerFiles& files) {
  const x509::Validity& validity = files.certificates.front().validity();
  if (validity.not_after <= request.at) {
    return {warning(format("{} is expired since {}: clients refuse it", files.certificate_name,
                           to_rfc3339(validity.not_after)),
                    "issue a new one, and put it there before the server is started")};
  }
  if (validity.not_before > request.at) {
    return {warning(format("{} is not valid before {}: clients refuse it until then",
                           files.certificate_name, to_rfc3339(validity.not_before)),
                    "check the clock of this machine and of the CA")};
  }
  return {};
}

bool is_authority(const x509::Certificate& certificate) {
  const auto constraints = certificate.basic_constraints();
  return constraints && constraints->subject == x509::BasicConstraints::Subject::ca;
}

/// Follows the file from the listener's own certificate up, and says where it is not in order.
/// Returns how many certificates hang together.
std::size_t count_linked(const ServerFiles& files, const ossl::Context& context,
                         std::vector<Notice>& notices) {
  const Certificates& all = files.certificates;
  std::size_t linked = 1;
  while (linked < all.size() && is_issued_by(all[linked - 1], all[linked], context)) ++linked;
  if (linked == all.size()) return linked;
  const bool elsewhere = std::any_of(all.begin() + static_cast<std::ptrdiff_t>(linked), all.end(),
                                     [&](const x509::Certificate& issuer) {
                                       return is_issued_by(all[linked - 1], issuer, context);
                                     });
  notices.push_back(warning(
      format("{}: certificate {}, {}, did not issue the one before it, {}", files.certificate_name,
             linked + 1, all[linked].subject().to_text(), all[linked - 1].subject().to_text()),
      elsewhere ? "put each certificate's issuer right behind it: some clients refuse another order"
                : "leave out what does not belong to the chain"));
  return linked;
}

std::vector<Notice> check_chain(const RenderRequest& request, const ServerFiles& files,
                                const ossl::Context& context) {
  std::vector<Notice> notices;
  const std::size_t linked = count_linked(files, context, notices);
  if (!notices.empty()) return notices;  // what is missing is not known before that is put right
  const x509::Certificate& top = files.certificates[linked - 1];
  const x509::Certificate& anchor = request.facts.anchor();
  const std::string issuer_name = top.issuer().to_text();
  if (top == anchor || is_issued_by(top, anchor, context)) return notices;
  const auto issued_it = [&](const x509::Certificate& issuer) {
    return is_issued_by(top, issuer, context);
  };
  const auto& chain = request.facts.chain;
  const auto& known = request.facts.known;
  const bool is_ours =
      std::any_of(chain.begin(), chain.end(), issued_it) ||
      (!top.is_self_issued() && std::any_of(known.begin(), known.end(), issued_it));
  if (is_ours) {
    notices.push_back(
        warning(format("{} lacks its chain: its issuer {} is an intermediate, which clients do not "
                       "know",
                       files.certificate_name, issuer_name),
                "append the intermediates (chain.crt of the CA directory), or write "
                "it again with mtlsctl cert export SERIAL --ca DIR -o FILE"));
    return notices;
  }
  const bool is_self_signed = is_issued_by(top, top, context);
  if (is_self_signed && linked == 1) {
    notices.push_back(warning(format("{} is self-signed: only clients that trust it itself take it",
                                     files.certificate_name),
                              k_issue_hint));
  } else if (linked == 1) {
    notices.push_back(
        warning(format("{} has no intermediates with it: clients refuse it unless they know its "
                       "issuer {}",
                       files.certificate_name, issuer_name),
                "append the certificates between it and the root"));
  }
  const bool expects_own = request.target == Target::nginx || request.target == Target::haproxy ||
                           request.target == Target::envoy;
  if (expects_own && !request.settings.proof.server_trust) {
    notices.push_back(warning(
        format("{} is not of this CA, whose root the probe command trusts", files.certificate_name),
        "say what it chains to with --trust FILE, or --trust system"));
  }
  return notices;
}

}  // namespace

std::vector<Notice> check_server_files(const RenderRequest& request, const ServerFiles& files,
                                       const ossl::Context& context) {
  require_key(files);
  require_server_purpose(request, files);
  std::vector<Notice> notices = check_hosts(request, files);
  append(notices, check_times(request, files));
  const x509::Certificate& own = files.certificates.front();
  if (with_context(files.certificate_name, [&own] { return is_authority(own); })) {
    notices.push_back(warning(
        format("{} is a CA's certificate: some clients refuse it, and its key can issue others",
               files.certificate_name),
        k_issue_hint));
  }
  append(notices, check_chain(request, files, context));
  return notices;
}

void require_readable_by_servers(ByteView file, std::string_view name) {
  constexpr const char* k_hint = "servers read certificates as PEM, each as a block of its own";
  if (begins_as_utf16(file)) {
    throw Error(Errc::malformed, format("{} is text in UTF-16", name), k_hint);
  }
  const std::string_view text = as_text(file);
  const bool pem = text.find("-----BEGIN ") != std::string_view::npos;
  const bool wrapped = text.find("-----BEGIN PKCS") != std::string_view::npos ||
                       text.find("-----BEGIN CMS") != std::string_view::npos;
  if (pem ? wrapped : der::content_kind(file) == der::ContentKind::pkcs7) {
    throw Error(Errc::malformed, format("{} holds PKCS #7", name), k_hint);
  }
}

}  // namespace mtls::render
