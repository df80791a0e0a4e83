#include "der/content_kind.hpp"

#include "base/base64.hpp"
#include "base/format.hpp"
#include "der/reader.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace mtls::der {
namespace {

constexpr std::uint8_t k_long = 0x80;  // alone, it is an indefinite length

// 1.2.840.113549.1.7.x, and 1.2.840.113549.1.9.16.1.x (CMS), as content octets without the last.
constexpr std::array<std::uint8_t, 8> k_pkcs7{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07};
constexpr std::array<std::uint8_t, 10> k_cms{0x2a, 0x86, 0x48, 0x86, 0xf7,
                                             0x0d, 0x01, 0x09, 0x10, 0x01};

template <std::size_t size>
bool begins_with(ByteView octets, const std::array<std::uint8_t, size>& beginning) noexcept {
  return octets.size() >= size && std::equal(beginning.begin(), beginning.end(), octets.begin());
}

/// One element, the end of which may be missing: what was cut short has a kind as well. Of
/// indefinite length, it reaches to the end.
struct Field {
  std::uint8_t tag;
  ByteView content;
  ByteView rest;  // behind it
};

std::optional<Field> first_field(ByteView octets) noexcept {
  constexpr std::size_t k_most = sizeof(std::size_t);
  if (octets.size() < 2) return std::nullopt;
  std::size_t length = octets[1];
  std::size_t header = 2;
  if (length == k_long) {
    return Field{.tag = octets[0], .content = octets.subspan(header), .rest = {}};
  }
  if (length > k_long) {
    const std::size_t count = length - k_long;
    if (count > k_most || octets.size() < header + count) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8U | octets[header + i];
    header += count;
  }
  const ByteView behind = octets.subspan(header);
  length = std::min(length, behind.size());
  return Field{.tag = octets[0], .content = behind.first(length), .rest = behind.subspan(length)};
}

bool is_field(const std::optional<Field>& field, std::uint8_t tag) noexcept {
  return field && field->tag == tag;
}

bool is_algorithm(const std::optional<Field>& field) noexcept {
  return is_field(field, tag::sequence) &&
         is_field(first_field(field->content), tag::object_identifier);
}

bool is_pkcs7(ByteView fields) noexcept {
  const auto type = first_field(fields);
  return is_field(type, tag::object_identifier) &&
         (begins_with(type->content, k_pkcs7) || begins_with(type->content, k_cms));
}

/// Tells SEQUENCE { tbs SEQUENCE …: a certificate's begins with [0] or (version 1) with a serial
/// and has a validity; a CRL's with its version or (version 1) the algorithm, and has a time; a
/// request's with its version, a name and a key.
ContentKind kind_of_signed(ByteView tbs) noexcept {
  auto field = first_field(tbs);
  if (is_field(field, tag::context_constructed(0))) return ContentKind::certificate;
  const bool numbered = is_field(field, tag::integer);
  if (numbered) field = first_field(field->rest);
  if (!is_algorithm(field)) {
    const bool name_and_key = numbered && is_field(field, tag::sequence) &&
                              is_field(first_field(field->rest), tag::sequence);
    return name_and_key ? ContentKind::request : ContentKind::other;
  }
  const auto issuer = first_field(field->rest);
  if (!is_field(issuer, tag::sequence)) return ContentKind::other;
  const auto time = first_field(issuer->rest);
  if (is_field(time, tag::utc_time) || is_field(time, tag::generalized_time)) {
    return ContentKind::certificate_list;
  }
  return is_field(time, tag::sequence) ? ContentKind::certificate : ContentKind::other;
}

/// Tells SEQUENCE { INTEGER …: PKCS #12 and the forms of private keys.
ContentKind kind_of_numbered(const Field& number) noexcept {
  constexpr std::uint8_t k_pkcs12_version = 3;
  const auto second = first_field(number.rest);
  if (is_field(second, tag::sequence) && is_pkcs7(second->content) && number.content.size() == 1 &&
      number.content[0] == k_pkcs12_version) {
    return ContentKind::pkcs12;
  }
  const bool key =
      is_algorithm(second) || is_field(second, tag::integer) || is_field(second, tag::octet_string);
  return key ? ContentKind::private_key : ContentKind::other;
}

/// The first octets of base64 text without BEGIN and END lines, if it is DER.
bool is_base64_of_der(ByteView octets) noexcept {
  constexpr std::size_t k_least = 64;
  std::size_t count = 0;
  for (const std::uint8_t octet : octets) {
    const char c = static_cast<char>(octet);
    const bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '+' || c == '/' || c == '=';
    if (digit) ++count;
    if (!digit && c != '\r' && c != '\n') return false;
  }
  // Every SEQUENCE of 128 to 65,535 octets begins so.
  const std::string_view text = as_text(octets);
  return count >= k_least && (text.starts_with("MII") || text.starts_with("MIG"));
}

/// 1.2.840.113549.1.12.1.{1,2,5,6}: RC4 and RC2, which openssl has in its legacy provider. What is
/// encrypted with them is told in clear.
bool needs_legacy(ByteView pkcs12) noexcept {
  constexpr std::array<std::uint8_t, 9> k_scheme{0x2a, 0x86, 0x48, 0x86, 0xf7,
                                                 0x0d, 0x01, 0x0c, 0x01};
  for (auto at = pkcs12.begin();; ++at) {
    at = std::search(at, pkcs12.end(), k_scheme.begin(), k_scheme.end());
    if (at == pkcs12.end()) return false;
    const auto last = at + static_cast<std::ptrdiff_t>(k_scheme.size());
    if (last != pkcs12.end() && (*last == 1 || *last == 2 || *last == 5 || *last == 6)) return true;
  }
}

}  // namespace

