// Records of the ledger as text and as JSON.
#pragma once

#include "cmd/json.hpp"
#include "store/record.hpp"

#include <string>

namespace mtls::cmd {

/// Puts the fields of a record into a document.
void put_record(Json& document, const store::Record& record);
/// One line for a list: serial, state, end of validity, profile, subject.
[[nodiscard]] std::string record_line(const store::Record& record);
/// All of it, a line a field.
[[nodiscard]] std::string record_text(const store::Record& record);

}  // namespace mtls::cmd
