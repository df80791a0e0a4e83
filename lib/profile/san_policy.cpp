#include "profile/san_policy.hpp"

#include "base/format.hpp"

#include <algorithm>

namespace mtls::profile {
namespace {

using x509::GeneralName;
using x509::GeneralNameKind;

std::string kind_name(const SanRule& rule) {
  if (!rule.other_type) return std::string(x509::name(rule.kind));
  return format("{} ({})", x509::name(rule.kind), x509::oid_name(*rule.other_type));
}

/// The kinds that the profile allows, each once, in its order.
std::string allowed_kinds(const SanPolicy& policy) {
  std::vector<std::string> kinds;
  for (const SanRule& rule : policy.allowed) {
    std::string kind = kind_name(rule);
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
      kinds.push_back(std::move(kind));
  }
  std::string text;
  for (const std::string& kind : kinds) text += text.empty() ? kind : ", " + kind;
  return text.empty() ? "none" : text;
}

/// The patterns for names like `name`, the first few of them.
std::string allowed_patterns(const SanPolicy& policy, const GeneralName& name) {
  constexpr std::size_t k_shown = 5;
  std::vector<std::string> patterns;
  for (const SanRule& rule : policy.allowed) {
    if (!rule.concerns(name)) continue;
    for (const SanPattern& pattern : rule.patterns) patterns.push_back(pattern.text());
  }
  std::string text;
  for (std::size_t i = 0; i < std::min(k_shown, patterns.size()); ++i) {
    text += text.empty() ? patterns[i] : ", " + patterns[i];
  }
  return patterns.size() > k_shown ? text + ", ..." : text;
}

bool is_wildcard(const GeneralName& name) {
  return name.kind() == GeneralNameKind::dns && name.text().find('*') != std::string::npos;
}

bool is_host(const GeneralName& name) {
  return name.kind() == GeneralNameKind::dns || name.kind() == GeneralNameKind::ip;
}

/// A name in a message, never long.
std::string shown(const GeneralName& name) {
  constexpr std::size_t k_most = 200;
  std::string text = name.to_text();
  if (text.size() > k_most) text = text.substr(0, k_most) + "...";
  return text;
}

}  // namespace

bool SanRule::concerns(const GeneralName& name) const noexcept {
  if (name.kind() != kind) return false;
  return kind != GeneralNameKind::other_name || !other_type || name.type() == *other_type;
}

const SanRule* SanPolicy::find(const GeneralName& name) const noexcept {
  const auto allows = [&name](const SanRule& rule) {
    return rule.concerns(name) &&
           (rule.patterns.empty() ||
            std::any_of(rule.patterns.begin(), rule.patterns.end(),
                        [&name](const SanPattern& pattern) { return pattern.matches(name); }));
  };
  const auto found = std::find_if(allowed.begin(), allowed.end(), allows);
  return found == allowed.end() ? nullptr : &*found;
}

std::optional<std::string> refuses(const SanPolicy& policy, const GeneralName& name) {
  const bool known = std::any_of(policy.allowed.begin(), policy.allowed.end(),
                                 [&name](const SanRule& rule) { return rule.concerns(name); });
  if (!known) {
    return format("{} is of a kind that the profile does not allow (allowed: {})", shown(name),
                  allowed_kinds(policy));
  }
  if (is_wildcard(name) && !policy.wildcard_allowed) {
    return format("{} is a wildcard, which the profile does not allow", shown(name));
  }
  if (policy.find(name) == nullptr) {
    return format("{} fits none of the profile's patterns ({})", shown(name),
                  allowed_patterns(policy, name));
  }
  return std::nullopt;
}

std::optional<std::string> refuses(const SanPolicy& policy, const x509::GeneralNames& names) {
  if (names.size() > policy.max_count) {
    return format("{} alternative names, and the profile allows at most {}", names.size(),
                  policy.max_count);
  }
  for (const GeneralName& name : names) {
    if (auto why = refuses(policy, name)) return why;
  }
  if (policy.host_required && std::none_of(names.begin(), names.end(), is_host)) {
    return "the profile requires a host: at least one dns or ip alternative name";
  }
  if (names.size() < policy.min_count) {
    return format("{} alternative names, and the profile requires at least {}", names.size(),
                  policy.min_count);
  }
  return std::nullopt;
}

}  // namespace mtls::profile
