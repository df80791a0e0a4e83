// A candidate path. Private to this room.
#pragma once

#include "verify/candidate.hpp"

#include <vector>

namespace mtls::verify {

/// Why a path ends where it does.
enum class PathEnd {
  anchor,       ///< its last certificate is trusted
  self_signed,  ///< its last certificate signed itself, and is not trusted
  no_issuer,    ///< nobody given has the name of the last certificate's issuer
  too_deep,     ///< the budget's depth
  given_up,     ///< the budget was spent before it was known
};

/// Certificates, leaf first, each issued in the name of the next. Points into the builder.
struct Path {
  std::vector<Candidate*> certificates;
  PathEnd end;
};

}  // namespace mtls::verify
