#include "authority/import_files.hpp"

#include "authority/ca_files.hpp"
#include "authority/openssl_index.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file_beginning.hpp"
#include "base/format.hpp"
#include "base/held_file.hpp"

#include <algorithm>
#include <array>

namespace mtls::authority {
namespace {

constexpr std::string_view k_index = "index.txt";
constexpr int k_depth = 8;
constexpr std::size_t k_files_limit = 2'000'000;

bool is_one_of(std::string_view word, const std::vector<std::string_view>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Directories for private keys in openssl's and easy-rsa's layouts, which often only root reads.
bool is_for_keys(std::string_view directory) {
  return is_one_of(directory, {"private", "private_by_serial"});
}

/// Whether it is a database of SQLite's or Berkeley DB's. Its name does not tell: openssl's index
/// is often called NAME.db.
bool is_database(const Path& file) {
  constexpr std::string_view k_sqlite("SQLite format 3\0", 16);
  constexpr std::size_t k_berkeley_at = 12;  // of the magic number, in either byte order
  constexpr std::array<std::string_view, 4> k_berkeley{
      std::string_view("\x62\x31\x05\x00", 4), std::string_view("\x00\x05\x31\x62", 4),
      std::string_view("\x61\x15\x06\x00", 4), std::string_view("\x00\x06\x15\x61", 4)};
  const std::string beginning = read_beginning(file, k_sqlite.size()).value_or("");
  return beginning.empty() || beginning == k_sqlite ||
         (beginning.size() == k_sqlite.size() &&
          std::find(k_berkeley.begin(), k_berkeley.end(), beginning.substr(k_berkeley_at, 4)) !=
              k_berkeley.end());
}

/// Whether it is the version before of an index that is there: openssl keeps it as index.txt.old.
bool is_previous_index(const Path& file) {
  constexpr std::size_t k_enough = 4096;
  Path newer = file;
  newer.replace_extension();
  if (!name_exists(newer)) return false;
  const std::string beginning = read_beginning(file, k_enough).value_or("");
  return beginning.empty() || looks_like_openssl_index(beginning);
}

/// Files that hold nothing to import: databases, an older version of an index, and openssl's random
/// seed, which may look like anything.
bool is_other_file(const Path& file) {
  const std::string extension = file.extension().native();
  if (extension == ".db") return is_database(file);
  if (extension == ".old") return is_previous_index(file);
  return extension == ".db-wal" || extension == ".db-shm" || file.filename() == ".rand";
}

/// Links that are not reported where they lead out: what they lead to is something else by its
/// name.
bool is_other_link(const Path& link) {
  static const std::vector<std::string_view> extensions{
      ".key",  ".csr",   ".req", ".cnf", ".attr", ".conf",   ".toml",
      ".head", ".creds", ".srl", ".db",  ".old",  ".db-wal", ".db-shm"};
  static const std::vector<std::string_view> names{"serial", "crlnumber", "vars", ".rand"};
  return is_one_of(link.extension().native(), extensions) ||
         is_one_of(link.filename().native(), names);
}

bool is_index(const Path& file) {
  constexpr std::size_t k_enough = 4096;
  if (file.filename() == k_index) return true;
  // By far most files are certificates, which are not opened for this.
  if (is_one_of(file.extension().native(), {".pem", ".crt", ".cer", ".der", ".key"})) return false;
  return looks_like_openssl_index(read_beginning(file, k_enough).value_or(""));
}

/// Whether `file` is below `root`; both are without symbolic links.
bool is_within(const Path& file, const Path& root) {
  const auto [of_root, of_file] = std::mismatch(root.begin(), root.end(), file.begin(), file.end());
  static_cast<void>(of_file);
  return of_root == root.end();
}

class Search final {
 public:
  explicit Search(const Path& root) : m_given(root) {
    std::error_code ignored;
    m_root = std::filesystem::canonical(root, ignored);
  }

  ImportFiles run(const Path& directory) {
    walk(directory, 0);
    return std::move(m_found);
  }

 private:
  void pass_over(PassedOver::Why why, const Path& file, std::string message) {
    m_found.passed_over.push_back({.why = why, .file = file, .message = std::move(message)});
  }

  void walk(const Path& directory, int depth) {
    std::vector<std::string> names;
    try {
      names = Directory::open(directory).list();
    } catch (const Error& error) {
      if (depth == 0) throw;
      if (is_for_keys(directory.filename().native())) return;
      pass_over(PassedOver::Why::unreadable, directory, error.message());
      return;
    }
    std::sort(names.begin(), names.end());
    const bool own = std::binary_search(names.begin(), names.end(), "ca.toml");
    const auto& own_names = ca_file_names();
    for (const std::string& name : names) {
      const bool skipped = own && name != "ca.crl" &&
                           std::find(own_names.begin(), own_names.end(), name) != own_names.end();
      if (!skipped) visit(directory / name, depth);
    }
  }

  void visit(const Path& path, int depth) {
    std::error_code error;
    const auto status = std::filesystem::symlink_status(path, error);
    switch (status.type()) {
      case std::filesystem::file_type::regular:
        take(path);
        break;
      case std::filesystem::file_type::directory:
        enter(path, depth + 1);
        break;
      case std::filesystem::file_type::symlink:
        look_at_link(path);
        break;
      default:
        pass_over(PassedOver::Why::not_regular, path, "it is neither a file nor a directory");
    }
  }

  void take(const Path& file) {
    if (is_other_file(file) || is_held(file)) return;
    if (is_index(file)) {
      m_found.indexes.push_back(file);
    } else if (m_found.files.size() < k_files_limit) {
      m_found.files.push_back(file);
    } else if (!m_full) {
      m_full = true;
      pass_over(PassedOver::Why::too_many, file,
                format("it and all files behind it: more than {} are not read", k_files_limit));
    }
  }

  void enter(const Path& directory, int depth) {
    if (depth <= k_depth) {
      walk(directory, depth);
    } else {
      pass_over(PassedOver::Why::too_many, directory,
                format("directories more than {} deep are not entered", k_depth));
    }
  }

  /// What a link within the tree leads to is met under its own name.
  void look_at_link(const Path& link) {
    std::error_code error;
    const Path target = std::filesystem::canonical(link, error);
    const bool index = link.filename() == k_index;
    if (!error && is_within(target, m_root)) {
      if (!std::filesystem::is_regular_file(target)) return;
      if (index) m_found.indexes.push_back(link);
      // In easy-rsa's revoked/ the place of the link says that it is revoked.
      const Path place = link.lexically_relative(m_given).parent_path();
      if (std::find(place.begin(), place.end(), "revoked") != place.end()) {
        m_found.files.push_back(link);
      }
      return;
    }
    if (is_other_link(link) && !index) return;
    pass_over(PassedOver::Why::link, link,
              error ? "a symbolic link that leads nowhere"
                    : format("a symbolic link that leads out, to {}: it is not followed",
                             printable(target.native())));
  }

  Path m_given;
  Path m_root;
  ImportFiles m_found;
  bool m_full = false;
};

}  // namespace

ImportFiles find_import_files(const Path& path) {
  if (std::filesystem::is_directory(path)) return Search(path).run(path);
  std::error_code ignored;  // a pipe that was named is opened once, to be read
  if (std::filesystem::is_regular_file(path, ignored) && is_index(path)) {
    ImportFiles found = find_import_files(path.has_parent_path() ? path.parent_path() : Path("."));
    const bool has_it =
        std::any_of(found.indexes.begin(), found.indexes.end(), [&path](const Path& index) {
          std::error_code gone;
          return std::filesystem::equivalent(index, path, gone);
        });
    if (!has_it) found.indexes.push_back(path);  // it was named, whatever it is called
    return found;
  }
  return {.files = {path}, .indexes = {}, .passed_over = {}, .named = true};
}

}  // namespace mtls::authority
