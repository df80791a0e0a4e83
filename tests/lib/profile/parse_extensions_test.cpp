#include "lib/profile/profile_text.hpp"

#include <doctest/doctest.h>

using mtls::profile::ExtensionPolicy;
using mtls::test::ca_text;
using mtls::test::hint_of;
using mtls::test::parse;
using mtls::test::ProfileText;
using mtls::test::refusal;
using mtls::test::refused_at;
using mtls::x509::Criticality;
using mtls::x509::KeyUsage;
using mtls::x509::KeyUsageBit;

namespace {

ProfileText leaf(std::string_view role, std::string_view usage, std::string_view purposes) {
  ProfileText text;
  text.role = "role = \"" + std::string(role) + "\"\n";
  text.extensions = "key_usage = [" + std::string(usage) + "]\nextended_key_usage = [" +
                    std::string(purposes) + "]\n";
  return text;
}

ProfileText client_with(std::string_view lines) {
  ProfileText text;
  text.extensions += lines;
  return text;
}

ProfileText ca_with(std::string_view lines) {
  ProfileText text = ca_text();
  text.extensions += lines;
  return text;
}

constexpr std::string_view k_sign = "\"digitalSignature\"";

}  // namespace

TEST_CASE("a client's extensions are read") {
  const ExtensionPolicy extensions = parse(ProfileText()).extensions;
  CHECK(extensions.basic_constraints.subject == mtls::x509::BasicConstraints::Subject::end_entity);
  CHECK(extensions.key_usage == KeyUsage{KeyUsageBit::digital_signature});
  REQUIRE(extensions.extended_key_usage.size() == 1);
  CHECK(extensions.extended_key_usage[0] == mtls::x509::oids::client_auth());
  CHECK(extensions.extended_key_usage_criticality == Criticality::non_critical);
}

TEST_CASE("a CA's extensions are read") {
  const ExtensionPolicy extensions = parse(ca_with("path_length = 0\n")).extensions;
  CHECK(extensions.basic_constraints.subject == mtls::x509::BasicConstraints::Subject::ca);
  CHECK(extensions.basic_constraints.path_length == 0);
  CHECK(extensions.key_usage == KeyUsage{KeyUsageBit::key_cert_sign, KeyUsageBit::crl_sign});
  CHECK_FALSE(parse(ca_text()).extensions.basic_constraints.path_length);
}

TEST_CASE("an unknown key usage is refused, naming the known ones") {
  for (const char* bad : {"\"sign\"", "\"digitalsignature\"", "\"\""}) {
    const auto text = leaf("client", bad, "\"clientAuth\"");
    CHECK(refused_at(text, "key_usage"));
    CHECK(hint_of(text).find("keyAgreement") != std::string::npos);
  }
}

TEST_CASE("a key usage that stands twice, and none at all, are refused") {
  CHECK(refused_at(leaf("client", "\"digitalSignature\", \"digitalSignature\"", "\"clientAuth\""),
                   "key_usage"));
  CHECK(refused_at(leaf("client", "", "\"clientAuth\""), "key_usage"));
}

TEST_CASE("a leaf cannot sign certificates or CRLs") {
  for (const char* role : {"client", "server", "other"}) {
    const std::string purpose = std::string(role) == "client" ? "\"clientAuth\"" : "\"serverAuth\"";
    CHECK_FALSE(refusal(leaf(role, k_sign, purpose).str()));
    CHECK(refused_at(leaf(role, "\"digitalSignature\", \"keyCertSign\"", purpose), "key_usage"));
    CHECK(refused_at(leaf(role, "\"digitalSignature\", \"cRLSign\"", purpose), "key_usage"));
  }
}

TEST_CASE("a TLS client or server signs") {
  CHECK(refused_at(leaf("client", "\"contentCommitment\"", "\"clientAuth\""), "key_usage"));
  CHECK(refused_at(leaf("server", "\"contentCommitment\"", "\"serverAuth\""), "key_usage"));
  CHECK_FALSE(refusal(leaf("other", "\"contentCommitment\"", "\"emailProtection\"").str()));
}

TEST_CASE("a CA without keyCertSign is refused") {
  ProfileText text = ca_text();
  text.extensions = "key_usage = [\"cRLSign\"]\n";
  CHECK(refused_at(text, "key_usage"));
  text.role = "role = \"root-ca\"\n";
  CHECK(refused_at(text, "key_usage"));
}

