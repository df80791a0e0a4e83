// The attempts of a neighbour's client: one whose certificate is valid for another name of the same
// port. Pure functions of records. Private to lib/probe.
#pragma once

#include "probe/verdict.hpp"

#include <string>
#include <vector>

namespace mtls::probe {

/// Judges N0 to N6 of `attempts`. `control` is the record of P0 in the same TLS version if it was
/// accepted, else null.
///
/// N0, under the neighbour's own name, is accepted by any answer that is no refusal; 401 and 403
/// are the application's where a client without a certificate gets something else. N1, under the
/// target's name with the neighbour's certificate, and N4, without one on a resumed session, are
/// accepted by the control's status: whatever is behind it answered as the target. N2, N3, N5 and
/// N6 reach the target only if they show what the good client gets. 421 always refuses. An answer
/// is inconclusive that has the control's status and neither the control's content nor that of
/// another place (N0, P8): the target may show each client something else. So is one without
/// content of its own (an error, a redirect, an empty body) that both names give.
[[nodiscard]] Judgement judge_neighbour(const Attempt& attempt,
                                        const std::vector<Attempt>& attempts,
                                        const tls::Record* control);

/// Finds an attempt of the same neighbour at the same TLS version as `one`; null where none was
/// made.
[[nodiscard]] const Judged* find_of_same(const std::vector<Judged>& judged, const Judged& one,
                                         Id id);

/// Whether the target admits the certificate itself (N1): nothing follows from the neighbour's
/// other attempts.
[[nodiscard]] bool shares_trust(const std::vector<Judged>& judged, const Judged& one);

/// Whether a client without a certificate gets under the neighbour's name what `own_name` (N0) got.
[[nodiscard]] bool is_open_to_all(const Attempt& own_name);

/// Says what keeps the neighbours' attempts at `version` from proving anything.
[[nodiscard]] std::vector<std::string> gaps_of_neighbours(const std::vector<Judged>& judged,
                                                          tls::Version version,
                                                          const Demands& demands);
/// The same for neighbours whose certificate got in under its own name at no version.
[[nodiscard]] std::vector<std::string> gaps_of_neighbours(const std::vector<Judged>& judged,
                                                          const Demands& demands);

}  // namespace mtls::probe
