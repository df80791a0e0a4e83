#include "cmd/application.hpp"

#include "base/escape.hpp"
#include "base/file_events.hpp"
#include "base/format.hpp"
#include "cmd/actor.hpp"
#include "cmd/build_info.hpp"
#include "cmd/command_line.hpp"
#include "cmd/command_tree.hpp"
#include "cmd/help_text.hpp"
#include "cmd/json_trace.hpp"
#include "cmd/option_walk.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace mtls::cmd {
namespace {

/// Whether a flag stands on the command line, for errors met before or while it is parsed.
bool has_flag(const std::vector<std::string>& arguments, std::string_view flag) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::find(arguments.begin(), end, flag) != end;
}

}  // namespace

Application::Application(std::vector<std::string> arguments, Output& out, Output& err,
                         const Clock& clock)
    : m_arguments(std::move(arguments)), m_out(out), m_messages(err), m_clock(clock) {}

ExitCode Application::run() {
  const ExitCode code = dispatch();
  m_out.flush();
  return code;
}

ExitCode Application::dispatch() {
  CommandTree tree(m_common, read_command_line(m_arguments).words);
  CommandTree::Parsed parsed{};
  try {
    parsed = tree.parse(m_arguments);
  } catch (const Error&) {
    m_words = tree.failing_words();
    throw;
  }
  m_words = parsed.words;
  if (parsed.wanted == CommandTree::Parsed::Wanted::command) fail_without_command();
  if (parsed.wanted == CommandTree::Parsed::Wanted::help) {
    m_out.write(help_text(describe(m_words)));
    return ExitCode::ok;
  }
  m_common.check();
  m_messages.set_verbosity(m_common.verbosity());
  NoTrace no_trace;
  std::optional<JsonTrace> trace;
  if (m_common.trace) trace.emplace(*m_common.trace, m_clock);
  Session session({.out = m_out,
                   .messages = m_messages,
                   .clock = m_clock,
                   .trace = trace ? static_cast<Trace&>(*trace) : no_trace,
                   .common = m_common,
                   .schema = schema()});
  // Before the command's first digest: libcrypto would configure itself, and ignore what it cannot.
  static_cast<void>(session.openssl(parsed.command->configuration()));
  const ExitCode code =
      trace ? run_traced(*parsed.command, session) : parsed.command->action()(session);
  if (trace && trace->failed())
    m_messages.warning("the trace is not complete: it could not be written");
  return code;
}

/// A line that names no command may be a script's whose variable is empty: never a success.
void Application::fail_without_command() {
  const CommandDoc program = describe(m_words);
  const bool person = !has_flag(m_arguments, "--json");
  if (person) m_messages.help(help_text(program));
  throw Error(Errc::usage, format("a command is missing after {}", program.full_name()),
              person ? "" : format("{} --help lists what there is", program.full_name()));
}

/// A trace has a line where the command begins and one where it ends, however it ends.
ExitCode Application::run_traced(const Command& command, Session& session) const {
  Trace& trace = session.trace();
  trace.note("run.start", {{"command", m_words},
                           {"version", std::string(k_version)},
                           {"actor", printable(make_actor(session).actor)}});
  const auto end = [&trace](ExitCode code, std::string_view error) {
    trace.note("run.end",
               {{"exit", std::to_string(static_cast<int>(code))}, {"error", std::string(error)}});
  };
  try {
    const TracedFiles files(trace);
    const ExitCode code = command.action()(session);
    end(code, {});
    return code;
  } catch (const Error& error) {
    end(exit_code(error.code()), name(error.code()));
    throw;
  }
}

ExitCode Application::report(const Error& error) noexcept {
  try {
    if (has_flag(m_arguments, "-v") || has_flag(m_arguments, "--verbose")) {
      m_messages.set_verbosity(Verbosity::verbose);
    }
    m_messages.error(error);
    if (has_flag(m_arguments, "--json")) {
      m_out.write(to_line(error_document(schema(), error)) + "\n");
    }
    m_out.flush();
  } catch (const Error& second) {
    if (second.code() != error.code()) m_messages.error(second);
    return combine(exit_code(error.code()), exit_code(second.code()));
  } catch (const std::exception&) {
    return ExitCode::internal;
  }
  return exit_code(error.code());
}

std::string Application::schema() const {
  std::string joined = m_words.empty() ? "error" : m_words;
  std::replace(joined.begin(), joined.end(), ' ', '-');
  return "mtlsctl/" + joined + "/1";
}

}  // namespace mtls::cmd
