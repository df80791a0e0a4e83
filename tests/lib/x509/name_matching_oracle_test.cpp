// Name constraints against `openssl verify`: both must say the same of the same chain.
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "x509/name_matching.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using mtls::test::run;
using mtls::x509::CommonNames;
using mtls::x509::constraint_violation;
using mtls::x509::GeneralName;
using mtls::x509::Name;

namespace {

/// "ip:10.0.0.0/8" as openssl's configuration wants it: "IP:10.0.0.0/255.0.0.0".
std::string in_config(const std::string& text) {
  const std::string kind = text.substr(0, text.find(':'));
  std::string value = text.substr(kind.size() + 1);
  if (kind == "dns") return "DNS:" + value;
  if (kind == "uri") return "URI:" + value;
  if (kind == "email") return "email:" + value;
  if (kind == "other") {  // OID;HEX, the DER of a short UTF8String
    const auto semicolon = value.find(';');
    const auto octets = mtls::from_hex(std::string_view(value).substr(semicolon + 5)).value();
    return "otherName:" + value.substr(0, semicolon) +
           ";UTF8:" + std::string(mtls::as_text(octets));
  }
  if (const auto bits = value.find("/8"); bits != std::string::npos) {
    value.replace(bits, 2, "/255.0.0.0");
  }
  return "IP:" + value;
}

/// A CA with one constraint and a leaf with one name, judged by openssl.
class OpensslChain final {
 public:
  OpensslChain() { make_key(); }

  [[nodiscard]] bool accepts(const std::string& side, const std::string& base,
                             const std::string& subject, const std::string& name) const {
    const std::string config = m_directory.write(
        "x.cnf",
        "[req]\ndistinguished_name=d\n[d]\n[ca]\nbasicConstraints=critical,CA:TRUE\n"
        "nameConstraints=critical," +
            side + ";" + in_config(base) + "\n[leaf]\n" +
            (name.empty() ? "basicConstraints=CA:FALSE" : "subjectAltName=" + in_config(name)) +
            "\n");
    require({"openssl", "req", "-x509", "-key", m_key, "-subj", "/CN=CA", "-config", config,
             "-extensions", "ca", "-out", m_ca});
    require({"openssl", "req", "-new", "-key", m_key, "-subj", subject, "-config", config, "-out",
             m_request});
    require({"openssl", "x509", "-req", "-in", m_request, "-CA", m_ca, "-CAkey", m_key,
             "-set_serial", "1", "-extfile", config, "-extensions", "leaf", "-out", m_leaf});
    const auto verdict = run({"openssl", "verify", "-CAfile", m_ca, m_leaf});
    if (!verdict.ok()) CHECK_MESSAGE(is_about_names(verdict.out + verdict.err), verdict.shown());
    return verdict.ok();
  }

 private:
  static bool is_about_names(const std::string& text) {
    return text.find("subtree violation") != std::string::npos ||
           text.find("name") != std::string::npos;
  }
  static void require(const std::vector<std::string>& arguments) {
    const auto outcome = run(arguments);
    REQUIRE_MESSAGE(outcome.ok(), outcome.shown());
  }
  void make_key() const { require({"openssl", "genpkey", "-algorithm", "ed25519", "-out", m_key}); }

  mtls::test::TemporaryDirectory m_directory;
  std::string m_key = m_directory.file("key.pem");
  std::string m_ca = m_directory.file("ca.pem");
  std::string m_request = m_directory.file("request.pem");
  std::string m_leaf = m_directory.file("leaf.pem");
};

struct Row {
  const char* base;
  const char* subject;
  const char* name;
};

GeneralName constraint(const std::string& text) {
  const std::string value = text.substr(text.find(':') + 1);
  return text.rfind("dns:", 0) == 0 ? GeneralName::dns(value) : GeneralName::parse_constraint(text);
}

}  // namespace

TEST_CASE("name constraints decide as openssl decides") {
  const OpensslChain chain;
  for (const auto& [base, subject, name] :
       {Row{"dns:a.example", "/O=x", "dns:a.example"},
        Row{"dns:a.example", "/O=x", "dns:b.A.example"},
        Row{"dns:a.example", "/O=x", "dns:ba.example"},
        Row{"dns:.a.example", "/O=x", "dns:b.a.example"},
        Row{"dns:.a.example", "/O=x", "dns:a.example"},
        Row{"dns:a.example", "/O=x", "email:u@b.example"},
        Row{"email:u@a.example", "/O=x", "email:u@A.example"},
        Row{"email:u@a.example", "/O=x", "email:v@a.example"},
        Row{"email:a.example", "/O=x", "email:u@a.example"},
        Row{"email:a.example", "/O=x", "email:u@b.a.example"},
        Row{"email:.a.example", "/O=x", "email:u@b.a.example"},
        Row{"email:a.example", "/O=x/emailAddress=u@b.example", ""},
        Row{"email:a.example", "/O=x/emailAddress=u@a.example", ""},
        Row{"email:a.example", "/O=x/emailAddress=u@b.example", "email:u@a.example"},
        Row{"email:a.example", "/O=x", "other:1.3.6.1.5.5.7.8.9;0c0b7540612e6578616d706c65"},
        Row{"email:a.example", "/O=x", "other:1.3.6.1.5.5.7.8.9;0c0b7540622e6578616d706c65"},
        Row{"dns:a.example", "/CN=a.example", ""},
        Row{"dns:a.example", "/CN=x.b.example", ""},
        Row{"dns:a.example", "/CN=x.b.example", "ip:10.0.0.1"},
        Row{"dns:a.example", "/CN=x.b.example", "dns:a.example"},
        Row{"dns:a.example", "/CN=x_y.b.example/CN=a.example", ""},
        Row{"dns:a.example", "/CN=10.0.0.1", ""},
        Row{"dns:a.example", "/CN=b", ""},
        Row{"dns:a.example", "/CN=b example.org", ""},
        Row{"dns:a.example", "/CN=*.b.example", ""},
        Row{"dns:a.example", "/CN=b.example.", ""},
        Row{"dns:a.example", "/CN=b.-example", ""},
        Row{"dns:a.example", "/CN=b-.example", ""},
        Row{"dns:a.example", "/CN=b..example", ""},
        Row{"dns:a.example", "/OU=x.b.example", ""},
        Row{"uri:a.example", "/O=x", "uri:https://a.example/p"},
        Row{"uri:a.example", "/O=x", "uri:https://b.a.example:1/p"},
        Row{"uri:.a.example", "/O=x", "uri:https://b.a.example/p"},
        Row{"ip:10.0.0.0/8", "/O=x", "ip:10.1.2.3"},
        Row{"ip:10.0.0.0/8", "/O=x", "ip:11.1.2.3"},
        Row{"ip:10.0.0.0/8", "/O=x", "ip:::1"}}) {
    const std::string shown = std::string(base) + " " + subject + " " + name;
    CAPTURE(shown);
    mtls::x509::GeneralNames names;
    if (*name != '\0') names.push_back(GeneralName::parse(name));
    const Name parsed = Name::parse(subject);
    CHECK(!constraint_violation({.permitted = {constraint(base)}, .excluded = {}}, parsed, names,
                                CommonNames::as_hosts) ==
          chain.accepts("permitted", base, subject, name));
    CHECK(!constraint_violation({.permitted = {}, .excluded = {constraint(base)}}, parsed, names,
                                CommonNames::as_hosts) ==
          chain.accepts("excluded", base, subject, name));
  }
}
