#include "authority/import_ca.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/actor.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/trust_options.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  Path path;
  CaOptions ca;
  TrustOptions trust;
  bool dry_run = false;
};

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::optional<std::string> shown(const std::optional<Path>& path) {
  return path ? std::optional(printable(path->native())) : std::nullopt;
}

Json note_json(const authority::ImportNote& note) {
  Json json;
  json["finding"] = authority::name(note.finding);
  json["damage"] = authority::is_damage(note.finding);
  json["file"] = or_null(shown(note.file));
  json["line"] = or_null(note.line);
  json["serial"] = note.serial ? Json(note.serial->to_text()) : Json(nullptr);
  json["message"] = readable(note.message);
  return json;
}

void print_json(const authority::ImportReport& report, const Options& options,
                const Session& session) {
  Json document = session.document();
  document["path"] = printable(options.path.native());
  document["indexes"] = Json::array();
  for (const Path& index : report.indexes) {
    document["indexes"].push_back(printable(index.native()));
  }
  document["crls"] = Json::array();
  for (const Path& list : report.lists) document["crls"].push_back(printable(list.native()));
  document["crl_number"] = report.crl_number ? Json(report.crl_number->to_text()) : Json(nullptr);
  document["dry_run"] = options.dry_run;
  document["files"] = report.files;
  document["imported"] = report.imported;
  document["revoked"] = report.revoked;
  document["revoked_without_certificate"] = report.revoked_without_certificate;
  document["already_there"] = report.already_there;
  document["copies"] = report.copies;
  document["complete"] = !report.damaged;
  document["found"] = report.found;
  document["findings"] = Json::array();
  for (const authority::ImportNote& note : report.notes) {
    document["findings"].push_back(note_json(note));
  }
  session.print(document);
}

std::string note_line(const authority::ImportNote& note) {
  std::string where;
  if (note.file) where = printable(note.file->native());
  if (note.line) where += format(":{}", *note.line);
  if (note.serial)
    where += format("{}serial {}", where.empty() ? "" : ": ", note.serial->to_text());
  return format("  {}: {}: {}\n", authority::name(note.finding), where, readable(note.message));
}

std::string text(const authority::ImportReport& report, const Options& options) {
  std::string text =
      format("{}imported {} ({} of them revoked), already there {}, copies {}, files {}\n",
             options.dry_run ? "dry run: would have " : "", report.imported, report.revoked,
             report.already_there, report.copies, report.files);
  if (report.revoked_without_certificate > 0) {
    text += format("  revoked without a certificate: {}\n", report.revoked_without_certificate);
  }
  for (const authority::ImportNote& note : report.notes) text += note_line(note);
  const auto listed = static_cast<std::int64_t>(report.notes.size());
  if (report.found > listed) text += format("  … and {} more\n", report.found - listed);
  return text;
}

/// A place with nothing in it is, as likely as not, the wrong one.
void require_something(const authority::ImportReport& report, const Options& options) {
  const bool found = report.imported + report.already_there + report.copies + report.found > 0;
  if (found || !report.indexes.empty() || !report.lists.empty()) return;
  throw Error(
      Errc::not_found,
      format("{} holds no certificate that this CA issued and no CRL of it",
             printable(options.path.native())),
      "name the directory of openssl's ca (with index.txt and newcerts), easy-rsa's pki, or "
      "any other with certificates; --ca says which CA is meant");
}

ExitCode run(const Options& options, Session& session) {
  const ossl::Context& context = session.openssl(ossl::Configuration::openssl);
  const authority::CaDirectory ca = options.ca.open().with_trust(options.trust.trust(session));
  const std::chrono::milliseconds wait = options.ca.wait().value;
  // A ledger that does not know this CA yet gets to know it here.
  constexpr auto k_stranger = authority::Stranger::allow;
  store::Ledger ledger = options.dry_run
                             ? ca.rehearse_ledger(wait, make_author(session), k_stranger)
                             : ca.open_ledger(wait, make_author(session), k_stranger);
  tell_ledger_warnings(ledger, session);
  const authority::ImportReport report =
      authority::import_ca({.path = options.path,
                            .ca = ca,
                            .ledger = ledger,
                            .author = make_author(session),
                            .trial = options.dry_run ? authority::ImportRequest::Trial::yes
                                                     : authority::ImportRequest::Trial::no},
                           context);
  require_something(report, options);
  if (session.json()) {
    print_json(report, options, session);
  } else {
    session.out().write(text(report, options));
  }
  const bool any_source = !report.indexes.empty() || !report.lists.empty();
  if (!any_source && report.imported + report.already_there > 0) {
    session.messages().note(
        "no index.txt and no CRL of this CA is there: nothing says which of these certificates "
        "were revoked");
  }
  return report.damaged ? ExitCode::no : ExitCode::ok;
}

}  // namespace

void add_store_import(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Takes what another tool issued for this CA into its ledger: from the directory of openssl's "
      "ca (index.txt, newcerts), from easy-rsa's pki, or from any file or directory with "
      "certificates or CRLs. Only certificates with the CA's name that its key signed are taken. "
      "What index.txt, a CRL of this CA or a directory 'revoked' says is revoked, is revoked.\n\n"
      "What cannot be used, and what is damaged there, is reported: exit code 1. Nothing is "
      "changed "
      "in PATH, and a revocation is never taken back; so it can be run again.");
  OptionSet set = command.options();
  set.positional("PATH", options->path, file_value(),
                 "A directory, an index.txt, or a file with certificates or CRLs");
  options->ca.add_to(set);
  options->trust.add_to(set);
  set.flag("--dry-run", options->dry_run, "Look and report; record nothing");
  command.example(
      "$ mtlsctl store import /etc/openvpn/easy-rsa/pki\n"
      "imported 212 (9 of them revoked), already there 0, copies 212, files 426");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
