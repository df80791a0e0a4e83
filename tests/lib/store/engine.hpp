// The engines that the contract of db.hpp is tested on, and what a DbError says.
#pragma once

#include "store/db.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

namespace mtls::store::test {

struct SqliteOnDisk {
  mtls::test::TemporaryDirectory directory;
  std::unique_ptr<Connection> connection = open();
  [[nodiscard]] std::unique_ptr<Connection> open(
      OpenMode mode = OpenMode::create,
      std::chrono::milliseconds timeout = std::chrono::seconds(30)) const {
    return open_sqlite(directory.path() / "ca.db", mode, timeout);
  }
};

struct SqliteInMemory {
  std::unique_ptr<Connection> connection = open_sqlite_in_memory();
};

/// The kind of the DbError that `work` throws, or nothing where it throws none.
template <class Work>
[[nodiscard]] std::optional<DbErrc> db_code_of(Work&& work) {
  try {
    work();
  } catch (const DbError& error) {
    return error.code();
  }
  return std::nullopt;
}

[[nodiscard]] inline std::int64_t number(Connection& connection, std::string_view sql) {
  const auto statement = connection.prepare(sql);
  if (!statement->step()) throw DbError(DbErrc::other, "no row");
  return statement->integer(0);
}

}  // namespace mtls::store::test
