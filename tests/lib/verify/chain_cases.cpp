#include "lib/verify/cases.hpp"
#include "lib/verify/hostile_keys.hpp"

namespace mtls::verify::test {
namespace {

using x509::Certificate;

Plan client_plan(std::string subject = "CN=client,O=mtls") {
  return {.subject = std::move(subject), .key = "client", .extensions = client_extensions()};
}

/// The good path with another leaf.
VerifyRequest below_intermediate(const Certificate& leaf) {
  return request_for(leaf, {root().certificate}, {intermediate().certificate});
}

VerifyRequest below_root(const Certificate& leaf) {
  return request_for(leaf, {root().certificate});
}

void add_anchor_cases(std::vector<Case>& cases) {
  const Certificate leaf = issue(client_plan(), root()).certificate;
  cases.push_back({"root and leaf", below_root(leaf), ""});
  cases.push_back({"root, intermediate and leaf", below_intermediate(client().certificate), ""});
  cases.push_back({"the root is in the pool too",
                   request_for(leaf, {root().certificate}, {root().certificate, leaf}), ""});
  // OpenSSL is told to take partial chains; GnuTLS takes any certificate given as a CA.
  cases.push_back({"an intermediate as the anchor",
                   request_for(client().certificate, {intermediate().certificate}), ""});
  cases.push_back({"a missing intermediate",
                   request_for(client().certificate, {root().certificate}), "no_trust_anchor@0"});
  cases.push_back({"a root that is only in the pool",
                   request_for(client().certificate,
                               {self_sign({.subject = "CN=elsewhere",
                                           .key = "elsewhere",
                                           .extensions = ca_extensions()})
                                    .certificate},
                               {intermediate().certificate, root().certificate}),
                   "no_trust_anchor@2"});
  const Entity alone = self_sign(client_plan("CN=alone"));
  cases.push_back({"a self-signed leaf", below_root(alone.certificate), "self_signed_leaf@0"});
  // GnuTLS wants every anchor to be a CA.
  cases.push_back({"a self-signed leaf that is itself the anchor",
                   request_for(alone.certificate, {alone.certificate}), "", Other::agrees,
                   Other::refuses});
  // Botan CVE-2026-34580: it is not the anchor, though it has its name.
  cases.push_back({"a self-signed leaf with the anchor's name",
                   below_root(self_sign(client_plan("CN=root,O=mtls")).certificate),
                   "self_signed_leaf@0"});
  cases.push_back({"a leaf with the root's name, issued by the root",
                   below_root(issue(client_plan("CN=root,O=mtls"), root()).certificate), ""});
}

void add_signature_cases(std::vector<Case>& cases) {
  const Certificate leaf = issue(client_plan(), root()).certificate;
  cases.push_back({"a leaf with a flipped bit in its signature",
                   below_root(with_broken_signature(leaf)), "bad_signature@0"});
  cases.push_back({"an intermediate with a flipped bit in its signature",
                   request_for(client().certificate, {root().certificate},
                               {with_broken_signature(intermediate().certificate)}),
                   "bad_signature@1"});
  // Told apart by key identifier too, unless that was copied.
  const Entity namesake =
      self_sign({.subject = "CN=root,O=mtls", .key = "namesake", .extensions = ca_extensions()});
  cases.push_back({"an anchor of the same name with another key",
                   request_for(leaf, {namesake.certificate}), "bad_signature@0 other@0"});
  const auto keep = [](X509*) {};
  cases.push_back({"a leaf signed with SHA-1", below_root(remake(leaf, "root", EVP_sha1(), keep)),
                   "weak_signature@0"});
  const Certificate old_root = remake(root().certificate, "root", EVP_sha1(), keep);
  cases.push_back({"a root that signed itself with SHA-1", request_for(leaf, {old_root}), ""});
  Bytes octets = to_bytes(leaf.der());
  // ecdsa-with-SHA384 inside, by the last octet of its OID.
  const ByteView inner = leaf.inner_signature_algorithm();
  octets[static_cast<std::size_t>(inner.data() - leaf.der().data()) + inner.size() - 1] = 3;
  cases.push_back({"two different signature algorithms", below_root(Certificate::from_der(octets)),
                   "bad_signature@0 signature_algorithms_differ@0"});
}

void add_key_cases(std::vector<Case>& cases) {
  const auto with_key = [](const crypto::PublicKey& public_key) {
    Plan plan = client_plan();
    plan.public_key = public_key;
    return below_root(issue(plan, root()).certificate);
  };
  // GnuTLS has its own scale: at its default profile RSA 1024 passes.
  cases.push_back({"an RSA key of 1024 bits", with_key(rsa_key(1024)), "weak_key@0", Other::agrees,
                   Other::accepts});
  // GnuTLS does not read the key of a leaf.
  cases.push_back({"an EC key with explicit parameters", with_key(explicit_ec_key()), "weak_key@0",
                   Other::agrees, Other::accepts});
  // OpenSSL asks only whether the key is strong.
  cases.push_back({"an RSA key of 20000 bits", with_key(giant_rsa_key(20000)), "weak_key@0",
                   Other::accepts, Other::accepts});
}

void add_time_cases(std::vector<Case>& cases) {
  Plan plan = client_plan();
  plan.not_after = at("2021-12-31T23:59:59Z");
  cases.push_back({"an expired leaf", below_root(issue(plan, root()).certificate), "expired@0"});
  plan.extensions = server_extensions({"dns:a.example"});
  cases.push_back({"an expired leaf for another purpose",
                   below_root(issue(plan, root()).certificate), "wrong_purpose@0 expired@0"});
  plan = client_plan();
  plan.not_before = at("2048-01-01T00:00:00Z");
  cases.push_back({"a leaf that is not yet valid", below_root(issue(plan, root()).certificate),
                   "not_yet_valid@0"});
  const Entity old_root = self_sign({.subject = "CN=old root",
                                     .key = "old root",
                                     .extensions = ca_extensions(),
                                     .not_after = at("2022-01-01T00:00:00Z")});
  cases.push_back({"an expired root",
                   request_for(issue(client_plan(), old_root).certificate, {old_root.certificate}),
                   "expired@1"});
  plan = client_plan();
  plan.not_after = judging_time();
  // RFC 5280 section 4.1.2.5 counts the last second in, OpenSSL does not; certtool has its own
  // clock.
  cases.push_back({"a leaf in its last second", below_root(issue(plan, root()).certificate), "",
                   Other::refuses, Other::not_asked});
  plan.not_after = judging_time() - std::chrono::seconds(1);
  cases.push_back({"a leaf one second after its last", below_root(issue(plan, root()).certificate),
                   "expired@0", Other::agrees, Other::not_asked});
  plan = client_plan();
  plan.not_before = judging_time();
  cases.push_back({"a leaf in its first second", below_root(issue(plan, root()).certificate), "",
                   Other::agrees, Other::not_asked});
}

/// Two CAs that certify each other, and are certified by roots.
void add_cross_cases(std::vector<Case>& cases) {
  const auto ca = [](const std::string& name) {
    return Plan{.subject = "CN=" + name, .key = name, .extensions = ca_extensions()};
  };
  const Entity a_self = self_sign(ca("a"));
  const Entity b_self = self_sign(ca("b"));
  const Certificate a_by_b = issue(ca("a"), b_self).certificate;
  const Certificate b_by_a = issue(ca("b"), a_self).certificate;
  const Certificate leaf = issue(client_plan(), a_self).certificate;
  cases.push_back({"two CAs that only certify each other",
                   request_for(leaf, {root().certificate}, {a_by_b, b_by_a}), "no_trust_anchor@2"});
  cases.push_back({"a way out of a ring of CAs",
                   request_for(leaf, {b_self.certificate}, {b_by_a, a_by_b}), ""});
  // The wrong one stands first: GnuTLS goes no other way, and OpenSSL where only time tells.
  Plan expired = ca("b");
  expired.not_after = at("2022-01-01T00:00:00Z");
  const Certificate stale = issue(expired, root()).certificate;
  const Certificate b_by_root = issue(ca("b"), root()).certificate;
  const Certificate by_b = issue(client_plan(), b_self).certificate;
  cases.push_back({"an expired and a valid certificate of one CA",
                   request_for(by_b, {root().certificate}, {stale, b_by_root}), "", Other::agrees,
                   Other::refuses});
  const Entity impostor =
      issue({.subject = "CN=b",
             .key = "impostor",
             .extensions = with(ca_extensions(), x509::encode_subject_key_identifier(
                                                     key("b").public_key().key_identifier()))},
            root());
  // Both take the first of that name and key identifier, and do not come back.
  cases.push_back({"a CA of the same name and key identifier with another key",
                   request_for(by_b, {root().certificate}, {impostor.certificate, b_by_root}), "",
                   Other::refuses, Other::refuses});
}

}  // namespace

std::vector<Case> chain_cases() {
  std::vector<Case> cases;
  add_anchor_cases(cases);
  add_signature_cases(cases);
  add_key_cases(cases);
  add_time_cases(cases);
  add_cross_cases(cases);
  return cases;
}

}  // namespace mtls::verify::test
