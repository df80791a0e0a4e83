// One path before X509_verify_cert. Private to this room.
#pragma once

#include "verify/findings.hpp"

namespace mtls::verify {

/// Whether X509_verify_cert came to a verdict on the path. `refused_key` where it was not asked,
/// since a key on the path is not one to give it: the rules have said so then.
enum class Judged { yes, refused_key, unreadable };

/// Has X509_verify_cert check `path` alone and adds what it finds: its anchor is all that is
/// trusted, and what the rules found already (`findings`) is not said twice. Nothing found means
/// that it accepted this path.
Judged judge_with_libcrypto(const Path& path, const VerifyRequest& request,
                            const ossl::Context& context, Findings& findings);

}  // namespace mtls::verify
