#include "authority/import_indexes.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file_beginning.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"

namespace mtls::authority {
namespace {

OpensslIndex read_index(const Path& file) {
  OpensslIndexReader reader;
  read_in_pieces(file, [&](std::string_view piece) {
    with_context(printable(file.native()), [&] { reader.take(piece); });
  });
  return reader.finish();
}

}  // namespace

ImportIndexes::ImportIndexes(const ImportFiles& found, const IsOurs& is_ours) {
  for (const Path& file : found.indexes) {
    Index index{.file = file, .content = read_index(file)};
    for (const IndexRow& row : index.content.rows) index.serials.emplace(row.serial, row.line);
    m_indexes.emplace(file.parent_path(), std::move(index));
  }
  for (const Path& file : found.files) {
    Index* const index = find_governing(file);
    if (index == nullptr || index->knows_ours) continue;
    for (const x509::Certificate& certificate : read_import_file(file).certificates) {
      if (!index->serials.contains(certificate.serial())) continue;
      (is_ours(certificate) ? index->knows_ours : index->knows_others) = true;
    }
  }
}

/// The index in the nearest directory above a file.
ImportIndexes::Index* ImportIndexes::find_governing(const Path& file) {
  for (Path directory = file.parent_path();; directory = directory.parent_path()) {
    const auto found = m_indexes.find(directory);
    if (found != m_indexes.end()) return &found->second;
    if (directory.empty() || directory == directory.parent_path()) return nullptr;
  }
}

std::map<x509::SerialNumber, IndexStanding> ImportIndexes::merge(UnixTime now) {
  std::map<x509::SerialNumber, IndexStanding> merged;
  for (const auto& [directory, index] : m_indexes) {
    if (!index.is_ours()) continue;
    for (const IndexDefect& defect : index.content.defects) {
      m_defects.push_back({.file = index.file, .line = defect.line, .message = defect.message});
    }
    for (const IndexRow& row : index.content.rows) take_row(row, index, now, merged);
  }
  return merged;
}

void ImportIndexes::take_row(const IndexRow& row, const Index& index, UnixTime now,
                             std::map<x509::SerialNumber, IndexStanding>& merged) {
  IndexStanding& standing = merged
                                .try_emplace(row.serial, IndexStanding{.file = index.file,
                                                                       .line = row.line,
                                                                       .revocation = std::nullopt})
                                .first->second;
  if (!row.revoked) return;
  std::optional<UnixTime> when = row.revoked_at;
  if (when && *when > now) {
    m_defects.push_back({.file = index.file,
                         .line = row.line,
                         .message = format("it was revoked in the future, at {}: now is taken",
                                           to_rfc3339(*when))});
    when.reset();
  }
  if (standing.revocation && standing.revocation->time.value_or(now) <= when.value_or(now)) return;
  standing.revocation = {.time = when, .reason = row.reason};
}

std::vector<Path> ImportIndexes::ours() const {
  std::vector<Path> files;
  for (const auto& [directory, index] : m_indexes) {
    if (index.is_ours()) files.push_back(index.file);
  }
  return files;
}

}  // namespace mtls::authority
