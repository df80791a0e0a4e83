#include "authority/init.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
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

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  SigningOptions signing;
  ProfileOptions profiles;
  std::optional<std::string> profile;
  std::optional<Path> parent;
  std::optional<std::int64_t> path_length;
  x509::GeneralNames permit;
  x509::GeneralNames exclude;
  SubjectOptions subject;
  ValidityOptions validity;
  KeyOptions key;
  ExistingOptions existing;
};

void check(const Options& options) {
  options.subject.check();
  options.validity.check();
  options.existing.check();
  if (!options.parent && options.signing.passphrase && options.key.passphrase) {
    refuse_together("--ca-passphrase", "--key-passphrase",
                    "for a root they mean the same key: give --ca-passphrase");
  }
}

/// Whether the CA is expected to stand already: then nobody is asked for anything.
enum class Expected { nothing, complete };

/// The new key's passphrase: for a root --ca-passphrase, else --key-passphrase; on a terminal a
/// person is asked and may leave it out. Where the CA is expected to stand, the one that is given
/// shows that its key is still the same.
HeldPassphrase gather_passphrase(const Options& options, Expected expected, Session& session) {
  const bool from_ca = !options.parent && options.signing.passphrase;
  const auto& source = from_ca ? options.signing.passphrase : options.key.passphrase;
  const SecretRequest wanted{.flag = from_ca ? "--ca-passphrase" : "--key-passphrase",
                             .what = "passphrase for the new CA key",
                             .asking = Asking::twice};
  if (source || expected == Expected::complete || !may_ask(session) || options.existing.dry_run) {
    return HeldPassphrase::read(source, wanted, session);
  }
  return HeldPassphrase(ask_optional_secret(wanted, session));
}

/// A CA for clients that bounds only DNS names holds nobody who is known by a CN alone, unless that
/// looks like a host.
void warn_of_unbound_names(const Options& options, const Session& session) {
  const auto has = [&options](x509::GeneralNameKind kind) {
    return std::any_of(options.permit.begin(), options.permit.end(),
                       [kind](const x509::GeneralName& name) { return name.kind() == kind; });
  };
  if (has(x509::GeneralNameKind::dns) && !has(x509::GeneralNameKind::directory)) {
    session.messages().warning(
        "a permitted dns name does not hold clients that are known only by a CN that is no host "
        "name: such a certificate can bear any other name",
        "add --permit dn:… for the subjects that this CA may issue");
  }
}

Json init_document(const authority::Initialised& made, const std::string& profile,
                   const Path& directory, const Session& session) {
  Json document = receipt_document(made.enrolled, profile, session);
  document["directory"] = printable(directory.native());
  document["key_encrypted"] = made.enrolled.key_encrypted;
  document["store"] = made.store.shown();
  document["joined"] = made.ledger == authority::LedgerOrigin::joined;
  document["all_files"] = Json::array();
  for (const std::string& file : made.files) document["all_files"].push_back(printable(file));
  return document;
}

/// The attributes that the profile requires, and the common name, where the subject has them not.
std::vector<der::Oid> find_missing(const Options& options, const profile::Profile& profile) {
  const x509::Name subject = options.subject.compose().value_or(x509::Name());
  std::vector<der::Oid> missing = profile::missing_attributes(profile.subject, subject);
  const auto& common_name = x509::oids::common_name();
  if (!subject.common_name() &&
      std::find(missing.begin(), missing.end(), common_name) == missing.end()) {
    missing.push_back(common_name);
  }
  return missing;
}

/// On a terminal: all questions of the guide where no flag gave any of the subject, else those for
/// what is still required. Elsewhere names all that is missing.
void gather_subject(Options& options, const profile::Profile& profile, const Session& session) {
  if (options.subject.empty() && may_ask(session)) {
    options.subject.ask_all(find_missing(options, profile), session);
  }
  const std::vector<der::Oid> missing = find_missing(options, profile);
  if (!missing.empty()) ask_missing(options.subject, missing, session);
}

/// The flag that opens the new CA's key.
std::string_view key_flag(const Options& options) {
  return options.parent ? "--key-passphrase" : "--ca-passphrase";
}