ContentKind content_kind(ByteView octets) noexcept {
  constexpr std::array<std::uint8_t, 4> k_jks{0xfe, 0xed, 0xfe, 0xed};
  constexpr std::array<std::uint8_t, 4> k_jceks{0xce, 0xce, 0xce, 0xce};
  if (begins_with(octets, k_jks) || begins_with(octets, k_jceks)) return ContentKind::java_keystore;
  const auto outer = first_field(octets);
  if (!is_field(outer, tag::sequence)) {
    return is_base64_of_der(octets) ? ContentKind::base64 : ContentKind::other;
  }
  if (is_pkcs7(outer->content)) return ContentKind::pkcs7;
  const auto first = first_field(outer->content);
  if (is_field(first, tag::integer)) return kind_of_numbered(*first);
  if (!is_field(first, tag::sequence)) return ContentKind::other;
  if (is_algorithm(first)) {
    const auto second = first_field(first->rest);
    if (is_field(second, tag::bit_string)) return ContentKind::public_key;
    if (is_field(second, tag::octet_string)) return ContentKind::encrypted_private_key;
  }
  return kind_of_signed(first->content);
}

std::string_view name(ContentKind kind) noexcept {
  switch (kind) {
    case ContentKind::certificate:
      return "a certificate";
    case ContentKind::certificate_list:
      return "a CRL";
    case ContentKind::request:
      return "a certificate request";
    case ContentKind::pkcs7:
      return "PKCS #7";
    case ContentKind::pkcs12:
      return "PKCS #12";
    case ContentKind::private_key:
      return "a private key";
    case ContentKind::encrypted_private_key:
      return "an encrypted private key";
    case ContentKind::public_key:
      return "a public key";
    case ContentKind::java_keystore:
      return "a Java keystore";
    case ContentKind::base64:
      return "base64 without BEGIN and END lines";
    case ContentKind::other:
      break;
  }
  return "";
}

std::string unpack_pkcs7(FileForm form) {
  return format("unpack it with: openssl pkcs7{} -in FILE -print_certs -out NEWFILE",
                form == FileForm::der ? " -inform DER" : "");
}

std::string unpack_pkcs12(ByteView octets, Wanted wanted) {
  const std::string_view parts = wanted == Wanted::certificate   ? " -nokeys"
                                 : wanted == Wanted::private_key ? " -nocerts"
                                                                 : "";
  return format("unpack it with: openssl pkcs12{} -in FILE{} -out NEWFILE",
                needs_legacy(octets) ? " -legacy" : "", parts);
}

std::string conversion_hint(ByteView octets, FileForm form, Wanted wanted) {
  switch (content_kind(octets)) {
    case ContentKind::pkcs7:
      return wanted == Wanted::certificate || wanted == Wanted::any ? unpack_pkcs7(form) : "";
    case ContentKind::pkcs12:
      return wanted == Wanted::certificate || wanted == Wanted::private_key || wanted == Wanted::any
                 ? unpack_pkcs12(octets, wanted)
                 : "";
    case ContentKind::java_keystore:
      return "export what you need from it as PEM, with Java's keytool";
    case ContentKind::base64:
      return "decode it with: base64 -d -i FILE > NEWFILE";
    default:
      break;
  }
  return "";
}

}  // namespace mtls::der
