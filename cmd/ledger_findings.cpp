#include "cmd/ledger_findings.hpp"

#include <algorithm>

namespace mtls::cmd {
namespace {

bool knows(const store::Ledger& ledger, const x509::Certificate& issuer) {
  return ledger.find_issuer(issuer.subject(), issuer.public_key()).has_value();
}

}  // namespace

std::vector<NotRecorded> find_not_recorded(const CertificatePath& path,
                                           const LedgersRevocation& revocation) {
  std::vector<NotRecorded> found;
  for (std::size_t depth = 0; depth + 1 < path.size(); ++depth) {
    const auto status = revocation.status(path[depth], &path[depth + 1]);
    if (!status || status->state == store::State::issued) continue;
    found.push_back({depth, status->state});
  }
  return found;
}

bool concerns(const FurtherCa& ca, const CertificatePath& path) {
  const auto is_it = [&own = ca.certificate](const x509::Certificate& one) {
    return one.subject().matches(own.subject()) && one.public_key() == own.public_key();
  };
  if (std::any_of(path.begin(), path.end(), is_it)) return true;
  return std::any_of(path.begin(), path.end(),
                     [&ca](const x509::Certificate& one) { return knows(*ca.ledger, one); });
}

}  // namespace mtls::cmd
