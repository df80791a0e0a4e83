// Work that must not leave traces in this process: done in one of its own, which ends.
#pragma once

#include <functional>

namespace mtls::cmd {

/// Runs `work` in a child made with fork, waits for its end, and throws here the Error that it
/// threw there. Nothing comes back but success or that error, so keys and passphrases that `work`
/// reads are never in this process's memory. No other program is run. To be called while the
/// process has one thread and no open ledger. Throws io where no child can be made or it is killed.
void run_in_child(const std::function<void()>& work);

}  // namespace mtls::cmd
