#include "base/trusted_owners.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file.hpp"
#include "base/format.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <sstream>

namespace mtls {
namespace {

constexpr UserId k_usual_overflow = 65534;  // Linux's default

/// A small file of the system; empty where it cannot be read.
std::string read_system_file(const char* path) {
  try {
    const FileContents file = read_file(path);
    return std::string(as_text(file.bytes.view()));
  } catch (const Error&) {
    return {};
  }
}

/// The id that the kernel shows for an owner that it cannot name in this user namespace.
UserId overflow_user() {
  std::istringstream text(read_system_file("/proc/sys/kernel/overflowuid"));
  UserId id = k_usual_overflow;
  return text >> id ? id : k_usual_overflow;
}

/// Whether this user namespace has `user` (user_namespaces(7)); a system without them has all.
bool is_mapped(UserId user) {
  const std::string map = read_system_file("/proc/self/uid_map");
  if (map.empty()) return !name_exists("/proc/self/uid_map");  // of a new namespace it is empty
  std::istringstream lines(map);
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  while (lines >> inside >> outside >> count) {
    if (user >= inside && user - inside < count) return true;
  }
  return false;
}

/// Whether a file that shows `user` as its owner is that user's.
bool is_certain(UserId user) { return user == 0 || user != overflow_user() || is_mapped(user); }

/// The name that /etc/passwd has; empty where it has none.
std::string local_name(UserId user) {
  std::istringstream lines(read_system_file("/etc/passwd"));
  std::string line;
  while (std::getline(lines, line)) {
    const std::size_t name_end = line.find(':');
    if (name_end == std::string::npos || name_end == 0) continue;
    const std::size_t id_at = line.find(':', name_end + 1);
    if (id_at == std::string::npos) continue;
    const std::size_t id_end = std::min(line.find(':', id_at + 1), line.size());
    if (parse_user_id(std::string_view(line).substr(id_at + 1, id_end - id_at - 1)) == user) {
      return printable(line.substr(0, name_end));
    }
  }
  return {};
}

}  // namespace

TrustedOwners TrustedOwners::of_process(std::optional<UserId> invoker) {
  const UserId user = ::geteuid();
  std::vector<UserId> owners{0};
  const auto add = [&owners](UserId id) {
    if (id != 0 && is_certain(id)) owners.push_back(id);
  };
  add(user);
  if (user == 0 && invoker) add(*invoker);
  return {user, std::move(owners)};
}

bool TrustedOwners::contain(UserId owner) const noexcept {
  return std::find(m_owners.begin(), m_owners.end(), owner) != m_owners.end();
}

std::optional<std::string> find_foreign_owner(std::string_view shown, std::optional<UserId> owner,
                                              const TrustedOwners& owners) {
  if (!owner || owners.contain(*owner)) return std::nullopt;
  if (*owner == overflow_user() && !is_mapped(*owner)) {
    return format("{} belongs to a user that this container does not map (shown as uid {})", shown,
                  *owner);
  }
  return format("{} belongs to {}", shown, describe_user(*owner));
}

std::string describe_user(UserId user) {
  const std::string name = local_name(user);
  return name.empty() ? format("uid {}", user) : format("{} (uid {})", name, user);
}

std::string user_word(UserId user) {
  const std::string name = local_name(user);
  return name.empty() ? format("{}", user) : name;
}

std::optional<UserId> parse_user_id(std::string_view text) {
  UserId user = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, user);
  if (text.empty() || error != std::errc() || rest != end) return std::nullopt;
  if (user == std::numeric_limits<UserId>::max()) return std::nullopt;
  return user;
}

}  // namespace mtls
