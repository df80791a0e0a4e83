// UTF-8 (RFC 3629), strict: no overlong forms, no surrogates, nothing past U+10FFFF.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls {

/// Returns the code points of `text`, or nothing where it is not UTF-8.
[[nodiscard]] std::optional<std::vector<char32_t>> decode_utf8(std::string_view text);
/// Appends the UTF-8 form of `code_point` (a scalar value) to `text`.
void append_utf8(std::string& text, char32_t code_point);
/// True for C0, C1, DEL, and the line and paragraph separators.
[[nodiscard]] bool is_control(char32_t code_point) noexcept;
/// True for what can be seen beyond ASCII: no control characters, bidirectional marks, blanks,
/// joiners, fillers, selectors, tags, private or no characters at all.
[[nodiscard]] bool is_visible(char32_t code_point) noexcept;
/// True for the marks that change the direction of text (U+061C, U+200E/F, U+202A–E, U+2066–9).
[[nodiscard]] bool is_bidirectional_mark(char32_t code_point) noexcept;

}  // namespace mtls
