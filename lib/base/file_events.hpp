// What is done to files, for --trace: names and sizes, never contents.
#pragma once

#include "base/trace.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace mtls {

/// While one of these lives, what lib/base reads, writes, renames and removes is noted in `trace`:
/// file.read.start, file.read.end, file.write.start, file.write.end (with the size in octets),
/// file.rename, file.remove; nothing of /proc. For the whole process, and made before there are
/// threads: file functions are called from everywhere, and none of them decides anything by it.
class TracedFiles final {
 public:
  explicit TracedFiles(Trace& trace) noexcept;
  TracedFiles(const TracedFiles&) = delete;
  TracedFiles& operator=(const TracedFiles&) = delete;
  TracedFiles(TracedFiles&&) = delete;
  TracedFiles& operator=(TracedFiles&&) = delete;
  ~TracedFiles();
};

/// While one of these lives, no sizes are noted: that of a file with a passphrase tells its length.
class UntracedSizes final {
 public:
  UntracedSizes() noexcept;
  UntracedSizes(const UntracedSizes&) = delete;
  UntracedSizes& operator=(const UntracedSizes&) = delete;
  UntracedSizes(UntracedSizes&&) = delete;
  UntracedSizes& operator=(UntracedSizes&&) = delete;
  ~UntracedSizes();
};

/// For lib/base: notes an event about the file that is `shown` so (safe to show).
void note_file(std::string_view event, std::string_view shown,
               std::optional<std::size_t> size = std::nullopt);
/// The same for one that gets the name `to`.
void note_renamed_file(std::string_view from, std::string_view to);

}  // namespace mtls
