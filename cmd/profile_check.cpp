#include "base/format.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/input_file.hpp"
#include "cmd/profile_view.hpp"
#include "cmd/value_types.hpp"
#include "profile/catalogue.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

/// From standard input there is no file's name for the profile's to agree with.
profile::ProfileCheck check(const Path& file) {
  if (file != "-") return profile::check_profile_file(file);
  const SecretBytes content = read_input(file);
  return profile::check_profile(as_text(content.view()), shown_input(file));
}

void print(const profile::Profile& profile, const Path& file, Session& session) {
  if (session.json()) {
    Json document = session.document();
    document["file"] = shown_input(file);
    put_profile(document, profile);
    session.print(document);
  } else {
    session.out().write(format("{}: ok: {}, a profile for {}\n", shown_input(file), profile.name,
                               profile::name(profile.role)));
  }
}

ExitCode run(const std::vector<Path>& files, Session& session) {
  ExitCode code = ExitCode::ok;
  for (const Path& file : files) {
    try {
      const profile::ProfileCheck found = check(file);
      if (found.profile) {
        print(*found.profile, file, session);
      } else {
        code = combine(code, session.report(found.errors, shown_input(file)));
      }
    } catch (const Error& error) {
      code = combine(code, session.report(error, shown_input(file)));
    }
  }
  return code;
}

}  // namespace

void add_profile_check(Command& command) {
  auto files = std::make_shared<std::vector<Path>>();
  command.describe(
      "All errors of a file are reported, each with its line and column and what is allowed "
      "there.");
  command.options().positionals("FILE", *files, file_value(), "Profiles in TOML");
  command.example(
      "$ mtlsctl profile check my-client.toml\n"
      "my-client.toml: ok: my-client, a profile for client");
  command.run([files](Session& session) { return run(*files, session); });
}

}  // namespace mtls::cmd