TEST_CASE("a usage that an allowed kind of key cannot have is refused") {
  const auto with = [](std::string_view usage, std::string_view default_key,
                       std::string_view allowed) {
    ProfileText text =
        leaf("client", "\"digitalSignature\", " + std::string(usage), "\"clientAuth\"");
    text.key = "default = \"" + std::string(default_key) + "\"\nallowed = [" +
               std::string(allowed) + "]\n";
    return text;
  };
  CHECK_FALSE(refusal(with("\"keyEncipherment\"", "rsa:2048", "\"rsa\"").str()));
  CHECK(refused_at(with("\"keyEncipherment\"", "rsa:2048", "\"rsa\", \"ec:p256\""), "key_usage"));
  CHECK(refused_at(with("\"keyEncipherment\"", "ed25519", "\"ed25519\""), "key_usage"));
  CHECK_FALSE(refusal(with("\"dataEncipherment\"", "rsa:2048", "\"rsa\"").str()));
  CHECK(refused_at(with("\"dataEncipherment\"", "ec:p256", "\"ec:p256\""), "key_usage"));
  CHECK(refused_at(with("\"dataEncipherment\"", "ed25519", "\"ed25519\""), "key_usage"));
  CHECK_FALSE(refusal(with("\"keyAgreement\"", "ec:p256", "\"ec:p256\"").str()));
  CHECK(refused_at(with("\"keyAgreement\"", "rsa:2048", "\"rsa\""), "key_usage"));
  CHECK(refused_at(with("\"keyAgreement\"", "ed25519", "\"ed25519\""), "key_usage"));
}

TEST_CASE("encipherOnly and decipherOnly go with keyAgreement and not with each other") {
  const auto with = [](std::string_view usage) {
    return leaf("client", "\"digitalSignature\", " + std::string(usage), "\"clientAuth\"");
  };
  CHECK_FALSE(refusal(with("\"keyAgreement\", \"encipherOnly\"").str()));
  CHECK(refused_at(with("\"encipherOnly\""), "key_usage"));
  CHECK(refused_at(with("\"decipherOnly\""), "key_usage"));
  CHECK(refused_at(with("\"keyAgreement\", \"encipherOnly\", \"decipherOnly\""), "key_usage"));
}

TEST_CASE("purposes are words or dotted decimal, each once") {
  const auto with = [](std::string_view purposes) { return leaf("other", k_sign, purposes); };
  CHECK(parse(with("\"clientAuth\", \"1.2.3.4\"")).extensions.extended_key_usage.size() == 2);
  CHECK(refused_at(with("\"tlsClient\""), "extended_key_usage"));
  CHECK(hint_of(with("\"tlsClient\"")).find("clientAuth") != std::string::npos);
  CHECK(refused_at(with("\"keyUsage\""), "extended_key_usage"));
  CHECK(refused_at(with("\"clientAuth\", \"1.3.6.1.5.5.7.3.2\""), "extended_key_usage"));
}

TEST_CASE("a leaf without a purpose, or with any, would pass as everything") {
  for (const char* role : {"client", "server", "other"}) {
    CHECK(refused_at(leaf(role, k_sign, ""), "extended_key_usage"));
    CHECK(refused_at(leaf(role, k_sign, "\"clientAuth\", \"anyExtendedKeyUsage\""),
                     "extended_key_usage"));
    CHECK(refused_at(leaf(role, k_sign, "\"2.5.29.37.0\""), "extended_key_usage"));
  }
}

TEST_CASE("a client is no server and a server no client") {
  CHECK(refused_at(leaf("client", k_sign, "\"emailProtection\""), "extended_key_usage"));
  CHECK(refused_at(leaf("client", k_sign, "\"clientAuth\", \"serverAuth\""), "extended_key_usage"));
  CHECK(refused_at(leaf("server", k_sign, "\"codeSigning\""), "extended_key_usage"));
  CHECK(refused_at(leaf("server", k_sign, "\"clientAuth\", \"serverAuth\""), "extended_key_usage"));
  CHECK_FALSE(refusal(leaf("other", k_sign, "\"clientAuth\", \"serverAuth\"").str()));
  CHECK_FALSE(refusal(leaf("client", k_sign, "\"clientAuth\", \"msSmartcardLogin\"").str()));
}

TEST_CASE("extKeyUsage can be critical where it is there and not any") {
  CHECK(parse(client_with("extended_key_usage_critical = true\n"))
            .extensions.extended_key_usage_criticality == Criticality::critical);
  CHECK(refused_at(ca_with("extended_key_usage_critical = true\n"), "extended_key_usage_critical"));
  CHECK(refused_at(ca_with("extended_key_usage = [\"anyExtendedKeyUsage\"]\n"
                           "extended_key_usage_critical = true\n"),
                   "extended_key_usage_critical"));
  CHECK_FALSE(refusal(ca_with("extended_key_usage = [\"anyExtendedKeyUsage\"]\n").str()));
}

