#include "base/held_file.hpp"

#include "base/error.hpp"
#include "base/format.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace mtls {
namespace {

struct Held {
  std::mutex mutex;
  std::vector<Path> files;
};

Held& held() {
  static Held all;
  return all;
}

using Identity = std::pair<dev_t, ino_t>;

std::optional<Identity> identify(const Path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return Identity{status.st_dev, status.st_ino};
}

}  // namespace

HeldFile::HeldFile(Path file) : m_file(std::move(file)) {
  const std::lock_guard lock(held().mutex);
  held().files.push_back(m_file);
}

HeldFile::~HeldFile() {
  const std::lock_guard lock(held().mutex);
  auto& files = held().files;
  files.erase(std::find(files.begin(), files.end(), m_file));
}

bool is_held(const Path& file) {
  const std::lock_guard lock(held().mutex);
  if (held().files.empty()) return false;
  const auto wanted = identify(file);
  if (!wanted) return false;
  return std::any_of(held().files.begin(), held().files.end(), [&wanted](const Path& one) {
    if (identify(one) == wanted) return true;
    return std::any_of(
        k_database_suffixes.begin(), k_database_suffixes.end(),
        [&](const char* suffix) { return identify(one.native() + suffix) == wanted; });
  });
}

void refuse_held(const Path& file, const std::string& shown) {
  if (!is_held(file)) return;
  throw Error(
      Errc::unreadable_file,
      format("cannot read {}: it is the ledger that is open here, or belongs to it", shown));
}

}  // namespace mtls
