// The AlbConfig of the Alibaba Cloud ALB ingress controller: apiVersion alibabacloud.com/v1. Its
// keys have mixed case, and a wrong one is dropped in silence by the API server.
#include "base/error.hpp"
#include "base/format.hpp"
#include "render/draft.hpp"

#include <algorithm>
#include <set>

namespace mtls::render {
namespace {

constexpr std::string_view k_policy_with_1_3 = "tls_cipher_policy_1_2_strict_with_1_3";

std::string_view word(AddressType type) {
  return type == AddressType::internet ? "Internet" : "Intranet";
}

std::string_view word(Edition edition) {
  return edition == Edition::standard ? "Standard" : "StandardWithWaf";
}

/// The part of the XForwardedForConfig keys that names the header.
std::string_view key_part(CertHeader header) {
  switch (header) {
    case CertHeader::subject_dn:
      return "SubjectDN";
    case CertHeader::issuer_dn:
      return "IssuerDN";
    case CertHeader::fingerprint:
      return "Fingerprint";
    case CertHeader::client_verify:
      return "ClientVerify";
  }
  return "SubjectDN";
}

/// Whatever would leave a door without mutual TLS, or make none.
void refuse_open_doors(const Settings& settings) {
  if (settings.alb.edition == Edition::basic) {
    throw Error(Errc::usage, "an ALB of the Basic edition has no mutual TLS",
                "give --edition Standard or StandardWithWaf");
  }
  if (settings.alb.protocol == Protocol::http || settings.alb.protocol == Protocol::quic) {
    throw Error(Errc::usage,
                format("ALB has no mutual TLS on {} listeners",
                       settings.alb.protocol == Protocol::http ? "HTTP" : "QUIC"),
                "only HTTPS listeners have it: leave --protocol out");
  }
  if (settings.alb.quic_upgrade) {
    throw Error(Errc::usage,
                "a QUIC upgrade opens a door beside the listener that has no mutual TLS",
                "leave --quic-upgrade out");
  }
}

void refuse_wrong_counts(const Settings& settings) {
  if (settings.alb.ca_certificate_ids.size() > 1) {
    throw Error(Errc::usage,
                format("--ca-certificate-id is given {} times: a listener of ALB takes exactly one "
                       "CA certificate",
                       settings.alb.ca_certificate_ids.size()),
                "give the one of the root that all clients chain to");
  }
  std::set<std::string> zones;
  for (const CloudId& vswitch : settings.alb.vswitches) zones.insert(vswitch.text());
  if (settings.alb.vswitches.size() < 2) {
    throw Error(Errc::usage, "an ALB stands in two zones at least, and --vswitch is given once",
                "give --vswitch ID for two vSwitches in different zones");
  }
  if (zones.size() < settings.alb.vswitches.size()) {
    throw Error(Errc::usage, "a vSwitch is given twice: an ALB stands in different zones",
                "give each --vswitch once");
  }
  std::set<CertHeader> headers;
  for (const ClientCertHeader& one : settings.alb.client_cert_headers) {
    if (headers.insert(one.header).second) continue;
    throw Error(Errc::usage, "a header is given twice in --client-cert-header",
                "give each of subjectdn, issuerdn, fingerprint and clientverify once");
  }
}

std::optional<Values> forwarded(const Settings& settings) {
  if (settings.alb.client_cert_headers.empty()) return std::nullopt;
  std::vector<Values> headers;
  for (const ClientCertHeader& one : settings.alb.client_cert_headers) {
    Values values;
    values.word("header", std::string(key_part(one.header)));
    values.maybe("alias", one.alias ? std::optional(Values().text("alias_name", one.alias->text()))
                                    : std::nullopt);
    headers.push_back(std::move(values));
  }
  return Values().list("headers", std::move(headers));
}

Notice policy_notice(const Settings& settings) {
  if (!settings.alb.security_policy) {
    return {Notice::Level::note,
            format("TLS 1.3 is off on this listener: give --security-policy {} to have it",
                   k_policy_with_1_3),
            {}};
  }
  const std::string& policy = settings.alb.security_policy->text();
  if (policy == "tls_cipher_policy_1_0" || policy == "tls_cipher_policy_1_1") {
    return {Notice::Level::warning, format("{} lets clients in with TLS 1.0 or 1.1", policy),
            format("give --security-policy {}", k_policy_with_1_3)};
  }
  return {Notice::Level::note,
          policy == k_policy_with_1_3
              ? std::string("TLS 1.2 and 1.3 are on: probe both")
              : format("whether TLS 1.3 is on is for {} to say; of ALB's own policies only {} has "
                       "it",
                       policy, k_policy_with_1_3),
          {}};
}

}  // namespace

Draft draft_albconfig(const RenderRequest& request) {
  const Settings& settings = request.settings;
  refuse_open_doors(settings);
  refuse_wrong_counts(settings);
  Draft draft{Dialect::yaml, make_alb_proof(settings), {}, {}};
  const std::string name = settings.kubernetes.name ? settings.kubernetes.name->text() : "alb-demo";
  std::vector<Values> vswitches;
  for (const CloudId& one : settings.alb.vswitches) {
    vswitches.push_back(Values().text("vswitch", one.text()));
  }
  std::optional<Values> edition;
  if (settings.alb.edition) {
    edition = Values().text("edition_name", std::string(word(*settings.alb.edition)));
  }
  std::optional<Values> policy;
  if (settings.alb.security_policy)
    policy = Values().text("policy", settings.alb.security_policy->text());
  draft.values.text("name", name)
      .text("alb_name", settings.alb.name ? settings.alb.name->text() : name)
      .text("address_type",
            std::string(word(settings.alb.address_type.value_or(AddressType::internet))))
      .maybe("edition", std::move(edition))
      .list("vswitches", std::move(vswitches))
      .word("port", std::to_string(draft.proof.port))
      .text("ca_certificate_id", settings.alb.ca_certificate_ids.front().text())
      .text("server_certificate_id", settings.alb.server_certificate_id->text())
      .maybe("security_policy", std::move(policy))
      .maybe("forwarded", forwarded(settings));
  draft.notices = {no_crl_notice(request.facts), policy_notice(settings)};
  return draft;
}

}  // namespace mtls::render
