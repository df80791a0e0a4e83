#include "authority/ca_files.hpp"
#include "authority/output_set.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

namespace mtls::authority {

bool CertificateFile::is_plain() const {
  if (names_descriptor(m_path) || !m_path.has_filename()) return false;
  std::error_code ignored;
  const auto target = std::filesystem::status(m_path, ignored);  // of a link, what it leads to
  return std::filesystem::is_regular_file(target) || !std::filesystem::exists(target);
}

SetContents CertificateFile::peek() const {
  require_public_target(m_path);
  SetContents contents;
  if (!is_plain() || !name_exists(m_path)) return contents;
  std::error_code ignored;
  // A link that leads nowhere counts as existing, but there is nothing to read.
  contents.certificate =
      std::filesystem::exists(m_path, ignored) ? read_file(m_path).bytes : SecretBytes();
  return contents;
}

SetContents CertificateFile::open(std::chrono::milliseconds lock_timeout) {
  if (!is_plain()) return peek();
  const Path folder = m_path.has_parent_path() ? m_path.parent_path() : Path(".");
  m_directory = with_context(format("cannot write {}", printable(m_path.native())),
                             [&folder] { return Directory::open(folder); });
  m_directory->lock(lock_timeout);
  const std::string name = m_path.filename().native();
  refuse_ca_file(*m_directory, name);
  m_directory->remove_stale(name);
  SetContents contents;
  if (!m_directory->contains(name)) return contents;
  contents.certificate =
      m_directory->leads_nowhere(name) ? SecretBytes() : m_directory->read(name).bytes;
  return contents;
}

PutAs CertificateFile::put_key(const SecretBytes& /*pem*/) {
  throw Error(Errc::internal, "a single certificate's output was given a key");
}

void CertificateFile::publish(const Publication& publication, Overwrite overwrite) {
  const ByteView certificate = as_bytes(publication.certificate);
  if (!m_directory) {
    write_file(m_path, certificate, Access::shared, overwrite);
    return;
  }
  PendingFile file(*m_directory, m_path.filename().native(), Access::shared);
  file.write(certificate);
  file.sync();
  file.publish(overwrite);
  m_directory->sync();
}

std::string CertificateFile::key_name() const { return {}; }
std::string CertificateFile::request_name() const { return {}; }
std::string CertificateFile::certificate_name() const { return m_path.native(); }

}  // namespace mtls::authority
