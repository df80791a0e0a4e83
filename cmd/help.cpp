#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/nearest.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/help_text.hpp"
#include "cmd/option_walk.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <memory>

namespace mtls::cmd {
namespace {

struct Topic {
  std::string_view name;
  std::string_view text;
};

constexpr std::string_view k_exit_codes =
    R"(Every command ends with one of these exit codes:

   0  done; the answer is yes
   1  the answer is no: untrusted, wrong purpose or name, errors found
   2  usage: unknown flag, missing or contradictory value
   3  the answer is no because of time: expired, not yet valid, due for renewal
   4  the answer is no because of revocation: revoked, or no CRL applies
   5  refused: would overwrite, denied by the profile, same request key,
      serial conflict, a key file or directory that others can read
   6  bad input: a named file missing or unreadable, malformed, wrong passphrase,
      key and certificate that do not belong together
   7  the surroundings failed, no verdict: disk, permission, network, the ledger
      locked, unreachable, damaged or rolled back
  70  internal error: a bug

Over several inputs or causes it is the one that stands first in this list
among those that occurred: 70, 2, 7, 6, 5, 1, 4, 3.
)";

constexpr std::array k_topics{Topic{"exit-codes", k_exit_codes}};

std::string explain(const std::string& topic) {
  std::vector<std::string> names;
  for (const Topic& one : k_topics) {
    if (one.name == topic) return std::string(one.text);
    names.emplace_back(one.name);
  }
  if (const std::string_view close = nearest(topic, names); !close.empty()) {
    throw Error(Errc::usage, format("there is no topic {}", printable(topic)),
                format("did you mean {}?", close));
  }
  return help_text(describe(topic));
}

ExitCode run(const std::vector<std::string>& words, Session& session) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : " ") + word;
  const std::string text = explain(joined);
  if (session.json()) {
    Json document = session.document();
    document["topic"] = joined;
    document["text"] = text;
    session.print(document);
  } else {
    session.out().write(text);
  }
  return ExitCode::ok;
}

}  // namespace

void add_help(Command& command) {
  auto words = std::make_shared<std::vector<std::string>>();
  command.describe("Topics: exit-codes. Without a topic it lists the commands.");
  command.options().optional_positionals("TOPIC", *words, text_value("TOPIC"),
                                         "A topic, or a command's words");
  command.example("$ mtlsctl help exit-codes\n$ mtlsctl help ca show");
  command.without_openssl_configuration();
  command.run([words](Session& session) { return run(*words, session); });
}

}  // namespace mtls::cmd