authority::InitRequest make_request(const Options& options, const HeldPassphrase& passphrase,
                                    Session& session) {
  authority::InitRequest request;
  request.directory = options.ca.where().value;
  request.subject = options.subject.compose().value_or(x509::Name());
  request.key_spec = options.key.spec;
  request.keygen = options.key.keygen;
  request.period = options.validity.period();
  request.not_after = options.validity.not_after;
  request.past_issuer = options.validity.past_issuer();
  if (options.path_length) request.path_length = static_cast<unsigned>(*options.path_length);
  request.name_constraints = {.permitted = options.permit, .excluded = options.exclude};
  request.key_passphrase = passphrase.get();
  request.open_existing_key = passphrase.source(
      {.flag = std::string(key_flag(options)), .what = "passphrase of ca.key"}, session);
  request.open_key = options.signing.open_key();
  request.trust = options.signing.files.trust(session);
  request.named = options.ca.named();
  request.existing = options.existing.existing();
  request.rehearsal = options.existing.rehearsal();
  request.lock_timeout = options.ca.wait().value;
  if (const auto store = options.ca.ledger()) request.store = store->value;
  return request;
}

void tell(const authority::Initialised& made, const profile::Profile& profile,
          const Path& directory, Session& session) {
  tell_notices(made.enrolled.notices, session);
  if (made.ledger == authority::LedgerOrigin::joined) {
    session.messages().note(
        format("joined the ledger that was there already: {}", made.store.shown()));
  }
  const bool key_stands = made.enrolled.outcome == authority::Outcome::issued ||
                          made.enrolled.outcome == authority::Outcome::completed;
  if (key_stands && !made.enrolled.key_encrypted) {
    session.messages().note(format("{} is not encrypted: whoever can read it can issue",
                                   printable((directory / "ca.key").native())));
  }
  if (session.json()) {
    session.print(init_document(made, profile.name, directory, session));
  } else {
    session.out().write(receipt_text(made.enrolled, profile.name));
  }
}

ExitCode run(Options options, Session& session) {
  check(options);
  const Path directory = options.ca.where().value;
  std::optional<authority::CaDirectory> parent;
  if (options.parent) {
    parent = authority::CaDirectory::open(*options.parent, authority::Named::explicitly,
                                          trusted_owners());
  }
  const profile::Profile profile =
      choose_profile(options.profile, std::nullopt, parent ? "intermediate-ca" : "root-ca",
                     options.profiles, parent ? &*parent : nullptr, profile::ProfileUse::ca_init);

  const bool stands = name_exists(directory / "ca.crt");
  if (stands && !options.existing.if_missing) authority::refuse_existing_ca(directory);
  if (!stands) gather_subject(options, profile, session);
  if (profile.extensions.extended_key_usage.empty()) warn_of_unbound_names(options, session);
  const HeldPassphrase passphrase =
      gather_passphrase(options, stands ? Expected::complete : Expected::nothing, session);
  std::optional<SigningCa> signing;
  if (parent) {
    signing.emplace(*parent, options.signing, options.ca.wait().value, session,
                    options.existing.rehearsal());
  }

  authority::InitRequest request = make_request(options, passphrase, session);
  if (signing) {
    request.parent.emplace(authority::InitRequest::Parent{
        .directory = signing->directory(), .key = signing->key(), .ledger = signing->ledger()});
  }
  const authority::Initialised made = with_passphrase_hint(key_flag(options), [&] {
    return authority::init_ca(request, profile, make_surroundings(session));
  });
  tell(made, profile, directory, session);
  if (!options.existing.dry_run) {
    tell_next({command_line({"mtlsctl", "client", "issue"}, options.ca)}, session);
  }
  return ExitCode::ok;
}

}  // namespace

void add_ca_init(Command& command) {
  auto options = std::make_shared<Options>();
  OptionSet set = command.options();
  set.value("--parent", options->parent, directory_value(),
            "Make an intermediate, signed and recorded by the CA in DIR");
  set.value("--path-length", options->path_length, number_value(0, 16),
            "How many CAs may stand below this one");
  set.list("--permit", options->permit, constraint_value(), "Permitted names");
  set.list("--exclude", options->exclude, constraint_value(), "Excluded names");
  set.value("--profile", options->profile, text_value("PROFILE"),
            "Profile (default: root-ca, or intermediate-ca with --parent)");
  set.flag("--if-missing", options->existing.if_missing,
           "Keep a CA that a first run would have made; refuse any other");
  options->existing.add_to(set, ExistingOptions::Flags::keep_only);
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
  command.describe(
      "Makes a CA directory: key, request, certificate, chain, settings (ca.toml) and the ledger "
      "of what "
      "it will issue. On a terminal it asks for the subject where no flag gives any of it, for "
      "what is still required, and for a passphrase. For a root, --ca-passphrase "
      "encrypts "
      "the new key; with --parent that one opens the parent's, and --key-passphrase encrypts the "
      "new.");
  command.example(
      "$ mtlsctl ca init --country cn --state bj --locality bj --organization alibaba \\\n"
      "      --unit test --common-name root --email a.alibaba.com\n\n"
      "$ mtlsctl ca init --ca issuing --parent ca --common-name 'Issuing CA'   # an intermediate");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
