// What PostgreSQL and libpq report, as a DbError.
#pragma once

#include "store/db.hpp"
#include "store/libpq.hpp"

#include <string_view>

namespace mtls::store {

/// The kind that a SQLSTATE means (PostgreSQL's documentation, appendix A).
[[nodiscard]] DbErrc db_errc_of_sqlstate(std::string_view sqlstate) noexcept;

/// The DbError of a failed result. Words of the server's own are shown only where they cannot hold
/// a bound value; elsewhere the name of the constraint and the SQLSTATE must do.
[[nodiscard]] DbError make_error(const LibpqTable& pq, const PGresult* result);

/// The DbError of a connection that was not made or was lost.
[[nodiscard]] DbError make_error(const LibpqTable& pq, const PGconn* connection);

}  // namespace mtls::store
