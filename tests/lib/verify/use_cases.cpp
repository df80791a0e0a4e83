#include "lib/verify/cases.hpp"

namespace mtls::verify::test {
namespace {

using x509::Certificate;

VerifyRequest as(Purpose purpose, x509::Extensions extensions, const std::string& name = "CN=x",
                 std::optional<std::string> host = {}) {
  VerifyRequest request = request_for(
      issue({.subject = name, .key = "client", .extensions = std::move(extensions)}, root())
          .certificate,
      {root().certificate});
  request.purpose = purpose;
  request.host = std::move(host);
  return request;
}

VerifyRequest with_host(const std::vector<std::string>& names, const std::string& host,
                        const std::string& subject = "CN=x") {
  return as(Purpose::server, server_extensions(names), subject, host);
}

/// The same with names that our parser would not write: context tag and octets of each.
VerifyRequest with_raw_names(const Bytes& names, const std::string& host) {
  return as(
      Purpose::server,
      with(server_extensions({}), x509::Extension{.id = x509::oids::subject_alt_name(),
                                                  .criticality = x509::Criticality::non_critical,
                                                  .value = names}),
      "CN=x", host);
}

void add_purpose_cases(std::vector<Case>& cases) {
  const auto purposes_only = [](std::string_view words) {
    return with(client_extensions(), purposes(words));
  };
  cases.push_back({"a listener's certificate as a client",
                   as(Purpose::client, purposes_only("serverAuth")), "wrong_purpose@0"});
  cases.push_back({"a client's certificate as a listener",
                   as(Purpose::server, purposes_only("clientAuth")), "wrong_purpose@0"});
  cases.push_back({"a certificate for both as a client",
                   as(Purpose::client, purposes_only("clientAuth serverAuth")), ""});
  cases.push_back({"a listener's certificate for any purpose",
                   as(Purpose::any, purposes_only("serverAuth")), ""});
  // OpenSSL refuses it, GnuTLS takes it for every purpose.
  cases.push_back({"anyExtendedKeyUsage alone",
                   as(Purpose::client, purposes_only("anyExtendedKeyUsage")), "wrong_purpose@0",
                   Other::agrees, Other::accepts});
  const x509::Extensions silent = without(client_extensions(), x509::oids::extended_key_usage());
  cases.push_back(
      {"no extendedKeyUsage, as a client", as(Purpose::client, silent), "~purpose_not_stated@0"});
  cases.push_back(
      {"no extendedKeyUsage, as a listener", as(Purpose::server, silent), "~purpose_not_stated@0"});
  cases.push_back({"no extendedKeyUsage, for any purpose", as(Purpose::any, silent), ""});
  cases.push_back(
      {"a CA's certificate as a client",
       as(Purpose::client,
          with(ca_extensions(), x509::encode(x509::KeyUsage{x509::KeyUsageBit::key_cert_sign,
                                                            x509::KeyUsageBit::digital_signature},
                                             x509::Criticality::critical))),
       "~purpose_not_stated@0 ~other@0"});
  // certtool does not look at keyUsage for a purpose.
  cases.push_back(
      {"a client without digitalSignature",
       as(Purpose::client, with(client_extensions(),
                                x509::encode(x509::KeyUsage{x509::KeyUsageBit::key_encipherment},
                                             x509::Criticality::critical))),
       "wrong_purpose@0", Other::agrees, Other::accepts});
  const Entity servers_only = issue({.subject = "CN=ca for servers",
                                     .key = "middle",
                                     .extensions = with(ca_extensions(), purposes("serverAuth"))},
                                    root());
  const Certificate below =
      issue({.subject = "CN=x", .key = "client", .extensions = client_extensions()}, servers_only)
          .certificate;
  cases.push_back({"a client below a CA for listeners",
                   request_for(below, {root().certificate}, {servers_only.certificate}),
                   "wrong_purpose@1"});
}

void add_host_cases(std::vector<Case>& cases) {
  cases.push_back({"the host", with_host({"dns:a.example"}, "a.example"), ""});
  cases.push_back({"the host in another case", with_host({"dns:a.example"}, "A.Example"), ""});
  cases.push_back({"another host", with_host({"dns:a.example"}, "b.example"), "host_mismatch@0"});
  cases.push_back(
      {"a host below the host", with_host({"dns:a.example"}, "x.a.example"), "host_mismatch@0"});
  cases.push_back({"a wildcard", with_host({"dns:*.a.example"}, "x.a.example"), ""});
  cases.push_back({"a wildcard for two labels", with_host({"dns:*.a.example"}, "x.y.a.example"),
                   "host_mismatch@0"});
  cases.push_back(
      {"a wildcard for no label", with_host({"dns:*.a.example"}, "a.example"), "host_mismatch@0"});
  // RFC 9525 section 6.3; OpenSSL and GnuTLS still fall back to the CN.
  cases.push_back({"a host that is only the CN", with_host({}, "a.example", "CN=a.example"),
                   "host_mismatch@0", Other::accepts, Other::accepts});
  cases.push_back({"a host that is the CN beside another SAN",
                   with_host({"dns:b.example"}, "a.example", "CN=a.example"), "host_mismatch@0"});
  // Botan CVE-2026-32884: the CN in mixed case.
  cases.push_back({"a host that is only the CN in mixed case",
                   with_host({"ip:10.0.0.1"}, "evil.test", "CN=EVIL.Test"), "host_mismatch@0",
                   Other::accepts, Other::agrees});
  cases.push_back({"an address", with_host({"ip:10.0.0.1"}, "10.0.0.1"), ""});
  cases.push_back({"an IPv6 address", with_host({"ip:2001:db8::1"}, "2001:DB8:0::1"), ""});
  cases.push_back({"another address", with_host({"ip:10.0.0.1"}, "10.0.0.2"), "host_mismatch@0"});
  cases.push_back({"a URI (Node CVE-2021-44531)",
                   with_host({"uri:https://a.example/"}, "a.example"), "host_mismatch@0"});
}

void add_raw_name_cases(std::vector<Case>& cases) {
  const auto sequence = [](std::uint8_t tag, std::string_view text) {
    Bytes value{0x30, static_cast<std::uint8_t>(text.size() + 2), tag,
                static_cast<std::uint8_t>(text.size())};
    for (const char c : text) value.push_back(static_cast<std::uint8_t>(c));
    return value;
  };
  cases.push_back({"an address in a dNSName",
                   with_raw_names(sequence(0x82, "10.0.0.1"), "10.0.0.1"), "host_mismatch@0"});
  // GnuTLS lets a wildcard stand for any first-level name that has a dot behind.
  cases.push_back({"a wildcard for all of a top-level domain",
                   with_raw_names(sequence(0x82, "*.example"), "a.example"), "host_mismatch@0"});
  cases.push_back(
      {"a NUL in a dNSName (CVE-2009-2408)",
       with_raw_names(sequence(0x82, std::string_view("a.example\0.evil", 15)), "a.example"),
       "host_mismatch@0"});
  cases.push_back({"an empty dNSName (Go CVE-2026-27138)",
                   with_raw_names(sequence(0x82, ""), "a.example"), "host_mismatch@0"});
  // otherName with the host as UTF8String (CVE-2024-6119).
  Bytes other{0x30, 0x19, 0xa0, 0x17, 0x06, 0x08, 0x2b, 0x06, 0x01,
              0x05, 0x05, 0x07, 0x08, 0x09, 0xa0, 0x0b, 0x0c, 0x09};
  for (const char c : std::string_view("a.example")) other.push_back(static_cast<std::uint8_t>(c));
  cases.push_back(
      {"a host in an otherName", with_raw_names(other, "a.example"), "host_mismatch@0"});
}

}  // namespace

std::vector<Case> use_cases() {
  std::vector<Case> cases;
  add_purpose_cases(cases);
  add_host_cases(cases);
  add_raw_name_cases(cases);
  return cases;
}

}  // namespace mtls::verify::test
