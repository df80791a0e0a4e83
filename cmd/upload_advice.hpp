// What of a CA goes where: said by `ca show` and `ca export` alike.
#pragma once

#include "authority/ca_directory.hpp"
#include "cmd/json.hpp"

#include <string>
#include <string_view>

namespace mtls::cmd {

/// Where the CA certificate is to be uploaded.
inline constexpr std::string_view k_upload =
    "upload it as the CA certificate of whatever checks clients: an ALB listener's "
    "caCertificates, nginx's ssl_client_certificate, HAProxy's ca-file, Envoy's trusted_ca";
/// Why the CA key never is.
inline constexpr std::string_view k_why_never =
    "who has it can issue client certificates that every such listener accepts, and no listener "
    "needs it: checking a client takes the certificate alone";

/// The CA key's file, or its URI where it is none; safe to show.
[[nodiscard]] std::string key_shown(const authority::CaDirectory& ca);
/// Puts "upload" and "never_upload" into a document.
void put_upload_advice(Json& document, const authority::CaDirectory& ca);

}  // namespace mtls::cmd
