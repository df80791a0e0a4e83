#include "authority/ca_files.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file.hpp"
#include "base/format.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/existing_options.hpp"
#include "cmd/key_options.hpp"
#include "cmd/trust_options.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  std::optional<Path> output;
  KeyOptions key;
  ExistingOptions existing;
};

void check(const Options& options, const Session& session) {
  options.existing.check();
  const bool to_stdout = !options.output || *options.output == "-";
  if (to_stdout && session.json()) {
    throw Error(Errc::missing_value, "--json wants standard output for its document",
                "name a file for the key with -o");
  }
  if (to_stdout && session.out().is_terminal()) {
    throw Error(Errc::missing_value, "a private key is not written to a terminal",
                "name a file with -o FILE");
  }
  if (options.existing.force && !options.existing.force_key) {
    throw Error(Errc::would_overwrite, "a private key is not replaced by --force alone",
                "pass --force-key as well");
  }
}

/// An early refusal, before a key is made; what bears the name when the key is written counts. A
/// name of an open descriptor (/dev/fd/3) is written to, whatever it leads to.
void refuse_existing(const Path& path) {
  const std::string& name = path.native();
  if (names_descriptor(path) || !std::filesystem::is_regular_file(path)) return;
  throw Error(Errc::would_overwrite, format("{} exists and is not overwritten", printable(name)),
              "choose another name, or pass --force --force-key to replace it");
}

ExitCode run(const Options& options, Session& session) {
  check(options, session);
  const crypto::KeySpec spec = options.key.spec.value_or(crypto::KeySpec::rsa(4096));
  const bool to_stdout = !options.output || *options.output == "-";
  const Path path = to_stdout ? Path("/dev/stdout") : *options.output;
  authority::refuse_ca_file(path);
  if (!to_stdout && !options.existing.force) refuse_existing(path);
  const HeldPassphrase passphrase = HeldPassphrase::read(
      options.key.passphrase,
      {.flag = "--key-passphrase", .what = "passphrase of the key", .asking = Asking::twice},
      session);
  std::string key_hash;
  std::string description = spec.to_text();
  if (!options.existing.dry_run) {
    const auto key = crypto::PrivateKey::generate(spec, options.key.keygen,
                                                  session.openssl(ossl::Configuration::openssl));
    const auto secret = passphrase.get();
    write_file(path, (secret ? key.to_pkcs8_pem(secret->view()) : key.to_pkcs8_pem()).view(),
               Access::secret, options.existing.overwrite(), trusted_owners());
    key_hash = to_hex(key.public_key().spki_hash());
    description = key.public_key().description();
  }
  if (session.json()) {
    Json document = session.document();
    document["outcome"] = options.existing.dry_run ? "rehearsed" : "made";
    document["key"] = description;
    document["spki_sha256"] = key_hash.empty() ? Json(nullptr) : Json(key_hash);
    document["encrypted"] = options.key.passphrase.has_value();
    document["file"] = printable(path.native());
    session.print(document);
  } else if (!to_stdout) {
    session.out().write(format("{} {} ({}{})\n", options.existing.dry_run ? "would make" : "made",
                               printable(path.native()), description,
                               options.key.passphrase ? ", encrypted" : ""));
  }
  return ExitCode::ok;
}

}  // namespace

void add_key_generate(Command& command) {
  auto options = std::make_shared<Options>();
  OptionSet set = command.options();
  set.value("-o,--output", options->output, file_value(),
            "Where the key goes, 0600 (default: standard output, unless a terminal)");
  options->key.add_to(set);
  options->existing.add_to(set, ExistingOptions::Flags::replace_key);
  command.describe(
      "Makes a private key (RSA 4096 unless --key-type says otherwise) as PKCS#8 PEM.");
  command.example(
      "$ mtlsctl key generate --key-type ec:p256 -o client.key\nmade client.key (EC P-256)");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
