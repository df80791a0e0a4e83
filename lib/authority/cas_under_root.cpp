#include "authority/cas_under_root.hpp"

#include <algorithm>

namespace mtls::authority {

std::vector<x509::Certificate> find_cas_under_root(
    const x509::Certificate& root, const std::vector<x509::Certificate>& certificates,
    const ossl::Context& context) {
  std::vector<x509::Certificate> reached{root};
  for (std::size_t next = 0; next < reached.size(); ++next) {
    const x509::Certificate issuer = reached[next];  // a copy: the vector grows
    for (const x509::Certificate& one : certificates) {
      if (!one.issuer().matches(issuer.subject())) continue;
      if (std::find(reached.begin(), reached.end(), one) != reached.end()) continue;
      if (one.is_signed_by(issuer.public_key(), context)) reached.push_back(one);
    }
  }
  std::vector<x509::Certificate> under;
  for (const x509::Certificate& one : certificates) {
    const bool is_under = !(one == root) &&
                          std::find(reached.begin(), reached.end(), one) != reached.end() &&
                          std::find(under.begin(), under.end(), one) == under.end();
    if (is_under) under.push_back(one);
  }
  return under;
}

}  // namespace mtls::authority
