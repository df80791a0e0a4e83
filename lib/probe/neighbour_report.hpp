// What the report says of neighbours' clients, in words. Private to lib/probe.
#pragma once

#include "probe/probe.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mtls::probe {

/// Returns the notes of a report: neighbours that the target shares its trust with, pages that are
/// the same under both names, and that --alt-sni was given without a client of that name.
[[nodiscard]] std::vector<std::string> notes_on_neighbours(const Report& report,
                                                           const Options& options);

/// Why the neighbours' attempts leave no verdict; nothing where they do not.
[[nodiscard]] std::optional<std::string> why_neighbours_unknown(const Report& report);

/// What to do about that.
[[nodiscard]] std::string advise_on_neighbours_unknown(const Report& report);

}  // namespace mtls::probe
