#include "ca/going_clock.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"

#include <optional>
#include <utility>

namespace mtls::ca {
namespace {

constexpr std::chrono::minutes k_tolerance{5};

/// `what` names the entry for a person, `flag` for `store accept-clock`.
[[noreturn]] void refuse(UnixTime now, UnixTime recorded, const std::string& what,
                         const std::string& flag) {
  throw Error(
      Errc::clock,
      format("it is {} by this machine's clock, and the ledger has an entry of {} ({})",
             to_rfc3339(now), to_rfc3339(recorded), what),
      format("set the clock of this machine; if it is right and that entry is wrong, 'mtlsctl "
             "store accept-clock {}' goes on",
             flag));
}

/// The entry of several rows that gave this one its newest time, if one did.
std::optional<store::LogEntry> find_batch(const store::Ledger& ledger, const store::Record& row) {
  for (const auto& seq : {std::optional(row.intent_entry), row.issue_entry, row.standing_entry}) {
    if (!seq) continue;
    auto entry = ledger.find_entry(row.issuer, *seq);
    if (entry && entry->time == row.changed_time && entry->count > 1) return entry;
  }
  return std::nullopt;
}

}  // namespace

void require_going_clock(const store::Ledger& ledger, store::IssuerId issuer, UnixTime now) {
  const UnixTime limit = now + k_tolerance;
  const auto row = ledger.find_later_than(issuer, limit);
  const auto newest = ledger.newest_entry(issuer);
  const bool ahead = newest && newest->time > limit;
  if (row) {
    // A batch is one entry: it is answered for at once.
    if (const auto batch = find_batch(ledger, *row)) {
      refuse(now, batch->time, format("entry {} of its log", batch->seq),
             format("--entry {}", batch->seq));
    }
    const std::string serial = row->serial.to_text();
    refuse(now, row->changed_time, format("serial {}", serial), format("--serial {}", serial));
  }
  if (ahead) {
    refuse(now, newest->time, format("entry {} of its log", newest->seq),
           format("--entry {}", newest->seq));
  }
}

}  // namespace mtls::ca
