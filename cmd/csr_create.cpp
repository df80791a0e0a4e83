#include "authority/ca_directory.hpp"
#include "authority/ca_files.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/existing_options.hpp"
#include "cmd/key_options.hpp"
#include "cmd/next_command.hpp"
#include "cmd/prompt.hpp"
#include "cmd/subject_options.hpp"
#include "cmd/trust_options.hpp"
#include "cmd/value_types.hpp"
#include "crypto/key_check.hpp"
#include "x509/certificate_request.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace mtls::cmd {
namespace {

constexpr std::size_t k_name_limit = 100;
constexpr std::string_view k_some_name = "a name (--common-name, --subject or --san)";

struct Options {
  std::optional<Path> key_file;
  std::optional<SecretSource> key_passphrase;
  bool legacy_key = false;
  TrustOptions trust;
  std::optional<Path> output;
  SubjectOptions subject;
  x509::GeneralNames names;
  std::optional<SecretSource> challenge;
  std::optional<std::string> company;
  ExistingOptions existing;
};

/// On a terminal and without any name: the questions of `openssl req`.
void ask_questions(Options& options, x509::RequestFields& fields, Session& session) {
  if (!options.subject.empty() || !options.names.empty() || !may_ask(session)) return;
  options.subject.ask_all({}, session);
  if (options.subject.empty()) ask_missing(options.subject, {x509::oids::common_name()}, session);
  if (!fields.challenge_password) {
    if (const auto password = ask_text(k_challenge_question)) {
      fields.challenge_password = SecretBytes(as_bytes(*password));
    }
  }
  if (!fields.unstructured_name) fields.unstructured_name = ask_text(k_company_question);
}

x509::RequestFields gather(Options& options, Session& session) {
  x509::RequestFields fields;
  if (options.challenge) {
    fields.challenge_password = read_secret(
        *options.challenge,
        {.flag = "--challenge-password", .what = "challenge password", .asking = Asking::twice},
        session);
    session.messages().warning("the challenge password stands in the request in clear text");
  }
  fields.unstructured_name = options.company;
  ask_questions(options, fields, session);
  fields.subject = options.subject.compose().value_or(x509::Name());
  fields.subject_alt_names = options.names;
  if (fields.subject_alt_names.size() > k_name_limit) {
    throw Error(Errc::too_many_names,
                format("{} subject alternative names are asked for; the limit is {}",
                       fields.subject_alt_names.size(), k_name_limit));
  }
  if (fields.subject.empty() && fields.subject_alt_names.empty()) throw_missing({k_some_name});
  return fields;
}

/// Before anybody is asked for anything; a name is asked for on a terminal, a key never is.
void require_flags(const Options& options, const Session& session) {
  if (options.key_file) return;
  constexpr std::string_view k_hint =
      "name the key's file with --key; mtlsctl key generate makes one";
  const bool named = !options.subject.empty() || !options.names.empty() || may_ask(session);
  if (named) throw_missing({"--key"}, k_hint);
  throw_missing({"--key", k_some_name}, k_hint);
}

ExitCode run(Options options, Session& session) {
  options.subject.check();
  options.existing.check();
  require_flags(options, session);
  const bool to_stdout = !options.output || *options.output == "-";
  if (to_stdout && session.json()) {
    throw Error(Errc::missing_value, "--json wants standard output for its document",
                "name a file for the request with -o");
  }
  const ossl::Context& context = session.openssl(ossl::Configuration::openssl);
  const x509::RequestFields fields = gather(options, session);
  const crypto::PrivateKey key = read_private_key(
      *options.key_file,
      {.passphrase = passphrase_source(
           options.key_passphrase,
           {.flag = "--key-passphrase",
            .what = format("passphrase of {}", printable(options.key_file->native()))},
           session),
       .legacy = options.legacy_key ? crypto::LegacyKeys::allow : crypto::LegacyKeys::refuse,
       .trust = options.trust.trust(session),
       .context = context});
  crypto::require_good_key(key.public_key(), printable(options.key_file->native()), context);
  const auto signer = authority::make_signer(key, std::nullopt);
  const x509::CertificateRequest request = x509::make_request(fields, *signer);
  const Path path = to_stdout ? Path("/dev/stdout") : *options.output;
  authority::require_public_target(path);
  if (!options.existing.dry_run) {
    write_file(path, as_bytes(x509::to_pem(request)), Access::shared, options.existing.overwrite());
  }
  if (session.json()) {
    Json document = session.document();
    document["outcome"] = options.existing.dry_run ? "rehearsed" : "made";
    document["subject"] = readable(request.subject().to_text());
    document["subject_alt_names"] = Json::array();
    for (const x509::GeneralName& name : request.subject_alt_names()) {
      document["subject_alt_names"].push_back(readable(name.to_text()));
    }
    document["key"] = request.public_key().description();
    document["challenge_password"] = request.has_challenge_password();
    document["file"] = printable(path.native());
    session.print(document);
  } else if (!to_stdout) {
    session.out().write(format("{} {} ({})\n", options.existing.dry_run ? "would make" : "made",
                               printable(path.native()), request.subject().to_text()));
    if (!options.existing.dry_run) {
      const std::string& file = path.native();
      tell_next({command_line({"mtlsctl", "ca", "sign", file[0] == '-' ? "./" + file : file})},
                session);
    }
  }
  return ExitCode::ok;
}

}  // namespace

void add_csr_create(Command& command) {
  auto options = std::make_shared<Options>();
  OptionSet set = command.options();
  set.value("--key", options->key_file, file_value(), "The private key to request for");
  set.value("--key-passphrase", options->key_passphrase, secret_value(),
            "Where its passphrase comes from");
  set.flag("--legacy-key", options->legacy_key,
           "Read a key encrypted in an outdated way (PBES1, RFC 1421)");
  options->trust.add_to(set);
  set.value("-o,--output", options->output, file_value(),
            "Where the request goes (default: standard output)");
  set.list("--san", options->names, san_value(), "Subject alternative name");
  set.value("--challenge-password", options->challenge, secret_value(),
            "Put a challenge password in (clear text in the request); its source");
  set.value("--company-name", options->company, text_value("TEXT"),
            "openssl's optional company name (unstructuredName)");
  options->existing.add_to(set, ExistingOptions::Flags::replace);
  OptionSet subject = command.options("Subject");
  options->subject.add_to(subject);
  command.describe("Makes a certificate request (PKCS #10) for an existing key.");
  command.example(
      "$ mtlsctl csr create --key client.key --common-name client --san uri:spiffe://x/y -o "
      "client.csr\n"
      "made client.csr (CN=client)");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
