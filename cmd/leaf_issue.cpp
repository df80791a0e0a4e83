#include "cmd/leaf_issue.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/chain_options.hpp"
#include "cmd/existing_options.hpp"
#include "cmd/issue_profile.hpp"
#include "cmd/key_options.hpp"
#include "cmd/next_command.hpp"
#include "cmd/prompt.hpp"
#include "cmd/receipt.hpp"
#include "cmd/signing_options.hpp"
#include "cmd/subject_options.hpp"
#include "cmd/validity_options.hpp"
#include "cmd/value_types.hpp"
#include "profile/subject_policy.hpp"
#include "x509/name_matching.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  SigningOptions signing;
  ProfileOptions profiles;
  std::optional<std::string> profile;
  SubjectOptions subject;
  x509::GeneralNames names;
  ValidityOptions validity;
  KeyOptions key;
  std::optional<Path> key_file;
  std::optional<Path> csr_file;
  bool names_from_csr = false;
  std::optional<Path> out_dir;
  std::optional<std::string> name;
  ChainOptions chain;
  std::optional<std::string> request_key;
  ExistingOptions existing;
};

/// What differs between the two.
struct Role {
  profile::Role role;
  const char* word;
  const char* built_in_profile;
};

Role describe(LeafRole role) {
  if (role == LeafRole::client) return {profile::Role::client, "client", "mtls-client"};
  return {profile::Role::server, "server", "mtls-server"};
}

void check(const Options& options) {
  options.subject.check();
  options.validity.check();
  options.existing.check();
  const bool csr = options.csr_file.has_value();
  if (csr && options.key_file) {
    refuse_together("--csr", "--key", "a CSR brings its own key");
  }
  if (csr && (options.key.spec || options.key.passphrase)) {
    refuse_together("--csr", options.key.spec ? "--key-type" : "--key-passphrase",
                    "no key is made for a CSR");
  }
  if (options.key_file && options.key.spec) {
    refuse_together("--key", "--key-type", "leave out --key to have a key made");
  }
  if (options.names_from_csr && !csr) {
    throw Error(Errc::usage, "--san-from-csr is given without --csr", "pass --csr FILE");
  }
}

/// The CN where nobody gave one: the client's name, the server's first DNS name.
std::optional<std::string> default_common_name(const Options& options, LeafRole role,
                                               const std::string& name) {
  constexpr std::size_t k_longest = 64;  // ub-common-name
  if (role == LeafRole::client) return name;
  for (const x509::GeneralName& one : options.names) {
    if (one.kind() == x509::GeneralNameKind::dns && one.text().size() <= k_longest) {
      return one.text();
    }
  }
  return std::nullopt;
}

/// The subject to ask for; nothing where the CSR's is to be taken.
std::optional<x509::Name> gather_subject(const Options& options, LeafRole role,
                                         const std::string& name, const profile::Profile& profile,
                                         Session& session) {
  if (options.csr_file && options.subject.empty()) return std::nullopt;
  SubjectOptions subject = options.subject;
  const auto common_name = default_common_name(options, role, name);
  const auto compose = [&]() -> x509::Name {
    if (common_name) return subject.compose_with_default(*common_name);
    return subject.compose().value_or(x509::Name());
  };
  const auto missing = profile::missing_attributes(profile.subject, compose());
  if (!missing.empty()) ask_missing(subject, missing, session);
  return compose();
}

authority::EnrolRequest make_request(const Options& options, const HeldPassphrase& passphrase,
                                     Session& session) {
  authority::EnrolRequest request;
  request.key_spec = options.key.spec;
  request.keygen = options.key.keygen;
  request.subject_alt_names = options.names;
  request.subject_alt_names_from_csr = options.names_from_csr;
  request.period = options.validity.period();
  request.not_after = options.validity.not_after;
  request.past_issuer = options.validity.past_issuer();
  request.request_key = options.request_key;
  request.open_key = options.signing.open_key();
  request.owners = trusted_owners();
  request.existing = options.existing.existing();
  request.rehearsal = options.existing.rehearsal();
  request.lock_timeout = options.ca.wait().value;
  request.open_existing_key = passphrase.source(
      {.flag = "--key-passphrase", .what = "passphrase of the existing key"}, session);
  if (options.key_file) {
    request.key = read_private_key(*options.key_file,
                                   {.passphrase = request.open_existing_key,
                                    .legacy = options.signing.legacy(),
                                    .trust = options.signing.files.trust(session),
                                    .context = session.openssl(ossl::Configuration::openssl)});
  } else if (!options.csr_file) {
    request.key_passphrase = passphrase.get();
  }
  if (options.csr_file) {
    const Path file = *options.csr_file == "-" ? Path("/dev/stdin") : *options.csr_file;
    request.csr = x509::CertificateRequest::from_file(read_file(file).bytes.view(),
                                                      printable(options.csr_file->native()));
  }
  return request;
}

