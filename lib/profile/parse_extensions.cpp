// The section [extensions], all but [[extensions.further]].
#include "base/escape.hpp"
#include "base/format.hpp"
#include "profile/section.hpp"

#include <algorithm>
#include <array>

namespace mtls::profile {
namespace {

using x509::KeyUsageBit;

constexpr std::size_t k_most_usages = 9;
constexpr std::size_t k_most_purposes = 32;
constexpr std::size_t k_most_policies = 32;
constexpr std::size_t k_most_urls = 16;
constexpr std::size_t k_most_constraints = 1000;
constexpr unsigned k_longest_path = 32;
constexpr std::size_t k_longest_url = 2048;

constexpr std::string_view k_usage_words =
    "digitalSignature, contentCommitment, keyEncipherment, dataEncipherment, keyAgreement, "
    "keyCertSign, cRLSign, encipherOnly, decipherOnly";

/// The purposes that may be written as a word: x509::find_oid also knows names that are no
/// purposes.
constexpr std::array<std::string_view, 13> k_purposes{
    "clientAuth",  "serverAuth",  "emailProtection",    "codeSigning",      "timeStamping",
    "OCSPSigning", "ipsecIKE",    "msSmartcardLogin",   "pkInitClientAuth", "pkInitKDC",
    "ipsecUser",   "ipsecTunnel", "anyExtendedKeyUsage"};

std::string purpose_words() {
  std::string words;
  for (const std::string_view word : k_purposes) words += format("{}, ", word);
  return words + "or dotted decimal";
}

bool has(const std::vector<der::Oid>& list, const der::Oid& id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

x509::KeyUsage read_key_usage(const Section& section) {
  x509::KeyUsage usage;
  bool all = true;
  for (const TomlString& word : section.list("key_usage", k_most_usages)) {
    all &= section.attempt([&] {
      const auto bit = x509::parse_key_usage_bit(word.text);
      if (!bit) section.not_one_of(word, "key_usage", k_usage_words);
      usage.add(*bit);
    });
  }
  if (all && usage.empty()) {
    section.fail_at("key_usage", format("'{}' names no usage", section.key("key_usage")),
                    format("allowed: {}", k_usage_words));
  }
  return usage;
}

/// What the role asks of keyUsage (RFC 5280 section 4.2.1.3).
void require_usage_fits_role(const Section& section, const x509::KeyUsage& usage, Role role) {
  const auto contradicts = [&](std::string_view why, std::string_view hint) {
    section.fail_at("key_usage",
                    format("'{}' {}, but role is {}", section.key("key_usage"), why, name(role)),
                    hint);
  };
  if (is_ca(role)) {
    if (!usage.has(KeyUsageBit::key_cert_sign)) {
      contradicts("lacks keyCertSign", "a CA signs certificates: add keyCertSign");
    }
    return;
  }
  for (const KeyUsageBit bit : {KeyUsageBit::key_cert_sign, KeyUsageBit::crl_sign}) {
    if (!usage.has(bit)) continue;
    contradicts(format("has {}", x509::names({bit}).front()),
                "only root-ca and intermediate-ca may sign certificates and CRLs");
  }
  if (role != Role::other && !usage.has(KeyUsageBit::digital_signature)) {
    contradicts("lacks digitalSignature", "a TLS 1.3 handshake is signed: add digitalSignature");
  }
}

/// What the kinds of keys can do: RFC 4055/3279 (RSA), 5480 section 3 (EC), 8410 section 5
/// (Ed25519).
void require_usage_fits_keys(const Section& section, const x509::KeyUsage& usage,
                             const KeyPolicy& keys) {
  const auto cannot = [&](KeyUsageBit bit, bool some, std::string_view which) {
    if (!usage.has(bit) || !some) return;
    section.fail_at("key_usage",
                    format("'{}' has {}, which {} keys cannot do, and key.allowed has such",
                           section.key("key_usage"), x509::names({bit}).front(), which),
                    "take the usage or the keys away");
  };
  cannot(KeyUsageBit::key_encipherment, !keys.curves.empty(), "EC");
  cannot(KeyUsageBit::key_encipherment, keys.ed25519_allowed, "Ed25519");
  cannot(KeyUsageBit::data_encipherment, !keys.curves.empty(), "EC");
  cannot(KeyUsageBit::data_encipherment, keys.ed25519_allowed, "Ed25519");
  cannot(KeyUsageBit::key_agreement, keys.rsa_allowed, "RSA");
  cannot(KeyUsageBit::key_agreement, keys.ed25519_allowed, "Ed25519");
  for (const KeyUsageBit bit : {KeyUsageBit::encipher_only, KeyUsageBit::decipher_only}) {
    if (!usage.has(bit) || usage.has(KeyUsageBit::key_agreement)) continue;
    section.fail_at("key_usage", format("'{}' has {}, which means nothing without keyAgreement",
                                        section.key("key_usage"), x509::names({bit}).front()));
  }
  if (usage.has(KeyUsageBit::encipher_only) && usage.has(KeyUsageBit::decipher_only)) {
    section.fail_at("key_usage", format("'{}' has both encipherOnly and decipherOnly",
                                        section.key("key_usage")));
  }
}

std::vector<der::Oid> read_purposes(const Section& section) {
  std::vector<der::Oid> purposes;
  const auto read_one = [&](const TomlString& word) {
    const bool known =
        std::find(k_purposes.begin(), k_purposes.end(), word.text) != k_purposes.end();
    const auto id = known ? x509::find_oid(word.text) : der::Oid::parse(word.text);
    if (!id) section.not_one_of(word, "extended_key_usage", purpose_words());
    if (has(purposes, *id)) {
      section.fail(word.place, format("{} stands in '{}' twice", x509::oid_name(*id),
                                      section.key("extended_key_usage")));
    }
    purposes.push_back(*id);
  };
  for (const TomlString& word : section.list("extended_key_usage", k_most_purposes)) {
    section.attempt([&] { read_one(word); });
  }
  return purposes;
}

/// What the role asks of extKeyUsage (RFC 5280 section 4.2.1.12). A leaf without it would be good
/// for everything, a client for servers too.
void require_purposes_fit_role(const Section& section, const ExtensionPolicy& extensions,
                               Role role) {
  const auto& purposes = extensions.extended_key_usage;
  const auto contradicts = [&](std::string_view why, std::string_view hint) {
    section.fail_at(
        "extended_key_usage",
        format("'{}' {}, but role is {}", section.key("extended_key_usage"), why, name(role)),
        hint);
  };
  const bool any = has(purposes, x509::oids::any_extended_key_usage());
  if (is_ca(role)) {
    if (any && extensions.extended_key_usage_criticality == x509::Criticality::critical) {
      section.fail_at("extended_key_usage_critical",
                      format("'{}' is true beside anyExtendedKeyUsage",
                             section.key("extended_key_usage_critical")),
                      "RFC 5280 section 4.2.1.12");
    }
    return;
  }
  if (purposes.empty()) contradicts("is empty", "name the purposes: clientAuth, serverAuth, ...");
  if (any) contradicts("has anyExtendedKeyUsage", "name the purposes one by one");
  const auto& client = x509::oids::client_auth();
  const auto& server = x509::oids::server_auth();
  constexpr std::string_view k_both =
      "for certificates that are both client and server: role = "
      "\"other\"";
  if (role == Role::client) {
    if (!has(purposes, client)) contradicts("lacks clientAuth", "add clientAuth");
    if (has(purposes, server)) contradicts("has serverAuth", k_both);
  }
  if (role == Role::server) {
    if (!has(purposes, server)) contradicts("lacks serverAuth", "add serverAuth");
    if (has(purposes, client)) contradicts("has clientAuth", k_both);
  }
}

x509::BasicConstraints read_basic_constraints(const Section& section, std::optional<Role> role) {
  using Subject = x509::BasicConstraints::Subject;
  const auto length = section.table().integer("path_length", 0, k_longest_path);
  if (length && role && !is_ca(*role)) {
    section.fail_at("path_length", format("'{}' is only for a CA, but role is {}",
                                          section.key("path_length"), name(*role)));
  }
  return {.subject = role && is_ca(*role) ? Subject::ca : Subject::end_entity,
          .path_length = length ? std::optional(static_cast<unsigned>(*length)) : std::nullopt};
}

/// Without the key the default is the maximum, too.
std::optional<unsigned> read_max_path_length(const Section& section,
                                             const std::optional<unsigned>& standard) {
  const auto most = section.table().integer("max_path_length", 0, k_longest_path);
  if (!most) return standard;
  if (!standard || *most < *standard) {
    section.fail_at(
        "max_path_length",
        standard
            ? format("'{}' is below path_length, {}", section.key("max_path_length"), *standard)
            : format("'{}' is given without path_length", section.key("max_path_length")),
        "path_length is what a CA gets unless it asks for another");
  }
  return static_cast<unsigned>(*most);
}

x509::GeneralNames read_bases(const Section& section, std::string_view key) {
  x509::GeneralNames bases;
  for (const TomlString& word : section.list(key, k_most_constraints)) {
    section.attempt([&] {
      bases.push_back(at_place(section, word.place,
                               [&] { return x509::GeneralName::parse_constraint(word.text); }));
    });
  }
  return bases;
}

x509::NameConstraints read_name_constraints(const Section& extensions, std::optional<Role> role) {
  const auto section = extensions.section("name_constraints");
  if (!section) return {};
  if (role && !is_ca(*role)) {
    extensions.fail_at("name_constraints",
                       format("'{}' is only for a CA, but role is {}",
                              extensions.key("name_constraints"), name(*role)),
                       "RFC 5280 section 4.2.1.10");
  }
  const auto bases = [&section](std::string_view key) {
    return section->attempt(x509::GeneralNames(), [&] { return read_bases(*section, key); });
  };
  x509::NameConstraints constraints{.permitted = bases("permitted"), .excluded = bases("excluded")};
  section->finish();
  for (const x509::GeneralName& base : constraints.permitted) {
    const auto& excluded = constraints.excluded;
    if (std::find(excluded.begin(), excluded.end(), base) == excluded.end()) continue;
    section->fail_at("excluded", format("{} is both permitted and excluded", base.to_text()));
  }
  return constraints;
}

std::vector<der::Oid> read_policies(const Section& section) {
  std::vector<der::Oid> policies;
  const auto read_one = [&](const TomlString& word) {
    const auto id =
        word.text == "anyPolicy" ? x509::oids::any_policy() : der::Oid::parse(word.text);
    if (!id) section.not_one_of(word, "certificate_policies", "anyPolicy, or dotted decimal");
    if (has(policies, *id)) {
      section.fail(word.place, format("{} stands in '{}' twice", word.text,
                                      section.key("certificate_policies")));
    }
    policies.push_back(*id);
  };
  for (const TomlString& word : section.list("certificate_policies", k_most_policies)) {
    section.attempt([&] { read_one(word); });
  }
  return policies;
}

std::vector<std::string> read_urls(const Section& section, std::string_view key) {
  std::vector<std::string> urls;
  const auto read_one = [&](const TomlString& url) {
    const bool known = url.text.rfind("http://", 0) == 0 || url.text.rfind("https://", 0) == 0 ||
                       url.text.rfind("ldap://", 0) == 0;
    if (!known) section.not_one_of(url, key, "URLs that begin with http://, https:// or ldap://");
    if (url.text.size() > k_longest_url) {
      section.fail(url.place, format("'{}' has {} octets, and at most {} are allowed",
                                     section.key(key), url.text.size(), k_longest_url));
    }
    at_place(section, url.place, [&] { return x509::GeneralName::parse("uri:" + url.text); });
    urls.push_back(url.text);
  };
  for (const TomlString& url : section.list(key, k_most_urls)) {
    section.attempt([&] { read_one(url); });
  }
  return urls;
}

/// What is there of the two lists that other keys and sections have rules about.
struct Readable {
  bool key_usage;
  bool purposes;
};

/// The rules about several keys, and about keys and the other sections.
void require_consistent(const Section& section, const ExtensionPolicy& extensions,
                        std::optional<Role> role, const KeyPolicy& keys, Readable readable) {
  if (role && readable.key_usage) {
    section.attempt([&] { require_usage_fits_role(section, extensions.key_usage, *role); });
  }
  if (role && readable.purposes) {
    section.attempt([&] { require_purposes_fit_role(section, extensions, *role); });
  }
  if (readable.key_usage) {
    section.attempt([&] { require_usage_fits_keys(section, extensions.key_usage, keys); });
  }
  if (readable.purposes && extensions.extended_key_usage.empty() &&
      extensions.extended_key_usage_criticality == x509::Criticality::critical) {
    section.attempt([&] {
      section.fail_at(
          "extended_key_usage_critical",
          format("'{}' is true, but '{}' is empty", section.key("extended_key_usage_critical"),
                 section.key("extended_key_usage")));
    });
  }
}

}  // namespace

ExtensionPolicy read_extensions(const Section& section, std::optional<Role> role,
                                const KeyPolicy& keys) {
  ExtensionPolicy extensions{};
  const auto read = [&section](auto& target, auto&& work) {
    return section.attempt([&] { target = work(); });
  };
  const auto read_list = [&](std::vector<std::string>& target, std::string_view key) {
    read(target, [&] { return read_urls(section, key); });
  };
  read(extensions.basic_constraints, [&] { return read_basic_constraints(section, role); });
  read(extensions.max_path_length,
       [&] { return read_max_path_length(section, extensions.basic_constraints.path_length); });
  const bool usage = read(extensions.key_usage, [&] { return read_key_usage(section); });
  const bool purposes = read(extensions.extended_key_usage, [&] { return read_purposes(section); });
  read(extensions.extended_key_usage_criticality, [&] {
    return section.boolean("extended_key_usage_critical", false) ? x509::Criticality::critical
                                                                 : x509::Criticality::non_critical;
  });
  read(extensions.name_constraints, [&] { return read_name_constraints(section, role); });
  read(extensions.certificate_policies, [&] { return read_policies(section); });
  read_list(extensions.crl_urls, "crl_urls");
  read_list(extensions.ocsp_urls, "ocsp_urls");
  read_list(extensions.ca_issuers_urls, "ca_issuers_urls");
  read(extensions.further, [&] { return read_further(section); });
  section.finish();
  require_consistent(section, extensions, role, keys, {.key_usage = usage, .purposes = purposes});
  return extensions;
}

}  // namespace mtls::profile
