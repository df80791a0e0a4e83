// What `render` is given, looked at before it is written into a configuration: what no listener
// could work with is refused, what time or the other side can put right is warned of.
#pragma once

#include "ossl/context.hpp"
#include "render/render.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mtls::render {

/// The listener's certificate file and key, where they are on this machine. Names are safe to show.
struct ServerFiles {
  std::string certificate_name;
  std::string key_name;
  std::vector<x509::Certificate> certificates;  // in the file's order, at least one
  std::optional<crypto::PublicKey> key;         // nothing: it could not be read
};

/// Copies on this machine of what the server is to trust (--trust-file, --crl-file).
struct ServerCopy {
  std::string name;  // safe to show
  SecretBytes content;
};
struct ServerCopies {
  std::optional<ServerCopy> trust;
  std::optional<ServerCopy> crl;
};

/// Throws malformed for a file of certificates that mtlsctl reads and servers do not: text in
/// UTF-16, PKCS #7. `name` is safe to show.
void require_readable_by_servers(ByteView file, std::string_view name);

/// Looks at the listener's certificate. Throws key_mismatch where the key belongs to no certificate
/// of the file or not to the first, unsupported where it has an extendedKeyUsage without
/// serverAuth or is one of the CA directory's own.
/// Returns warnings: it lacks a host of --host or the default one, is expired or not yet valid, has
/// no chain or a wrong one, is a CA's, is not of this CA while the proof expects that.
[[nodiscard]] std::vector<Notice> check_server_files(const RenderRequest& request,
                                                     const ServerFiles& files,
                                                     const ossl::Context& context);

/// Looks at whom to trust, and at the CRLs. Throws unsupported where the target takes only a
/// self-signed root and there is none, where the root is no CA, and where a copy of --trust-file
/// holds anything else; bad_signature for a root whose own signature is wrong; usage for --crl-file
/// without a CRL. Returns warnings: a root of version 1 or not yet valid; a CRL that is not signed
/// by its CA, is from the future, of no CA of the chain, or a delta; another CRL in --crl-file.
[[nodiscard]] std::vector<Notice> check_trust(const RenderRequest& request,
                                              const ServerCopies& copies,
                                              const ossl::Context& context);

}  // namespace mtls::render
