// Whose files may be trusted with a private key, a CA or its ledger.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls {

/// A user id of the operating system (uid_t).
using UserId = std::uint32_t;

/// The users whose files are trusted: the effective user of the process, root, and the user who ran
/// it through sudo. Every other user could have put the file there, and can change it.
class TrustedOwners final {
 public:
  /// The effective user and root. `invoker` (sudo's SUDO_UID) counts only where the effective user
  /// is root. The id that Linux shows for owners that a user namespace does not map (65534) is
  /// trusted only where that namespace maps it: otherwise it can be any user.
  [[nodiscard]] static TrustedOwners of_process(std::optional<UserId> invoker = std::nullopt);

  [[nodiscard]] bool contain(UserId owner) const noexcept;
  /// The effective user.
  [[nodiscard]] UserId user() const noexcept { return m_user; }

 private:
  TrustedOwners(UserId user, std::vector<UserId> owners)
      : m_user(user), m_owners(std::move(owners)) {}
  UserId m_user;
  std::vector<UserId> m_owners;
};

/// Returns "FILE belongs to alice (uid 1000)" where `owner` is not one of `owners`; nothing where
/// it is, or where there is no owner to judge (a pipe that the caller opened). `shown` names the
/// file and is printable already. `owner` is what fstat said of the descriptor that is read.
[[nodiscard]] std::optional<std::string> find_foreign_owner(std::string_view shown,
                                                            std::optional<UserId> owner,
                                                            const TrustedOwners& owners);

/// Returns "alice (uid 1000)", or "uid 1000" for a user that /etc/passwd does not have: no name
/// service is asked, which could be slow or another machine's.
[[nodiscard]] std::string describe_user(UserId user);
/// Returns the name as chown takes it: that of /etc/passwd, else the number.
[[nodiscard]] std::string user_word(UserId user);

/// Parses decimal digits, as sudo writes SUDO_UID; nothing for other text, a number that is too
/// large, and 4294967295, which is no user.
[[nodiscard]] std::optional<UserId> parse_user_id(std::string_view text);

}  // namespace mtls
