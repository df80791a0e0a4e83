#include "cmd/input_file.hpp"

#include "authority/ca_files.hpp"
#include "base/escape.hpp"
#include "cmd/value_types.hpp"

#include <unistd.h>

namespace mtls::cmd {

std::string shown_input(const Path& path) {
  return path == "-" ? "standard input" : printable(path.native());
}

SecretBytes read_input(const Path& path, std::size_t limit) {
  if (path == "-") return read_descriptor(STDIN_FILENO, shown_input(path), limit);
  return read_file(path, limit).bytes;
}

void OutputOptions::add_to(OptionSet& options) {
  options.value("-o,--output", file, file_value(), "Write to FILE instead of standard output");
  options.flag("-f,--force", force, "Replace FILE if it exists");
}

bool OutputOptions::to_stdout() const { return !file || *file == "-"; }

void OutputOptions::put(ByteView result, const Session& session) const {
  if (to_stdout()) {
    session.out().write(as_text(result));
  } else {
    authority::require_public_target(*file);
    write_file(*file, result, Access::shared, force ? Overwrite::yes : Overwrite::no);
  }
}

void refuse_der_to_terminal(const Session& session) {
  if (!session.out().is_terminal()) return;
  throw Error(Errc::usage, "DER is not written to a terminal", "write it to a file with -o FILE");
}

}  // namespace mtls::cmd
