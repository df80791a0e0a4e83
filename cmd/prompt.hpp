// The questions of `openssl req`, in its words.
#pragma once

#include "cmd/session.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::cmd {

/// One subject field: asked for in this order, which is also that of the encoding.
struct SubjectQuestion {
  std::string_view attribute;  // "C", as x509::find_attribute_type reads it
  std::string_view flag;       // "--country"
  std::string_view text;       // "Country Name (2 letter code)"
};

/// Country, state, locality, organization, unit, common name, e-mail.
[[nodiscard]] std::span<const SubjectQuestion> subject_questions();
/// The two that openssl puts under "extra attributes".
inline constexpr std::string_view k_challenge_question = "A challenge password";
inline constexpr std::string_view k_company_question = "An optional company name";

/// Whether questions may be asked in this run: a terminal, and no --no-input.
[[nodiscard]] bool may_ask(const Session& session) noexcept;

/// Asks "TEXT []:" and returns what was typed without surrounding blanks; nothing for an empty
/// answer. Throws missing_value at the end of input, usage for a NUL.
[[nodiscard]] std::optional<std::string> ask_text(std::string_view text);

/// Throws missing_value naming every flag of `flags` at once; the hint is that a terminal would
/// have been asked, unless there is a better one.
[[noreturn]] void throw_missing(const std::vector<std::string_view>& flags,
                                std::string_view hint = {});

}  // namespace mtls::cmd
