// Patterns with stars: what a profile says of the values of names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::profile {

/// The longest pattern, and the longest value that is matched: all others are no match.
inline constexpr std::size_t k_pattern_limit = 1000;
inline constexpr std::size_t k_value_limit = 2048;

/// A pattern over a whole value: `*` stands for one or more octets that are no separator, `**` for
/// one or more octets of any kind, every other octet for itself. There is no escape: a star in a
/// value is matched by a star. Not regular expressions, since those of the standard library recurse
/// once an octet and can take exponential time. Immutable, safe to read from threads.
class Glob final {
 public:
  /// Nothing where `pattern` is empty, over k_pattern_limit octets, holds anything but printable
  /// ASCII without the space, or three stars in a row.
  [[nodiscard]] static std::optional<Glob> parse(std::string_view pattern,
                                                 std::string_view separators);

  /// Time is at most the product of the two lengths; no recursion.
  [[nodiscard]] bool matches(std::string_view value) const;

 private:
  enum class Step : std::uint8_t { literal, run, any_run };
  struct Token {
    Step step;
    char literal;
  };
  Glob(std::vector<Token> tokens, std::string separators)
      : m_tokens(std::move(tokens)), m_separators(std::move(separators)) {}
  [[nodiscard]] bool accepts(const Token& token, char c) const noexcept;

  std::vector<Token> m_tokens;
  std::string m_separators;
};

}  // namespace mtls::profile
