// The rules that concern one certificate at a time.
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "der/reader.hpp"
#include "verify/rules.hpp"

#include <algorithm>
#include <array>

namespace mtls::verify {
namespace {

using std::chrono::seconds;

/// "3 days", "5 hours", "1 minute": the greatest unit of which there is at least one.
std::string rough_duration(seconds duration) {
  struct Unit {
    seconds length;
    std::string_view name;
  };
  constexpr std::array<Unit, 3> k_units{
      {{seconds{86400}, "day"}, {seconds{3600}, "hour"}, {seconds{60}, "minute"}}};
  for (const Unit& unit : k_units) {
    const auto count = duration / unit.length;
    if (count >= 1) return format("{} {}{}", count, unit.name, count == 1 ? "" : "s");
  }
  return format("{} second{}", duration.count(), duration.count() == 1 ? "" : "s");
}

void check_validity(const x509::Certificate& certificate, std::size_t depth,
                    const RuleContext& rules, Findings& findings) {
  const UnixTime at = rules.request.at;
  const x509::Validity& validity = certificate.validity();
  const bool is_now = std::chrono::abs(at - rules.now) <= seconds{60};
  if (at > validity.not_after) {
    findings.error(
        Problem::expired, depth,
        format("expired {} {}, at {}", rough_duration(at - validity.not_after),
               is_now ? "ago" : "before " + to_rfc3339(at), to_rfc3339(validity.not_after)));
  }
  if (at < validity.not_before) {
    findings.error(
        Problem::not_yet_valid, depth,
        format("becomes valid {} {}, at {}", rough_duration(validity.not_before - at),
               is_now ? "from now" : "after " + to_rfc3339(at), to_rfc3339(validity.not_before)));
  }
}

struct WeakAlgorithm {
  std::string_view oid;
  std::string_view name;
};
constexpr std::array<WeakAlgorithm, 9> k_weak_algorithms{{
    {"1.2.840.113549.1.1.2", "MD2 with RSA"},
    {"1.2.840.113549.1.1.3", "MD4 with RSA"},
    {"1.2.840.113549.1.1.4", "MD5 with RSA"},
    {"1.2.840.113549.1.1.5", "SHA-1 with RSA"},
    {"1.2.840.10045.4.1", "SHA-1 with ECDSA"},
    {"1.2.840.10040.4.3", "SHA-1 with DSA"},
    {"1.3.14.3.2.3", "MD5 with RSA"},
    {"1.3.14.3.2.27", "SHA-1 with DSA"},
    {"1.3.14.3.2.29", "SHA-1 with RSA"},
}};

void check_signature_algorithm(const x509::Certificate& certificate, std::size_t depth,
                               Findings& findings) {
  der::Reader outer(certificate.signature_algorithm(), "signatureAlgorithm");
  const std::string oid = outer.into(der::tag::sequence).oid().to_dotted();
  const auto* const weak =
      std::find_if(k_weak_algorithms.begin(), k_weak_algorithms.end(),
                   [&oid](const WeakAlgorithm& each) { return each.oid == oid; });
  if (weak == k_weak_algorithms.end()) return;
  findings.error(Problem::weak_signature, depth, format("it is signed by {}", weak->name));
}

/// RFC 5280 section 4.1.2.2. A serial that is not positive must be borne with, says the RFC.
void check_serial(const x509::Certificate& certificate, std::size_t depth, Findings& findings) {
  constexpr std::size_t k_most_octets = 20;
  const ByteView serial = certificate.serial().content();
  const bool is_zero = std::all_of(serial.begin(), serial.end(), [](auto c) { return c == 0; });
  if (serial.size() > k_most_octets) {
    findings.error(Problem::other, depth,
                   format("its serial number has {} octets, and 20 are the most", serial.size()));
  } else if (is_zero || (serial.front() & 0x80U) != 0) {
    findings.warning(Problem::other, depth, "its serial number is not positive");
  }
}

void check_unknown_critical(const std::vector<der::Oid>& unknown, std::size_t depth,
                            Findings& findings) {
  constexpr std::size_t k_most_listed = 16;
  const std::size_t listed = std::min(unknown.size(), k_most_listed);
  for (std::size_t i = 0; i < listed; ++i) {
    findings.error(
        Problem::unknown_critical_extension, depth,
        format("its critical extension {} is not known here", x509::oid_name(unknown[i])));
  }
  if (unknown.size() == listed) return;
  findings.error(Problem::unknown_critical_extension, depth,
                 format("and {} more of its critical extensions", unknown.size() - listed));
}

void check_extensions(Candidate& candidate, std::size_t depth, Findings& findings) {
  const DecodedExtensions& extensions = candidate.extensions();
  for (const std::string& why : extensions.malformed) {
    findings.error(Problem::malformed_extension, depth, why);
  }
  for (const std::string& fault : candidate.certificate().encoding_faults()) {
    findings.warning(
        Problem::other, depth,
        format("{}: OpenSSL, nginx and HAProxy read it, rustls and Python's cryptography "
               "refuse it",
               fault));
  }
  check_unknown_critical(extensions.unknown_critical, depth, findings);
  if (!extensions.name_constraints) return;
  // RFC 5280 section 4.2.1.10: only in a CA certificate, and not empty.
  if (!extensions.is_ca()) {
    findings.error(Problem::malformed_extension, depth,
                   "it has nameConstraints, which only a CA certificate may have");
  } else if (extensions.name_constraints->empty()) {
    findings.error(Problem::malformed_extension, depth, "its nameConstraints are empty");
  }
}

}  // namespace

void check_certificate(Candidate& candidate, std::size_t depth, const Path& path,
                       const RuleContext& rules, Findings& findings) {
  const x509::Certificate& certificate = candidate.certificate();
  check_validity(certificate, depth, rules, findings);
  if (certificate.version() != 3) {
    findings.error(Problem::not_version_3, depth,
                   format("it is of X.509 version {}, without any extension: it passes as a client "
                          "and as a server, and cannot be a CA",
                          certificate.version()));
  }
  if (!equal(certificate.signature_algorithm(), certificate.inner_signature_algorithm())) {
    findings.error(Problem::signature_algorithms_differ, depth,
                   "it names two different signature algorithms, inside and outside of what is "
                   "signed");
  }
  // An anchor is trusted as it stands: the signature on it says nothing.
  const bool is_anchor_of_path =
      path.end == PathEnd::anchor && depth + 1 == path.certificates.size();
  if (!is_anchor_of_path) check_signature_algorithm(certificate, depth, findings);
  for (const crypto::KeyFinding& finding : candidate.key_findings(rules.context)) {
    findings.error(Problem::weak_key, depth, finding.message);
  }
  check_serial(certificate, depth, findings);
  check_extensions(candidate, depth, findings);
}

}  // namespace mtls::verify
