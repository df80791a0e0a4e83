#include "authority/ca_files.hpp"
#include "authority/output_set.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

#include <deque>

namespace mtls::authority {
namespace {

constexpr std::string_view k_key = ".key";
constexpr std::string_view k_new_key = ".key.new";
constexpr std::string_view k_request = ".csr";
constexpr std::string_view k_certificate = ".crt";

std::string join(const std::string& stem, std::string_view extension) {
  return stem + std::string(extension);
}

}  // namespace

DirectorySet::DirectorySet(Path directory, std::string name, SetOwner owner)
    : m_path(std::move(directory)), m_name(std::move(name)), m_owner(owner) {
  if (m_name.empty() || m_name != file_stem(m_name)) {
    throw Error(Errc::usage, format("'{}' cannot be the name of files", printable(m_name)),
                "use 1 to 64 of A-Z a-z 0-9 . _ - and do not begin with . or -");
  }
}

void DirectorySet::refuse_ca_files() const {
  if (m_owner == SetOwner::ca) return;
  for (const std::string_view extension : {k_key, k_new_key, k_request, k_certificate}) {
    refuse_ca_file(*m_directory, join(m_name, extension));
  }
  for (const std::string_view extension : {k_request, k_certificate}) {
    require_public_target(m_directory->path() / join(m_name, extension));
  }
}

SetContents DirectorySet::read() const {
  // A link that leads nowhere counts as existing, but there is nothing to read.
  const auto file = [this](std::string_view extension) -> std::optional<FileContents> {
    const std::string name = join(m_name, extension);
    if (!m_directory->contains(name)) return std::nullopt;
    return m_directory->read_found(name);
  };
  const auto content = [&file](std::string_view extension) -> std::optional<SecretBytes> {
    auto found = file(extension);
    if (!found) return std::nullopt;
    return std::move(found->bytes);
  };
  return {.key = file(k_key),
          .new_key = file(k_new_key),
          .request = content(k_request),
          .certificate = content(k_certificate)};
}

SetContents DirectorySet::peek() const {
  if (!name_exists(m_path)) return {};
  DirectorySet same(m_path, m_name, m_owner);
  same.m_directory = Directory::open(m_path);
  same.refuse_ca_files();
  return same.read();
}

SetContents DirectorySet::open(std::chrono::milliseconds lock_timeout) {
  m_directory = Directory::make(m_path);
  m_directory->lock(lock_timeout);
  refuse_ca_files();
  for (const std::string_view extension : {k_key, k_new_key, k_request, k_certificate}) {
    m_directory->remove_stale(join(m_name, extension));
  }
  return read();
}

PutAs DirectorySet::put_key(const SecretBytes& pem) {
  // Beside an older set the new key waits under a name of its own until its certificate is
  // recorded.
  const bool replacing = m_directory->contains(join(m_name, k_key)) ||
                         m_directory->contains(join(m_name, k_certificate));
  PendingFile file(*m_directory, join(m_name, replacing ? k_new_key : k_key), Access::secret);
  file.write(pem.view());
  file.sync();
  file.publish(replacing ? Overwrite::yes : Overwrite::no);
  m_directory->sync();
  return replacing ? PutAs::new_key : PutAs::key;
}

void DirectorySet::publish(const Publication& publication, Overwrite overwrite) {
  // Everything is on disk before the first name changes, so that a full disk leaves the old set
  // whole; then key, request, certificate follow in that order: a run that is cut short between
  // these renames is seen by its missing or older certificate.
  struct Waiting {
    Waiting(const Directory& directory, const std::string& name, Overwrite how)
        : file(directory, name, Access::shared), overwrite(how) {}
    PendingFile file;
    Overwrite overwrite;
  };
  std::deque<Waiting> files;  // a deque: a PendingFile stays where it is
  const auto prepare = [&](const std::string& name, std::string_view content, Overwrite how) {
    PendingFile& file = files.emplace_back(*m_directory, name, how).file;
    file.write(as_bytes(content));
    file.sync();
  };
  for (const Publication::File& file : publication.before) {
    m_directory->remove_stale(file.name);
    prepare(file.name, file.content, Overwrite::yes);
  }
  if (const auto& request = publication.request) {
    prepare(join(m_name, k_request), request->content, request->overwrite);
  }
  PendingFile certificate(*m_directory, join(m_name, k_certificate), Access::shared);
  certificate.write(as_bytes(publication.certificate));
  certificate.sync();

  if (publication.new_key == Publication::NewKey::take) {
    m_directory->rename(join(m_name, k_new_key), join(m_name, k_key));
  }
  for (Waiting& one : files) one.file.publish(one.overwrite);
  m_directory->sync();
  certificate.publish(overwrite);
  m_directory->sync();
}

std::string DirectorySet::key_name() const {
  return (m_path / join(m_name, k_key)).lexically_normal().native();
}

std::string DirectorySet::request_name() const {
  return (m_path / join(m_name, k_request)).lexically_normal().native();
}

std::string DirectorySet::certificate_name() const {
  return (m_path / join(m_name, k_certificate)).lexically_normal().native();
}

}  // namespace mtls::authority
