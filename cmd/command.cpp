#include "cmd/command.hpp"

#include <CLI/CLI.hpp>

namespace mtls::cmd {

void Command::describe(const std::string& text) {
  m_app->description(m_app->get_description() + "\n\n" + text);
}

void Command::example(const std::string& text) { m_app->footer(text); }

}  // namespace mtls::cmd
