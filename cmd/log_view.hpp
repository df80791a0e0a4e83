// The log of a ledger, and what is wrong with one, as text and as JSON.
#pragma once

#include "authority/ledger_head.hpp"
#include "cmd/json.hpp"
#include "store/audit.hpp"
#include "store/log_entry.hpp"

#include <string>

namespace mtls::cmd {

/// Puts the fields of an entry into a document.
void put_entry(Json& document, const store::LogEntry& entry);
/// One line: number, time, action, what it is about, who.
[[nodiscard]] std::string entry_line(const store::LogEntry& entry);

/// The findings of a report as an array.
[[nodiscard]] Json findings_json(const store::AuditReport& report);
/// A line for each finding, and one for those that are not listed.
[[nodiscard]] std::string findings_text(const store::AuditReport& report);
/// What comparing with ledger.head says, where that is not simply that it is held.
[[nodiscard]] std::string seen_text(const authority::SeenState& state);
/// Whether it keeps a ledger from being sound: nothing to compare with does not.
[[nodiscard]] bool is_against(const authority::SeenState& state) noexcept;
/// What to do about a flaw.
[[nodiscard]] std::string_view remedy(store::Flaw flaw) noexcept;

}  // namespace mtls::cmd
