#include "authority/import_indexes.hpp"

#include "authority/import_content.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file_beginning.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"

#include <algorithm>
#include <array>

namespace mtls::authority {
namespace {

constexpr std::string_view k_not_used =
    "nothing says which CA revoked this serial: not used; put the CA's certificate next to the "
    "index as ca.crt if it is this CA's";

OpensslIndex read_index(const Path& file) {
  OpensslIndexReader reader;
  read_in_pieces(file, [&](std::string_view piece) {
    with_context(printable(file.native()), [&] { reader.take(piece); });
  });
  return reader.finish();
}

/// Names that openssl.cnf, easy-rsa and the usual guides give the CA's own certificate.
bool is_usual_ca_name(const Path& file) {
  constexpr std::array<std::string_view, 6> k_names{"ca.crt",     "cacert.pem",  "ca.pem",
                                                    "cacert.crt", "ca.cert.pem", "ca.cer"};
  return std::find(k_names.begin(), k_names.end(), file.filename().native()) != k_names.end();
}

/// Whether a certificate is a CA's; one without extensions is if it is self-issued.
bool is_ca(const x509::Certificate& certificate) {
  try {
    const auto constraints = certificate.basic_constraints();
    return constraints ? constraints->subject == x509::BasicConstraints::Subject::ca
                       : certificate.is_self_issued();
  } catch (const Error&) {
    return certificate.is_self_issued();
  }
}

bool is_same_ca(const x509::Certificate& one, const x509::Certificate& other) {
  return one.subject() == other.subject() && one.public_key() == other.public_key();
}

}  // namespace

ImportIndexes::ImportIndexes(const ImportFiles& found, std::vector<x509::Certificate> chain,
                             IsOurs is_ours)
    : m_chain(std::move(chain)), m_is_ours(std::move(is_ours)) {
  for (const Path& file : found.indexes) {
    OpensslIndex content = read_index(file);
    Index& index = m_indexes.emplace_back(Index{.file = file});
    index.defects = std::move(content.defects);
    for (IndexRow& row : content.rows) {
      index.serials[row.serial].push_back(index.rows.size());
      index.rows.push_back({.said = std::move(row)});
    }
    // A CA directory's own files are no part of the import.
    const Path own = file.parent_path() / "ca.crt";
    if (!name_exists(file.parent_path() / "ca.toml") || !name_exists(own)) continue;
    for (const x509::Certificate& one : read_import_file(own).certificates) {
      look_at_ca(index, one, own, Bundled::no);
    }
  }
}

bool ImportIndexes::governs(const Index& index, const Path& file) {
  const Path directory = index.file.parent_path();
  const Path below = file.parent_path();
  return std::mismatch(directory.begin(), directory.end(), below.begin(), below.end()).first ==
         directory.end();
}

/// Whether no other index is in a directory between.
bool ImportIndexes::is_nearest(const Index& index, const Path& file) const {
  if (!governs(index, file)) return false;
  const auto depth = [](const Index& one) {
    const Path directory = one.file.parent_path();
    return std::distance(directory.begin(), directory.end());
  };
  return std::none_of(m_indexes.begin(), m_indexes.end(), [&](const Index& other) {
    return governs(other, file) && depth(other) > depth(index);
  });
}

bool ImportIndexes::holds_own(const std::vector<x509::Certificate>& certificates) const {
  return std::any_of(certificates.begin(), certificates.end(),
                     [this](const auto& one) { return is_same_ca(one, m_chain.front()); });
}

void ImportIndexes::look_at(const x509::Certificate& certificate, const Path& file,
                            Bundled bundled) {
  for (Index& index : m_indexes) {
    const Nearest nearest = is_nearest(index, file) ? Nearest::yes : Nearest::no;
    if (nearest == Nearest::yes) look_at_ca(index, certificate, file, bundled);
    const auto rows = index.serials.find(certificate.serial());
    if (rows == index.serials.end()) continue;
    for (const std::size_t at : rows->second) {
      look_at_row(index.rows[at], certificate, nearest);
    }
  }
}

/// The CA's own certificate is next to the index, or in certs/ there; a CA that this one issued is
/// in its index.
void ImportIndexes::look_at_ca(Index& index, const x509::Certificate& certificate, const Path& file,
                               Bundled bundled) {
  const Path directory = index.file.parent_path();
  const Path place = file.parent_path();
  if (place != directory && place != directory / "certs") return;
  if (!is_ca(certificate)) return;
  if (index.serials.contains(certificate.serial()) && !certificate.is_self_issued()) return;
  const bool ours = is_same_ca(certificate, m_chain.front());
  const bool above = std::any_of(m_chain.begin() + 1, m_chain.end(),
                                 [&](const auto& one) { return is_same_ca(one, certificate); });
  if (above && bundled == Bundled::with_own) return;
  (ours ? index.has_ours : index.has_others) = true;
  if (!is_usual_ca_name(file)) return;
  // Of several under usual names one of the CA's own decides.
  if (ours || index.usual == Whose::unknown) index.usual = ours ? Whose::ours : Whose::others;
}

/// Signatures are verified only where a revocation depends on it.
void ImportIndexes::look_at_row(Row& row, const x509::Certificate& certificate, Nearest nearest) {
  if (row.file == Whose::ours || to_oneline(certificate.subject()) != row.said.subject) return;
  const bool named = certificate.issuer() == m_chain.front().subject();
  const bool ours = named && (!row.said.revoked || m_is_ours(certificate));
  if (nearest == Nearest::yes) {
    row.file = ours ? Whose::ours : Whose::others;
  } else if (ours) {
    row.elsewhere = true;
  }
}

bool ImportIndexes::counts(const Index& index, const Row& row, const InLedger& in_ledger) {
  if (index.is_ours() || row.file == Whose::ours) return true;
  // Next to another CA's certificate only a file can say that a row is this one's.
  if (row.file == Whose::others || index.usual == Whose::others) return false;
  return row.elsewhere || in_ledger(row.said.serial, row.said.subject);
}

/// One row that counts.
void ImportIndexes::take_row(const Index& index, const IndexRow& row, const Merging& merging) {
  SerialEvidence& one = merging.evidence.at(row.serial, index.file, row.line);
  if (!one.in_index) {
    one.file = index.file;
    one.line = row.line;
    one.in_index = true;
  }
  if (!one.not_after) one.not_after = row.not_after;
  if (!row.revoked) return;
  one.named = true;
  std::optional<UnixTime> when = row.revoked_at;
  if (when && *when > merging.now) {
    merging.note({.finding = ImportFinding::index_line,
                  .file = index.file,
                  .line = row.line,
                  .serial = row.serial,
                  .message = format("it was revoked in the future, at {}: now is taken",
                                    to_rfc3339(*when))});
    when.reset();
  }
  merging.evidence.revoke(one,
                          {.time = when, .reason = row.reason, .invalid_since = row.invalid_since});
}

void ImportIndexes::merge(const Merging& merging) {
  for (const Index& index : m_indexes) {
    bool any = index.is_ours() || index.rows.empty();
    for (const Row& row : index.rows) {
      if (counts(index, row, merging.in_ledger)) {
        any = true;
        take_row(index, row.said, merging);
      } else if (row.file != Whose::others) {  // those of others are reported by their certificates
        merging.note({.finding = ImportFinding::index_not_attributable,
                      .file = index.file,
                      .line = row.said.line,
                      .serial = row.said.serial,
                      .message = row.said.revoked ? std::string(k_not_used)
                                                  : "nothing says which CA issued this serial"});
      }
    }
    if (!any) continue;
    m_ours.push_back(index.file);
    for (const IndexDefect& defect : index.defects) {
      merging.note({.finding = ImportFinding::index_line,
                    .file = index.file,
                    .line = defect.line,
                    .message = defect.message});
    }
  }
}

}  // namespace mtls::authority
