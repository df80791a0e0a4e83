// errno, translated once.
#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace mtls {

/// Returns the system's own words for an errno value, in lower case: "no such file or directory".
[[nodiscard]] std::string system_words(int error_number);

/// Throws the Error for `error_number` (an errno value) met while doing `what` ("cannot write
/// ca/ca.key"): disk_full for ENOSPC and EDQUOT (and EFBIG), permission for EACCES, EPERM and
/// EROFS, otherwise io. The message ends with the system's own words.
[[noreturn]] void throw_errno(int error_number, std::string_view what);

/// The same for reading a file that the user named, `shown` in a printable form: unreadable_file,
/// except io for EIO and for a lack of descriptors or memory.
[[noreturn]] void throw_errno_reading(int error_number, std::string_view shown);

}  // namespace mtls
