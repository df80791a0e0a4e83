// The engines that the contract of db.hpp is tested on, and what a DbError says.
#pragma once

#include "store/db.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

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

/// The database that tests/support/postgresql.py started for the test. Whatever was in it goes.
struct PostgresqlServer {
  std::unique_ptr<Connection> connection = open_empty();

  [[nodiscard]] static StoreUrl url() {
    const char* const text =
        std::getenv("MTLSCTL_TEST_POSTGRESQL");  // NOLINT(concurrency-mt-unsafe)
    REQUIRE_MESSAGE(text != nullptr, "run it through tests/support/postgresql.py");
    return StoreUrl::parse(text);
  }
  [[nodiscard]] static std::unique_ptr<Connection> open(
      OpenMode mode = OpenMode::create,
      std::chrono::milliseconds timeout = std::chrono::seconds(30)) {
    return open_postgresql(url(), mode, timeout);
  }
  [[nodiscard]] static std::unique_ptr<Connection> open_empty() {
    open()->execute("DROP SCHEMA mtlsctl CASCADE");
    return open();
  }
};

// The contract is compiled once for each half: SQLite's needs no server.
#ifdef MTLSCTL_TEST_POSTGRESQL
#define CONTRACT_ENGINES PostgresqlServer
#else
#define CONTRACT_ENGINES SqliteOnDisk, SqliteInMemory
#endif

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
