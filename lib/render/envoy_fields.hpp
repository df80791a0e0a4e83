// Fields of Envoy's TLS messages (envoy.extensions.transport_sockets.tls.v3). Private to this room.
#pragma once

#include <array>
#include <string_view>

namespace mtls::render {

// Fields that check_envoy reads, that only restrict whom Envoy accepts, or that do not concern it.

/// Of CertificateValidationContext.
inline constexpr std::array<std::string_view, 15> k_validation_fields{
    "trusted_ca",
    "crl",
    "trust_chain_verification",
    "allow_expired_certificate",
    "only_verify_leaf_cert_crl",
    "custom_validator_config",
    "system_root_certs",
    "ca_certificate_provider_instance",
    "max_verify_depth",
    "verify_certificate_spki",
    "verify_certificate_hash",
    "match_typed_subject_alt_names",
    "match_subject_alt_names",
    "require_signed_certificate_timestamp",
    "watched_directory",
};

/// Of CommonTlsContext. Not custom_handshaker, which may leave out the verification.
inline constexpr std::array<std::string_view, 9> k_common_fields{
    "tls_params",
    "tls_certificates",
    "tls_certificate_sds_secret_configs",
    "tls_certificate_provider_instance",
    "validation_context",
    "combined_validation_context",
    "validation_context_sds_secret_config",
    "alpn_protocols",
    "key_log",
};

/// Of DownstreamTlsContext.
inline constexpr std::array<std::string_view, 12> k_downstream_fields{
    "@type",
    "common_tls_context",
    "require_client_certificate",
    "require_sni",
    "session_ticket_keys",
    "session_ticket_keys_sds_secret_config",
    "session_timeout",
    "disable_stateless_session_resumption",
    "disable_stateful_session_resumption",
    "ocsp_staple_policy",
    "full_scan_certs_on_sni_mismatch",
    "prefer_client_ciphers",
};

}  // namespace mtls::render
