// What a file holds, told by the tags of its first members: for readers that say what it is where
// they cannot use it. Nothing is decoded, and nothing is trusted.
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <string>

namespace mtls::der {

enum class ContentKind {
  certificate,
  certificate_list,
  request,
  pkcs7,
  pkcs12,
  private_key,
  encrypted_private_key,
  public_key,
  java_keystore,
  base64,  // without BEGIN and END lines
  other
};

/// Returns the kind of `octets`, which may be cut short: DER, BER of PKCS #7 and PKCS #12, the
/// magic numbers of Java's keystores, or base64 of DER.
[[nodiscard]] ContentKind content_kind(ByteView octets) noexcept;

/// The words for a kind, with its article: "a certificate request"; empty for `other`.
[[nodiscard]] std::string_view name(ContentKind kind) noexcept;

/// What a reader looks for.
enum class Wanted { certificate, certificate_list, request, private_key, any };

/// The command that unpacks PKCS #7 from a file of this form.
enum class FileForm { der, pem };
[[nodiscard]] std::string unpack_pkcs7(FileForm form);
/// The one that unpacks what is `wanted` from PKCS #12, with -legacy where the file needs it.
[[nodiscard]] std::string unpack_pkcs12(ByteView octets, Wanted wanted);

/// Returns the hint that turns `octets` (of a file of `form`) into what is `wanted`; empty if there
/// is none.
[[nodiscard]] std::string conversion_hint(ByteView octets, FileForm form, Wanted wanted);

}  // namespace mtls::der
