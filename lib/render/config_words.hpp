// The words of nginx's and HAProxy's configuration files. Private to this room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::render {

/// A directive of nginx: its words, and the block behind it if it has one.
struct NginxDirective {
  std::vector<std::string> words;  // the name first; never empty
  std::vector<NginxDirective> block;
  std::size_t line;  // from 1

  [[nodiscard]] const std::string& name() const { return words.front(); }
};

/// Reads a file of a configuration, whose first line is number `line`. Throws malformed: a quote or
/// block without its end, a directive without ';', a NUL, blocks over 32 deep.
[[nodiscard]] std::vector<NginxDirective> read_nginx(std::string_view text, std::size_t line = 1);

/// A line of HAProxy's that is not empty.
struct HaproxyLine {
  std::vector<std::string> words;  // never empty
  std::size_t line;                // from 1
};

/// Reads a configuration. Variables of the environment stay as they are written. Throws malformed
/// for a quote without its end, an escape that is none and a NUL.
[[nodiscard]] std::vector<HaproxyLine> read_haproxy(std::string_view text);

/// Whether "443", "127.0.0.1:443", "[::]:443", "*:443" or a range, "[::]:440-450", has `port`.
[[nodiscard]] bool has_port(std::string_view address, std::uint16_t port);

}  // namespace mtls::render
