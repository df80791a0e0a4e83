// Which files a run trusts: whose they may be, and what --allow-open-key lifts.
#pragma once

#include "authority/open_key.hpp"
#include "base/file.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mtls::authority {

/// Whether the user named a file or directory, or it was found: ./ca, or what an interrupted run
/// left.
enum class Named { explicitly, implicitly };

/// A file or directory and its owner, as fstat of the open descriptor said; nothing where there is
/// none to judge.
struct OwnedFile {
  std::string shown;  // its name, safe to show
  std::optional<UserId> owner;
};

/// Judges whose files are. Copyable; `warn` is called during a judgement.
class FileTrust final {
 public:
  using Warn = std::function<void(const std::string& message, const std::string& hint)>;

  /// Nothing is lifted; trusted are the effective user and root.
  FileTrust() : FileTrust(TrustedOwners::of_process()) {}
  /// Nothing is lifted.
  explicit FileTrust(TrustedOwners owners) : m_owners(std::move(owners)) {}
  /// With OpenKey::allow a file that was named is used although another user owns it, and `warn` is
  /// called.
  FileTrust(TrustedOwners owners, OpenKey open_key, Warn warn)
      : m_owners(std::move(owners)), m_open_key(open_key), m_warn(std::move(warn)) {}

  [[nodiscard]] const TrustedOwners& owners() const noexcept { return m_owners; }
  /// Throws foreign_owner for the first of `files` whose owner is not trusted, unless that is
  /// lifted. What was not named is never lifted.
  void require_owners(const std::vector<OwnedFile>& files, Named named) const;
  void require_owner(std::string shown, std::optional<UserId> owner, Named named) const {
    require_owners({{std::move(shown), owner}}, named);
  }

 private:
  TrustedOwners m_owners;
  OpenKey m_open_key = OpenKey::refuse;
  Warn m_warn;
};

/// Throws where a private key that was found and not named (NAME.key, NAME.key.new) is not to be
/// used: foreign_owner where it belongs to a user who is not one of `owners`, which nothing lifts;
/// open_permissions where it is a symbolic link, or where others can read or write it and that is
/// not lifted. `shown` names its file and is printable already.
void require_found_key(const FileContents& file, const std::string& shown,
                       const TrustedOwners& owners, OpenKey open_key);

}  // namespace mtls::authority