/// Asks for a subject alternative name until one is given; a bare host or address will do.
x509::GeneralName ask_name(const Session& session) {
  for (;;) {
    const auto answer = ask_text("Host name or IP address (or KIND:VALUE)");
    try {
      if (!answer) throw Error(Errc::missing_value, "a subject alternative name is required");
      if (const auto name = san_value().parse(*answer)) return *name;
      const bool address = x509::parse_ip(*answer).has_value();
      return x509::GeneralName::parse((address ? "ip:" : "dns:") + *answer);
    } catch (const Error& error) {
      session.messages().error(error);
    }
  }
}

/// Gets the names that the profile requires, on a terminal by asking; elsewhere they must be there
/// before anyone is asked for a passphrase.
void gather_names(Options& options, const profile::Profile& profile, const Session& session) {
  const bool wanted = profile.san.host_required || profile.san.min_count > 0;
  if (!wanted || !options.names.empty() || options.names_from_csr) return;
  if (!options.csr_file && may_ask(session)) {
    options.names.push_back(ask_name(session));
    return;
  }
  throw_missing({"--san"}, options.csr_file && profile.csr.subject_alt_names
                               ? "give --san dns:HOST or ip:ADDRESS, or --san-from-csr to take the "
                                 "request's"
                               : "give --san dns:HOST or --san ip:ADDRESS");
}

/// The file as a command line names it; one that begins with '-' would be an option.
std::string as_argument(const std::string& file) { return file[0] == '-' ? "./" + file : file; }

