#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "cmd/actor.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/certificate_view.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/profile_options.hpp"
#include "cmd/upload_advice.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  ProfileOptions profiles;
  bool effective = false;
};

/// One line of --effective: which value holds, and who said so.
struct Row {
  std::string name;
  std::string value;  // empty: none
  SettingSource source;
};

/// What ca.toml may say; `built_in` holds where it does not.
Row config_row(std::string name, const std::optional<std::string>& value,
               std::string_view built_in) {
  if (value) return {std::move(name), printable(*value), SettingSource::ca_toml};
  return {std::move(name), std::string(built_in), SettingSource::built_in};
}

Row period_row(std::string name, const std::optional<std::chrono::seconds>& value) {
  if (value) return {std::move(name), to_text(*value), SettingSource::ca_toml};
  return {std::move(name), "the profile's", SettingSource::built_in};
}

Row urls_row(std::string name, const std::vector<std::string>& urls) {
  if (urls.empty()) return {std::move(name), "", SettingSource::built_in};
  return {std::move(name), printable(join(urls)), SettingSource::ca_toml};
}

Row actor_row(const Session& session) {
  if (session.common().actor) {
    return {"actor", printable(*session.common().actor), SettingSource::flag};
  }
  if (const auto named = environment("MTLSCTL_ACTOR")) {
    return {"actor", printable(*named), SettingSource::environment};
  }
  return {"actor", printable(make_actor(session).actor), SettingSource::built_in};
}

std::vector<Row> effective_rows(const Options& options, const authority::CaDirectory& ca,
                                const Session& session) {
  const authority::CaConfig& config = ca.config();
  const auto where = options.ca.where();
  const auto wait = options.ca.wait();
  const auto store = options.ca.ledger();
  const auto profiles = options.profiles.where(&ca);
  return {
      {"ca", printable(where.value.native()), where.source},
      {"key", printable(config.key), SettingSource::ca_toml},
      {"store", config.store.shown(), store ? store->source : SettingSource::ca_toml},
      {"ledger_id", printable(config.ledger_id), SettingSource::ca_toml},
      config.intent_pending
          ? Row{"intent_pending", to_text(*config.intent_pending), SettingSource::ca_toml}
          : Row{"intent_pending", to_text(store::k_intent_pending), SettingSource::built_in},
      config_row("passphrase", config.passphrase, "asked for on a terminal where it is needed"),
      {"profiles", profiles.value ? printable(profiles.value->native()) : "built-in ones only",
       profiles.source},
      config_row("client_profile", config.client_profile, "mtls-client"),
      config_row("server_profile", config.server_profile, "mtls-server"),
      period_row("client_validity", config.client_validity),
      period_row("server_validity", config.server_validity),
      urls_row("crl_urls", config.crl_urls),
      urls_row("ocsp_urls", config.ocsp_urls),
      urls_row("ca_issuers_urls", config.ca_issuers_urls),
      {"lock_timeout", to_text(std::chrono::duration_cast<std::chrono::seconds>(wait.value)),
       wait.source},
      actor_row(session),
  };
}

void print_json(const authority::CaDirectory& ca, const std::vector<Row>& rows,
                const UploadAdvice& advice, const Session& session) {
  Json document = session.document();
  document["directory"] = printable(ca.path().native());
  document["root"] = ca.chain().size() == 1;
  document["key"] = printable(ca.config().key);
  document["store"] = ca.config().store.shown();
  document["ledger_id"] = printable(ca.config().ledger_id);
  document["certificate"] = certificate_json(ca.certificate());
  document["chain"] = Json::array();
  for (const x509::Certificate& certificate : ca.chain()) {
    document["chain"].push_back(brief_json(certificate));
  }
  put_upload_advice(document, advice, ca);
  document["effective"] = Json::array();
  for (const Row& row : rows) {
    document["effective"].push_back(
        {{"name", row.name}, {"value", row.value}, {"source", name(row.source)}});
  }
  session.print(document);
}

void print_text(const authority::CaDirectory& ca, const std::vector<Row>& rows,
                const UploadAdvice& advice, const Session& session) {
  std::string text = format("{}: {}\n", printable(ca.path().native()),
                            ca.chain().size() == 1 ? "a root CA" : "an intermediate CA");
  text += certificate_text(ca.certificate());
  if (ca.chain().size() > 1) {
    text += "  chain\n";
    for (const x509::Certificate& certificate : ca.chain()) {
      text += format("    {}, until {}, sha256 {}\n", readable(certificate.subject().to_text()),
                     to_rfc3339(certificate.validity().not_after),
                     to_colon_hex(certificate.fingerprint()));
    }
  }
  text += "what goes where\n";
  text += format("  {}: {}\n", advice.file, advice.text);
  for (const std::string& note : advice.notes) text += format("    {}\n", note);
  text += format("  {}: never upload it: {}\n", key_shown(ca), k_why_never);
  if (!rows.empty()) text += "settings in effect (value, and where it comes from)\n";
  for (const Row& row : rows) {
    text += format("  {:<16} {}  ({})\n", row.name, row.value.empty() ? "none" : row.value,
                   name(row.source));
  }
  session.out().write(text);
}

ExitCode run(const Options& options, Session& session) {
  const authority::CaDirectory ca = options.ca.open();
  const std::vector<Row> rows =
      options.effective ? effective_rows(options, ca, session) : std::vector<Row>();
  const UploadAdvice advice = make_upload_advice(ca, options.ca, session);
  if (session.json()) {
    print_json(ca, rows, advice, session);
  } else {
    print_text(ca, rows, advice, session);
  }
  return ExitCode::ok;
}

}  // namespace

void add_ca_show(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Also what of it to upload where, and what never. Its key is not opened; the "
      "ledger of an intermediate is read for the names of other CAs under its root.");
  OptionSet set = command.options();
  options->ca.add_to(set);
  options->profiles.add_to(set);
  set.flag("--effective", options->effective,
           "Also show every setting, and whether flag, environment, ca.toml or default won");
  command.example(
      "$ mtlsctl ca show --effective\n"
      "ca: a root CA\n"
      "  subject      CN=root,OU=test,O=alibaba,L=bj,ST=bj,C=cn\n"
      "  …");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
