// A server block of nginx with what it inherits. Private to this room.
#pragma once

#include "render/config_words.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::render {

using NginxDirectives = std::vector<NginxDirective>;

/// The last directive of that name, which nginx uses where one may be repeated; or null.
[[nodiscard]] const NginxDirective* last_directive(const NginxDirectives& directives,
                                                   std::string_view name);
[[nodiscard]] std::vector<const NginxDirective*> all_directives(const NginxDirectives& directives,
                                                                std::string_view name);
[[nodiscard]] bool has_word(const NginxDirective& directive, std::string_view word);

/// `text` in lower case: nginx compares flags and enumerated words without regard to case.
[[nodiscard]] std::string to_lower(std::string_view text);

/// Whether a `return` directive answers with a status that lets nobody in, 4xx or 5xx.
[[nodiscard]] bool returns_refusal(const NginxDirective& directive);

/// A server with the block around it, whose directives apply where it has none of its own. Refers
/// to what it was made of.
struct NginxServer {
  const NginxDirective& server;
  const NginxDirectives& around;
  std::string directory;  // relative file names start there; empty if unknown

  [[nodiscard]] const NginxDirective* directive(std::string_view name) const;
  [[nodiscard]] std::vector<const NginxDirective*> directives(std::string_view name) const;
  /// The first argument of a directive.
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> file(std::string_view name) const;
  /// Its listen directives that have `port`.
  [[nodiscard]] std::vector<const NginxDirective*> listens(std::uint16_t port) const;
  /// Whether it has none, and so listens on port 80 (8000 if nginx was not started as root).
  [[nodiscard]] bool listens_by_default(std::uint16_t port) const;
  /// "server NAME, line N: DIRECTIVE", with the line of that directive, or of the server if absent.
  [[nodiscard]] std::string place(std::string_view name) const;
  [[nodiscard]] std::string place(const NginxDirective& directive) const;
};

}  // namespace mtls::render
