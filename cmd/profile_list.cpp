#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/profile_options.hpp"
#include "cmd/profile_view.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  ProfileOptions profiles;
};

ExitCode run(const Options& options, Session& session) {
  const std::optional<authority::CaDirectory> ca = options.ca.find();
  const profile::Catalogue catalogue = options.profiles.open(ca ? &*ca : nullptr);
  warn_of_unused_files(catalogue, std::nullopt, session);
  ExitCode code = ExitCode::ok;
  for (const std::string& name : catalogue.names()) {
    try {
      const profile::Profile profile = catalogue.load(name, profile::ProfileUse::showing);
      if (session.json()) {
        Json document = session.document();
        put_profile(document, profile);
        session.print(document);
      } else {
        session.out().write(format("{:<16} {:<16} {:<10} {}\n", profile.name,
                                   profile::name(profile.role), printable(profile.source),
                                   printable(profile.description)));
      }
    } catch (const Error& error) {
      // The others can be used all the same.
      code = combine(code, session.report(error, printable(name)));
    }
  }
  return code;
}

}  // namespace

void add_profile_list(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe("Those compiled in, and those of a directory of your own, which come first.");
  OptionSet set = command.options();
  options->profiles.add_to(set);
  options->ca.add_to(set);
  command.example(
      "$ mtlsctl profile list --profiles ./profiles\n"
      "mtls-client      client           built-in   A client of a mutual TLS listener");
  command.without_openssl_configuration();
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
