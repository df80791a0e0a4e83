// What the index files below an imported path say, and which of them are this CA's.
#pragma once

#include "authority/import_files.hpp"
#include "authority/openssl_index.hpp"
#include "store/imported.hpp"

#include <functional>
#include <map>

namespace mtls::authority {

/// What the CA's indexes say of one serial, all their rows together.
struct IndexStanding {
  Path file;  // where it stands first
  std::size_t line;
  std::optional<store::Imported::Revocation> revocation;
};

/// The indexes of an import. A tree may hold those of several CAs, whose serials mean nothing to
/// each other: one counts as this CA's if it knows any certificate below its directory that is the
/// CA's, or knows none at all there, so that in doubt a revocation counts.
class ImportIndexes final {
 public:
  using IsOurs = std::function<bool(const x509::Certificate&)>;
  struct Defect {
    Path file;
    std::size_t line;
    std::string message;
  };

  /// Reads them, and as many of the certificates beside them as it takes. Throws as read_file does
  /// for an index that cannot be read.
  ImportIndexes(const ImportFiles& found, const IsOurs& is_ours);

  /// The rows of the CA's indexes: a serial is revoked if any row says so, from the first time that
  /// is said; `now` stands for a time that cannot be read or is still to come.
  [[nodiscard]] std::map<x509::SerialNumber, IndexStanding> merge(UnixTime now);
  [[nodiscard]] std::vector<Path> ours() const;
  /// What is wrong with the CA's indexes; to be asked after `merge`.
  [[nodiscard]] const std::vector<Defect>& defects() const noexcept { return m_defects; }

 private:
  struct Index {
    Path file;
    OpensslIndex content;
    std::map<x509::SerialNumber, std::size_t> serials = {};
    bool knows_ours = false;
    bool knows_others = false;
    [[nodiscard]] bool is_ours() const { return knows_ours || !knows_others; }
  };
  [[nodiscard]] Index* find_governing(const Path& file);
  void take_row(const IndexRow& row, const Index& index, UnixTime now,
                std::map<x509::SerialNumber, IndexStanding>& merged);

  std::map<Path, Index> m_indexes;  // by their directories
  std::vector<Defect> m_defects;
};

}  // namespace mtls::authority
