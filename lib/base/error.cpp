#include "base/error.hpp"

#include <utility>

namespace mtls {

// NOLINTNEXTLINE(readability-function-size): a table
std::string_view name(Errc code) noexcept {
  switch (code) {
    case Errc::usage:
      return "usage";
    case Errc::missing_value:
      return "missing_value";
    case Errc::would_overwrite:
      return "would_overwrite";
    case Errc::denied_by_profile:
      return "denied_by_profile";
    case Errc::weak_key:
      return "weak_key";
    case Errc::bad_name:
      return "bad_name";
    case Errc::too_many_names:
      return "too_many_names";
    case Errc::constraint_violated:
      return "constraint_violated";
    case Errc::request_key_used:
      return "request_key_used";
    case Errc::serial_conflict:
      return "serial_conflict";
    case Errc::open_permissions:
      return "open_permissions";
    case Errc::foreign_owner:
      return "foreign_owner";
    case Errc::set_incomplete:
      return "set_incomplete";
    case Errc::set_mismatch:
      return "set_mismatch";
    case Errc::not_in_ledger:
      return "not_in_ledger";
    case Errc::intent_live:
      return "intent_live";
    case Errc::revoked_meanwhile:
      return "revoked_meanwhile";
    case Errc::issuer_unfit:
      return "issuer_unfit";
    case Errc::unreadable_file:
      return "unreadable_file";
    case Errc::malformed:
      return "malformed";
    case Errc::too_large:
      return "too_large";
    case Errc::bad_signature:
      return "bad_signature";
    case Errc::wrong_passphrase:
      return "wrong_passphrase";
    case Errc::key_mismatch:
      return "key_mismatch";
    case Errc::hostile_key_derivation:
      return "hostile_key_derivation";
    case Errc::several_keys:
      return "several_keys";
    case Errc::bad_profile:
      return "bad_profile";
    case Errc::bad_config:
      return "bad_config";
    case Errc::unsupported:
      return "unsupported";
    case Errc::not_found:
      return "not_found";
    case Errc::ambiguous:
      return "ambiguous";
    case Errc::expired:
      return "expired";
    case Errc::io:
      return "io";
    case Errc::disk_full:
      return "disk_full";
    case Errc::permission:
      return "permission";
    case Errc::output_failed:
      return "output_failed";
    case Errc::ledger_locked:
      return "ledger_locked";
    case Errc::ledger_unavailable:
      return "ledger_unavailable";
    case Errc::ledger_damaged:
      return "ledger_damaged";
    case Errc::ledger_mismatch:
      return "ledger_mismatch";
    case Errc::ledger_rolled_back:
      return "ledger_rolled_back";
    case Errc::clock:
      return "clock";
    case Errc::faulty_signature:
      return "faulty_signature";
    case Errc::algorithm_unavailable:
      return "algorithm_unavailable";
    case Errc::internal:
      return "internal";
    case Errc::signature_not_recorded:
      return "signature_not_recorded";
  }
  return "internal";
}

Error::Error(Errc code, std::string message, std::string hint)
    : m_code(code), m_message(std::move(message)), m_hint(std::move(hint)) {}

Error& Error::add_context(std::string_view context) {
  m_message.insert(0, ": ").insert(0, context);
  return *this;
}

Error& Error::set_hint(std::string_view hint) {
  if (m_hint.empty()) m_hint = hint;
  return *this;
}

Error& Error::add_details(std::vector<std::string> details) {
  m_details = std::move(details);
  return *this;
}

}  // namespace mtls
