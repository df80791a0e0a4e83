#include "lib/verify/cases.hpp"

#include <openssl/x509v3.h>

namespace mtls::verify::test {
namespace {

using x509::Certificate;
using x509::Criticality;

Certificate leaf_with(x509::Extensions extensions, const Entity& issuer = root()) {
  return issue(
             {.subject = "CN=client,O=mtls", .key = "client", .extensions = std::move(extensions)},
             issuer)
      .certificate;
}

VerifyRequest below_root(const Certificate& leaf) {
  return request_for(leaf, {root().certificate});
}

/// root, a CA with these extensions, and a client.
VerifyRequest below_ca(const x509::Extensions& extensions) {
  const Entity ca =
      issue({.subject = "CN=middle", .key = "middle", .extensions = extensions}, root());
  return request_for(leaf_with(client_extensions(), ca), {root().certificate}, {ca.certificate});
}

/// Takes everything from it that makes a version 3, as openssl x509 -req does without -extfile.
void make_version_1(X509* certificate) {
  while (X509_get_ext_count(certificate) > 0) {
    X509_EXTENSION_free(X509_delete_ext(certificate, 0));
  }
  X509_set_version(certificate, X509_VERSION_1);
}

void add_version_cases(std::vector<Case>& cases) {
  const Certificate leaf = leaf_with(client_extensions());
  // OpenSSL lets it in, as a client and as a server: design's chief example of what must not be.
  cases.push_back({"a version 1 leaf",
                   below_root(remake(leaf, "root", EVP_sha256(), make_version_1)),
                   "not_version_3@0", Other::accepts, Other::accepts});
  const Certificate old_root = remake(root().certificate, "root", EVP_sha256(), make_version_1);
  // GnuTLS lets version 1 anchors pass.
  cases.push_back({"a version 1 root", request_for(leaf, {old_root}),
                   "issuer_not_ca@1 not_version_3@1", Other::agrees, Other::accepts});
}

void add_ca_cases(std::vector<Case>& cases) {
  // CVE-2021-3450: a leaf that signs another.
  const Entity leaf_ca =
      issue({.subject = "CN=leaf", .key = "leaf", .extensions = client_extensions()}, root());
  cases.push_back({"a leaf issued by a leaf",
                   request_for(leaf_with(client_extensions(), leaf_ca), {root().certificate},
                               {leaf_ca.certificate}),
                   "issuer_not_ca@1 key_usage_forbids_signing@1"});
  cases.push_back({"an issuer without basicConstraints",
                   below_ca(without(ca_extensions(), x509::oids::basic_constraints())),
                   "issuer_not_ca@1"});
  cases.push_back(
      {"a CA without keyCertSign",
       below_ca(with(ca_extensions(), x509::encode(x509::KeyUsage{x509::KeyUsageBit::crl_sign},
                                                   Criticality::critical))),
       "key_usage_forbids_signing@1"});
  // RFC 5280 section 4.2.1.3 has CAs say it, GnuTLS does not ask.
  cases.push_back({"a CA without keyUsage",
                   below_ca(without(ca_extensions(), x509::oids::key_usage())),
                   "key_usage_forbids_signing@1", Other::agrees, Other::accepts});
}

void add_path_length_cases(std::vector<Case>& cases) {
  const auto chain = [](unsigned path_length, const std::string& lower_name) {
    const Entity upper = issue(
        {.subject = "CN=upper", .key = "upper", .extensions = ca_extensions(path_length)}, root());
    const Entity lower =
        issue({.subject = lower_name, .key = "lower", .extensions = ca_extensions()}, upper);
    return request_for(leaf_with(client_extensions(), lower), {root().certificate},
                       {lower.certificate, upper.certificate});
  };
  cases.push_back({"a path as long as allowed", chain(1, "CN=lower"), ""});
  cases.push_back({"a path longer than allowed", chain(0, "CN=lower"), "path_length_exceeded@2"});
  // RFC 5280 section 4.2.1.9 does not count self-issued CAs, GnuTLS does.
  cases.push_back({"a path that only a self-issued CA makes longer", chain(0, "CN=upper"), "",
                   Other::agrees, Other::refuses});
}

void add_odd_extension_cases(std::vector<Case>& cases) {
  const x509::Extension unknown{.id = der::oid("1.3.6.1.4.1.99999.1"),
                                .criticality = Criticality::critical,
                                .value = {0x05, 0x00}};
  cases.push_back({"a leaf with an unknown critical extension",
                   below_root(leaf_with(with(client_extensions(), unknown))),
                   "unknown_critical_extension@0"});
  x509::Extension tolerable = unknown;
  tolerable.criticality = Criticality::non_critical;
  cases.push_back({"a leaf with an unknown extension that is not critical",
                   below_root(leaf_with(with(client_extensions(), tolerable))), ""});
  cases.push_back({"a CA with an unknown critical extension",
                   below_ca(with(ca_extensions(), unknown)), "unknown_critical_extension@1"});
  // Whether a CRL must be asked is local policy, be the extension critical or not.
  x509::Extension points = x509::encode_crl_distribution_points({"http://crl.example/ca.crl"});
  points.criticality = Criticality::critical;
  cases.push_back({"a leaf with critical cRLDistributionPoints",
                   below_root(leaf_with(with(client_extensions(), points))), ""});
  const auto broken = [](const der::Oid& id, const Bytes& value) {
    return x509::Extension{.id = id, .criticality = Criticality::non_critical, .value = value};
  };
  cases.push_back(
      {"an extendedKeyUsage without a purpose",
       below_root(leaf_with(
           with(client_extensions(), broken(x509::oids::extended_key_usage(), {0x30, 0x00})))),
       "malformed_extension@0 wrong_purpose@0", Other::agrees, Other::accepts});
  // libcrypto gives up on it, and says so.
  cases.push_back({"a subjectAltName that is no SEQUENCE",
                   below_root(leaf_with(with(
                       client_extensions(), broken(x509::oids::subject_alt_name(), {0x05, 0x00})))),
                   "malformed_extension@0 other@0"});
  // RFC 5280 section 4.2.1.10 has them in CA certificates alone; the others do not look.
  cases.push_back(
      {"a leaf with name constraints",
       below_root(leaf_with(with(client_extensions(), name_constraints({"dns:a.example"}, {})))),
       "malformed_extension@0", Other::accepts, Other::accepts});
}

void add_identifier_cases(std::vector<Case>& cases) {
  const Bytes elsewhere(20, 0x42);
  cases.push_back({"an authorityKeyIdentifier of another key",
                   below_root(leaf_with(with(client_extensions(),
                                             x509::encode_authority_key_identifier(elsewhere)))),
                   "other@0"});
  const Entity odd_root = self_sign(
      {.subject = "CN=odd root",
       .key = "odd root",
       .extensions = with(ca_extensions(), x509::encode_authority_key_identifier(elsewhere))});
  cases.push_back({"a root whose authorityKeyIdentifier does not mean itself",
                   request_for(leaf_with(client_extensions(), odd_root), {odd_root.certificate}),
                   "other@1", Other::agrees, Other::accepts});
  Plan plan{.subject = "CN=client,O=mtls", .key = "client", .extensions = client_extensions()};
  plan.serial = "42" + std::string(40, '0');
  // RFC 5280 section 4.1.2.2 allows 20 octets.
  cases.push_back({"a serial number of 21 octets", below_root(issue(plan, root()).certificate),
                   "other@0", Other::accepts, Other::accepts});
  plan.serial = "00";
  cases.push_back(
      {"the serial number zero", below_root(issue(plan, root()).certificate), "~other@0"});
}

}  // namespace

std::vector<Case> extension_cases() {
  std::vector<Case> cases;
  add_version_cases(cases);
  add_ca_cases(cases);
  add_path_length_cases(cases);
  add_odd_extension_cases(cases);
  add_identifier_cases(cases);
  return cases;
}

}  // namespace mtls::verify::test
