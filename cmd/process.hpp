// The process, made safe before anything else happens.
#pragma once

namespace mtls::cmd {

/// Sees to it that descriptors 0 to 2 are open (a file opened later must never become standard
/// output), that a broken pipe or a file size limit is an error of write(2) and not a death, and
/// that no key ends up in a core dump or in a debugger of the same user.
void prepare_process() noexcept;

}  // namespace mtls::cmd
