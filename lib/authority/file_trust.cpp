#include "authority/file_trust.hpp"

#include "base/error.hpp"
#include "base/format.hpp"

namespace mtls::authority {
namespace {

std::string remedy(const std::string& shown, const TrustedOwners& owners, Named named) {
  const std::string take_over = format("chown {} {}", user_word(owners.user()), shown);
  if (named == Named::implicitly) {
    return format(
        "if you did not put it there, remove it; if you did: {} (--allow-open-key does "
        "not lift this for what was not named)",
        take_over);
  }
  return format("if you trust what it holds: {}; or insist with --allow-open-key", take_over);
}

}  // namespace

void FileTrust::require_owners(const std::vector<OwnedFile>& files, Named named) const {
  std::optional<std::string> first;
  std::size_t further = 0;
  for (const OwnedFile& file : files) {
    auto foreign = find_foreign_owner(file.shown, file.owner, m_owners);
    if (!foreign) continue;
    if (named == Named::implicitly || m_open_key == OpenKey::refuse) {
      throw Error(Errc::foreign_owner, *foreign, remedy(file.shown, m_owners, named));
    }
    if (first) ++further;
    if (!first) first = std::move(foreign);
  }
  if (!first || !m_warn) return;
  const std::string more =
      further == 0 ? ""
                   : format(" ({} more of its files have an owner who is not trusted)", further);
  m_warn(*first,
         format("its owner can change it at any time; used because of --allow-open-key{}", more));
}

void require_found_key(const FileContents& file, const std::string& shown,
                       const TrustedOwners& owners, OpenKey open_key) {
  FileTrust(owners).require_owner(shown, file.owner, Named::implicitly);
  if (file.reached == Reached::by_link) {
    throw Error(
        Errc::open_permissions,
        format("{} is a symbolic link, and is not followed to a key that was not named", shown),
        "put the key itself there, or name it with --key");
  }
  if (file.openness == Openness::closed || open_key == OpenKey::allow) return;
  throw Error(Errc::open_permissions,
              format("{} is there and can be read or written by others", shown),
              format("chmod 600 {}, or insist with --allow-open-key", shown));
}

}  // namespace mtls::authority
