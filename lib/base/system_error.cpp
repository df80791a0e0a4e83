#include "base/system_error.hpp"

#include "base/format.hpp"

#include <system_error>

#include <cerrno>

namespace mtls {

std::string system_words(int error_number) {
  std::string text = std::generic_category().message(error_number);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z' && (text.size() < 2 || text[1] >= 'a')) {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return text;
}

void throw_errno(int error_number, std::string_view what) {
  Errc code = Errc::io;
  std::string hint;
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      code = Errc::disk_full;
      hint = "make room and run the same command again; nothing half-written was kept";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = Errc::permission;
      break;
    default:
      break;
  }
  throw Error(code, format("{}: {}", what, system_words(error_number)), std::move(hint));
}

void throw_errno_reading(int error_number, std::string_view shown) {
  const bool surroundings = error_number == EIO || error_number == EMFILE ||
                            error_number == ENFILE || error_number == ENOMEM;
  throw Error(surroundings ? Errc::io : Errc::unreadable_file,
              format("cannot read {}: {}", shown, system_words(error_number)));
}

}  // namespace mtls
