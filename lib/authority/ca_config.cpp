#include "authority/ca_config.hpp"

#include "base/bytes.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "base/toml_document.hpp"
#include "x509/general_name.hpp"

namespace mtls::authority {
namespace {

constexpr std::size_t k_ledger_id_octets = 16;

std::optional<std::chrono::seconds> read_duration(const TomlTable& table, std::string_view key) {
  const auto value = table.string(key);
  if (!value) return std::nullopt;
  const auto duration = parse_duration(value->text);
  if (!duration) {
    table.fail(value->place, format("'{}' is no duration", printable(value->text)),
               "write 90d, 12h or 1y");
  }
  return duration;
}

std::optional<std::string> read_text(const TomlTable& table, std::string_view key) {
  auto value = table.string(key);
  if (!value) return std::nullopt;
  return std::move(value->text);
}

/// One that is no URL of a ledger, or holds a password, is not repeated.
store::StoreUrl read_store(const TomlTable& table, const store::StoreUrl& otherwise) {
  const auto value = table.string("store");
  if (!value) return otherwise;
  try {
    return store::StoreUrl::parse(value->text);
  } catch (const Error& error) {
    table.fail(value->place, format("'store': {}", error.message()), error.hint());
  }
}

/// Checked as a profile's: they go into certificates.
std::vector<std::string> read_urls(const TomlTable& table, std::string_view key) {
  constexpr std::size_t k_most = 16;
  constexpr std::size_t k_longest = 2048;
  std::vector<std::string> urls;
  for (TomlString& value : table.strings(key).value_or(std::vector<TomlString>{})) {
    if (value.text.rfind("http://", 0) != 0 && value.text.rfind("https://", 0) != 0) {
      table.fail(value.place, format("'{}' is no URL", printable(value.text)),
                 "write http://… (CRLs and OCSP are fetched without TLS) or https://…");
    }
    if (value.text.size() > k_longest) {
      table.fail(value.place, format("a URL of {} octets; at most {} are allowed",
                                     value.text.size(), k_longest));
    }
    if (urls.size() == k_most)
      table.fail(value.place, format("at most {} URLs are allowed", k_most));
    try {
      static_cast<void>(x509::GeneralName::parse("uri:" + value.text));
    } catch (const Error& error) {
      table.fail(value.place, error.message(), error.hint());
    }
    urls.push_back(std::move(value.text));
  }
  return urls;
}

/// A basic string of TOML.
std::string basic_string(std::string_view text) {
  std::string written = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f) {
      written += format("\\u{:04X}", octet);
      continue;
    }
    if (c == '"' || c == '\\') written += '\\';
    written += c;
  }
  return written + '"';
}

void append_setting(std::string& text, std::string_view key,
                    const std::optional<std::string>& value, std::string_view example) {
  text += value ? format("{} = \"{}\"\n", key, *value) : format("# {} = \"{}\"\n", key, example);
}

}  // namespace

CaConfig parse_ca_config(std::string_view text, std::string_view source) {
  const TomlDocument document = TomlDocument::parse(text, source, Errc::bad_config);
  const TomlTable root = document.root();
  if (!root.integer("version", 1, 1)) {
    root.fail(root.place("version"), "'version' is missing", "write version = 1");
  }
  CaConfig config;
  config.key = read_text(root, "key").value_or(config.key);
  config.store = read_store(root, config.store);
  const auto id = root.string("ledger_id");
  if (!id) root.fail(root.place("ledger_id"), "'ledger_id' is missing");
  const auto octets = from_hex(id->text);
  if (!octets || octets->size() != k_ledger_id_octets || id->text.find(':') != std::string::npos) {
    root.fail(id->place, "'ledger_id' must be 32 hex digits");
  }
  config.ledger_id = id->text;
  config.intent_pending = read_duration(root, "intent_pending");
  config.passphrase = read_text(root, "passphrase");
  if (const auto profiles = read_text(root, "profiles")) {
    const Path directory(*profiles);
    config.profiles = directory.is_absolute() ? directory : Path(source).parent_path() / directory;
  }
  if (const auto issue = root.table("issue")) {
    config.client_profile = read_text(*issue, "client_profile");
    config.server_profile = read_text(*issue, "server_profile");
    config.client_validity = read_duration(*issue, "client_validity");
    config.server_validity = read_duration(*issue, "server_validity");
    config.crl_urls = read_urls(*issue, "crl_urls");
    config.ocsp_urls = read_urls(*issue, "ocsp_urls");
    config.ca_issuers_urls = read_urls(*issue, "ca_issuers_urls");
    issue->finish();
  }
  root.finish();
  return config;
}

store::LedgerLocation CaConfig::ledger_location(const Path& directory,
                                                std::chrono::milliseconds lock_timeout) const {
  auto location = store::LedgerLocation::at(store.below(directory));
  location.lock_timeout = lock_timeout;
  location.intent_pending = intent_pending.value_or(store::k_intent_pending);
  return location;
}

std::string to_toml(const CaConfig& config) {
  std::string text =
      "# A CA of mtlsctl. Settings: flag > environment > this file > built-in\n"
      "# (mtlsctl ca show --effective says which won).\n"
      "version = 1\n\n"
      "# The CA key, as a URI; a relative path starts here.\n";
  text += format("key = \"{}\"\n", config.key);
  text +=
      "# Where its passphrase comes from: file:PATH, env:NAME, fd:N or prompt; never the secret.\n";
  append_setting(text, "passphrase", config.passphrase, "env:CA_PASSPHRASE");
  text += "\n# The ledger: what was issued. The id ties it to this CA; do not change it.\n";
  text += format("store = {}\nledger_id = \"{}\"\n\n", basic_string(config.store.text()),
                 config.ledger_id);
  text +=
      "# How long issuing by a process that cannot be seen from here (another host or container) "
      "counts\n# as under way; what was not completed by then is shown as 'unknown'.\n";
  append_setting(text, "intent_pending", std::nullopt, "15m");
  text += "\n# A directory of profiles of your own (NAME.toml), before the built-in ones.\n";
  append_setting(text, "profiles", std::nullopt, "profiles");
  text += "\n[issue]\n# What `client issue` and `server issue` do unless told otherwise.\n";
  append_setting(text, "client_profile", config.client_profile, "mtls-client");
  append_setting(text, "server_profile", config.server_profile, "mtls-server");
  append_setting(text, "client_validity", std::nullopt, "365d");
  append_setting(text, "server_validity", std::nullopt, "397d");
  text +=
      "# Put into what this CA issues, where the profile names none.\n"
      "# crl_urls = [\"http://pki.example.com/ca.crl\"]\n"
      "# ocsp_urls = []\n"
      "# ca_issuers_urls = []\n";
  return text;
}

}  // namespace mtls::authority
