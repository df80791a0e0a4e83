// --allow-open-key, as a type.
#pragma once

namespace mtls::authority {

/// Whether a key, or a CA's directory, that others can read or write may be used.
enum class OpenKey { refuse, allow };

}  // namespace mtls::authority
