#include "authority/ca_files.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/input_file.hpp"
#include "cmd/render_facts.hpp"
#include "cmd/render_options.hpp"
#include "cmd/trust_options.hpp"
#include "cmd/value_types.hpp"
#include "render/check.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

using render::Target;

struct Options {
  std::optional<Target> target;
  bool list = false;
  CaOptions ca;
  std::optional<Path> crl;
  std::optional<Path> out;
  bool force = false;
  std::vector<Path> check;
  RenderOptions render;
  TrustOptions trust;

  [[nodiscard]] bool to_stdout() const { return !out || *out == "-"; }
};

/// What every document of `render` has, with nothing rendered yet.
Json target_document(const render::TargetInfo& info, const Session& session) {
  Json document = session.document();
  document["target"] = info.word;
  document["summary"] = info.summary;
  document["limits"] = info.limits;
  document["file"] = nullptr;
  document["text"] = nullptr;
  document["secret"] = false;
  document["probe"] = nullptr;
  document["notices"] = Json::array();
  document["check"] = nullptr;
  return document;
}

ExitCode list_targets(const Session& session) {
  for (const render::TargetInfo& one : render::targets()) {
    if (session.json()) {
      session.print(target_document(one, session));
    } else {
      session.out().write(
          format("{:<11} {}\n{:<11}   but: {}\n", one.word, one.summary, "", one.limits));
    }
  }
  return ExitCode::ok;
}

render::RenderRequest make_request(const Options& options, Session& session) {
  const authority::CaDirectory ca = options.ca.open();
  render::RenderRequest request{.target = *options.target,
                                .facts = trust_facts(ca, options.crl),
                                .settings = options.render.settings(*options.target),
                                .at = session.clock().now(),
                                .server = std::nullopt};
  const render::Settings& settings = request.settings;
  if (render::takes_verify_depth(*options.target)) {
    request.facts.known = known_certificates(options.ca, ca, settings, session, request.notices);
  }
  if (*options.target != Target::k8s_secret) return request;
  if (settings.listener.server_certificate.has_value() !=
      settings.listener.server_key.has_value()) {
    throw Error(Errc::missing_value, "a Secret takes --server-cert and --server-key together",
                "give both, or neither for one that holds only whom to trust");
  }
  if (settings.listener.server_certificate) {
    request.server =
        server_identity(*settings.listener.server_certificate, *settings.listener.server_key,
                        options.trust.trust(session), session);
  }
  return request;
}

void put(const Options& options, const render::Rendered& rendered, const Session& session) {
  if (!options.to_stdout()) {
    authority::require_public_target(*options.out);
    write_file(*options.out, rendered.text.view(), rendered.access,
               options.force ? Overwrite::yes : Overwrite::no, trusted_owners());
    return;
  }
  if (rendered.access == Access::secret && session.out().is_terminal()) {
    throw Error(Errc::usage, "it holds a private key, which is not written to a terminal",
                "write it to a file with --out FILE");
  }
  if (!session.json()) session.out().write(as_text(rendered.text.view()));
}

void tell(const std::vector<render::Notice>& notices, const Session& session) {
  for (const render::Notice& one : notices) {
    if (one.level == render::Notice::Level::warning) {
      session.messages().warning(one.text, one.hint);
    } else {
      session.messages().note(one.text);
    }
  }
}

Json notices_json(const std::vector<render::Notice>& notices) {
  Json list = Json::array();
  for (const render::Notice& one : notices) {
    list.push_back({{"level", one.level == render::Notice::Level::warning ? "warning" : "note"},
                    {"message", one.text},
                    {"hint", one.hint}});
  }
  return list;
}

/// Files that a configuration names are looked for from where it stands.
render::ReadFile file_reader(const Path& configuration) {
  const Path directory = configuration == "-" ? Path(".") : configuration.parent_path();
  return [directory](const std::string& name) {
    return read_file(directory / name, k_crl_limit).bytes;
  };
}

using Finding = render::Difference::Finding;

/// A document's word for a check, or for one of its findings.
std::string_view word(Finding finding) {
  return finding == Finding::cannot_tell ? "cannot_tell" : "differs";
}

/// Differs if anything does, else whether that cannot be told; nothing if it matches.
std::optional<Finding> verdict(const std::vector<render::Difference>& differences) {
  std::optional<Finding> verdict;
  for (const render::Difference& one : differences) {
    if (!verdict || one.finding == Finding::differs) verdict = one.finding;
  }
  return verdict;
}

std::string_view verdict_text(std::optional<Finding> verdict) {
  if (!verdict) return ": holds what the CA directory says\n";
  if (*verdict == Finding::differs) return ": differs from what the CA directory says\n";
  return ": cannot tell whether it holds what the CA directory says\n";
}

