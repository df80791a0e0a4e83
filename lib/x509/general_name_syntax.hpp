// What is accepted as a dns, email, uri or upn name. Private to this room: `GeneralName::parse` and
// `GeneralName::require_good` judge alike through it. All throw bad_name.
#pragma once

#include <string_view>

namespace mtls::x509 {

/// A host name, or "*." and one of two labels or more (RFC 9525 section 6.3).
void require_dns(std::string_view text);
/// LOCAL@HOST with LOCAL as RFC 5321's Dot-string.
void require_email(std::string_view text);
/// An absolute URI of RFC 3986; a spiffe: one as the SPIFFE ID standard has it (section 2).
void require_uri(std::string_view text);
/// USER@REALM in UTF-8.
void require_user_principal(std::string_view text);
/// A host without a wildcard; `prefix` ("dns:") goes into messages.
void require_host(std::string_view prefix, std::string_view host);

[[noreturn]] void refuse_name(std::string_view prefix, std::string_view text, std::string_view why,
                              std::string_view hint = {});

/// Whether `text` has only the characters of RFC 3986, percent-encoding complete.
[[nodiscard]] bool is_uri_text(std::string_view text) noexcept;

/// Whether `text` is a Dot-string of RFC 5321 section 4.1.2, at most 64 octets.
[[nodiscard]] bool is_dot_string(std::string_view text) noexcept;

}  // namespace mtls::x509
