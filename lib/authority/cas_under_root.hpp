// Which CAs a root certificate stands for, once a server trusts it.
#pragma once

#include "x509/certificate.hpp"

#include <vector>

namespace mtls::authority {

/// Returns those of `certificates` that `root` issued, or that a CA which it issued did, and so on:
/// by name and signature, each once, in the order given. The root is not among them. Validity is
/// not looked at.
[[nodiscard]] std::vector<x509::Certificate> find_cas_under_root(
    const x509::Certificate& root, const std::vector<x509::Certificate>& certificates,
    const ossl::Context& context);

}  // namespace mtls::authority
