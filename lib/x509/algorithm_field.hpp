// The parts that certificates, requests and CRLs share: AlgorithmIdentifier and the signature.
#pragma once

#include "der/reader.hpp"

namespace mtls::x509 {

/// Reads an AlgorithmIdentifier (RFC 5280 section 4.1.1.2) and returns it whole: any algorithm, its
/// parameters DER but not understood. Throws malformed.
[[nodiscard]] ByteView read_algorithm_identifier(der::Reader& reader);

/// Reads a signature's BIT STRING, which has whole octets only. Throws malformed.
[[nodiscard]] ByteView read_signature(der::Reader& reader);

}  // namespace mtls::x509
