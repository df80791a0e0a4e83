// The certificate that `serve --ca DIR` presents: made by that CA for this machine, and kept.
#pragma once

#include "authority/ca_directory.hpp"
#include "cmd/signing_options.hpp"
#include "x509/general_name.hpp"

#include <vector>

namespace mtls::cmd {

struct ServeCertificate {
  std::vector<x509::Certificate> chain;  // leaf first
  crypto::PrivateKey key;
};

/// What the certificate must bear, and how it is made.
struct ServeCertificateRequest {
  const authority::CaDirectory& ca;
  x509::GeneralNames names;
  const SigningOptions& signing;
  std::chrono::milliseconds lock_timeout;
};

/// Returns what stands in DIR/serve (server.key, server.crt) if the ledger has it as issued, it
/// bears the names and has 24 hours left; else has it made anew, in a child process, which alone
/// reads the CA key. Throws open_permissions where DIR, its key or what is in DIR/serve is open to
/// others, foreign_owner where it belongs to another user, and what enrol throws.
[[nodiscard]] ServeCertificate obtain_serve_certificate(const ServeCertificateRequest& request,
                                                        Session& session);
/// The same, but never made: for a process that reads the network already. Throws not_found where
/// it cannot be used any more.
[[nodiscard]] ServeCertificate reread_serve_certificate(const ServeCertificateRequest& request,
                                                        Session& session);

/// Throws open_permissions where others can read or write the CA directory or its key.
void require_private(const authority::CaDirectory& ca);

}  // namespace mtls::cmd
