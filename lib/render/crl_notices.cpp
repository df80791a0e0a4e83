#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "render/draft.hpp"

namespace mtls::render {

std::vector<Notice> crl_notices(const RenderRequest& request, std::string_view taker) {
  std::vector<Notice> notices;
  if (!request.facts.crl) return notices;
  const CrlFacts& crl = *request.facts.crl;
  for (const x509::Certificate& authority : without_list(request.facts.chain, crl.lists)) {
    notices.push_back(
        {Notice::Level::warning,
         format("{} holds no CRL of {}: {} checks every certificate of the chain and will refuse "
                "everyone",
                printable(crl.path), authority.subject().to_text(), taker),
         "append that CA's CRL to the file, or name one that has all of them with --crl FILE"});
  }
  for (const x509::CertificateList& list : crl.lists) {
    if (!list.next_update() || *list.next_update() > request.at) continue;
    notices.push_back({Notice::Level::warning,
                       format("the CRL of {} is stale since {}: {} will refuse everyone",
                              list.issuer().to_text(), to_rfc3339(*list.next_update()), taker),
                       "make a new one, and render or reload again before each next update"});
  }
  return notices;
}

Notice no_crl_notice(const TrustFacts& facts) {
  if (facts.crl) {
    return {Notice::Level::warning,
            format("ALB checks no CRL: whoever is revoked in {} gets in until the certificate "
                   "expires",
                   printable(facts.crl->path)),
            "issue clients for days, not years: mtlsctl client issue --days 7"};
  }
  return {Notice::Level::note,
          "ALB checks no CRL and no OCSP: issue clients for days, not years, since nothing else "
          "revokes them",
          {}};
}

}  // namespace mtls::render
