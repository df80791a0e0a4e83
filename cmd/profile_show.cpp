#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/profile_options.hpp"
#include "cmd/profile_view.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  std::string name;
  CaOptions ca;
  ProfileOptions profiles;
};

ExitCode run(const Options& options, Session& session) {
  const std::optional<authority::CaDirectory> ca = options.ca.find();
  const profile::Catalogue catalogue = options.profiles.open(ca ? &*ca : nullptr);
  const profile::Profile profile = catalogue.load(options.name, profile::ProfileUse::showing);
  warn_of_unused_files(catalogue, options.name, session);
  if (session.json()) {
    Json document = session.document();
    put_profile(document, profile);
    document["toml"] = profile.text;
    session.print(document);
  } else {
    session.out().write(profile.text);
  }
  return ExitCode::ok;
}

}  // namespace

void add_profile_show(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "The text is what docs/profiles.md explains; a copy of it is a profile of your own.");
  OptionSet set = command.options();
  set.positional("NAME", options->name, text_value("PROFILE"), "The profile's name");
  options->profiles.add_to(set);
  options->ca.add_to(set);
  command.example(
      "$ mtlsctl profile show mtls-client > profiles/my-client.toml\n"
      "$ mtlsctl profile check profiles/my-client.toml");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
