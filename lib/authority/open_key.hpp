// --allow-open-key, as a type.
#pragma once

namespace mtls::authority {

/// Whether a key, a CA directory or a ledger that other users own, can read or can write may be
/// used.
enum class OpenKey { refuse, allow };

}  // namespace mtls::authority
