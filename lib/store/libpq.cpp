#include "store/libpq.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file.hpp"
#include "base/format.hpp"

#include <array>
#include <dlfcn.h>

namespace mtls::store {
namespace {

constexpr const char* k_module = "mtlsctl-postgresql.so";

const LibpqTable* load(const Path& module) {
  void* const library = ::dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) {
    const char* const why = ::dlerror();  // NOLINT(concurrency-mt-unsafe): of this thread, in glibc
    throw Error(Errc::ledger_unavailable,
                format("cannot load {}: {}", printable(module.native()),
                       printable(why != nullptr ? why : "unknown reason")),
                "install libpq (Debian: libpq5)");
  }
  const auto get = reinterpret_cast<GetLibpqTable>(::dlsym(library, k_libpq_table_symbol));
  const LibpqTable* const table = get != nullptr ? get() : nullptr;
  if (table == nullptr || table->size != sizeof(LibpqTable)) {
    throw Error(Errc::ledger_unavailable,
                format("{} is not of this mtlsctl", printable(module.native())),
                "install program and module together, from one build");
  }
  return table;
}

const LibpqTable* find() {
  std::error_code error;
  const Path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::array<Path, 2> places{error ? Path() : program.parent_path(), MTLSCTL_MODULE_DIR};
  for (const Path& directory : places) {
    if (!directory.is_absolute()) continue;
    if (name_exists(directory / k_module)) return load(directory / k_module);
  }
  throw Error(
      Errc::ledger_unavailable,
      format("the ledger is in PostgreSQL, and {} is neither beside the program nor in {}",
             k_module, MTLSCTL_MODULE_DIR),
      "install it beside the program (it is built with it, where MTLSCTL_POSTGRESQL is ON)");
}

}  // namespace

const LibpqTable& libpq() {
  static const LibpqTable* const table = find();
  return *table;
}

}  // namespace mtls::store
