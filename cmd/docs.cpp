#include "base/file.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/reference.hpp"
#include "cmd/shell_completion.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <memory>

namespace mtls::cmd {
namespace {

/// Everything that is generated, by its name in the source tree.
std::map<std::string, std::string> generated_files() {
  const CommandDoc program = describe_program();
  std::map<std::string, std::string> files{
      {"docs/cli.md", cli_markdown(program)},
      {"docs/man/" + man_page_name(program), man_page(program, program)},
      {"completions/mtlsctl.bash", bash_completion(program)},
      {"completions/_mtlsctl", zsh_completion(program)},
      {"completions/mtlsctl.fish", fish_completion(program)},
  };
  for (const CommandDoc& leaf : leaves(program)) {
    files["docs/man/" + man_page_name(leaf)] = man_page(leaf, program);
  }
  return files;
}

ExitCode run(const Path& directory, Session& session) {
  Json document = session.document();
  document["files"] = Json::array();
  for (const auto& [name, text] : generated_files()) {
    const Path path = directory / name;
    static_cast<void>(Directory::make(path.parent_path()));
    write_file(path, as_bytes(text), Access::shared, Overwrite::yes);
    if (!session.json()) session.out().write(name + "\n");
    document["files"].push_back(name);
  }
  if (session.json()) session.print(document);
  return ExitCode::ok;
}

}  // namespace

void add_docs(Command& command) {
  auto directory = std::make_shared<Path>();
  command.options().positional("DIR", *directory, directory_value(), "The source tree");
  command.without_openssl_configuration();
  command.run([directory](Session& session) { return run(*directory, session); });
}

}  // namespace mtls::cmd
