#include "profile/subject_policy.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

#include <algorithm>

namespace mtls::profile {
namespace {

using x509::Attribute;
using x509::Name;
using x509::Rdn;

template <class Range>
bool contains(const Range& range, const der::Oid& type) {
  return std::find(range.begin(), range.end(), type) != range.end();
}

const FixedAttribute* find_fixed(const SubjectPolicy& policy, const der::Oid& type) noexcept {
  const auto found =
      std::find_if(policy.fixed.begin(), policy.fixed.end(),
                   [&type](const FixedAttribute& fixed) { return fixed.type == type; });
  return found == policy.fixed.end() ? nullptr : &*found;
}

/// The same value by RFC 5280 section 7.1: case and inner white space put aside.
bool same_value(const Attribute& left, const Attribute& right) {
  return Name::make({{left}}).matches(Name::make({{right}}));
}

bool has(const Name& name, const der::Oid& type) {
  return std::any_of(name.rdns().begin(), name.rdns().end(), [&type](const Rdn& rdn) {
    return std::any_of(rdn.begin(), rdn.end(),
                       [&type](const Attribute& attribute) { return attribute.type == type; });
  });
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += text.empty() ? word : ", " + word;
  return text;
}

std::string attribute_names(const std::vector<der::Oid>& types) {
  std::vector<std::string> names;
  names.reserve(types.size());
  for (const der::Oid& type : types) names.push_back(x509::attribute_name(type));
  return joined(names);
}

/// Where an attribute usually stands in a subject, from the front.
std::size_t rank(const der::Oid& type) {
  static const std::vector<std::string_view> before = {"DC", "C", "ST", "L", "O", "OU"};
  static const std::vector<std::string_view> after = {"CN", "UID", "emailAddress"};
  const std::string name = x509::attribute_name(type);
  if (const auto at = std::find(before.begin(), before.end(), name); at != before.end()) {
    return static_cast<std::size_t>(at - before.begin());
  }
  const auto at = std::find(after.begin(), after.end(), name);
  if (at == after.end()) return before.size();
  return before.size() + 1 + static_cast<std::size_t>(at - after.begin());
}

void insert_where_usual(std::vector<Rdn>& rdns, Attribute attribute) {
  const std::size_t own = rank(attribute.type);
  const auto place = std::find_if(rdns.begin(), rdns.end(), [own](const Rdn& rdn) {
    return !rdn.empty() && rank(rdn.front().type) > own;
  });
  rdns.insert(place, Rdn{std::move(attribute)});
}

/// All that is wrong with a subject, gathered while it is composed.
class Complaints final {
 public:
  /// Notes the first few only: a hostile name has four thousand.
  void not_allowed(const der::Oid& type) {
    if (m_not_allowed.size() < k_most && !contains(m_not_allowed, type)) {
      m_not_allowed.push_back(type);
    }
  }
  void contradicts(const FixedAttribute& fixed, const Attribute& asked) {
    if (m_contradictions.size() == k_most) return;
    m_contradictions.push_back(format("{} is fixed to '{}', not '{}'",
                                      x509::attribute_name(fixed.type), printable(fixed.value),
                                      printable(asked.text().value_or("(no text)"))));
  }
  void throw_if_any(const SubjectPolicy& policy, const std::vector<der::Oid>& missing) const {
    std::vector<std::string> sentences;
    std::string hint;
    if (!missing.empty()) {
      sentences.push_back(format("the subject lacks {}", attribute_names(missing)));
      hint = format("the profile requires {} in the subject", attribute_names(policy.required));
    }
    if (!m_not_allowed.empty()) {
      sentences.push_back(format("the subject may not have {}", attribute_names(m_not_allowed)));
      hint += format("{}the profile allows {}", hint.empty() ? "" : "; ", allowed(policy));
    }
    sentences.insert(sentences.end(), m_contradictions.begin(), m_contradictions.end());
    if (sentences.empty()) return;
    std::string message;
    for (const std::string& sentence : sentences) {
      message += message.empty() ? sentence : "; " + sentence;
    }
    throw Error(Errc::denied_by_profile, message, hint);
  }

 private:
  static std::string allowed(const SubjectPolicy& policy) {
    std::vector<der::Oid> types = policy.required;
    for (const FixedAttribute& fixed : policy.fixed) types.push_back(fixed.type);
    types.insert(types.end(), policy.optional.begin(), policy.optional.end());
    return types.empty() ? "none" : attribute_names(types);
  }
  static constexpr std::size_t k_most = 10;
  std::vector<der::Oid> m_not_allowed;
  std::vector<std::string> m_contradictions;
};

}  // namespace

bool SubjectPolicy::allows(const der::Oid& type) const noexcept {
  return any_allowed || contains(required, type) || contains(optional, type) ||
         find_fixed(*this, type) != nullptr;
}

std::vector<der::Oid> missing_attributes(const SubjectPolicy& policy, const Name& wanted) {
  std::vector<der::Oid> missing;
  for (const der::Oid& type : policy.required) {
    if (!has(wanted, type)) missing.push_back(type);
  }
  return missing;
}

Name apply_subject_policy(const SubjectPolicy& policy, const Name& wanted) {
  Complaints complaints;
  std::vector<Rdn> rdns = wanted.rdns();
  for (Rdn& rdn : rdns) {
    for (Attribute& attribute : rdn) {
      if (!policy.allows(attribute.type)) complaints.not_allowed(attribute.type);
      const FixedAttribute* fixed = find_fixed(policy, attribute.type);
      if (fixed == nullptr) continue;
      Attribute wanted_value = x509::make_attribute(fixed->type, fixed->value);
      if (!same_value(attribute, wanted_value)) complaints.contradicts(*fixed, attribute);
      attribute = std::move(wanted_value);
    }
  }
  complaints.throw_if_any(policy, missing_attributes(policy, wanted));
  for (const FixedAttribute& fixed : policy.fixed) {
    if (!has(wanted, fixed.type)) {
      insert_where_usual(rdns, x509::make_attribute(fixed.type, fixed.value));
    }
  }
  if (rdns.empty() && !policy.may_be_empty) {
    throw Error(Errc::denied_by_profile, "the subject is empty, which the profile does not allow",
                "give at least a CN");
  }
  return Name::make(std::move(rdns));
}

}  // namespace mtls::profile
