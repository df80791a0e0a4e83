// Records of the ledger as text and as JSON.
#pragma once

#include "cmd/json.hpp"
#include "store/status_reader.hpp"

#include <string>

namespace mtls::cmd {

/// Puts the fields of a record into a document.
void put_record(Json& document, const store::CurrentRecord& current);
/// One line for a list: serial, status, end of validity, profile, subject, and what replaces it.
[[nodiscard]] std::string record_line(const store::CurrentRecord& current);
/// All of it, one line per field.
[[nodiscard]] std::string record_text(const store::CurrentRecord& current);

/// Serials, parted by `separator`.
[[nodiscard]] std::string serials_text(const std::vector<x509::SerialNumber>& serials,
                                       std::string_view separator);

}  // namespace mtls::cmd
