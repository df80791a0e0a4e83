// PEM (RFC 7468), read strictly enough that nothing in a file is overlooked.
#pragma once

#include "base/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mtls::der {

/// One block. The octets may be a private key, so they are kept as a secret.
struct PemBlock {
  std::string label;      // "CERTIFICATE"
  bool encrypted_legacy;  // it has the headers Proc-Type and DEK-Info (keys of RFC 1421's form)
  std::string headers;    // those header lines, joined by \n; empty for anything but such keys
  SecretBytes der;
};

/// Returns the blocks of `text` in order; text between blocks, CRLF and a byte order mark are let
/// pass, and text in UTF-16 is decoded (base/utf16.hpp, which also says what it throws). No block
/// at all is an empty list. Throws malformed: a block without its end or with another label in it,
/// an end without its block, a boundary within a line, anything but base64 and line ends inside,
/// headers on what is not a key, an empty body, over 10,000 blocks.
[[nodiscard]] std::vector<PemBlock> read_pem(ByteView text);

/// True if `text` holds the words of a PEM boundary and is not itself one SEQUENCE in DER, or is
/// text in UTF-16: what is PEM is never read as DER.
[[nodiscard]] bool looks_like_pem(ByteView text) noexcept;

/// Returns the PEM of `der`, lines of 64, ending in a line feed.
[[nodiscard]] std::string to_pem(std::string_view label, ByteView der);
/// The same for a private key.
[[nodiscard]] SecretBytes to_secret_pem(std::string_view label, ByteView der);

}  // namespace mtls::der
