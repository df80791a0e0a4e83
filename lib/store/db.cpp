#include "store/db.hpp"

#include "base/format.hpp"

namespace mtls::store {

std::vector<std::int64_t> Statement::run_all(std::size_t count, const BindRow& bind_row) {
  std::vector<std::int64_t> changed;
  changed.reserve(count);
  for (std::size_t row = 0; row < count; ++row) {
    bind_row(*this, row);
    changed.push_back(run());
  }
  return changed;
}

void require_changed(std::int64_t changed, std::int64_t wanted) {
  if (changed == wanted) return;
  throw DbError(
      DbErrc::corrupt,
      format("it took {} of {} rows: a trigger or rule in it keeps rows out", changed, wanted));
}

Transaction::Transaction(Connection& connection, Kind kind) : m_connection(connection) {
  if (kind == Kind::exclusive) {
    m_connection.begin_exclusive();
  } else if (kind == Kind::writing) {
    m_connection.begin_writing();
  } else {
    m_connection.begin_reading();
  }
}

Transaction::~Transaction() {
  if (m_open) m_connection.roll_back();
}

void Transaction::commit() {
  if (!m_open) throw DbError(DbErrc::other, "the transaction is over already");
  m_connection.commit();
  m_open = false;
}

}  // namespace mtls::store
