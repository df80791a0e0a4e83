// Changes of where a row stands: every one with its entry in the log.
#pragma once

#include "store/chain.hpp"
#include "store/row_parts.hpp"

#include <vector>

namespace mtls::store {

/// From which states to which, and why.
struct StandingChange {
  std::vector<State> from;
  State to;
  LogAction action;
  std::string note;
  UnixTime time;
};

/// Changes a row of our own, within the caller's transaction and chain. Returns the state that the
/// row had; nothing where there is no such row. It is changed only if that is one of `from`.
std::optional<State> change_standing(Connection& connection, ChainWriter& chain, IssuerId issuer,
                                     const x509::SerialNumber& serial,
                                     const StandingChange& change);

}  // namespace mtls::store
