#include "der/writer.hpp"
#include "lib/verify/cases.hpp"

namespace mtls::verify::test {
namespace {

struct Constraints {
  std::vector<std::string> permitted = {};
  std::vector<std::string> excluded = {};
};

/// root, a CA held to `constraints`, and a leaf with those names.
VerifyRequest constrained(x509::Extension constraints, const std::string& subject,
                          const std::vector<std::string>& texts) {
  const Entity ca = issue({.subject = "CN=constrained",
                           .key = "middle",
                           .extensions = with(ca_extensions(), std::move(constraints))},
                          root());
  x509::Extensions extensions = client_extensions();
  if (!texts.empty()) extensions.push_back(names(texts));
  const Entity leaf = issue({.subject = subject, .key = "client", .extensions = extensions}, ca);
  return request_for(leaf.certificate, {root().certificate}, {ca.certificate});
}

VerifyRequest constrained(const Constraints& constraints, const std::string& subject,
                          const std::vector<std::string>& texts) {
  return constrained(name_constraints(constraints.permitted, constraints.excluded), subject, texts);
}

constexpr auto k_violated = "name_constraint_violated@0";

void add_dns_cases(std::vector<Case>& cases) {
  cases.push_back({"a permitted dNSName",
                   constrained({.permitted = {"dns:a.example"}}, "CN=x", {"dns:x.a.example"}), ""});
  cases.push_back({"a dNSName outside of the permitted",
                   constrained({.permitted = {"dns:a.example"}}, "CN=x", {"dns:b.example"}),
                   k_violated});
  cases.push_back({"an excluded dNSName",
                   constrained({.excluded = {"dns:b.example"}}, "CN=x", {"dns:x.b.example"}),
                   k_violated});
  cases.push_back({"a permitted dNSName within an excluded one (Botan CVE-2024-39312)",
                   constrained({.permitted = {"dns:example"}, .excluded = {"dns:b.example"}},
                               "CN=x", {"dns:x.b.example"}),
                   k_violated});
  // The wildcard covers the excluded name; the others compare its text (Go CVE-2025-61727).
  cases.push_back({"a wildcard that covers an excluded host",
                   constrained({.excluded = {"dns:x.a.example"}}, "CN=x", {"dns:*.a.example"}),
                   k_violated, Other::accepts, Other::accepts});
  cases.push_back(
      {"a permitted and then another dNSName",
       constrained({.permitted = {"dns:a.example"}}, "CN=x", {"dns:a.example", "dns:b.example"}),
       k_violated});
  cases.push_back({"names of a kind without constraints",
                   constrained({.permitted = {"dns:a.example"}}, "CN=x", {"email:u@b.example"}),
                   ""});
}

void add_other_kind_cases(std::vector<Case>& cases) {
  cases.push_back({"a permitted e-mail",
                   constrained({.permitted = {"email:a.example"}}, "CN=x", {"email:u@a.example"}),
                   ""});
  // Go CVE-2026-27137: only the last of several was looked at.
  cases.push_back({"an e-mail excluded by the first of two",
                   constrained({.excluded = {"email:a.example", "email:b.example"}}, "CN=x",
                               {"email:u@a.example"}),
                   k_violated});
  // GnuTLS does not hold the subject's e-mail to it.
  cases.push_back(
      {"an e-mail in the subject outside of the permitted",
       constrained({.permitted = {"email:a.example"}}, "CN=x,emailAddress=u@b.example", {}),
       k_violated, Other::agrees, Other::not_asked});
  cases.push_back({"a permitted address",
                   constrained({.permitted = {"ip:10.0.0.0/8"}}, "CN=x", {"ip:10.1.2.3"}), ""});
  cases.push_back({"an excluded address",
                   constrained({.excluded = {"ip:10.0.0.0/8"}}, "CN=x", {"ip:10.1.2.3"}),
                   k_violated});
  cases.push_back({"a permitted subject",
                   constrained({.permitted = {"dn:O=mtls,C=de"}}, "CN=x,O=mtls,C=de", {}), ""});
  cases.push_back({"a subject that permits only its first RDN",
                   constrained({.permitted = {"dn:O=mtls,C=de"}}, "CN=x,O=other,C=de", {}),
                   k_violated, Other::agrees, Other::not_asked});
  cases.push_back({"a subject with a multi-valued RDN (Botan CVE-2026-48057)",
                   constrained({.permitted = {"dn:O=mtls+OU=a,C=de"}}, "CN=x,O=mtls+OU=b,C=de", {}),
                   k_violated, Other::agrees, Other::not_asked});
  // x400Address [3], an empty one, as a constraint: nobody understands it, and a leaf without such
  // a name is let pass (RFC 5280 section 4.2.1.10).
  const x509::Extension x400{.id = x509::oids::name_constraints(),
                             .criticality = x509::Criticality::critical,
                             .value = {0x30, 0x06, 0xa0, 0x04, 0x30, 0x02, 0xa3, 0x00}};
  cases.push_back({"a constraint of a kind that nobody knows", constrained(x400, "CN=x", {}), "",
                   Other::not_asked, Other::not_asked});
}

/// policyConstraints with requireExplicitPolicy 0 (RFC 5280 section 4.2.1.11).
x509::Extension explicit_policy() {
  return {.id = der::oid("2.5.29.36"),
          .criticality = x509::Criticality::critical,
          .value = {0x30, 0x03, 0x80, 0x01, 0x00}};
}

void add_policy_cases(std::vector<Case>& cases) {
  const auto policy = [](const char* oid) {
    return x509::encode_certificate_policies({der::oid(oid)}, x509::Criticality::non_critical);
  };
  const auto chain = [&](const x509::Extensions& leaf_extensions) {
    const Entity ca = issue({.subject = "CN=strict policy",
                             .key = "middle",
                             .extensions = with(with(ca_extensions(), explicit_policy()),
                                                policy("1.3.6.1.4.1.99999.2"))},
                            root());
    const Entity leaf =
        issue({.subject = "CN=x", .key = "client", .extensions = leaf_extensions}, ca);
    return request_for(leaf.certificate, {root().certificate}, {ca.certificate});
  };
  cases.push_back({"a policy that a CA requires",
                   chain(with(client_extensions(), policy("1.3.6.1.4.1.99999.2"))), "",
                   Other::agrees, Other::not_asked});
  // OpenSSL's program looks at policies only when told to, GnuTLS never.
  cases.push_back({"a leaf without the policy that a CA requires", chain(client_extensions()),
                   "policy_failed@0", Other::accepts, Other::not_asked});
}

}  // namespace

std::vector<Case> name_cases() {
  std::vector<Case> cases;
  add_dns_cases(cases);
  add_other_kind_cases(cases);
  add_policy_cases(cases);
  return cases;
}

}  // namespace mtls::verify::test
