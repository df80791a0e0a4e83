// The kinds of values that options take, each parsed once, at the option.
#pragma once

#include "base/clock.hpp"
#include "base/file.hpp"
#include "cmd/option_set.hpp"
#include "crypto/digest.hpp"
#include "crypto/key_spec.hpp"
#include "store/log_entry.hpp"
#include "store/store_url.hpp"
#include "x509/general_name.hpp"
#include "x509/name.hpp"
#include "x509/serial_number.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mtls::cmd {

/// Any text that is not empty.
[[nodiscard]] ValueType<std::string> text_value(std::string placeholder);
/// A text that goes into the ledger: UTF-8, not empty, at most `most` octets.
[[nodiscard]] ValueType<std::string> ledger_text_value(std::string placeholder, std::size_t most);
/// A file's name; "-" is standard input or output where the command says so.
[[nodiscard]] ValueType<Path> file_value();
[[nodiscard]] ValueType<Path> directory_value();
/// 90d, 12h, 1y.
[[nodiscard]] ValueType<std::chrono::seconds> duration_value();
/// The same for short waits: 500ms is not one, 0s is.
[[nodiscard]] ValueType<std::chrono::milliseconds> wait_value();
/// The URL of a ledger; a relative file is made absolute. A bad one is not repeated: it may hold a
/// password.
[[nodiscard]] ValueType<store::StoreUrl> store_value();
/// The same for text from elsewhere; throws usage.
[[nodiscard]] store::StoreUrl parse_store(const std::string& text);
/// A number of days, as openssl has it.
[[nodiscard]] ValueType<std::chrono::seconds> days_value();
/// An RFC 3339 instant or a date.
[[nodiscard]] ValueType<UnixTime> time_value();
/// A whole number within [least, most].
[[nodiscard]] ValueType<std::int64_t> number_value(std::int64_t least, std::int64_t most);
/// Where a log ended: SEQ:HEX.
[[nodiscard]] ValueType<store::LogHead> log_head_value();
/// A serial in hex, with or without 0x and colons.
[[nodiscard]] ValueType<x509::SerialNumber> serial_value();
[[nodiscard]] ValueType<crypto::KeySpec> key_spec_value();
/// A SHA-256 in hex, with or without colons.
[[nodiscard]] ValueType<crypto::Sha256> fingerprint_value();
/// A subjectAltName. What cannot be parsed is exit 2.
[[nodiscard]] ValueType<x509::GeneralName> san_value();
/// The base of a name constraint; as above.
[[nodiscard]] ValueType<x509::GeneralName> constraint_value();
/// A distinguished name, RFC 4514 or OpenSSL's slash form; as above.
[[nodiscard]] ValueType<x509::Name> subject_value();

/// Runs `parse` on a flag's value: what is no good name is bad usage, not a refusal.
template <class Parse>
[[nodiscard]] auto as_usage(Parse&& parse) {
  try {
    return parse();
  } catch (const Error& error) {
    if (error.code() != Errc::bad_name) throw;
    throw Error(Errc::usage, error.message(), error.hint());
  }
}

/// One of a few words.
template <class T>
[[nodiscard]] ValueType<T> word_value(std::vector<std::pair<std::string, T>> words) {
  std::string joined;
  for (const auto& [word, value] : words) joined += joined.empty() ? word : "|" + word;
  return {joined, "one of " + joined,
          [words = std::move(words)](const std::string& text) -> std::optional<T> {
            for (const auto& [word, value] : words) {
              if (word == text) return value;
            }
            return std::nullopt;
          }};
}

}  // namespace mtls::cmd
