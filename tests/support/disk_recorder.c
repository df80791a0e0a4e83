// LD_PRELOAD: writes down what a program does to a disk, for power_loss.py to replay.
//
// Everything goes into the file that MTLSCTL_RECORD names, one record after the other:
// "SEQ OPERATION FIELD…\n", fields parted by tabs, and behind a write its octets. Files and
// directories are named by their inodes. SEQ is one counter for the whole process.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long counter;
static int record_fd = -1;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void put(const void *data, size_t size) {
  const char *at = data;
  while (size > 0) {
    const long wrote = syscall(SYS_write, record_fd, at, size);
    if (wrote <= 0) _exit(99);  // a recording with a hole would prove nothing
    at += wrote;
    size -= (size_t)wrote;
  }
}

static void note(const void *data, size_t size, const char *form, ...) {
  const int saved = errno;
  char text[4600];
  va_list arguments;
  pthread_mutex_lock(&lock);
  if (record_fd < 0) {
    const char *path = getenv("MTLSCTL_RECORD");
    if (path == NULL) goto out;
    const long fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    record_fd = fd < 0 ? -1 : fcntl((int)fd, F_DUPFD_CLOEXEC, 500);  // leaves the low numbers alone
    if (fd >= 0) syscall(SYS_close, fd);
    if (record_fd < 0) _exit(99);
  }
  int length = snprintf(text, sizeof text, "%lu\t", ++counter);
  va_start(arguments, form);
  length += vsnprintf(text + length, sizeof text - (size_t)length, form, arguments);
  va_end(arguments);
  text[length++] = '\n';
  put(text, (size_t)length);
  put(data, size);
out:
  pthread_mutex_unlock(&lock);
  errno = saved;
}

