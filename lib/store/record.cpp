#include "store/record.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mtls::store {
namespace {

constexpr std::array<std::pair<State, std::string_view>, 5> k_states{{
    {State::intent, "intent"},
    {State::issued, "issued"},
    {State::revoked, "revoked"},
    {State::unknown, "unknown"},
    {State::burnt, "burnt"},
}};

}  // namespace

std::string_view name(Origin origin) noexcept {
  return origin == Origin::issued ? "issued" : "imported";
}

std::string_view name(State state) noexcept {
  const auto* const found = std::find_if(k_states.begin(), k_states.end(),
                                         [&](const auto& entry) { return entry.first == state; });
  return found != k_states.end() ? found->second : std::string_view{};
}

std::optional<State> parse_state(std::string_view word) noexcept {
  const auto* const found = std::find_if(k_states.begin(), k_states.end(),
                                         [&](const auto& entry) { return entry.second == word; });
  if (found == k_states.end()) return std::nullopt;
  return found->first;
}

}  // namespace mtls::store
