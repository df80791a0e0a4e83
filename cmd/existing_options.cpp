#include "cmd/existing_options.hpp"

#include "base/error.hpp"

namespace mtls::cmd {

void ExistingOptions::add_to(OptionSet& options, Flags flags) {
  if (flags != Flags::keep_only) {
    options.flag("-f,--force", force,
                 "Replace existing files (a private key needs --force-key too)");
  }
  if (flags == Flags::replace_key) {
    options.flag("--force-key", force_key, "With --force: replace an existing private key");
  }
  options.flag("--dry-run", dry_run, "Check everything; write, record and sign nothing");
}

void ExistingOptions::check() const {
  if (if_missing && force) {
    refuse_together("--if-missing", "-f,--force",
                    "the one keeps what is there, the other replaces it");
  }
  if (force_key && !force) {
    throw Error(Errc::usage, "--force-key is given without --force",
                "pass both to replace key, request and certificate");
  }
}

authority::Existing ExistingOptions::existing() const {
  if (if_missing) return authority::Existing::keep;
  if (force_key) return authority::Existing::replace_key;
  return force ? authority::Existing::replace : authority::Existing::refuse;
}

}  // namespace mtls::cmd
