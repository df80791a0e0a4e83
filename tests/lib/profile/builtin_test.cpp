// What the built-in profiles promise: the defaults that the documentation names.
#include "profile/builtin.hpp"

#include "lib/profile/profile_text.hpp"
#include "profile/catalogue.hpp"
#include "profile/san_policy.hpp"
#include "profile/subject_policy.hpp"

#include <doctest/doctest.h>

using mtls::crypto::KeySpec;
using mtls::profile::Catalogue;
using mtls::profile::Profile;
using mtls::profile::refuses;
using mtls::profile::Role;
using mtls::x509::GeneralName;
using mtls::x509::KeyUsage;
using mtls::x509::KeyUsageBit;
using mtls::x509::Name;
using Subject = mtls::x509::BasicConstraints::Subject;

namespace {

Profile load(std::string_view name) {
  return Catalogue().load(name, mtls::profile::ProfileUse::showing);
}
constexpr std::chrono::hours days(int count) { return std::chrono::hours{24} * count; }

bool takes(const Profile& profile, std::string_view name) {
  return !refuses(profile.san, GeneralName::parse(name));
}

const KeyUsage k_signs_certificates{KeyUsageBit::key_cert_sign, KeyUsageBit::crl_sign};

}  // namespace

TEST_CASE("root-ca: RSA-4096, 3,660 days, a CA of any depth that signs certificates and CRLs") {
  const Profile root = load("root-ca");
  CHECK(root.role == Role::root_ca);
  CHECK(root.keys.default_spec == KeySpec::rsa(4096));
  CHECK(root.validity.default_period == days(3660));
  CHECK(root.extensions.basic_constraints.subject == Subject::ca);
  CHECK_FALSE(root.extensions.basic_constraints.path_length);
  CHECK(root.extensions.key_usage == k_signs_certificates);
  CHECK(root.extensions.extended_key_usage.empty());
  CHECK_FALSE(takes(root, "dns:a.example"));
}

TEST_CASE("a client for 3,650 days fits into a root that was made a day before") {
  CHECK(load("root-ca").validity.default_period - days(1) >=
        load("alb-client").validity.max_period);
}

TEST_CASE("intermediate-ca: RSA-4096, 1,825 days, path length 0") {
  const Profile ca = load("intermediate-ca");
  CHECK(ca.role == Role::intermediate_ca);
  CHECK(ca.keys.default_spec == KeySpec::rsa(4096));
  CHECK(ca.validity.default_period == days(1825));
  CHECK(ca.extensions.basic_constraints.subject == Subject::ca);
  CHECK(ca.extensions.basic_constraints.path_length == 0);
  CHECK(ca.extensions.key_usage == k_signs_certificates);
}

TEST_CASE("mtls-client: RSA-4096, 365 of at most 3,650 days, clientAuth only") {
  const Profile client = load("mtls-client");
  CHECK(client.role == Role::client);
  CHECK(client.keys.default_spec == KeySpec::rsa(4096));
  CHECK(client.validity.default_period == days(365));
  CHECK(client.validity.max_period == days(3650));
  CHECK(client.extensions.basic_constraints.subject == Subject::end_entity);
  CHECK(client.extensions.key_usage == KeyUsage{KeyUsageBit::digital_signature});
  CHECK(client.extensions.extended_key_usage ==
        std::vector<mtls::der::Oid>{mtls::x509::oids::client_auth()});
  CHECK(client.csr.subject);
  for (const char* name : {"dns:a.example", "ip:10.0.0.1", "email:a@b.example",
                           "uri:spiffe://x.example/y", "upn:alice@corp.example"}) {
    CHECK(takes(client, name));
  }
  for (const char* name : {"dns:*.example.com", "dn:CN=x", "rid:1.2.3", "other:1.2.3;0c0161"}) {
    CHECK_FALSE(takes(client, name));
  }
}

TEST_CASE("serve: P-256, 30 days, serverAuth only, a host, nothing from a CSR") {
  const Profile serve = load("serve");
  CHECK(serve.role == Role::server);
  CHECK(serve.keys.default_spec == KeySpec::ec(mtls::crypto::Curve::p256));
  CHECK(serve.validity.max_period == days(30));
  CHECK(serve.extensions.key_usage == KeyUsage{KeyUsageBit::digital_signature});
  CHECK(serve.extensions.extended_key_usage ==
        std::vector<mtls::der::Oid>{mtls::x509::oids::server_auth()});
  CHECK(takes(serve, "dns:localhost"));
  CHECK(takes(serve, "ip:127.0.0.1"));
  CHECK_FALSE(takes(serve, "uri:spiffe://x.example/y"));
  CHECK_FALSE(serve.csr.subject);
  CHECK(refuses(serve.san, mtls::x509::GeneralNames{}));
}

TEST_CASE("mtls-server: P-256, 397 of at most 825 days, serverAuth only, a host") {
  const Profile server = load("mtls-server");
  CHECK(server.role == Role::server);
  CHECK(server.keys.default_spec == KeySpec::ec(mtls::crypto::Curve::p256));
  CHECK(server.validity.default_period == days(397));
  CHECK(server.validity.max_period == days(825));
  CHECK(server.extensions.key_usage == KeyUsage{KeyUsageBit::digital_signature});
  CHECK(server.extensions.extended_key_usage ==
        std::vector<mtls::der::Oid>{mtls::x509::oids::server_auth()});
  CHECK(server.san.host_required);
  CHECK(takes(server, "dns:*.example.com"));
  CHECK(takes(server, "uri:spiffe://x.example/y"));
  CHECK_FALSE(takes(server, "email:a@b.example"));
  CHECK(refuses(server.san, mtls::x509::GeneralNames{}));
}

TEST_CASE("alb-client: the guide's five fields, up to 3,650 days") {
  const Profile alb = load("alb-client");
  CHECK(alb.role == Role::client);
  CHECK(alb.keys.default_spec == KeySpec::rsa(4096));
  CHECK(alb.validity.max_period == days(3650));
  CHECK(alb.extensions.extended_key_usage ==
        std::vector<mtls::der::Oid>{mtls::x509::oids::client_auth()});
  const Name guide =
      Name::parse("/C=cn/ST=bj/L=bj/O=alibaba/OU=test/CN=root/emailAddress=a.alibaba.com");
  CHECK(apply_subject_policy(alb.subject, guide) == guide);
  CHECK(mtls::profile::missing_attributes(alb.subject, Name()).size() == 5);
}

TEST_CASE("every flag of --key-type is allowed by every built-in profile") {
  for (const std::string& name : Catalogue().names()) {
    for (const char* spec : {"rsa:2048", "rsa:3072", "rsa:4096", "ec:p256", "ec:p384", "ed25519"}) {
      CHECK_FALSE(load(name).keys.refuses(*KeySpec::parse(spec)));
    }
  }
}

TEST_CASE("every built-in profile back-dates by five minutes and describes itself") {
  for (const std::string& name : Catalogue().names()) {
    CHECK(load(name).validity.backdate == std::chrono::minutes{5});
    CHECK_FALSE(load(name).description.empty());
  }
}
