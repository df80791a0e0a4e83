#include "lib/store/system_call_faults.hpp"

#include <sqlite3.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <thread>

namespace mtls::store::test {
namespace {

int sync_error = 0;
std::chrono::milliseconds sync_delay{0};
int write_error = 0;
int open_error = 0;
int strike_count = 0;

int strike(int error_number) noexcept {
  ++strike_count;
  errno = error_number;
  return -1;
}

ssize_t faulty_write(int /*fd*/, const void* /*from*/, std::size_t /*size*/, off_t /*at*/) {
  return strike(write_error);
}
int faulty_open(const char* /*file*/, int /*flags*/, mode_t /*mode*/) { return strike(open_error); }

/// Puts `replacement` in the place of a system call in SQLite's table of them; none: back again.
void set_call(const char* name, sqlite3_syscall_ptr replacement) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  if (vfs->xSetSystemCall(vfs, name, replacement) != SQLITE_OK) {
    throw std::runtime_error("SQLite has no such system call");
  }
}

template <class Function>
sqlite3_syscall_ptr as_call(Function* function) noexcept {
  return reinterpret_cast<sqlite3_syscall_ptr>(function);
}

}  // namespace

SystemCallFault::SystemCallFault(Call call, int error_number) : m_call(call) {
  strike_count = 0;
  switch (call) {
    case Call::write:
      write_error = error_number;
      set_call("pwrite", as_call(&faulty_write));
      set_call("pwrite64", as_call(&faulty_write));
      break;
    case Call::sync:
      sync_error = error_number;
      break;
    case Call::open:
      open_error = error_number;
      set_call("open", as_call(&faulty_open));
      break;
  }
}

SystemCallFault::~SystemCallFault() {
  sync_error = 0;
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  vfs->xSetSystemCall(vfs, nullptr, nullptr);
}

int SystemCallFault::strikes() noexcept { return strike_count; }

void slow_sync_down(std::chrono::milliseconds delay) noexcept { sync_delay = delay; }

/// What both of the functions below do.
int sync_file(long system_call, int fd) noexcept {
  if (sync_error != 0) return strike(sync_error);
  if (sync_delay.count() > 0) std::this_thread::sleep_for(sync_delay);
  return static_cast<int>(::syscall(system_call, fd));
}

}  // namespace mtls::store::test

// fsync is not in SQLite's table: the executable's own comes before libc's.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): unistd.h has __fildes
extern "C" int fdatasync(int fd) { return mtls::store::test::sync_file(SYS_fdatasync, fd); }
extern "C" int fsync(int fd) { return mtls::store::test::sync_file(SYS_fsync, fd); }
