#include "ca/going_clock.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"

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

}  // namespace

void require_going_clock(const store::Ledger& ledger, store::IssuerId issuer, UnixTime now) {
  const UnixTime limit = now + k_tolerance;
  const auto row = ledger.find_later_than(issuer, limit);
  const auto newest = ledger.newest_entry(issuer);
  const bool ahead = newest && newest->time > limit;
  // A batch is one entry: it is answered for at once.
  if (row && !(ahead && !newest->serial)) {
    const std::string serial = row->serial.to_text();
    refuse(now, row->changed_time, format("serial {}", serial), format("--serial {}", serial));
  }
  if (ahead) {
    refuse(now, newest->time, format("entry {} of its log", newest->seq),
           format("--entry {}", newest->seq));
  }
}

}  // namespace mtls::ca
