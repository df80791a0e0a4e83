// What to do where the files stand already, and whether to do anything at all.
#pragma once

#include "authority/enrol.hpp"
#include "cmd/option_set.hpp"

namespace mtls::cmd {

struct ExistingOptions {
  bool if_missing = false;
  bool force = false;
  bool force_key = false;
  bool dry_run = false;

  /// Which flags a command has: a CA is never replaced; what writes no key needs no --force-key.
  enum class Flags { keep_only, replace, replace_key };
  void add_to(OptionSet& options, Flags flags);
  /// Throws usage for flags that contradict each other.
  void check() const;
  [[nodiscard]] authority::Existing existing() const;
  [[nodiscard]] authority::Rehearsal rehearsal() const {
    return dry_run ? authority::Rehearsal::yes : authority::Rehearsal::no;
  }
  [[nodiscard]] Overwrite overwrite() const { return force ? Overwrite::yes : Overwrite::no; }
};

}  // namespace mtls::cmd
