#include "probe/server_kind.hpp"

#include <algorithm>
#include <array>

namespace mtls::probe {
namespace {

constexpr std::array k_kinds{
    ServerKind{
        "nginx", "nginx",
        "ssl_client_certificate CA; ssl_verify_client on; in the server block that is the default "
        "of the port as well (not optional, not optional_no_ca)",
        "give every server block of the port the same ssl_verify_client, or a port of its own",
        "in every server block of the port: if ($ssl_server_name != $host) { return 421; } "
        "beside ssl_verify_client on",
        "ssl_crl FILE with a fresh CRL of every CA of the chain"},
    ServerKind{
        "tengine", "Tengine",
        "ssl_client_certificate CA; ssl_verify_client on; on an ALB listener caEnabled: true with "
        "one caCertificates entry (Standard or WAF edition, protocol HTTPS)",
        "give every server block of the port the same ssl_verify_client; on ALB no QUIC upgrade",
        "in every server block of the port: if ($ssl_server_name != $host) { return 421; } "
        "beside ssl_verify_client on; on ALB a listener of its own",
        "ALB has no field for CRLs: short lifetimes are the revocation"},
    ServerKind{
        "apache", "Apache",
        "SSLVerifyClient require for the whole virtual host, SSLCACertificateFile CA, "
        "SSLVerifyDepth as deep as the chain (the default of 1 refuses clients of an intermediate)",
        "give every virtual host of the port SSLVerifyClient require and SSLStrictSNIVHostCheck on",
        "no SSLVHostSNIPolicy insecure or authonly (the default, secure, answers 421); "
        "SSLStrictSNIVHostCheck on refuses clients without SNI alone",
        "SSLCARevocationCheck chain with SSLCARevocationFile for every CA of the chain"},
    ServerKind{
        "envoy", "Envoy", "require_client_certificate: true beside validation_context.trusted_ca",
        "give every filter chain of the port the same DownstreamTlsContext",
        "a filter chain (filter_chain_match.server_names) per name, whose routes hold the virtual "
        "host of that name alone",
        "validation_context.crl with a CRL of every CA of the chain"},
    ServerKind{
        "caddy", "Caddy",
        "client_auth { mode require_and_verify, trust_pool or trusted_ca_cert_file } (mode require "
        "takes any certificate)",
        "set client_auth for every site of the port, and strict_sni_host on",
        "leave strict_sni_host on, as it is by default where client_auth is set: no insecure_off",
        "Caddy reads no CRLs by itself: short lifetimes, or a client verifier module"},
};

constexpr ServerKind k_unknown{
    "",
    "",
    "nginx: ssl_verify_client on; haproxy: verify required with ca-file and without "
    "ca-ignore-err or crt-ignore-err; apache: SSLVerifyClient require; stunnel: verifyChain = yes; "
    "openssl s_server: -Verify N -verify_return_error; ALB: caEnabled: true with one CA",
    "ask for certificates on the whole port (haproxy: verify on the bind line, not per name in a "
    "crt-list), or turn session resumption off between names",
    "answer 421 where the server name of TLS is not that of Host, in every name of the port "
    "(nginx: "
    "if ($ssl_server_name != $host) { return 421; }; haproxy: strict-sni on the bind line, "
    "http-request set-var(txn.host) req.hdr(host),field(1,:),lower and http-request return status "
    "421 unless { ssl_fc_sni,lower,strcmp(txn.host) eq 0 })",
    "nginx: ssl_crl; haproxy: crl-file; apache: SSLCARevocationCheck chain; each with a fresh CRL "
    "of "
    "every CA of the chain"};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

}  // namespace

const ServerKind& find_server_kind(std::string name) {
  name = lower(std::move(name));
  const auto* const found = std::find_if(
      k_kinds.begin(), k_kinds.end(),
      [&name](const ServerKind& kind) { return name.find(kind.mark) != std::string::npos; });
  return found != k_kinds.end() ? *found : k_unknown;
}

}  // namespace mtls::probe
