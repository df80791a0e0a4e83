// "Could not": the one exception type of the project. "No" is never an exception but a value
// (VerifyReport, std::optional).
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace mtls {

/// What kind of failure it is. The word of each (`name`) is the `code` of JSON output and never
/// changes; cmd/exit_code.cpp maps each to an exit code.
enum class Errc {
  // The caller's words are off.
  usage,
  missing_value,
  // Refused: it could be done and is not.
  would_overwrite,
  denied_by_profile,
  weak_key,
  bad_name,
  too_many_names,
  constraint_violated,
  request_key_used,
  serial_conflict,
  open_permissions,
  foreign_owner,
  set_incomplete,
  set_mismatch,
  not_in_ledger,
  intent_live,
  revoked_meanwhile,
  issuer_unfit,
  // Bad input.
  unreadable_file,
  malformed,
  too_large,
  bad_signature,
  wrong_passphrase,
  key_mismatch,
  hostile_key_derivation,
  several_keys,
  bad_profile,
  bad_config,
  unsupported,
  not_found,
  ambiguous,
  // The answer is no because of time.
  expired,
  // The surroundings failed.
  io,
  disk_full,
  permission,
  output_failed,
  ledger_locked,
  ledger_unavailable,
  ledger_damaged,
  ledger_mismatch,
  ledger_rolled_back,
  clock,
  faulty_signature,
  algorithm_unavailable,
  // A bug.
  internal,
  // The answer is no.
  signature_not_recorded,
};

/// Returns the snake_case word of `code`, e.g. "wrong_passphrase".
[[nodiscard]] std::string_view name(Errc code) noexcept;

/// What could not be done, for a person: a message (lower case, no full stop), optionally a hint
/// that says what to do next, and the context that callers add on the way up ("cannot read
/// ca.key").
class Error final : public std::exception {
 public:
  Error(Errc code, std::string message, std::string hint = {});

  [[nodiscard]] Errc code() const noexcept { return m_code; }
  /// The context, outermost first, and the message, joined by ": ".
  [[nodiscard]] const std::string& message() const noexcept { return m_message; }
  [[nodiscard]] const std::string& hint() const noexcept { return m_hint; }
  /// Raw lines of the layer below (OpenSSL's error queue, oldest first), for --verbose only.
  [[nodiscard]] const std::vector<std::string>& details() const noexcept { return m_details; }
  [[nodiscard]] const char* what() const noexcept override { return m_message.c_str(); }

  /// Puts `context` in front of the message; returns the same error, to be thrown again.
  Error& add_context(std::string_view context);
  /// Sets the hint where there is none yet.
  Error& set_hint(std::string_view hint);
  Error& add_details(std::vector<std::string> details);

 private:
  Errc m_code;
  std::string m_message;
  std::string m_hint;
  std::vector<std::string> m_details;
};

/// Runs `work` and adds `context` to any Error that leaves it.
template <class Work>
decltype(auto) with_context(std::string_view context, Work&& work) {
  try {
    return work();
  } catch (Error& error) {
    error.add_context(context);
    throw;
  }
}

}  // namespace mtls
