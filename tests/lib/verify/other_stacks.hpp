// What other stacks say of a request.
#pragma once

#include "lib/verify/pki.hpp"
#include "support/process.hpp"

namespace mtls::verify::test {

/// Runs `openssl verify -x509_strict` on it, with nothing trusted but its anchors.
mtls::test::Outcome run_openssl(const VerifyRequest& request);

/// Runs `certtool --verify` on it, with the pool behind the leaf in the order it has. It judges by
/// the machine's clock.
mtls::test::Outcome run_certtool(const VerifyRequest& request);

}  // namespace mtls::verify::test
