#include "render/trust_facts.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "der/pem.hpp"

#include <algorithm>

namespace mtls::render {

std::vector<x509::CertificateList> read_lists(ByteView file, std::string_view shown) {
  return x509::read_certificate_lists(file, shown);
}

std::string to_pem(const std::vector<x509::CertificateList>& lists) {
  std::string pem;
  for (const x509::CertificateList& list : lists) pem += der::to_pem("X509 CRL", list.der());
  return pem;
}

std::vector<x509::Certificate> without_list(const std::vector<x509::Certificate>& chain,
                                            const std::vector<x509::CertificateList>& lists) {
  std::vector<x509::Certificate> missing;
  for (const x509::Certificate& authority : chain) {
    const bool found =
        std::any_of(lists.begin(), lists.end(), [&authority](const x509::CertificateList& list) {
          return list.issuer().matches(authority.subject());
        });
    if (!found) missing.push_back(authority);
  }
  return missing;
}

}  // namespace mtls::render
