// The report of a probe as text and as JSON.
#pragma once

#include "cmd/json.hpp"
#include "probe/probe.hpp"

#include <string>

namespace mtls::cmd {

/// One line of the table: "P1   1.3  refused after the handshake   no certificate: …".
[[nodiscard]] std::string attempt_line(const probe::Judged& judged);
/// What stands below the table: addresses, reasons, the sentence, what to change.
[[nodiscard]] std::string summary_text(const probe::Report& report);

/// Puts the report's fields into `document`.
void put_report(Json& document, const probe::Report& report);

}  // namespace mtls::cmd
