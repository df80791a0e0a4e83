#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "render/comparison.hpp"
#include "render/draft.hpp"
#include "render/input_check.hpp"

#include <algorithm>

namespace mtls::render {
namespace {

Notice warning(std::string text, std::string hint) {
  return {Notice::Level::warning, std::move(text), std::move(hint)};
}

/// Whose verification ends at a self-signed certificate: OpenSSL's without
/// X509_V_FLAG_PARTIAL_CHAIN, and the repository of Alibaba Cloud, which takes roots.
bool needs_root(Target target) {
  return target == Target::nginx || target == Target::haproxy || target == Target::aliyun_cli;
}

/// Whether whom the target lets in depends on the anchor that is known here.
bool trusts_anchor(Target target) {
  return needs_root(target) || target == Target::envoy || target == Target::k8s_secret;
}

bool takes_crl(Target target) {
  return target == Target::nginx || target == Target::haproxy || target == Target::envoy ||
         target == Target::k8s_secret;
}

void require_authority(const x509::Certificate& anchor, std::vector<Notice>& notices) {
  const std::string subject = anchor.subject().to_text();
  if (anchor.version() < 3) {
    notices.push_back(warning(
        format("{} is a certificate of version {}, which cannot say that it is a CA's: some "
               "programs refuse everyone",
               subject, anchor.version()),
        "mtlsctl ca adopt --reissue makes one of version 3 with the same key"));
    return;
  }
  const auto constraints = anchor.basic_constraints();
  const auto usage = anchor.key_usage();
  const bool is_ca = constraints && constraints->subject == x509::BasicConstraints::Subject::ca;
  if (is_ca && (!usage || usage->has(x509::KeyUsageBit::key_cert_sign))) return;
  throw Error(
      Errc::unsupported,
      format("{} is no CA certificate: {}", subject,
             is_ca ? "its keyUsage lacks keyCertSign" : "its basicConstraints do not say CA"),
      "a server that trusts it refuses every client: check ca.crt and root.crt of the CA "
      "directory");
}

void require_root(const RenderRequest& request, const ossl::Context& context,
                  std::vector<Notice>& notices) {
  const x509::Certificate& anchor = request.facts.anchor();
  const std::string subject = anchor.subject().to_text();
  if (anchor.is_self_issued()) {
    if (anchor.is_signed_by(anchor.public_key(), context)) return;
    throw Error(Errc::bad_signature, format("the signature of the root {} is not its own", subject),
                "check ca.crt and root.crt of the CA directory");
  }
  if (needs_root(request.target)) {
    throw Error(Errc::unsupported,
                format("{} trusts self-signed roots only, and the CA directory ends with {}, which "
                       "{} issued",
                       name(request.target), subject, anchor.issuer().to_text()),
                "put the root's certificate into root.crt and the CAs below it into chain.crt");
  }
  notices.push_back(warning(format("the CA directory ends with {}, which is no root ({} issued it)",
                                   subject, anchor.issuer().to_text()),
                            "many programs trust self-signed roots only: probe it"));
}

void check_crl(const RenderRequest& request, const x509::CertificateList& list,
               const ossl::Context& context, std::vector<Notice>& notices) {
  const std::string subject = list.issuer().to_text();
  const auto& chain = request.facts.chain;
  const auto issuer = std::find_if(chain.begin(), chain.end(), [&list](const auto& one) {
    return list.issuer().matches(one.subject());
  });
  if (issuer == chain.end()) {
    notices.push_back(warning(format("the CRL of {} is of no CA of the chain", subject),
                              "it revokes nobody here, unless clients of that CA get in as well"));
    return;
  }
  const std::string taker(name(request.target));
  if (!list.is_signed_by(issuer->public_key(), context)) {
    notices.push_back(warning(
        format("the CRL of {} is not signed by it: {} will refuse everyone", subject, taker),
        "get it from the CA again"));
  }
  if (list.this_update() > request.at) {
    notices.push_back(
        warning(format("the CRL of {} is not valid before {}: {} will refuse everyone "
                       "until then",
                       subject, to_rfc3339(list.this_update()), taker),
                "check the clock of this machine and of the CA"));
  }
  static const der::Oid k_delta = der::oid("2.5.29.27");
  if (x509::find(list.extensions(), k_delta) != nullptr) {
    notices.push_back(warning(
        format("the CRL of {} is a delta CRL, which {} does not take alone", subject, taker),
        "give the complete one with --crl FILE"));
  }
}

void check_copies(const RenderRequest& request, const ServerCopies& copies,
                  std::vector<Notice>& notices) {
  if (copies.trust) {
    Comparison comparison(request);
    comparison.trust(copies.trust->name, copies.trust->content.view());
    for (const Difference& one : comparison.take()) {
      throw Error(Errc::unsupported,
                  format("{} does not hold what the CA directory says: {} instead of {}",
                         copies.trust->name, one.found, one.expected),
                  "copy the root's certificate there, and nothing else");
    }
  }
  if (copies.crl) {
    Comparison comparison(request);
    comparison.lists(copies.crl->name, copies.crl->content.view());
    for (const Difference& one : comparison.take()) {
      notices.push_back(
          warning(format("{} does not hold {}, but {}", copies.crl->name, one.expected, one.found),
                  "copy it there again"));
    }
  }
}

}  // namespace

std::vector<Notice> check_trust(const RenderRequest& request, const ServerCopies& copies,
                                const ossl::Context& context) {
  std::vector<Notice> notices;
  const x509::Certificate& anchor = request.facts.anchor();
  if (request.settings.listener.crl_file && !request.facts.crl) {
    throw Error(Errc::usage, "--crl-file without a CRL: the CA directory has no ca.crl",
                "give the CRL that is there with --crl FILE as well, or leave --crl-file out");
  }
  if (trusts_anchor(request.target)) {
    require_authority(anchor, notices);
    require_root(request, context, notices);
    if (anchor.validity().not_before > request.at) {
      notices.push_back(
          warning(format("the CA certificate {} is not valid before {}", anchor.subject().to_text(),
                         to_rfc3339(anchor.validity().not_before)),
                  "check the clock of this machine"));
    }
  }
  if (request.facts.crl && takes_crl(request.target)) {
    for (const auto& list : request.facts.crl->lists) check_crl(request, list, context, notices);
  }
  check_copies(request, copies, notices);
  return notices;
}

}  // namespace mtls::render
