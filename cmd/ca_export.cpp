#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/certificate_view.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/input_file.hpp"
#include "cmd/upload_advice.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  bool chain = false;
  bool der = false;
  OutputOptions output;
};

void print_json(const Options& options, const authority::CaDirectory& ca, const std::string& pem,
                const UploadAdvice& advice, const Session& session) {
  Json document = session.document();
  document["directory"] = printable(ca.path().native());
  document["certificate"] = brief_json(ca.certificate());
  document["file"] =
      options.output.to_stdout() ? Json(nullptr) : Json(printable(options.output.file->native()));
  document["pem"] = options.output.to_stdout() ? Json(pem) : Json(nullptr);
  put_upload_advice(document, advice, ca);
  session.print(document);
}

ExitCode run(const Options& options, Session& session) {
  if (options.der && options.chain) {
    refuse_together("--der", "--chain", "a chain goes into PEM: leave --der out");
  }
  if (options.der && options.output.to_stdout()) {
    if (session.json()) refuse_together("--der", "--json", "write the DER to a file with -o FILE");
    refuse_der_to_terminal(session);
  }
  const authority::CaDirectory ca = options.ca.open();
  const std::string pem =
      x509::to_pem(options.chain ? ca.chain() : std::vector<x509::Certificate>{ca.certificate()});
  if (!session.json() || !options.output.to_stdout()) {
    options.output.put(options.der ? ca.certificate().der() : as_bytes(pem), session);
  }
  const UploadAdvice advice = make_upload_advice(ca, options.ca, session);
  if (session.json()) {
    print_json(options, ca, pem, advice, session);
    return ExitCode::ok;
  }
  if (ca.chain().size() == 1) {
    session.messages().note(advice.text);
  } else {
    session.messages().note(format("this is an intermediate; {}: {}", advice.file, advice.text));
  }
  for (const std::string& note : advice.notes) session.messages().note(note);
  session.messages().note(format("never upload {}: {}", key_shown(ca), k_why_never));
  return ExitCode::ok;
}

}  // namespace

void add_ca_export(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "The certificate goes to standard output or to FILE; standard error tells what to do with "
      "it: "
      "of an intermediate, servers are to trust its root (root.crt in the CA directory). The CA "
      "key is never exported: " +
      std::string(k_why_never) + ".");
  OptionSet set = command.options();
  options->ca.add_to(set);
  set.flag("--chain", options->chain, "Also those above it, the root last");
  set.flag("--der", options->der, "Write DER instead of PEM");
  options->output.add_to(set);
  command.example(
      "$ mtlsctl ca export -o upload-me.crt\n$ mtlsctl ca export --chain | ssh lb 'cat > "
      "clients.pem'");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
