// What a file under an imported path holds, told by its content.
#pragma once

#include "authority/import_files.hpp"
#include "x509/certificate.hpp"
#include "x509/certificate_list.hpp"

#include <vector>

namespace mtls::authority {

/// What was read of one file.
struct ImportedFile {
  std::vector<x509::Certificate> certificates;
  std::vector<x509::CertificateList> lists;  // CRLs
  std::vector<PassedOver> passed_over;       // what could not be read, or is damaged
  [[nodiscard]] bool empty() const noexcept {
    return certificates.empty() && lists.empty() && passed_over.empty();
  }
};

/// Reads the certificates and CRLs of a file: PEM within any other text, DER, and PKCS #7 in
/// either, whatever its label. A file may have 16 MiB, one that is a CRL 256 MiB. What holds
/// certificates or CRLs and is not read (PKCS #12, encrypted PKCS #7) is passed over with the
/// command that unpacks it; what holds neither is nothing at all, unless its name says that it is a
/// certificate or a CRL. Never throws for what the file holds.
[[nodiscard]] ImportedFile read_import_file(const Path& file);

/// The same for a file that was named: throws unreadable_file, too_large, and malformed where
/// nothing in it can be read.
[[nodiscard]] ImportedFile read_named_file(const Path& file);

}  // namespace mtls::authority
