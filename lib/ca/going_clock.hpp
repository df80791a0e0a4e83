// A clock that went back, or a ledger that another one has put ahead.
#pragma once

#include "store/ledger.hpp"

namespace mtls::ca {

/// Throws clock where this CA's log ends, or one of its certificates was recorded, more than five
/// minutes after `now`, and nobody has answered for that (`store accept-clock`): what is signed now
/// would begin before what was recorded already. Other CAs of the ledger do not count.
void require_going_clock(const store::Ledger& ledger, store::IssuerId issuer, UnixTime now);

}  // namespace mtls::ca
