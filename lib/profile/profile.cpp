#include "profile/profile.hpp"

#include "base/format.hpp"

#include <algorithm>
#include <array>

namespace mtls::profile {
namespace {

struct RoleWord {
  Role role;
  std::string_view word;
};
constexpr std::array<RoleWord, 5> k_roles{{{Role::root_ca, "root-ca"},
                                           {Role::intermediate_ca, "intermediate-ca"},
                                           {Role::client, "client"},
                                           {Role::server, "server"},
                                           {Role::other, "other"}}};

}  // namespace

std::string_view name(Role role) noexcept {
  for (const RoleWord& entry : k_roles) {
    if (entry.role == role) return entry.word;
  }
  return "other";
}

std::optional<Role> parse_role(std::string_view word) noexcept {
  for (const RoleWord& entry : k_roles) {
    if (entry.word == word) return entry.role;
  }
  return std::nullopt;
}

bool is_ca(Role role) noexcept { return role == Role::root_ca || role == Role::intermediate_ca; }

std::string KeyPolicy::to_text() const {
  std::string text;
  const auto add = [&text](std::string_view word) {
    if (!text.empty()) text += ", ";
    text += word;
  };
  if (rsa_allowed) add(format("rsa ({} to {} bits)", rsa_min_bits, rsa_max_bits));
  for (const crypto::Curve curve : curves) add(crypto::KeySpec::ec(curve).to_text());
  if (ed25519_allowed) add("ed25519");
  return text;
}

std::optional<std::string> KeyPolicy::refuses(const crypto::KeySpec& spec) const {
  const auto allowed = [&]() -> bool {
    switch (spec.type()) {
      case crypto::KeyType::rsa:
        return rsa_allowed && spec.bits() >= rsa_min_bits && spec.bits() <= rsa_max_bits;
      case crypto::KeyType::ec:
        return spec.curve() &&
               std::find(curves.begin(), curves.end(), *spec.curve()) != curves.end();
      case crypto::KeyType::ed25519:
        break;
    }
    return ed25519_allowed;
  };
  if (allowed()) return std::nullopt;
  return format("{} is not among the keys allowed: {}", spec.to_text(), to_text());
}

}  // namespace mtls::profile
