#include "cmd/value_types.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mtls::cmd {
namespace {

constexpr std::string_view k_san_kinds = "dns:HOST|ip:ADDRESS|email:ADDRESS|uri:URI";
constexpr std::string_view k_constraint_kinds =
    "dns:DOMAIN|ip:CIDR|email:DOMAIN|uri:DOMAIN|dn:NAME";

std::optional<std::int64_t> parse_number(const std::string& text, std::int64_t least,
                                         std::int64_t most) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || value < least || value > most) return std::nullopt;
  return value;
}

/// Whether `text` is KIND:VALUE with a kind that some GeneralName has, so that complaints of the
/// parser are about the value.
bool has_general_name_kind(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view kind = text.substr(0, colon);
  return kind == "upn" || x509::parse_general_name_kind(kind).has_value();
}

}  // namespace

ValueType<std::string> text_value(std::string placeholder) {
  return {std::move(placeholder), "a text that is not empty",
          [](const std::string& text) -> std::optional<std::string> {
            if (text.empty()) return std::nullopt;
            return text;
          }};
}

ValueType<std::string> ledger_text_value(std::string placeholder, std::size_t most) {
  return {std::move(placeholder), format("1 to {} octets of UTF-8", most),
          [most](const std::string& text) -> std::optional<std::string> {
            if (text.empty() || text.size() > most || !decode_utf8(text)) return std::nullopt;
            return text;
          }};
}

ValueType<Path> file_value() {
  return {"FILE", "the name of a file", [](const std::string& text) -> std::optional<Path> {
            if (text.empty()) return std::nullopt;
            return Path(text);
          }};
}

ValueType<Path> directory_value() {
  return {"DIR", "the name of a directory", [](const std::string& text) -> std::optional<Path> {
            if (text.empty()) return std::nullopt;
            return Path(text);
          }};
}

ValueType<std::chrono::seconds> duration_value() {
  return {"DURATION", "a number with s, m, h, d, w or y, such as 90d, 12h or 1y",
          [](const std::string& text) { return parse_duration(text); }};
}

ValueType<std::chrono::milliseconds> wait_value() {
  return {"DURATION", "a number with s, m or h, at most 24h, such as 30s or 0s",
          [](const std::string& text) -> std::optional<std::chrono::milliseconds> {
            if (text == "0" || text == "0s") return std::chrono::milliseconds(0);
            const auto parsed = parse_duration(text);
            if (!parsed || *parsed > std::chrono::hours(24)) return std::nullopt;
            return *parsed;
          }};
}

store::StoreUrl parse_store(const std::string& text) {
  return store::StoreUrl::parse(text).below(std::filesystem::current_path());
}

ValueType<store::StoreUrl> store_value() {
  return {"URL", "postgresql://USER@HOST/DATABASE, or sqlite:FILE",
          [](const std::string& text) { return std::optional(parse_store(text)); }, Repeat::no};
}

ValueType<std::chrono::seconds> days_value() {
  return {"N", "a number of days, at least 1",
          [](const std::string& text) -> std::optional<std::chrono::seconds> {
            const auto days = parse_number(text, 1, 3'650'000);
            if (!days) return std::nullopt;
            return std::chrono::seconds(*days * 86'400);
          }};
}

ValueType<UnixTime> time_value() {
  return {"TIME", "a time such as 2026-01-31T23:59:59Z, or a date",
          [](const std::string& text) { return parse_rfc3339(text); }};
}

ValueType<std::int64_t> number_value(std::int64_t least, std::int64_t most) {
  return {"N", format("a whole number from {} to {}", least, most),
          [least, most](const std::string& text) { return parse_number(text, least, most); }};
}

ValueType<store::LogHead> log_head_value() {
  return {"SEQ:HEX", "what 'mtlsctl log head' prints: a number, a colon and 64 hex digits",
          [](const std::string& text) { return store::LogHead::parse(text); }};
}

ValueType<x509::SerialNumber> serial_value() {
  return {"SERIAL", "a serial in hex",
          [](const std::string& text) { return x509::SerialNumber::parse(text); }};
}

ValueType<crypto::KeySpec> key_spec_value() {
  constexpr std::array k_words{"rsa:2048", "rsa:3072", "rsa:4096", "ec:p256",
                               "ec:p384",  "ec:p521",  "ed25519"};
  std::vector<std::pair<std::string, crypto::KeySpec>> words;
  words.reserve(k_words.size());
  for (const char* word : k_words) words.emplace_back(word, crypto::KeySpec::parse(word).value());
  return word_value(std::move(words));
}

ValueType<crypto::Sha256> fingerprint_value() {
  return {"SHA256", "64 hex digits, with or without colons",
          [](const std::string& text) -> std::optional<crypto::Sha256> {
            const auto octets = from_hex(text);
            crypto::Sha256 digest{};
            if (!octets || octets->size() != digest.size()) return std::nullopt;
            std::copy(octets->begin(), octets->end(), digest.begin());
            return digest;
          }};
}

ValueType<x509::GeneralName> san_value() {
  return {std::string(k_san_kinds),
          "KIND:VALUE with one of dns, ip, email, uri, dn, upn, rid, other as KIND",
          [](const std::string& text) -> std::optional<x509::GeneralName> {
            if (!has_general_name_kind(text)) return std::nullopt;
            return x509::GeneralName::parse(text);
          }};
}

ValueType<x509::GeneralName> constraint_value() {
  return {std::string(k_constraint_kinds), "KIND:VALUE with one of dns, ip, email, uri, dn as KIND",
          [](const std::string& text) -> std::optional<x509::GeneralName> {
            if (!has_general_name_kind(text)) return std::nullopt;
            return x509::GeneralName::parse_constraint(text);
          }};
}

ValueType<x509::Name> subject_value() {
  return {"SUBJECT", "a name such as CN=root,O=example,C=de or /C=de/O=example/CN=root",
          [](const std::string& text) -> std::optional<x509::Name> {
            if (text.find('=') == std::string::npos) return std::nullopt;
            return x509::Name::parse(text);
          }};
}

}  // namespace mtls::cmd
