#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/shell_completion.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

ExitCode run(Shell shell, Session& session) {
  const std::string script = completion_script(shell, describe_program());
  if (session.json()) {
    Json document = session.document();
    document["script"] = script;
    session.print(document);
  } else {
    session.out().write(script);
  }
  return ExitCode::ok;
}

}  // namespace

std::string completion_script(Shell shell, const CommandDoc& program) {
  switch (shell) {
    case Shell::bash:
      return bash_completion(program);
    case Shell::zsh:
      return zsh_completion(program);
    case Shell::fish:
      break;
  }
  return fish_completion(program);
}

void add_completion(Command& command) {
  auto shell = std::make_shared<Shell>(Shell::bash);
  command.options().positional(
      "SHELL", *shell,
      word_value<Shell>({{"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}}),
      "The shell");
  command.example(
      "$ mtlsctl completion bash > ~/.local/share/bash-completion/completions/mtlsctl\n"
      "$ mtlsctl completion zsh > ~/.zfunc/_mtlsctl\n"
      "$ mtlsctl completion fish > ~/.config/fish/completions/mtlsctl.fish");
  command.without_openssl_configuration();
  command.run([shell](Session& session) { return run(*shell, session); });
}

}  // namespace mtls::cmd