void print_check(const Options& options, const std::vector<render::Difference>& differences,
                 const Session& session) {
  std::vector<std::string> files;
  for (const Path& file : options.check) files.push_back(shown_input(file));
  const auto result = verdict(differences);
  if (session.json()) {
    Json list = Json::array();
    for (const render::Difference& one : differences) {
      list.push_back({{"finding", word(one.finding)},
                      {"setting", one.setting},
                      {"expected", one.expected},
                      {"found", one.found}});
    }
    Json document = target_document(render::info(*options.target), session);
    document["check"] = {{"file", files.front()},
                         {"files", files},
                         {"holds", differences.empty()},
                         {"verdict", result ? word(*result) : "holds"},
                         {"differences", std::move(list)}};
    session.print(document);
    return;
  }
  std::string text;
  for (const std::string& file : files) text += (text.empty() ? "" : ", ") + file;
  text += verdict_text(result);
  for (const render::Difference& one : differences) {
    text += format("  {}{}\n    expected: {}\n    found:    {}\n",
                   one.finding == Finding::cannot_tell ? "cannot tell: " : "", one.setting,
                   one.expected, one.found);
  }
  session.out().write(text);
}

ExitCode check_live(const Options& options, Session& session) {
  if (options.out || options.force) {
    refuse_together("--check", options.out ? "--out" : "--force", "a check writes nothing");
  }
  render::require_checkable(*options.target, options.check.size());
  const render::RenderRequest request = make_request(options, session);
  std::vector<SecretBytes> texts;
  texts.reserve(options.check.size());
  std::vector<render::LiveFile> live;
  for (const Path& file : options.check) {
    texts.push_back(read_input(file, k_crl_limit));
    live.push_back({.name = shown_input(file),
                    .text = as_text(texts.back().view()),
                    .read = file_reader(file)});
  }
  tell(request.notices, session);
  const auto differences = render::check(request, live);
  print_check(options, differences, session);
  return differences.empty() ? ExitCode::ok : ExitCode::no;
}

ExitCode render_target(const Options& options, Session& session) {
  render::RenderRequest request = make_request(options, session);
  render::check_settings(request.target, request.settings);
  for (render::Notice& one : check_files(request, session)) {
    request.notices.push_back(std::move(one));
  }
  const render::Rendered rendered = render::render(request);
  put(options, rendered, session);
  tell(rendered.notices, session);
  if (!session.json()) return ExitCode::ok;
  Json document = target_document(render::info(request.target), session);
  if (options.to_stdout()) {
    document["text"] = as_text(rendered.text.view());
  } else {
    document["file"] = printable(options.out->native());
  }
  document["secret"] = rendered.access == Access::secret;
  document["probe"] = rendered.probe;
  document["notices"] = notices_json(rendered.notices);
  session.print(document);
  return ExitCode::ok;
}

ExitCode run(const Options& options, Session& session) {
  if (options.list) {
    if (options.target) refuse_together("TARGET", "--list", "the list is of all targets");
    return list_targets(session);
  }
  if (!options.target) {
    throw Error(Errc::missing_value, "render needs a TARGET", "mtlsctl render --list says which");
  }
  return !options.check.empty() ? check_live(options, session) : render_target(options, session);
}

}  // namespace

void add_render(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Writes the configuration of whatever is to check client certificates, out of the CA "
      "directory: its root is what is trusted, and its ca.crl, where it has one and the target "
      "takes CRLs, is what is refused. What would be one-way TLS in silence is refused, and the "
      "text ends with the mtlsctl probe command that proves it. A file that holds a private key "
      "is 0600.\n\n"
      "With --check FILE and the same flags it ends with 1 if a live configuration differs in who "
      "is let in: another CA, another CRL, a certificate no longer demanded; or if it has settings "
      "whose effect on that cannot be told. For nginx, FILE may be what nginx -T prints; for "
      "haproxy, give every file that it is started with.\n\n"
      "docs/servers.md says of each target what it checks and what it does not.");
  OptionSet set = command.options();
  set.positional("TARGET", options->target, target_value(), "What it is for (see --list)");
  set.flag("--list", options->list, "List the targets");
  options->ca.add_to(set);
  set.value("--crl", options->crl, file_value(),
            "The CRLs of every CA of the chain (default: ca.crl in the CA directory, if any)");
  set.value("-o,--out", options->out, file_value(), "Write to FILE instead of standard output");
  set.flag("-f,--force", options->force, "Replace FILE if it exists");
  set.list("--check", options->check, file_value(),
           "Write nothing; say whether FILE, which is live, still holds CA, CRL and settings "
           "(haproxy: repeat it in the order of its -f)");
  options->trust.add_to(set);
  options->render.add_to(command);
  command.example(
      "$ mtlsctl render albconfig --vswitch vsw-1 --vswitch vsw-2 \\\n"
      "    --server-certificate-id 108-cn-hangzhou --ca-certificate-id 1f0c9e -o alb.yaml\n"
      "$ mtlsctl server issue --san dns:localhost\n"
      "$ mtlsctl render nginx --out nginx.conf && nginx -t -c $PWD/nginx.conf");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
