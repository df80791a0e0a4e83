// The sections [subject] and [san].
#include "base/escape.hpp"
#include "base/format.hpp"
#include "profile/section.hpp"

#include <algorithm>

namespace mtls::profile {
namespace {

using x509::GeneralNameKind;

constexpr std::size_t k_most_attributes = 64;  // as many as a Name has RDNs
constexpr unsigned k_most_names = 100;
constexpr std::size_t k_most_rules = 64;
constexpr std::size_t k_most_patterns = 100;
constexpr std::string_view k_kind_words = "dns, ip, email, uri, dn, other, rid";
constexpr std::string_view k_attribute_words =
    "C, ST, L, O, OU, CN, emailAddress, serialNumber, UID, DC and other short names, or dotted "
    "decimal";

bool contains(const std::vector<der::Oid>& types, const der::Oid& type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

/// Reads a list of attribute types; none may be in `others` already, which are called `elsewhere`.
std::vector<der::Oid> read_types(const Section& section, std::string_view key,
                                 const std::vector<TomlString>& words,
                                 const std::vector<der::Oid>& others, std::string_view elsewhere) {
  std::vector<der::Oid> types;
  const auto read_one = [&](const TomlString& word) {
    const auto type = x509::find_attribute_type(word.text);
    if (!type) section.not_one_of(word, key, k_attribute_words);
    if (contains(types, *type)) {
      section.fail(word.place, format("'{}' stands in '{}' twice", x509::attribute_name(*type),
                                      section.key(key)));
    }
    if (contains(others, *type)) {
      section.fail(word.place, format("'{}' stands in '{}' and in {}", x509::attribute_name(*type),
                                      section.key(key), elsewhere));
    }
    types.push_back(*type);
  };
  for (const TomlString& word : words) section.attempt([&] { read_one(word); });
  return types;
}

void read_optional(const Section& section, SubjectPolicy& policy) {
  auto words = section.list("optional", k_most_attributes);
  const auto star = std::find_if(words.begin(), words.end(),
                                 [](const TomlString& word) { return word.text == "*"; });
  if (star != words.end() && words.size() > 1) {
    section.fail(star->place,
                 format("'{}' has '*', which allows every attribute, beside others",
                        section.key("optional")),
                 "write optional = [\"*\"], or list the attributes");
  }
  policy.any_allowed = star != words.end();
  if (policy.any_allowed) words.clear();
  policy.optional = read_types(section, "optional", words, policy.required, "'subject.required'");
}

void read_fixed(const Section& section, SubjectPolicy& policy) {
  const auto fixed = section.section("fixed");
  if (!fixed) return;
  std::vector<der::Oid> seen;
  std::vector<der::Oid> listed = policy.required;
  listed.insert(listed.end(), policy.optional.begin(), policy.optional.end());
  const auto read_one = [&](const std::string& key) {
    const TomlString word{key, fixed->table().place(key)};
    const auto types = read_types(*fixed, key, {word}, listed, "'required' or 'optional'");
    if (types.empty()) return;
    const der::Oid& type = types.front();
    if (contains(seen, type)) {
      fixed->fail(word.place, format("{} is fixed twice", x509::attribute_name(type)));
    }
    seen.push_back(type);
    const auto value = fixed->table().string(key);
    at_place(*fixed, word.place, [&] { return x509::make_attribute(type, value->text); });
    policy.fixed.push_back({type, value->text});
  };
  for (const std::string& key : fixed->table().keys()) {
    fixed->attempt([&] { read_one(key); });
  }
}

void require_possible_subject(const Section& section, const SubjectPolicy& policy,
                              std::optional<Role> role) {
  const bool something = !policy.required.empty() || !policy.fixed.empty();
  if (!policy.may_be_empty) {
    if (something || policy.any_allowed || !policy.optional.empty()) return;
    section.fail_at("required", "no attribute is allowed in the subject, and it may not be empty",
                    "list attributes in 'required' or 'optional'");
  }
  if (role && is_ca(*role)) {
    section.fail_at(
        "allow_empty",
        format("'{}' is true, but a CA must have a subject", section.key("allow_empty")),
        "RFC 5280 section 4.1.2.6");
  }
  if (something) {
    section.fail_at("allow_empty",
                    format("'{}' is true, but there are required or fixed attributes",
                           section.key("allow_empty")));
  }
}

/// The otherName type of a rule, which only the kind "other" has and must have.
std::optional<der::Oid> read_other_type(const Section& section, GeneralNameKind kind) {
  const auto word = section.table().string("type");
  if (kind != GeneralNameKind::other_name) {
    if (word) {
      section.fail(word->place, format("'{}' is only for the kind other", section.key("type")));
    }
    return std::nullopt;
  }
  if (!word) {
    section.fail_at("type", format("'{}' is missing: which otherName", section.key("type")),
                    "for example type = \"userPrincipalName\", or dotted decimal");
  }
  const auto type = word->text == "userPrincipalName" ? x509::oids::user_principal_name()
                                                      : der::Oid::parse(word->text);
  if (!type) section.not_one_of(*word, "type", "userPrincipalName, or dotted decimal");
  return type;
}

SanRule read_rule(const Section& section) {
  const TomlString word = section.required_string("kind", "dns");
  const auto kind = x509::parse_general_name_kind(word.text);
  if (!kind || *kind == GeneralNameKind::x400_address || *kind == GeneralNameKind::edi_party) {
    section.not_one_of(word, "kind", k_kind_words);
  }
  SanRule rule{.kind = *kind, .other_type = read_other_type(section, *kind), .patterns = {}};
  const auto patterns = section.list("patterns", k_most_patterns);
  if (patterns.empty() && section.table().has("patterns")) {
    section.fail_at("patterns", format("'{}' is empty: nothing would fit", section.key("patterns")),
                    "take it away to allow every value");
  }
  for (const TomlString& pattern : patterns) {
    section.attempt([&] {
      rule.patterns.push_back(at_place(section, pattern.place,
                                       [&] { return SanPattern::parse(rule.kind, pattern.text); }));
    });
  }
  section.finish();
  return rule;
}

bool allows(const SanPolicy& policy, GeneralNameKind kind) {
  return std::any_of(policy.allowed.begin(), policy.allowed.end(),
                     [kind](const SanRule& rule) { return rule.kind == kind; });
}

void require_possible_names(const Section& section, const SanPolicy& policy) {
  const auto contradicts = [&section](std::string_view key, std::string_view why) {
    section.attempt([&] { section.fail_at(key, format("'{}' {}", section.key(key), why)); });
  };
  if (policy.min_count > policy.max_count) {
    contradicts("min", format("is {}, which is over max, {}", policy.min_count, policy.max_count));
  }
  if (policy.min_count > 0 && policy.allowed.empty()) {
    contradicts("min", "asks for names, but there is no [[san.allow]]");
  }
  if (policy.max_count == 0 && !policy.allowed.empty()) {
    contradicts("max", "is 0, but there is [[san.allow]]");
  }
  if (policy.wildcard_allowed && !allows(policy, GeneralNameKind::dns)) {
    contradicts("wildcard", "is true, but no kind dns is allowed");
  }
  if (policy.host_required && !allows(policy, GeneralNameKind::dns) &&
      !allows(policy, GeneralNameKind::ip)) {
    contradicts("require_host", "is true, but neither dns nor ip is allowed");
  }
}

}  // namespace

SubjectPolicy read_subject(const Section& section, std::optional<Role> role) {
  SubjectPolicy policy{};
  section.attempt([&] {
    policy.required =
        read_types(section, "required", section.list("required", k_most_attributes), {}, {});
  });
  policy.may_be_empty =
      section.attempt(false, [&] { return section.boolean("allow_empty", false); });
  section.attempt([&] { read_optional(section, policy); });
  section.attempt([&] { read_fixed(section, policy); });
  section.finish();
  if (section.is_clean()) {
    section.attempt([&] { require_possible_subject(section, policy, role); });
  }
  return policy;
}

SanPolicy read_san(const Section& section) {
  const auto flag = [&](std::string_view key) {
    return section.attempt(false, [&] { return section.boolean(key, false); });
  };
  const auto count = [&](std::string_view key, unsigned absent) {
    return section.attempt(absent, [&] { return section.integer(key, absent, 0, k_most_names); });
  };
  SanPolicy policy{};
  policy.wildcard_allowed = flag("wildcard");
  policy.host_required = flag("require_host");
  section.attempt([&] {
    for (const Section& rule : section.sections("allow", k_most_rules)) {
      rule.attempt([&] { policy.allowed.push_back(read_rule(rule)); });
    }
  });
  policy.min_count = count("min", 0);
  policy.max_count = count("max", policy.allowed.empty() ? 0 : k_most_names);
  section.finish();
  if (section.is_clean()) {
    section.attempt([&] { require_possible_names(section, policy); });
  }
  return policy;
}

}  // namespace mtls::profile
