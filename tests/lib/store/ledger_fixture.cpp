#include "lib/store/ledger_fixture.hpp"

#include "base/base64.hpp"
#include "lib/store/engine.hpp"

#include <algorithm>
#include <array>

namespace mtls::store::test {

UnixTime at(std::int64_t seconds) {
  return UnixTime(std::chrono::seconds(std::int64_t{1769860800} + seconds));
}

Author author(std::int64_t seconds) {
  return {.actor = "alice", .host = "host1", .time = at(seconds)};
}

x509::SerialNumber serial(std::uint64_t number) {
  std::array<std::uint8_t, 16> octets{};
  octets[0] = 0x5a;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    octets[octets.size() - 1 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return x509::SerialNumber::from_random(octets);
}

crypto::Sha256 digest(std::uint8_t octet) {
  crypto::Sha256 result{};
  result.fill(octet);
  return result;
}

crypto::PublicKey key(std::uint8_t octet) {
  Bytes spki = from_hex("302a300506032b6570032100").value();
  spki.insert(spki.end(), 32, octet);
  return crypto::PublicKey::from_spki(spki);
}

x509::Certificate ca_certificate() {
  return x509::Certificate::from_der(
      from_base64("MIIBNDCB56ADAgECAhQ9Uf41gir82xxvzefbxrhanrllXzAFBgMrZXAwDzENMAsGA1UEAwwEcm9v"
                  "dDAgFw0yNjExMjMyMDAyMjJaGA8yMTI2MTAzMDIwMDIyMlowDzENMAsGA1UEAwwEcm9vdDAqMAUG"
                  "AytlcAMhAEw+CdwTypPEAstaDK0mLKqDy7g6LIOTWXIQK4UUz2Wjo1MwUTAdBgNVHQ4EFgQUCfea"
                  "XmoQbUcbT/tCudq5v7df5vkwHwYDVR0jBBgwFoAUCfeaXmoQbUcbT/tCudq5v7df5vkwDwYDVR0T"
                  "AQH/BAUwAwEB/zAFBgMrZXADQQCzpwCxDfHuL9laSR4kTXotUwQ1My/Y6mnpilleXPftx/2xLSvq"
                  "mmGJKX1jI1wgjCm1EZzr2J0h4OmDV2Nu7+QO")
          .value());
}

LedgerLocation new_location(const TemporaryDirectory& directory) {
#ifdef MTLSCTL_TEST_POSTGRESQL
  static_cast<void>(directory);
  static_cast<void>(PostgresqlServer::open_empty());
  LedgerLocation location = LedgerLocation::at(PostgresqlServer::url());
#else
  LedgerLocation location{.file = directory.path() / "ca.db"};
#endif
  location.lock_timeout = std::chrono::seconds(30);
  return location;
}

IssuerId add_root(Ledger& ledger) {
  return ledger.add_issuer(x509::Name::parse("CN=root"), key(1), author());
}

Intent intent(IssuerId issuer, std::uint64_t number) {
  return {.issuer = issuer,
          .serial = serial(number),
          .tbs = {0x30, 0x03, 0x02, 0x01, 0x00},
          .request_key = std::nullopt,
          .profile = "mtls-client",
          .profile_hash = digest(0x11),
          .subject = "CN=client",
          .sans = {"dns:a.example"},
          .validity = {.not_before = at(0), .not_after = at(86399)},
          .spki_hash = digest(0x22),
          .actor = {.actor = "alice", .host = "host1", .pid = 4711, .session = "s1"},
          .time = at(0),
          .replaces_intent = std::nullopt,
          .replaces = std::nullopt};
}

Issued issued(IssuerId issuer, std::uint64_t number) {
  crypto::Sha256 fingerprint = digest(0x33);
  for (std::size_t i = 0; i < sizeof number; ++i) {
    fingerprint[i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return {.issuer = issuer,
          .serial = serial(number),
          .fingerprint = fingerprint,
          .certificate = {0x30, 0x82, 0x00, 0xff},
          .author = author(1)};
}

void issue(Ledger& ledger, const Intent& intent) {
  ledger.record_intents({&intent, 1});
  const Issued one{.issuer = intent.issuer,
                   .serial = intent.serial,
                   .fingerprint = digest(0x44),
                   .certificate = {0x30, 0x00},
                   .author = intent.author()};
  ledger.record_issued({&one, 1});
}

std::vector<Record> list(const Ledger& ledger, const Query& query) {
  std::vector<Record> records;
  ledger.list(query, [&](const Record& record) {
    records.push_back(record);
    return Continue::yes;
  });
  return records;
}

std::vector<std::string> subjects(const Ledger& ledger, const Query& query) {
  std::vector<std::string> names;
  for (const Record& record : list(ledger, query)) names.push_back(record.subject);
  return names;
}

}  // namespace mtls::store::test