/// The same for curl's --cert, where a colon is followed by a passphrase.
std::string as_curl_certificate(const std::string& file) {
  std::string escaped;
  for (const char c : as_argument(file)) {
    if (c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// What to do with a certificate that was issued: verify it, and use it on this machine.
std::vector<std::string> next_commands(const authority::Enrolled& enrolled, const Options& options,
                                       LeafRole role, const authority::CaDirectory& ca) {
  const bool rehearsed = enrolled.outcome == authority::Outcome::rehearsed ||
                         enrolled.outcome == authority::Outcome::rehearsed_completion;
  if (rehearsed || !enrolled.certificate_file) return {};
  const std::string file = as_argument(*enrolled.certificate_file);
  const std::string key =
      as_argument(options.key_file ? options.key_file->native() : enrolled.key_file.value_or(""));
  const std::string root = (ca.path() / "root.crt").native();
  const bool has_key = !options.csr_file && (options.key_file || enrolled.key_file);
  if (role == LeafRole::server) {
    std::vector<std::string> commands{
        command_line({"mtlsctl", "verify", "--purpose", "server", file}, options.ca)};
    if (has_key && !options.key.passphrase) {
      commands.push_back(
          command_line({"mtlsctl", "serve", "--cert", file, "--key", key}, options.ca));
    }
    return commands;
  }
  std::vector<std::string> commands{command_line({"mtlsctl", "verify", file}, options.ca)};
  if (!has_key) return commands;
  commands.push_back(command_line({"mtlsctl", "serve"}, options.ca) + "  # in another terminal");
  commands.push_back(command_line({"curl", "--cacert", as_argument(root), "--cert",
                                   as_curl_certificate(*enrolled.certificate_file), "--key", key,
                                   "https://localhost:8443/"}));
  return commands;
}

ExitCode run(Options options, LeafRole leaf_role, Session& session) {
  check(options);
  const Role role = describe(leaf_role);
  const std::string name = options.name.value_or(role.word);
  authority::DirectorySet output(options.out_dir.value_or("."), name, authority::SetOwner::leaf);
  SigningCa ca(options.ca.open(), options.signing, options.ca.wait().value, session,
               options.existing.rehearsal());
  const authority::CaConfig& config = ca.directory().config();
  const bool client = leaf_role == LeafRole::client;
  const profile::Profile profile =
      choose_profile(options.profile, client ? config.client_profile : config.server_profile,
                     role.built_in_profile, options.profiles, &ca.directory());
  require_role(profile, role.role);
  gather_names(options, profile, session);

  const HeldPassphrase passphrase =
      HeldPassphrase::read(options.key.passphrase,
                           {.flag = "--key-passphrase",
                            .what = "passphrase of the key",
                            .asking = options.key_file ? Asking::once : Asking::twice},
                           session);
  authority::EnrolRequest request = make_request(options, passphrase, session);
  request.subject = gather_subject(options, leaf_role, name, profile, session);
  request.issuer_chain = ca.directory().chain();
  if (request.period || request.not_after) {
    request.validity = authority::EnrolRequest::Validity::asked;
  } else {
    request.period = client ? config.client_validity : config.server_validity;
  }
  request.append = options.chain.choose(ca.directory());

  // Before a key is made, which takes a while: is the CA's there, and its passphrase right? (Not
  // where a complete set may only have to be found.)
  if (!options.existing.if_missing) ca.load();
  const authority::IssuerSource issuer =
      [&ca, &profile](const crypto::PublicKey& /*key*/,
                      const crypto::PrivateKey* /*private_key*/) -> ca::Issuer& {
    return ca.issuer(profile.digest);
  };
  const authority::Enrolled enrolled = with_passphrase_hint("--key-passphrase", [&] {
    return authority::enrol(request, profile, issuer, ca.ledger(), output, ca.surroundings());
  });
  tell_notices(enrolled.notices, session);
  if (session.json()) {
    session.print(receipt_document(enrolled, profile.name, session));
  } else {
    session.out().write(receipt_text(enrolled, profile.name));
  }
  tell_next(next_commands(enrolled, options, leaf_role, ca.directory()), session);
  return ExitCode::ok;
}

}  // namespace

void add_leaf_issue(Command& command, LeafRole role) {
  auto options = std::make_shared<Options>();
  const std::string word = describe(role).word;
  OptionSet set = command.options();
  set.value("--name", options->name, text_value("NAME"),
            "Write NAME.key, NAME.csr, NAME.crt (default: " + word + ")");
  set.value("--out-dir", options->out_dir, directory_value(), "Where to (default: here)");
  set.list("--san", options->names, san_value(), "Subject alternative name");
  set.value("--csr", options->csr_file, file_value(),
            "Sign the request in FILE; only NAME.crt is written");
  set.flag("--san-from-csr", options->names_from_csr, "Take the CSR's alternative names");
  set.value("--key", options->key_file, file_value(), "Use the private key in FILE");
  options->chain.add_to(set);
  set.value("--profile", options->profile, text_value("PROFILE"),
            std::string("Profile (default: ") + describe(role).built_in_profile + ")");
  set.value("--request-key", options->request_key,
            ledger_text_value("TEXT", store::k_request_key_limit),
            "Name this request: a repeat of it is refused");
  set.flag("--if-missing", options->existing.if_missing,
           "Keep a set that a first run would have made; refuse any other");
  options->existing.add_to(set, ExistingOptions::Flags::replace_key);
  OptionSet subject = command.options("Subject");
  options->subject.add_to(subject);
  OptionSet validity = command.options("Validity");
  options->validity.add_to(validity);
  OptionSet key = command.options("Key");
  options->key.add_to(key);
  OptionSet ca = command.options("CA");
  options->ca.add_to(ca);
  options->signing.add_to(ca);
  options->profiles.add_to(ca);
  command.run([options, role](Session& session) { return run(*options, role, session); });
}

void add_client_issue(Command& command) {
  add_leaf_issue(command, LeafRole::client);
  command.describe(
      "Makes a key, a request and a client certificate in one step, recorded in the CA's ledger "
      "before "
      "any of it is released. A run that was cut short is completed by the same command.");
  command.example(
      "$ mtlsctl client issue --name alice --common-name alice --days 90\n"
      "issued\n"
      "  subject      CN=alice\n"
      "  ...\n"
      "  files        alice.key alice.csr alice.crt\n\n"
      "$ mtlsctl client issue --csr device.csr --name device   # a request made elsewhere");
}

void add_server_issue(Command& command) {
  add_leaf_issue(command, LeafRole::server);
  command.describe(
      "The same for a listener: serverAuth only, and at least one DNS name or IP address. Clients "
      "look "
      "for the host among these names, never in the CN.");
  command.example(
      "$ mtlsctl server issue --san dns:www.example.com --san ip:10.0.0.1\n"
      "issued\n"
      "  subject      CN=www.example.com\n"
      "  ...\n"
      "  files        server.key server.csr server.crt");
}

}  // namespace mtls::cmd
