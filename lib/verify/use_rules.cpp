// What a path may be used for: key usages, and the host of a listener (RFC 9525).
#include "base/escape.hpp"
#include "base/format.hpp"
#include "verify/rules.hpp"
#include "x509/name_matching.hpp"

#include <algorithm>

namespace mtls::verify {
namespace {

const der::Oid& oid_of(Purpose purpose) {
  return purpose == Purpose::server ? x509::oids::server_auth() : x509::oids::client_auth();
}

std::string list_purposes(const std::vector<der::Oid>& purposes) {
  constexpr std::size_t k_shown = 5;
  std::string list;
  for (std::size_t i = 0; i < purposes.size() && i < k_shown; ++i) {
    list += (i == 0 ? "" : ", ") + x509::oid_name(purposes[i]);
  }
  if (purposes.size() > k_shown) list += format(" and {} more", purposes.size() - k_shown);
  return list;
}

void check_extended_key_usage(const std::vector<der::Oid>& purposes, std::size_t depth,
                              Purpose wanted, Findings& findings) {
  const auto has = [&purposes](const der::Oid& id) {
    return std::find(purposes.begin(), purposes.end(), id) != purposes.end();
  };
  if (has(oid_of(wanted))) return;
  const std::string name = x509::oid_name(oid_of(wanted));
  if (has(x509::oids::any_extended_key_usage())) {
    findings.error(Problem::wrong_purpose, depth,
                   format("its extendedKeyUsage has anyExtendedKeyUsage and not {}, which OpenSSL "
                          "refuses",
                          name));
    return;
  }
  findings.error(Problem::wrong_purpose, depth,
                 format("its extendedKeyUsage {} {}, not {}", depth == 0 ? "is" : "allows only",
                        list_purposes(purposes), name));
}

/// The bits that X509_check_purpose asks for: of these, one.
void check_leaf_key_usage(const x509::KeyUsage& usage, Purpose wanted, Findings& findings) {
  using Bit = x509::KeyUsageBit;
  if (usage.has(Bit::digital_signature) || usage.has(Bit::key_agreement)) return;
  if (wanted == Purpose::server && usage.has(Bit::key_encipherment)) return;
  findings.error(Problem::wrong_purpose, 0, "its keyUsage does not have digitalSignature");
}

void check_purpose(const Path& path, Purpose wanted, Findings& findings) {
  if (wanted == Purpose::any) return;
  for (std::size_t depth = 0; depth < path.certificates.size(); ++depth) {
    const auto& purposes = path.certificates[depth]->extensions().extended_key_usage;
    if (purposes) check_extended_key_usage(*purposes, depth, wanted, findings);
  }
  Candidate& leaf = *path.certificates.front();
  const DecodedExtensions& extensions = leaf.extensions();
  if (extensions.key_usage) check_leaf_key_usage(*extensions.key_usage, wanted, findings);
  if (extensions.is_ca() && path.certificates.size() > 1) {
    findings.warning(Problem::other, 0,
                     "it is a CA's certificate: its key belongs in no client and no listener");
  }
  const bool is_silent =
      x509::find(leaf.certificate().extensions(), x509::oids::extended_key_usage()) == nullptr;
  if (is_silent && leaf.certificate().version() == 3) {
    findings.warning(Problem::purpose_not_stated, 0,
                     "it has no extendedKeyUsage, so it passes as a client and as a server");
  }
}

std::string list_names(const x509::GeneralNames& names) {
  constexpr std::size_t k_shown = 5;
  constexpr std::size_t k_shown_octets = 128;
  std::string list;
  for (std::size_t i = 0; i < names.size() && i < k_shown; ++i) {
    list += (i == 0 ? "" : ", ") + names[i].to_text().substr(0, k_shown_octets);
  }
  if (names.size() > k_shown) list += format(" and {} more", names.size() - k_shown);
  return list;
}

void check_host(Candidate& leaf, const std::string& host, Findings& findings) {
  const x509::GeneralNames& names = leaf.extensions().subject_alt_names;
  if (x509::has_host(names, host)) return;
  if (!names.empty()) {
    findings.error(Problem::host_mismatch, 0,
                   format("it is not for {}, but for {}", printable(host), list_names(names)));
    return;
  }
  const bool is_cn = leaf.certificate().subject().common_name() == host;
  findings.error(Problem::host_mismatch, 0,
                 format("it is not for {}: it has no subjectAltName{}", printable(host),
                        is_cn ? ", and the CN does not count" : ""));
}

}  // namespace

void check_use(const Path& path, const VerifyRequest& request, Findings& findings) {
  check_purpose(path, request.purpose, findings);
  if (request.host) check_host(*path.certificates.front(), *request.host, findings);
}

}  // namespace mtls::verify