TEST_CASE("a path length is a CA's, from 0 to 32") {
  CHECK_FALSE(refusal(ca_with("path_length = 32\n").str()));
  CHECK(refused_at(ca_with("path_length = 33\n"), "path_length"));
  CHECK(refused_at(ca_with("path_length = -1\n"), "path_length"));
  CHECK(refused_at(client_with("path_length = 0\n"), "path_length"));
}

TEST_CASE("a longer path may be asked for as far as the profile says") {
  const auto most = [](const char* lines) {
    return parse(ca_with(lines)).extensions.max_path_length;
  };
  CHECK_FALSE(most(""));
  CHECK(most("path_length = 1\n") == 1U);
  CHECK(most("path_length = 1\nmax_path_length = 3\n") == 3U);
  CHECK(refused_at(ca_with("path_length = 2\nmax_path_length = 1\n"), "max_path_length"));
  CHECK(refused_at(ca_with("max_path_length = 1\n"), "max_path_length"));
  CHECK(refused_at(ca_with("path_length = 1\nmax_path_length = 33\n"), "max_path_length"));
}

TEST_CASE("name constraints are a CA's") {
  constexpr std::string_view k_constraints =
      "[extensions.name_constraints]\npermitted = [\"dns:example.com\", \"ip:10.0.0.0/8\"]\n"
      "excluded = [\"dns:evil.example.com\"]\n";
  const ExtensionPolicy extensions = parse(ca_with(k_constraints)).extensions;
  CHECK(extensions.name_constraints.permitted.size() == 2);
  CHECK(extensions.name_constraints.excluded.size() == 1);
  CHECK(refused_at(client_with(k_constraints), "[extensions.name_constraints]"));
}

TEST_CASE("a base that cannot be read, stands twice or on both sides is refused") {
  const auto with = [](std::string_view permitted, std::string_view excluded) {
    return ca_with("[extensions.name_constraints]\npermitted = [" + std::string(permitted) +
                   "]\nexcluded = [" + std::string(excluded) + "]\n");
  };
  CHECK(refused_at(with("\"example.com\"", ""), "permitted"));
  CHECK(refused_at(with("\"ip:10.0.0.0\"", ""), "permitted"));
  CHECK(refused_at(with("\"dns:a\", \"dns:a\"", ""), "permitted"));
  CHECK(refused_at(with("\"dns:a\"", "\"dns:a\""), "excluded"));
  CHECK_FALSE(refusal(with("\"dns:a\"", "\"dns:b.a\"").str()));
}

TEST_CASE("policies are dotted decimal or anyPolicy, each once") {
  const auto with = [](std::string_view policies) {
    return client_with("certificate_policies = [" + std::string(policies) + "]\n");
  };
  CHECK(parse(with("\"anyPolicy\", \"1.2.3\"")).extensions.certificate_policies.size() == 2);
  CHECK(refused_at(with("\"2.5.29.32.0\", \"anyPolicy\""), "certificate_policies"));
  CHECK(refused_at(with("\"gold\""), "certificate_policies"));
}

TEST_CASE("URLs are http, https or ldap, well-formed and of a length") {
  for (const std::string key : {"crl_urls", "ocsp_urls", "ca_issuers_urls"}) {
    const auto with = [&key](const std::string& url) {
      return client_with(key + " = [\"" + url + "\"]\n");
    };
    CHECK_FALSE(refusal(with("http://pki.example/ca.crl").str()));
    for (const char* bad : {"", "ca.crl", "file:///etc/passwd", "ftp://a/b", "javascript:x",
                            "http://a b/", "http://\xc3\xbc.example/"}) {
      CHECK(refused_at(with(bad), key));
    }
    const std::string start = "http://a/";
    CHECK_FALSE(refusal(with(start + std::string(2048 - start.size(), 'x')).str()));
    CHECK(refused_at(with(start + std::string(2049 - start.size(), 'x')), key));
  }
  CHECK(parse(client_with("crl_urls = [\"http://a/1\", \"ldap://b/2\"]\n")).extensions.crl_urls ==
        std::vector<std::string>{"http://a/1", "ldap://b/2"});
}

TEST_CASE("a list may have 16 URLs and no more") {
  const auto with = [](unsigned count) {
    std::string list;
    for (unsigned i = 0; i < count; ++i) list += "\"http://a/" + std::to_string(i) + "\",";
    return client_with("crl_urls = [" + list + "]\n");
  };
  CHECK_FALSE(refusal(with(16).str()));
  CHECK(refused_at(with(17), "crl_urls"));
}
