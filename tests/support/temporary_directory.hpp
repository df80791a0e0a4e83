// A directory of a test case's own.
#pragma once

#include <system_error>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdlib.h>
#include <string>
#include <string_view>

namespace mtls::test {

/// Made with mode 0700 under TMPDIR (or /tmp), removed with all that is in it at the end.
class TemporaryDirectory final {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "mtlsctl-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), name);
    }
    m_path = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return m_path; }
  /// The full name of `name` in the directory.
  [[nodiscard]] std::string file(std::string_view name) const { return (m_path / name).string(); }

  /// Writes a file and returns its full name.
  std::string write(std::string_view name, std::string_view content) const {
    std::string path = file(name);
    std::ofstream stream(path, std::ios::binary);
    stream.write(content.data(), static_cast<std::streamsize>(content.size()));
    stream.close();
    if (!stream) throw std::system_error(errno, std::generic_category(), path);
    return path;
  }
  /// Reads a whole file.
  [[nodiscard]] std::string read(std::string_view name) const {
    std::ifstream stream(file(name), std::ios::binary);
    if (!stream) throw std::system_error(errno, std::generic_category(), file(name));
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }

 private:
  std::filesystem::path m_path;
};

}  // namespace mtls::test
