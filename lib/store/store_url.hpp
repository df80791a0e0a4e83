// Where a ledger is: a file of SQLite's or a database of PostgreSQL's.
#pragma once

#include "base/file.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mtls::store {

enum class Engine { sqlite, postgresql };

/// `sqlite:FILE` or `postgresql://[USER@][HOST[:PORT],…]/DATABASE[?NAME=VALUE&…]`, checked. Holds
/// no secret: a URL with a password in it is refused, since it would stand in ca.toml, in the list
/// of processes and in messages.
class StoreUrl final {
 public:
  /// Throws usage, without repeating `text`: it may hold a password. What only libpq can tell (an
  /// unknown option, a bad value) is found when the database is opened.
  [[nodiscard]] static StoreUrl parse(std::string_view text);
  [[nodiscard]] static StoreUrl sqlite(const Path& file);

  [[nodiscard]] Engine engine() const noexcept { return m_engine; }
  /// As it is written into ca.toml and given to libpq.
  [[nodiscard]] const std::string& text() const noexcept { return m_text; }
  /// Safe to show.
  [[nodiscard]] std::string shown() const;
  /// SQLite's: the file, as it was named.
  [[nodiscard]] const Path& file() const noexcept { return m_file; }
  /// SQLite's with a relative name: the same below `directory`; any other as it is.
  [[nodiscard]] StoreUrl below(const Path& directory) const;
  /// PostgreSQL's: the sslmode that the URL asks for, if any.
  [[nodiscard]] const std::optional<std::string>& sslmode() const noexcept { return m_sslmode; }

  friend bool operator==(const StoreUrl& left, const StoreUrl& right) {
    return left.m_text == right.m_text;
  }

 private:
  StoreUrl(Engine engine, std::string text) : m_engine(engine), m_text(std::move(text)) {}
  void parse_server();

  Engine m_engine;
  std::string m_text;
  Path m_file;
  std::optional<std::string> m_sslmode;
};

}  // namespace mtls::store
