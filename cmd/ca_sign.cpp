#include "authority/enrol.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/chain_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/existing_options.hpp"
#include "cmd/issue_profile.hpp"
#include "cmd/receipt.hpp"
#include "cmd/signing_options.hpp"
#include "cmd/subject_options.hpp"
#include "cmd/validity_options.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  Path csr_file;
  std::optional<Path> output;
  CaOptions ca;
  SigningOptions signing;
  ProfileOptions profiles;
  std::optional<std::string> profile;
  SubjectOptions subject;
  x509::GeneralNames names;
  bool names_from_csr = false;
  ValidityOptions validity;
  ChainOptions chain;
  std::optional<std::string> request_key;
  ExistingOptions existing;
};

/// The name of the request's file without its folder and its last extension, made safe: every run
/// of octets outside A-Z a-z 0-9 . _ - is one '_'. Empty where nothing of it would say anything.
std::string safe_stem(const Path& request) {
  const std::string name = request.stem().native();
  if (request == "-" || name.starts_with('.')) return {};
  std::string stem;
  for (const char c : name) {
    if (!file_stem(std::string("x") + c).ends_with(c)) {
      if (!stem.ends_with('_')) stem += '_';
    } else {
      stem += c;
    }
  }
  return stem == "_" ? std::string() : file_stem(stem);
}

/// Where the certificate goes: -o, else the request's name with .crt, in the current directory.
Path output_path(const Options& options) {
  if (options.output) return *options.output == "-" ? Path("/dev/stdout") : *options.output;
  const std::string stem = safe_stem(options.csr_file);
  if (stem.empty()) {
    throw Error(Errc::missing_value, "the request's name says no name for the certificate",
                "pass -o FILE (or -o - for standard output)");
  }
  return stem + ".crt";
}

ExitCode run(const Options& options, Session& session) {
  options.subject.check();
  options.validity.check();
  options.existing.check();
  const Path path = output_path(options);
  const bool to_stdout = options.output && *options.output == "-";
  if (to_stdout && session.json()) {
    refuse_together("--json", "-o -", "both want standard output: name a file with -o");
  }
  SigningCa ca(options.ca.open(), options.signing, options.ca.wait().value, session,
               options.existing.rehearsal());
  const profile::Profile profile = choose_profile(options.profile, std::nullopt, "mtls-client",
                                                  options.profiles, &ca.directory());
  authority::EnrolRequest request;
  const Path source = options.csr_file == "-" ? Path("/dev/stdin") : options.csr_file;
  request.csr = x509::CertificateRequest::from_file(read_file(source).bytes.view(),
                                                    printable(options.csr_file.native()));
  request.subject = options.subject.compose();
  request.subject_alt_names = options.names;
  request.subject_alt_names_from_csr = options.names_from_csr;
  request.period = options.validity.period();
  request.not_after = options.validity.not_after;
  if (request.period || request.not_after) {
    request.validity = authority::EnrolRequest::Validity::asked;
  }
  request.issuer_chain = ca.directory().chain();
  request.past_issuer = options.validity.past_issuer();
  request.request_key = options.request_key;
  request.existing = options.existing.existing();
  request.rehearsal = options.existing.rehearsal();
  request.lock_timeout = options.ca.wait().value;
  request.append = options.chain.choose(ca.directory());

  authority::CertificateFile output(path);
  const authority::IssuerSource issuer =
      [&ca, &profile](const crypto::PublicKey& /*key*/,
                      const crypto::PrivateKey* /*private_key*/) -> ca::Issuer& {
    return ca.issuer(profile.digest);
  };
  const authority::Enrolled enrolled =
      authority::enrol(request, profile, issuer, ca.ledger(), output, ca.surroundings());
  tell_notices(enrolled.notices, session);
  if (session.json()) {
    session.print(receipt_document(enrolled, profile.name, session));
  } else if (!to_stdout || options.existing.dry_run) {
    session.out().write(receipt_text(enrolled, profile.name));
  }
  return ExitCode::ok;
}

}  // namespace

void add_ca_sign(Command& command) {
  auto options = std::make_shared<Options>();
  OptionSet set = command.options();
  set.positional("FILE", options->csr_file, file_value(), "The request (PEM or DER; - for stdin)");
  set.value("-o,--output", options->output, file_value(),
            "Where the certificate goes (default: the request's name with .crt; - for stdout)");
  set.value("--profile", options->profile, text_value("PROFILE"), "Profile (default: mtls-client)");
  set.list("--san", options->names, san_value(), "Subject alternative name");
  set.flag("--san-from-csr", options->names_from_csr, "Take the CSR's alternative names");
  options->chain.add_to(set);
  set.value("--request-key", options->request_key,
            ledger_text_value("TEXT", store::k_request_key_limit),
            "Name this request: a repeat of it is refused");
  set.flag("--if-missing", options->existing.if_missing,
           "Keep a certificate that a first run would have made; refuse any other");
  options->existing.add_to(set, ExistingOptions::Flags::replace);
  OptionSet subject = command.options("Subject");
  options->subject.add_to(subject);
  OptionSet validity = command.options("Validity");
  options->validity.add_to(validity);
  OptionSet ca = command.options("CA");
  options->ca.add_to(ca);
  options->signing.add_to(ca);
  options->profiles.add_to(ca);
  command.describe(
      "Signs a request made elsewhere. Nothing in it is trusted but the proof that its sender has "
      "the key: the profile decides what the certificate says, and what was asked for and not "
      "granted is reported.\n\n"
      "Without -o the certificate goes into the current directory, wherever FILE is, under FILE's "
      "name with .crt instead of its last extension; what is not one of A-Z a-z 0-9 . _ - becomes "
      "'_' in it. A file that stands there is not overwritten without --force.");
  command.example(
      "$ mtlsctl ca sign device.csr --profile mtls-client --days 90\n"
      "issued\n"
      "  subject      CN=device\n"
      "  ...\n"
      "  files        device.crt");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
