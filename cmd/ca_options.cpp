#include "cmd/ca_options.hpp"

#include "cmd/trust_options.hpp"
#include "cmd/value_types.hpp"

namespace mtls::cmd {

void CaOptions::add_location_to(OptionSet& options) {
  options.value("--ca", directory, directory_value(),
                "The CA directory (or MTLSCTL_CA; default: ./ca)");
  options.value("--store", store, store_value(),
                "Where its ledger is (or MTLSCTL_STORE; default: as ca.toml says)");
}

void CaOptions::add_to(OptionSet& options) {
  add_location_to(options);
  options.value("--lock-timeout", lock_timeout, wait_value(),
                "How long to wait for others who write the ledger (default: 30s)");
}

Setting<Path> CaOptions::where() const {
  if (directory) return {*directory, SettingSource::flag};
  if (const auto named = environment("MTLSCTL_CA")) return {*named, SettingSource::environment};
  return {"ca", SettingSource::built_in};
}

authority::Named CaOptions::named() const {
  return where().source == SettingSource::built_in ? authority::Named::implicitly
                                                   : authority::Named::explicitly;
}

authority::CaDirectory CaOptions::open() const {
  auto opened = authority::CaDirectory::open(where().value, named(), trusted_owners());
  const auto elsewhere = ledger();
  if (!elsewhere) return opened;
  return opened.with_store(elsewhere->value, elsewhere->source == SettingSource::flag
                                                 ? authority::StoreNamed::for_once
                                                 : authority::StoreNamed::always);
}

authority::CaDirectory open_named_ca(const Path& directory) {
  CaOptions options;
  options.directory = directory;
  return options.open();
}

authority::CaDirectory open_further_ca(const Path& directory) {
  return authority::CaDirectory::open(directory, authority::Named::explicitly, trusted_owners());
}

std::optional<Setting<store::StoreUrl>> CaOptions::ledger() const {
  if (store) return {{*store, SettingSource::flag}};
  const auto named = environment("MTLSCTL_STORE");
  if (!named) return std::nullopt;
  const store::StoreUrl url = with_context("MTLSCTL_STORE", [&] { return parse_store(*named); });
  return {{url, SettingSource::environment}};
}

std::optional<authority::CaDirectory> CaOptions::find() const {
  const Setting<Path> found = where();
  if (found.source == SettingSource::built_in && !name_exists(found.value / "ca.toml")) {
    return std::nullopt;
  }
  return open();
}

Setting<std::chrono::milliseconds> CaOptions::wait() const {
  if (lock_timeout) return {*lock_timeout, SettingSource::flag};
  return {std::chrono::milliseconds(30'000), SettingSource::built_in};
}

store::LedgerLocation CaOptions::locate_ledger() const {
  const auto named = ledger();
  if (!named) return open().ledger_location(wait().value);
  store::LedgerLocation location = store::LedgerLocation::at(named->value);
  location.lock_timeout = wait().value;
  return location;
}

store::Ledger CaOptions::read_ledger(const authority::CaDirectory& ca,
                                     const Session& session) const {
  store::Ledger ledger =
      ca.read_ledger({.lock_timeout = wait().value, .now = session.clock().now()});
  tell_ledger_warnings(ledger, session);
  return ledger;
}

store::Ledger CaOptions::examine_ledger(const authority::CaDirectory& ca,
                                        const Session& session) const {
  store::Ledger ledger = ca.examine_ledger(store::LedgerAccess::read_only, wait().value);
  tell_ledger_warnings(ledger, session);
  return ledger;
}

void tell_ledger_warnings(const store::Ledger& ledger, const Session& session) {
  for (const std::string& warning : ledger.warnings()) session.messages().warning(warning);
}

}  // namespace mtls::cmd
