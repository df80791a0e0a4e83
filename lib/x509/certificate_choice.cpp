#include "x509/certificate_choice.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

#include <algorithm>

namespace mtls::x509 {
namespace {

std::string describe(const Certificate& certificate, std::size_t position, std::size_t count) {
  return format("certificate {} of {}, {}", position, count,
                readable(certificate.subject().to_text()));
}

/// Compares names first and checks signatures where they match, up to a number that no honest file
/// needs: in one that is made of certificates with one name every pair would match.
class IssuerChecks final {
 public:
  explicit IssuerChecks(const ossl::Context& context) : m_context(context) {}
  /// False too once the checks are used up.
  [[nodiscard]] bool is_issued_by(const Certificate& certificate, const Certificate& issuer) {
    if (m_left == 0 || certificate == issuer) return false;
    if (!certificate.issuer().matches(issuer.subject())) return false;
    --m_left;
    return certificate.is_signed_by(issuer.public_key(), m_context);
  }

 private:
  const ossl::Context& m_context;
  unsigned m_left = 200;
};

/// Versions 1 and 2 cannot say so: what issued others is a CA there.
bool may_be_ca(const Certificate& certificate) {
  constexpr unsigned k_version_3 = 3;
  if (certificate.version() < k_version_3) return true;
  try {
    const auto constraints = certificate.basic_constraints();
    return constraints && constraints->subject == BasicConstraints::Subject::ca;
  } catch (const Error&) {
    return false;
  }
}

/// Moves the certificate at `at` to the front, and behind it, one after the other, those above it.
void put_first(std::vector<Certificate>& certificates, std::size_t at,
               const ossl::Context& context) {
  IssuerChecks checks(context);
  const auto begin = certificates.begin();
  std::rotate(begin, begin + static_cast<std::ptrdiff_t>(at),
              begin + static_cast<std::ptrdiff_t>(at) + 1);
  for (auto last = begin; last + 1 != certificates.end(); ++last) {
    const auto issuer = std::find_if(last + 1, certificates.end(), [&](const Certificate& one) {
      return checks.is_issued_by(*last, one);
    });
    if (issuer == certificates.end()) return;
    std::rotate(last + 1, issuer, issuer + 1);
  }
}

/// The certificate at the end of the way down from the first: no CA, and it issued no other.
std::size_t find_leaf_below(const std::vector<Certificate>& certificates,
                            const ossl::Context& context) {
  IssuerChecks checks(context);
  std::vector<std::size_t> below{0};
  std::vector<bool> seen(certificates.size(), false);
  seen[0] = true;
  for (std::size_t next = 0; next < below.size(); ++next) {
    const Certificate& issuer = certificates[below[next]];
    if (!may_be_ca(issuer)) return below[next];
    for (std::size_t at = 0; at < certificates.size(); ++at) {
      if (seen[at] || !checks.is_issued_by(certificates[at], issuer)) continue;
      seen[at] = true;
      below.push_back(at);
    }
  }
  // Of certificates of version 1, the last is the leaf.
  constexpr unsigned k_version_3 = 3;
  const std::size_t last = below.back();
  return certificates[last].version() < k_version_3 ? last : 0;
}

}  // namespace

std::string ChosenCertificate::description() const {
  return describe(chosen(), position, certificates.size());
}

ChosenCertificate choose_by_key(std::vector<Certificate> certificates, const crypto::PublicKey& key,
                                const ossl::Context& context) {
  const auto found =
      std::find_if(certificates.begin(), certificates.end(),
                   [&key](const Certificate& one) { return one.public_key() == key; });
  const bool none = found == certificates.end();
  const std::size_t at = none ? 0 : static_cast<std::size_t>(found - certificates.begin());
  ChosenCertificate chosen{.certificates = std::move(certificates), .position = 1};
  if (at == 0) return chosen;
  chosen.position = at + 1;
  put_first(chosen.certificates, at, context);
  return chosen;
}

ChosenCertificate choose_first(std::vector<Certificate> certificates, std::string_view shown,
                               const ossl::Context& context) {
  const std::size_t leaf = find_leaf_below(certificates, context);
  if (leaf > 0) {
    throw Error(
        Errc::malformed,
        format("{}: the first certificate, {}, is a CA that issued others in the file; the leaf is "
               "{}",
               shown, readable(certificates.front().subject().to_text()),
               describe(certificates[leaf], leaf + 1, certificates.size())),
        "put the leaf first, then the certificates above it: servers and clients take the first "
        "of a file for their own");
  }
  return {.certificates = std::move(certificates), .position = 1};
}

}  // namespace mtls::x509
