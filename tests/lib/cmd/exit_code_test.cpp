#include "cmd/exit_code.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace mtls;
using cmd::ExitCode;

TEST_CASE("every failure has the exit code of its class") {
  CHECK(cmd::exit_code(Errc::usage) == ExitCode::usage);
  CHECK(cmd::exit_code(Errc::missing_value) == ExitCode::usage);
  CHECK(cmd::exit_code(Errc::would_overwrite) == ExitCode::refused);
  CHECK(cmd::exit_code(Errc::bad_name) == ExitCode::refused);
  CHECK(cmd::exit_code(Errc::issuer_unfit) == ExitCode::refused);
  CHECK(cmd::exit_code(Errc::unreadable_file) == ExitCode::bad_input);
  CHECK(cmd::exit_code(Errc::wrong_passphrase) == ExitCode::bad_input);
  CHECK(cmd::exit_code(Errc::ambiguous) == ExitCode::bad_input);
  CHECK(cmd::exit_code(Errc::expired) == ExitCode::time);
  CHECK(cmd::exit_code(Errc::io) == ExitCode::surroundings);
  CHECK(cmd::exit_code(Errc::ledger_damaged) == ExitCode::surroundings);
  CHECK(cmd::exit_code(Errc::faulty_signature) == ExitCode::surroundings);
  CHECK(cmd::exit_code(Errc::internal) == ExitCode::internal);
}

TEST_CASE("of two codes the one that stands first in the documented order wins") {
  constexpr std::array k_order{ExitCode::internal,   ExitCode::usage,   ExitCode::surroundings,
                               ExitCode::bad_input,  ExitCode::refused, ExitCode::no,
                               ExitCode::revocation, ExitCode::time,    ExitCode::ok};
  for (std::size_t i = 0; i < k_order.size(); ++i) {
    for (std::size_t j = i; j < k_order.size(); ++j) {
      CHECK(cmd::combine(k_order.at(i), k_order.at(j)) == k_order.at(i));
      CHECK(cmd::combine(k_order.at(j), k_order.at(i)) == k_order.at(i));
    }
  }
}
