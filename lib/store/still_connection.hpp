// Reading a database that nobody writes, at a fifth of the system calls; see still_file.hpp.
#pragma once

#include "store/sqlite_connection.hpp"
#include "store/still_file.hpp"

namespace mtls::store {

/// Answers each SELECT from the file as it lies, without SQLite's locks, and makes sure afterwards,
/// before a row of it is given out, that nobody wrote meanwhile. Where somebody did, where anything
/// fails, and for all but short SELECTs outside of transactions, it opens the file in the ordinary
/// way (SqliteUse::read) and goes on with that for good: such a caller notices nothing.
class StillConnection final : public Connection {
 public:
  StillConnection(std::string name, StillFile file, std::chrono::milliseconds lock_timeout);

  std::unique_ptr<Statement> prepare(std::string_view sql) override;
  void execute(std::string_view sql) override { ordinary().execute(sql); }
  void define(std::string_view sql) override { ordinary().define(sql); }
  std::vector<std::string> tables() override { return ordinary().tables(); }
  std::vector<SchemaObject> schema() override { return ordinary().schema(); }
  std::optional<std::vector<SchemaObject>> schema_made_by(
      const std::function<void(Connection&)>& make) override {
    return ordinary().schema_made_by(make);
  }
  void rebuild_indexes(std::string_view table) override { ordinary().rebuild_indexes(table); }
  std::vector<std::string> damage() override { return ordinary().damage(); }
  void begin_writing() override { ordinary().begin_writing(); }
  void begin_exclusive() override { ordinary().begin_exclusive(); }
  void begin_reading() override { ordinary().begin_reading(); }
  void commit() override { ordinary().commit(); }
  void roll_back() noexcept override;

  /// Whether it still answers from the file as it lies.
  [[nodiscard]] bool is_still() const noexcept { return m_ordinary == nullptr; }

 private:
  friend class StillStatement;

  [[nodiscard]] SqliteConnection& ordinary();
  [[nodiscard]] SqliteConnection& unlocked();

  std::string m_name;
  StillFile m_file;
  std::chrono::milliseconds m_lock_timeout;
  // Closed with all else: statements may refer to it.
  std::unique_ptr<SqliteConnection> m_unlocked;
  std::unique_ptr<SqliteConnection> m_ordinary;
};

}  // namespace mtls::store
