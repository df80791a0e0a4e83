#include "store/still_file.hpp"

#include <cerrno>

namespace mtls::store {
namespace {

constexpr std::chrono::seconds k_time_step{2};  // FAT's; of most others a few milliseconds

bool is_absent(const std::string& name) noexcept {
  struct stat status {};
  return ::lstat(name.c_str(), &status) != 0 && errno == ENOENT;
}

bool equal(const timespec& a, const timespec& b) noexcept {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

}  // namespace

StillFile::StillFile(const std::string& name, const Identity& identity)
    : m_name(name), m_wal(name + "-wal"), m_identity(identity) {}

std::optional<StillFile::Identity> StillFile::identify(const std::string& name) {
  struct stat status {};
  if (::lstat(name.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return Identity{.device = status.st_dev,
                  .node = status.st_ino,
                  .size = status.st_size,
                  .modified = status.st_mtim,
                  .changed = status.st_ctim};
}

std::optional<StillFile> StillFile::find(const std::string& name, UnixTime now) {
  const auto identity = identify(name);
  if (!identity) return std::nullopt;
  const auto lately = (now - k_time_step).time_since_epoch().count();
  if (identity->modified.tv_sec >= lately || identity->changed.tv_sec >= lately) {
    return std::nullopt;
  }
  if (!is_absent(name + "-wal") || !is_absent(name + "-journal")) return std::nullopt;
  return StillFile(name, *identity);
}

bool StillFile::is_still() const {
  if (!is_absent(m_wal)) return false;
  const auto identity = identify(m_name);
  return identity && identity->device == m_identity.device && identity->node == m_identity.node &&
         identity->size == m_identity.size && equal(identity->modified, m_identity.modified) &&
         equal(identity->changed, m_identity.changed);
}

}  // namespace mtls::store
