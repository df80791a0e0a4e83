// A session with SQLite, over any of the ways to open a file.
#pragma once

#include "base/held_file.hpp"
#include "store/sqlite_statement.hpp"

namespace mtls::store {

enum class SqliteUse {
  write,
  read,
  still,  ///< without locks, and wrong where anybody writes: for StillConnection only
  memory,
};

class SqliteConnection final : public Connection {
 public:
  /// `name` is that of the file, as prepare_sqlite_file returned it.
  SqliteConnection(const std::string& name, SqliteUse use, std::chrono::milliseconds lock_timeout);

  std::unique_ptr<Statement> prepare(std::string_view sql) override;
  [[nodiscard]] std::unique_ptr<SqliteStatement> prepare_sqlite(std::string_view sql);
  void execute(std::string_view sql) override;
  void define(std::string_view sql) override;
  std::vector<std::string> tables() override;
  std::vector<SchemaObject> schema() override;
  std::optional<std::vector<SchemaObject>> schema_made_by(
      const std::function<void(Connection&)>& make) override;
  void rebuild_indexes(std::string_view table) override;
  std::vector<std::string> damage() override;
  void begin_writing() override;
  void begin_exclusive() override;
  void begin_reading() override;
  void commit() override;
  void roll_back() noexcept override;

 private:
  void begin(std::string_view sql);
  void harden();
  void configure(int option, int wanted);
  void require_pragma(std::string_view sql, std::string_view wanted);

  HeldFile m_held;
  SqliteSession m_session;
};

}  // namespace mtls::store
