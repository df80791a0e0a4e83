#include "cmd/messages.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"

#include <string>

namespace mtls::cmd {

void Messages::error(const Error& error) noexcept {
  line("error", error.message());
  if (!error.hint().empty()) line("hint", error.hint());
  if (m_verbosity != Verbosity::verbose) return;
  for (const std::string& detail : error.details()) line("detail", detail);
}

void Messages::warning(std::string_view text, std::string_view hint) noexcept {
  if (m_verbosity == Verbosity::quiet) return;
  line("warning", text);
  if (!hint.empty()) line("hint", hint);
}

void Messages::note(std::string_view text) noexcept {
  if (m_verbosity != Verbosity::quiet) line("note", text);
}

void Messages::next(const std::vector<std::string>& commands) noexcept {
  if (m_verbosity == Verbosity::quiet || !m_out.is_terminal()) return;
  for (const std::string& command : commands) write("next", command);
}

void Messages::help(std::string_view text) noexcept { write(text); }

void Messages::line(std::string_view kind, std::string_view text) noexcept {
  try {
    write(kind, readable(text));
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): nowhere left to complain
  }
}

void Messages::write(std::string_view kind, std::string_view text) noexcept {
  try {
    write(format("mtlsctl: {}: {}\n", kind, text));
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): nowhere left to complain
  }
}

void Messages::write(std::string_view text) noexcept {
  try {
    m_out.write(text);
    m_out.flush();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): nowhere left to complain
  }
}

}  // namespace mtls::cmd
