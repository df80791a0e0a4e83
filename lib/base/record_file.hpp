// A small file of one fixed size that is overwritten where it stands.
#pragma once

#include "base/file.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mtls {

/// The largest such file: what a disk writes as a whole or not at all.
inline constexpr std::size_t k_record_limit = 512;

/// What was read of a record file.
struct RecordFile {
  std::string record;
  /// Why it is none ("is a symbolic link", "is larger than 512 octets"), `record` being empty then.
  std::string flaw = {};
};

/// Reads a record file under its lock, so that no change is seen half made; nothing where there is
/// none. No symbolic link is followed, and nothing is waited for but a lock, for two seconds
/// (ledger_locked). Throws as throw_errno does: permission where this user may not read it.
[[nodiscard]] std::optional<RecordFile> read_record_file(const Directory& directory,
                                                         const std::string& name);

/// Returns what is to stand in the file instead of `current` (empty for a new one), of the same
/// length; nothing to leave it.
using RecordChange = std::function<std::optional<std::string>(std::string_view current)>;

/// Changes a record file under its lock, so that of several processes one changes it after the
/// other. A new one is made durable (0600); a change is written over the old octets in one step and
/// left to the system: after a power cut it is the old record or the new one. No symbolic link is
/// followed. Throws as throw_errno does, ledger_locked after two seconds, io for what is no regular
/// file.
void change_record_file(const Directory& directory, const std::string& name,
                        const RecordChange& change);

/// The same where a record stands, can be written and is not locked: by whoever has no business
/// writing here but can save others from knowing less. Returns false where it could not be done;
/// what `change` throws goes on.
bool try_change_record_file(const Directory& directory, const std::string& name,
                            const RecordChange& change);

/// Throws what `replace_record_file` would with a record of this length, as far as can be told
/// before: for whoever has to do something else first that is not to be done in vain. Leaves the
/// file as it is.
void require_replaceable_record_file(const Directory& directory, const std::string& name,
                                     std::size_t length);

/// Puts a new record in the place of whatever bears the name, a link, a pipe or a damaged one;
/// durable. Throws io where that is a directory or a mount point, and as throw_errno does.
void replace_record_file(const Directory& directory, const std::string& name,
                         std::string_view record);

}  // namespace mtls
