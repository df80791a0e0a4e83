// The keywords of HAProxy's bind lines and crt-lists. Private to this room.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::render {

/// A keyword with its value; empty if it takes none.
struct BindSetting {
  std::string keyword;
  std::string value;
};

/// The settings of a bind line, or of one line of a crt-list. A keyword that is the value of
/// another one is not among them.
struct BindSettings {
  std::vector<BindSetting> settings;  // in their order
  /// Words that are no known keyword, or whose effect on who is let in is not known. If there are
  /// any, `settings` is a guess: the words behind an unknown keyword may be its values.
  std::vector<std::string> unclear;

  [[nodiscard]] bool has(std::string_view keyword) const;
  /// The values of every `keyword`: the last one counts for HAProxy.
  [[nodiscard]] std::vector<std::string> values(std::string_view keyword) const;
};

/// Reads what follows the address of a bind line, as HAProxy 2.6 to 3.3 do: keyword by keyword,
/// each with as many values as it takes.
[[nodiscard]] BindSettings parse_bind(std::span<const std::string> words);

/// A line of a crt-list: FILE [SETTING ...] NAME ..., where the brackets are literal.
struct CrtListLine {
  std::size_t line = 0;  // from 1
  BindSettings settings;
};

/// The lines of a crt-list that have settings of their own. Lines whose brackets do not match have
/// them in `unclear`.
[[nodiscard]] std::vector<CrtListLine> parse_crt_list(std::string_view text);

}  // namespace mtls::render