static uint64_t inode_of(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

static int is_on_disk(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

// The directory that a name stands in, by inode, and the name itself.
static uint64_t parent_of(int at, const char *path, const char **name) {
  char parent[4096];
  const char *slash = strrchr(path, '/');
  struct stat status;
  snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
  *name = slash ? slash + 1 : path;
  return fstatat(at, parent, &status, 0) == 0 ? status.st_ino : 0;
}

static int exists(int at, const char *path) {
  struct stat status;
  const int saved = errno;
  const int found = fstatat(at, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
  errno = saved;
  return found;
}

static int opened(int fd, int at, const char *path, int flags, int new) {
  if (fd < 0) return fd;
  struct stat status;
  if (new && fstat(fd, &status) == 0) {
    const char *name;
    const uint64_t parent = parent_of(at, path, &name);
    note(NULL, 0, "create\t%lu\t%s\t%lu\t%o", parent, name, (uint64_t)status.st_ino, status.st_mode & 07777);
  } else if (flags & O_TRUNC) {
    note(NULL, 0, "truncate\t%lu\t0", inode_of(fd));
  }
  return fd;
}

static mode_t mode_of(int flags, va_list arguments) {
  return flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(name)                                                          \
  int name(const char *path, int flags, ...) {                              \
    va_list arguments;                                                      \
    va_start(arguments, flags);                                             \
    const mode_t mode = mode_of(flags, arguments);                          \
    va_end(arguments);                                                      \
    const int new = (flags & O_CREAT) && !exists(AT_FDCWD, path);           \
    return opened(NEXT(name)(path, flags, mode), AT_FDCWD, path, flags, new); \
  }
#define OPENAT(name)                                                    \
  int name(int at, const char *path, int flags, ...) {                  \
    va_list arguments;                                                  \
    va_start(arguments, flags);                                         \
    const mode_t mode = mode_of(flags, arguments);                      \
    va_end(arguments);                                                  \
    const int new = (flags & O_CREAT) && !exists(at, path);             \
    return opened(NEXT(name)(at, path, flags, mode), at, path, flags, new); \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

static void wrote(int fd, const void *data, ssize_t size, off_t offset) {
  if (size <= 0) return;
  if (fd == STDOUT_FILENO || fd == STDERR_FILENO) {
    note(NULL, 0, "output\t%d", fd);
  } else if (is_on_disk(fd)) {
    note(data, (size_t)size, "write\t%lu\t%ld\t%zd", inode_of(fd), (long)offset, size);
  }
}

ssize_t write(int fd, const void *data, size_t size) {
  const off_t offset = lseek(fd, 0, SEEK_CUR);
  const ssize_t done = NEXT(write)(fd, data, size);
  wrote(fd, data, done, offset);
  return done;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
  const ssize_t done = NEXT(pwrite)(fd, data, size, offset);
  wrote(fd, data, done, offset);
  return done;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
  const ssize_t done = NEXT(pwrite64)(fd, data, size, offset);
  wrote(fd, data, done, offset);
  return done;
}

// Not used by the program; one that is would go unseen.
ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (is_on_disk(fd)) _exit(98);
  return NEXT(writev)(fd, parts, count);
}

#define CUT(name, type)                                                                  \
  int name(int fd, type size) {                                                          \
    const int result = NEXT(name)(fd, size);                                             \
    if (result == 0) note(NULL, 0, "truncate\t%lu\t%ld", inode_of(fd), (long)size);      \
    return result;                                                                       \
  }
CUT(ftruncate, off_t)
CUT(ftruncate64, off64_t)

#define SYNC(name)                                                       \
  int name(int fd) {                                                     \
    const int result = NEXT(name)(fd);                                   \
    if (result == 0) note(NULL, 0, "sync\t%lu", inode_of(fd));           \
    return result;                                                       \
  }
SYNC(fsync)
SYNC(fdatasync)

static int moved(int result, const char *what, int from_at, const char *from, int to_at, const char *to) {
  if (result != 0) return result;
  const char *old_name;
  const char *new_name;
  const uint64_t old_parent = parent_of(from_at, from, &old_name);
  const uint64_t new_parent = parent_of(to_at, to, &new_name);
  note(NULL, 0, "%s\t%lu\t%s\t%lu\t%s", what, old_parent, old_name, new_parent, new_name);
  return 0;
}

int rename(const char *from, const char *to) {
  return moved(NEXT(rename)(from, to), "rename", AT_FDCWD, from, AT_FDCWD, to);
}
int renameat(int from_at, const char *from, int to_at, const char *to) {
  return moved(NEXT(renameat)(from_at, from, to_at, to), "rename", from_at, from, to_at, to);
}
int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
  if (flags & RENAME_EXCHANGE) _exit(98);
  return moved(NEXT(renameat2)(from_at, from, to_at, to, flags), "rename", from_at, from, to_at, to);
}
int link(const char *from, const char *to) {
  return moved(NEXT(link)(from, to), "link", AT_FDCWD, from, AT_FDCWD, to);
}
int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
  return moved(NEXT(linkat)(from_at, from, to_at, to, flags), "link", from_at, from, to_at, to);
}

static int removed(int result, int at, const char *path) {
  const char *name;
  if (result == 0) {
    const uint64_t parent = parent_of(at, path, &name);
    note(NULL, 0, "unlink\t%lu\t%s", parent, name);
  }
  return result;
}
int unlink(const char *path) { return removed(NEXT(unlink)(path), AT_FDCWD, path); }
int unlinkat(int at, const char *path, int flags) { return removed(NEXT(unlinkat)(at, path, flags), at, path); }
int rmdir(const char *path) { return removed(NEXT(rmdir)(path), AT_FDCWD, path); }

static int made(int result, int at, const char *path) {
  struct stat status;
  const char *name;
  if (result == 0 && fstatat(at, path, &status, 0) == 0) {
    const uint64_t parent = parent_of(at, path, &name);
    note(NULL, 0, "mkdir\t%lu\t%s\t%lu\t%o", parent, name, (uint64_t)status.st_ino, status.st_mode & 07777);
  }
  return result;
}
int mkdir(const char *path, mode_t mode) { return made(NEXT(mkdir)(path, mode), AT_FDCWD, path); }
int mkdirat(int at, const char *path, mode_t mode) { return made(NEXT(mkdirat)(at, path, mode), at, path); }

int fchmod(int fd, mode_t mode) {
  const int result = NEXT(fchmod)(fd, mode);
  if (result == 0 && is_on_disk(fd)) note(NULL, 0, "chmod\t%lu\t%o", inode_of(fd), mode);
  return result;
}
