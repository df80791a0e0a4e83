// One path before X509_verify_cert. Private to this room.
#pragma once

#include "verify/findings.hpp"

namespace mtls::verify {

/// Whether X509_verify_cert went over the whole path. Where not, there is an error among the
/// findings, and nothing is known of the signatures.
enum class Judged { no, yes };

/// Has X509_verify_cert check `path` alone and adds what it finds: its anchor is all that is
/// trusted, and what the rules found already (`findings`) is not said twice. It is not asked where
/// a key on the path is not one to compute with; the rules must have said so. Throws io or
/// internal where X509_verify_cert comes to no verdict. Judged with nothing found means that it
/// accepted exactly this path.
Judged judge_with_libcrypto(const Path& path, const VerifyRequest& request,
                            const ossl::Context& context, Findings& findings);

}  // namespace mtls::verify
