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

/// Reads a record file; nothing where there is none. Throws as Directory::read, too_large.
[[nodiscard]] std::optional<std::string> read_record_file(const Directory& directory,
                                                          const std::string& name);

/// Returns what is to stand in the file instead of `current` (empty for a new one), of the same
/// length; nothing to leave it.
using RecordChange = std::function<std::optional<std::string>(std::string_view current)>;

/// Changes a record file under its lock, so that of several processes one changes it after the
/// other. A new one is made durable (0600); a change is written over the old octets in one step and
/// left to the system: after a power cut it is the old record or the new one. No symbolic link is
/// followed. Throws as throw_errno does.
void change_record_file(const Directory& directory, const std::string& name,
                        const RecordChange& change);

}  // namespace mtls
