#include "cmd/common_options.hpp"

#include "base/error.hpp"
#include "cmd/value_types.hpp"

namespace mtls::cmd {

void CommonOptions::add_to(OptionSet& options) {
  options.flag("--json", json, "Print one JSON document a line (docs/json.md)");
  options.flag("-q,--quiet", quiet, "Print no warnings and notes on standard error");
  options.flag("-v,--verbose", verbose, "With an error, also print what OpenSSL said");
  options.flag("--no-input", no_input, "Never prompt, even on a terminal");
  options.value("--trace", trace, file_value(), "Append what is done to FILE as JSON Lines");
  options.value("--actor", actor, ledger_text_value("NAME", k_actor_limit),
                "Who is working, for ledger and trace (or MTLSCTL_ACTOR; default: the user)");
}

Verbosity CommonOptions::verbosity() const noexcept {
  if (quiet) return Verbosity::quiet;
  return verbose ? Verbosity::verbose : Verbosity::normal;
}

void CommonOptions::check() const {
  if (trace && *trace == "-") {
    throw Error(Errc::usage, "--trace - would mix the trace with the result",
                "name a file; --trace /dev/stderr shows it among the messages");
  }
  if (quiet && verbose) refuse_together("--quiet", "--verbose", "leave one of them out");
}

}  // namespace mtls::cmd
