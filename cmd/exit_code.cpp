#include "cmd/exit_code.hpp"

#include <algorithm>
#include <array>

namespace mtls::cmd {

// NOLINTNEXTLINE(readability-function-size): a table
ExitCode exit_code(Errc code) noexcept {
  switch (code) {
    case Errc::usage:
    case Errc::missing_value:
      return ExitCode::usage;
    case Errc::would_overwrite:
    case Errc::denied_by_profile:
    case Errc::weak_key:
    case Errc::bad_name:
    case Errc::too_many_names:
    case Errc::constraint_violated:
    case Errc::request_key_used:
    case Errc::serial_conflict:
    case Errc::open_permissions:
    case Errc::foreign_owner:
    case Errc::set_incomplete:
    case Errc::set_mismatch:
    case Errc::not_in_ledger:
    case Errc::intent_live:
    case Errc::revoked_meanwhile:
    case Errc::issuer_unfit:
      return ExitCode::refused;
    case Errc::unreadable_file:
    case Errc::malformed:
    case Errc::too_large:
    case Errc::bad_signature:
    case Errc::wrong_passphrase:
    case Errc::key_mismatch:
    case Errc::hostile_key_derivation:
    case Errc::several_keys:
    case Errc::bad_profile:
    case Errc::bad_config:
    case Errc::unsupported:
    case Errc::not_found:
    case Errc::ambiguous:
      return ExitCode::bad_input;
    case Errc::signature_not_recorded:
      return ExitCode::no;
    case Errc::expired:
      return ExitCode::time;
    case Errc::io:
    case Errc::disk_full:
    case Errc::permission:
    case Errc::output_failed:
    case Errc::ledger_locked:
    case Errc::ledger_unavailable:
    case Errc::ledger_damaged:
    case Errc::ledger_mismatch:
    case Errc::ledger_rolled_back:
    case Errc::clock:
    case Errc::faulty_signature:
    case Errc::algorithm_unavailable:
      return ExitCode::surroundings;
    case Errc::internal:
      return ExitCode::internal;
  }
  return ExitCode::internal;
}

ExitCode combine(ExitCode left, ExitCode right) noexcept {
  constexpr std::array k_order{ExitCode::internal,   ExitCode::usage,   ExitCode::surroundings,
                               ExitCode::bad_input,  ExitCode::refused, ExitCode::no,
                               ExitCode::revocation, ExitCode::time,    ExitCode::ok};
  for (const ExitCode code : k_order) {
    if (left == code || right == code) return code;
  }
  return ExitCode::internal;
}

}  // namespace mtls::cmd
