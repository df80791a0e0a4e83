// What the index files below an imported path say, and which of their rows are this CA's.
#pragma once

#include "authority/import_evidence.hpp"
#include "authority/import_files.hpp"
#include "authority/import_finding.hpp"
#include "authority/openssl_index.hpp"
#include "x509/certificate.hpp"

#include <functional>
#include <map>
#include <vector>

namespace mtls::authority {

/// The indexes of an import. A tree may hold those of several CAs, all of which may begin at serial
/// 01: an index counts as this CA's if the CA certificate next to it is the CA's. Otherwise a row
/// counts if the certificate with its serial and subject is the CA's: one below the index's
/// directory, or, where there is none, another of the import or one in the ledger.
class ImportIndexes final {
 public:
  /// Whether a certificate has the CA's name and its key signed it.
  using IsOurs = std::function<bool(const x509::Certificate&)>;
  /// Whether the ledger has a certificate of the CA with this serial and subject (to_oneline).
  using InLedger = std::function<bool(const x509::SerialNumber&, const std::string& subject)>;

  /// Reads them. `chain` is the CA, the CA above it and so on. Throws as read_file does for an
  /// index that cannot be read.
  ImportIndexes(const ImportFiles& found, std::vector<x509::Certificate> chain, IsOurs is_ours);

  /// Takes note of a certificate in a file of the import; each of them is to be shown.
  /// Whether a certificate is in one file with the CA's own: a CA above it is then the chain.
  enum class Bundled { no, with_own };
  [[nodiscard]] bool holds_own(const std::vector<x509::Certificate>& certificates) const;
  void look_at(const x509::Certificate& certificate, const Path& file, Bundled bundled);

  /// What the rows are merged into.
  struct Merging {
    UnixTime now;  // for a time that is still to come
    const InLedger& in_ledger;
    ImportEvidence& evidence;
    const TakeNote& note;  // of what is wrong with an index that counts, and of rows that may be
                           // another CA's
  };
  /// Adds the rows that count. To be called once, after the last look_at.
  void merge(const Merging& merging);
  /// The indexes that count, with a row or without any; after merge.
  [[nodiscard]] const std::vector<Path>& ours() const noexcept { return m_ours; }

 private:
  enum class Whose { unknown, ours, others };
  struct Row {
    IndexRow said;
    Whose file = Whose::unknown;  // whose certificate below the directory it is
    bool elsewhere = false;       // a certificate of the CA in another directory has its names
  };
  struct Index {
    Path file;
    std::vector<Row> rows = {};
    std::vector<IndexDefect> defects = {};
    std::map<x509::SerialNumber, std::vector<std::size_t>> serials = {};  // of their rows
    // CA certificates next to it: under a name that is usual for the CA's own, and others.
    Whose usual = Whose::unknown;
    bool has_ours = false;
    bool has_others = false;
    [[nodiscard]] bool is_ours() const {
      return usual == Whose::ours || (usual == Whose::unknown && has_ours && !has_others);
    }
  };
  [[nodiscard]] static bool governs(const Index& index, const Path& file);
  [[nodiscard]] bool is_nearest(const Index& index, const Path& file) const;
  void look_at_ca(Index& index, const x509::Certificate& certificate, const Path& file,
                  Bundled bundled);
  /// Whether an index is the nearest one above a file.
  enum class Nearest { no, yes };
  void look_at_row(Row& row, const x509::Certificate& certificate, Nearest nearest);
  static void take_row(const Index& index, const IndexRow& row, const Merging& merging);
  [[nodiscard]] static bool counts(const Index& index, const Row& row, const InLedger& in_ledger);

  std::vector<x509::Certificate> m_chain;
  IsOurs m_is_ours;
  std::vector<Index> m_indexes;
  std::vector<Path> m_ours;
};

}  // namespace mtls::authority
