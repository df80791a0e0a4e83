// Failures of the disk under SQLite, made in this process.
#pragma once

#include <chrono>

namespace mtls::store::test {

/// While it lives, the named kind of system call of SQLite's fails with an errno.
class SystemCallFault final {
 public:
  enum class Call { write, sync, open };
  SystemCallFault(Call call, int error_number);
  SystemCallFault(const SystemCallFault&) = delete;
  SystemCallFault& operator=(const SystemCallFault&) = delete;
  ~SystemCallFault();

  /// How often it struck: a test of a failure that never happened proves nothing.
  [[nodiscard]] static int strikes() noexcept;

 private:
  Call m_call;
};

/// From now on, in this process and its children, an fsync takes that much longer.
void slow_sync_down(std::chrono::milliseconds delay) noexcept;

}  // namespace mtls::store::test
