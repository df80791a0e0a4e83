#include "profile/glob.hpp"

#include <algorithm>

namespace mtls::profile {

std::optional<Glob> Glob::parse(std::string_view pattern, std::string_view separators) {
  if (pattern.empty() || pattern.size() > k_pattern_limit) return std::nullopt;
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if (c <= ' ' || c > '~') return std::nullopt;
    if (c != '*') {
      tokens.push_back({Step::literal, c});
      continue;
    }
    const std::size_t stars = std::min(pattern.find_first_not_of('*', at), pattern.size()) - at;
    if (stars > 2) return std::nullopt;
    tokens.push_back({stars == 2 ? Step::any_run : Step::run, '*'});
    at += stars - 1;
  }
  return Glob(std::move(tokens), std::string(separators));
}

bool Glob::accepts(const Token& token, char c) const noexcept {
  switch (token.step) {
    case Step::literal:
      return token.literal == c;
    case Step::run:
      return m_separators.find(c) == std::string::npos;
    case Step::any_run:
      break;
  }
  return true;
}

/// A simulation of the automaton whose state is "so many tokens are used up": all states at once,
/// octet by octet, instead of one after the other with a way back.
bool Glob::matches(std::string_view value) const {
  if (value.size() > k_value_limit) return false;
  const std::size_t end = m_tokens.size();
  std::vector<bool> now(end + 1);
  std::vector<bool> next(end + 1);
  now[0] = true;
  for (const char c : value) {
    bool alive = false;
    std::fill(next.begin(), next.end(), false);
    for (std::size_t at = 0; at < end; ++at) {
      if (!now[at] || !accepts(m_tokens[at], c)) continue;
      next[at + 1] = true;
      if (m_tokens[at].step != Step::literal) next[at] = true;
      alive = true;
    }
    if (!alive) return false;
    now.swap(next);
  }
  return now[end];
}

}  // namespace mtls::profile
