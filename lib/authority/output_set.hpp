// Where key, CSR and certificate go. They are one set: locked throughout, published in that order.
#pragma once

#include "base/file.hpp"
#include "base/secret.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace mtls::authority {

/// What stands in a set before anything is done. Contents are read, not judged.
struct SetContents {
  std::optional<FileContents> key;      // NAME.key
  std::optional<FileContents> new_key;  // NAME.key.new: a replacement that was cut short
  std::optional<SecretBytes> request;
  std::optional<SecretBytes> certificate;
};

/// What is published at the end; absent parts are left as they are.
struct Publication {
  struct File {
    std::string name;
    std::string content;
  };
  /// A request, and whether one may stand there: the caller has looked whose.
  struct Request {
    std::string content;
    Overwrite overwrite;
  };
  /// Whether NAME.key.new takes the place of NAME.key.
  enum class NewKey { leave, take };
  NewKey new_key = NewKey::leave;
  std::vector<File> before;  // files that go first (a CA's chain.crt and root.crt)
  std::optional<Request> request;
  std::string certificate;
};

/// Under which name `put_key` put it.
enum class PutAs { key, new_key };

/// A place for one set. The sequence is open, put_key (where a key is made), publish.
class OutputSet {
 public:
  OutputSet() = default;
  OutputSet(const OutputSet&) = delete;
  OutputSet& operator=(const OutputSet&) = delete;
  virtual ~OutputSet() = default;

  /// Says what stands there, without a lock: for an early refusal.
  [[nodiscard]] virtual SetContents peek() const = 0;
  /// Locks the set until the object goes, removes what an interrupted write left, and says what
  /// stands there. Throws ledger_locked.
  [[nodiscard]] virtual SetContents open(std::chrono::milliseconds lock_timeout) = 0;
  /// Writes a private key durably: as the key where none stands, else as its replacement, which
  /// `publish` renames. 0600 from creation.
  [[nodiscard]] virtual PutAs put_key(const SecretBytes& pem) = 0;
  /// Gives everything its name, the certificate last; durable when it returns.
  virtual void publish(const Publication& publication, Overwrite overwrite) = 0;
  // Names for messages and receipts.
  [[nodiscard]] virtual std::string key_name() const = 0;
  [[nodiscard]] virtual std::string request_name() const = 0;
  [[nodiscard]] virtual std::string certificate_name() const = 0;
};

/// Whose set it is: a leaf's never goes over the files of a CA directory.
enum class SetOwner { ca, leaf };

/// NAME.key, NAME.csr and NAME.crt in a directory, which is made where it is absent. Both `peek`
/// and `open` throw would_overwrite where a leaf's set would bear names of the CA that is there.
class DirectorySet final : public OutputSet {
 public:
  DirectorySet(Path directory, std::string name, SetOwner owner);
  [[nodiscard]] SetContents peek() const override;
  [[nodiscard]] SetContents open(std::chrono::milliseconds lock_timeout) override;
  [[nodiscard]] PutAs put_key(const SecretBytes& pem) override;
  void publish(const Publication& publication, Overwrite overwrite) override;
  [[nodiscard]] std::string key_name() const override;
  [[nodiscard]] std::string request_name() const override;
  [[nodiscard]] std::string certificate_name() const override;

 private:
  [[nodiscard]] SetContents read() const;
  void refuse_ca_files() const;
  Path m_path;
  std::string m_name;
  SetOwner m_owner;
  std::optional<Directory> m_directory;
};

/// One certificate to one path, which may be a device, a pipe or "-" (standard output, given as
/// /dev/stdout). Holds no key.
class CertificateFile final : public OutputSet {
 public:
  explicit CertificateFile(Path path) : m_path(std::move(path)) {}
  [[nodiscard]] SetContents peek() const override;
  [[nodiscard]] SetContents open(std::chrono::milliseconds lock_timeout) override;
  [[nodiscard]] PutAs put_key(const SecretBytes& pem) override;
  void publish(const Publication& publication, Overwrite overwrite) override;
  [[nodiscard]] std::string key_name() const override;
  [[nodiscard]] std::string request_name() const override;
  [[nodiscard]] std::string certificate_name() const override;

 private:
  /// Whether the path is, or will be, a regular file or a link in a directory, which is locked.
  [[nodiscard]] bool is_plain() const;
  Path m_path;
  std::optional<Directory> m_directory;  // of a plain file, once it is open
};

}  // namespace mtls::authority
