#include "authority/import_files.hpp"

#include "authority/ca_files.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/held_file.hpp"
#include "der/pem.hpp"
#include "der/reader.hpp"

#include <algorithm>
#include <array>

namespace mtls::authority {
namespace {

constexpr std::string_view k_index = "index.txt";
constexpr int k_depth = 8;
constexpr std::size_t k_files_limit = 2'000'000;
constexpr std::size_t k_certificates_limit = 100'000;
constexpr std::size_t k_import_file_limit = std::size_t{16} << 20U;

bool is_one_of(std::string_view word, const std::vector<std::string_view>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Directories of openssl's and easy-rsa's layouts without certificates.
bool holds_no_certificates(std::string_view directory) {
  static const std::vector<std::string_view> names{
      "private", "private_by_serial", "reqs", "reqs_by_serial", "inline", "crl"};
  return is_one_of(directory, names);
}

/// Files that are something else by their names.
bool is_other_file(const Path& file) {
  static const std::vector<std::string_view> extensions{
      ".key", ".csr", ".req",  ".p12",  ".pfx",  ".db",   ".db-wal", ".db-shm", ".old",
      ".cnf", ".crl", ".attr", ".conf", ".toml", ".head", ".creds",  ".srl"};
  static const std::vector<std::string_view> names{"serial", "crlnumber", "index.txt", "vars",
                                                   ".rand"};
  return is_one_of(file.extension().native(), extensions) ||
         is_one_of(file.filename().native(), names);
}

/// Files that are a certificate's by their names: with nothing of it inside they are damaged.
bool is_certificate_name(const Path& file) {
  static const std::vector<std::string_view> extensions{".pem", ".crt", ".cer", ".der"};
  return is_one_of(file.extension().native(), extensions);
}

/// Whether `file` is below `root`; both are without symbolic links.
bool is_within(const Path& file, const Path& root) {
  const auto [of_root, of_file] = std::mismatch(root.begin(), root.end(), file.begin(), file.end());
  static_cast<void>(of_file);
  return of_root == root.end();
}

class Search final {
 public:
  explicit Search(const Path& root) {
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
      pass_over(PassedOver::Why::unreadable, directory, error.message());
      return;
    }
    std::sort(names.begin(), names.end());
    const bool own = std::binary_search(names.begin(), names.end(), "ca.toml");
    const auto& own_names = ca_file_names();
    for (const std::string& name : names) {
      const bool skipped =
          own && std::find(own_names.begin(), own_names.end(), name) != own_names.end();
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
    if (file.filename() == k_index) m_found.indexes.push_back(file);
    if (is_other_file(file) || is_held(file)) return;
    if (m_found.files.size() < k_files_limit) {
      m_found.files.push_back(file);
    } else if (!m_full) {
      m_full = true;
      pass_over(PassedOver::Why::too_many, file,
                format("it and all files behind it: more than {} are not read", k_files_limit));
    }
  }

  void enter(const Path& directory, int depth) {
    if (holds_no_certificates(directory.filename().native())) return;
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
      if (index && std::filesystem::is_regular_file(target)) m_found.indexes.push_back(link);
      return;
    }
    if (is_other_file(link) && !index) return;
    pass_over(PassedOver::Why::link, link,
              error ? "a symbolic link that leads nowhere"
                    : format("a symbolic link that leads out, to {}: it is not followed",
                             printable(target.native())));
  }

  Path m_root;
  ImportFiles m_found;
  bool m_full = false;
};

/// Whether PEM holds anything that is called a certificate; octets that are no PEM may be DER.
bool may_hold_certificate(ByteView content) {
  if (!der::looks_like_pem(content)) return true;
  const auto blocks = der::read_pem(content);
  return std::any_of(blocks.begin(), blocks.end(), [](const der::PemBlock& block) {
    return block.label.find("CERTIFICATE") != std::string::npos &&
           block.label.find("REQUEST") == std::string::npos;
  });
}

/// Whether octets may be a certificate in DER. One is longer than 127 octets, so that its length is
/// in the long form: no text that begins with '0' (a serial) looks so.
bool may_be_der(ByteView octets) {
  return octets.size() > 1 && octets[0] == der::tag::sequence && octets[1] > 0x80;
}

PassedOver passed_over(PassedOver::Why why, const Path& file, std::string message) {
  return {.why = why, .file = file, .message = std::move(message)};
}

}  // namespace

ImportFiles find_import_files(const Path& path) {
  if (std::filesystem::is_directory(path)) return Search(path).run(path);
  if (path.filename() == k_index) {
    return find_import_files(path.has_parent_path() ? path.parent_path() : Path("."));
  }
  return {.files = {path}, .indexes = {}, .passed_over = {}, .named = true};
}

ImportedFile read_import_file(const Path& file) {
  try {
    const FileContents content = read_file(file, k_import_file_limit);
    const ByteView octets = content.bytes.view();
    if (octets.empty()) {
      if (!is_certificate_name(file)) return {};
      return {.certificates = {},
              .passed_over = passed_over(PassedOver::Why::empty, file, "it has no octets at all")};
    }
    if (!may_hold_certificate(octets)) return {};
    if (!is_certificate_name(file) && !der::looks_like_pem(octets) && !may_be_der(octets)) {
      return {};
    }
    return {.certificates = x509::read_certificates(octets, file.native(), x509::KeysBeside::allow,
                                                    k_certificates_limit),
            .passed_over = std::nullopt};
  } catch (const Error& error) {
    const auto why =
        error.code() == Errc::too_large ? PassedOver::Why::too_large : PassedOver::Why::unreadable;
    return {.certificates = {}, .passed_over = passed_over(why, file, error.message())};
  }
}

std::vector<x509::Certificate> read_named_file(const Path& file) {
  return x509::read_certificates(read_file(file, k_import_file_limit).bytes.view(), file.native(),
                                 x509::KeysBeside::allow, k_certificates_limit);
}

}  // namespace mtls::authority
