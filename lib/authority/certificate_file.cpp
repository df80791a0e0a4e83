#include "authority/ca_files.hpp"
#include "authority/output_set.hpp"
#include "base/error.hpp"

namespace mtls::authority {

SetContents CertificateFile::peek() const {
  require_public_target(m_path);
  SetContents contents;
  std::error_code ignored;
  const auto status = std::filesystem::symlink_status(m_path, ignored);
  const bool file = std::filesystem::is_regular_file(std::filesystem::status(m_path, ignored));
  const bool dangling =
      std::filesystem::is_symlink(status) && !std::filesystem::exists(m_path, ignored);
  // /dev/stdout and its like are written to, whatever they lead to.
  const bool descriptor =
      m_path.native().rfind("/dev/", 0) == 0 || m_path.native().rfind("/proc/", 0) == 0;
  if (dangling && !descriptor) contents.certificate = SecretBytes();
  if (file && !descriptor) contents.certificate = read_file(m_path).bytes;
  return contents;
}

SetContents CertificateFile::open(std::chrono::milliseconds /*lock_timeout*/,
                                  const Clock& /*clock*/) {
  return peek();
}

PutAs CertificateFile::put_key(const SecretBytes& /*pem*/) {
  throw Error(Errc::internal, "a single certificate's output was given a key");
}

void CertificateFile::publish(const Publication& publication, Overwrite overwrite) {
  write_file(m_path, as_bytes(publication.certificate), Access::shared, overwrite);
}

std::string CertificateFile::key_name() const { return {}; }
std::string CertificateFile::request_name() const { return {}; }
std::string CertificateFile::certificate_name() const { return m_path.native(); }

}  // namespace mtls::authority
