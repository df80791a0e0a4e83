#include "cmd/find_record.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

#include <algorithm>
#include <vector>

namespace mtls::cmd {
namespace {

/// As many as a hint can list; one more shows that there are more.
constexpr std::size_t k_listed = 10;

std::optional<store::Record> find_by_fingerprint(const store::Ledger& ledger,
                                                 const std::string& selector) {
  const auto octets = from_hex(selector);
  crypto::Sha256 fingerprint{};
  if (!octets || octets->size() != fingerprint.size()) return std::nullopt;
  std::copy(octets->begin(), octets->end(), fingerprint.begin());
  return ledger.find_by_fingerprint(fingerprint);
}

std::vector<store::Record> find_by_subject(const store::Ledger& ledger, store::IssuerId issuer,
                                           const std::string& selector) {
  std::vector<store::Record> exact;
  std::vector<store::Record> partial;
  store::Query query;
  query.issuer = issuer;
  query.subject_contains = selector;
  ledger.list(query, [&](const store::Record& record) {
    if (record.subject == selector) {
      exact.push_back(record);
    } else if (partial.size() <= k_listed) {
      partial.push_back(record);
    }
    return exact.size() > k_listed ? store::Continue::no : store::Continue::yes;
  });
  return exact.empty() ? partial : exact;
}

[[noreturn]] void fail_ambiguous(const std::vector<store::Record>& found,
                                 const std::string& selector, std::string_view where) {
  // Imported certificates may share a serial: then only the fingerprint tells them apart.
  const bool shared = std::any_of(found.begin() + 1, found.end(), [&found](const auto& one) {
    return one.serial == found.front().serial;
  });
  std::string names;
  for (std::size_t i = 0; i < std::min(found.size(), k_listed); ++i) {
    const bool by_fingerprint = shared && found[i].fingerprint;
    names += (i == 0 ? "" : ", ") +
             (by_fingerprint ? to_hex(*found[i].fingerprint) : found[i].serial.to_text());
  }
  if (found.size() > k_listed) names += ", …";
  throw Error(Errc::ambiguous,
              format("several certificates in {} match '{}'", where, printable(selector)),
              (shared ? "name one by its fingerprint: " : "name one by its serial: ") + names);
}

/// A serial may be revoked without a certificate (an imported CRL or index lists it).
void require_not_revoked(const store::Ledger& ledger, store::IssuerId issuer,
                         const std::string& selector, std::string_view where) {
  const auto serial = x509::SerialNumber::parse(selector);
  const auto revocation = serial ? ledger.find_revocation(issuer, *serial) : std::nullopt;
  if (!revocation) return;
  throw Error(
      Errc::not_found,
      format("{} has no certificate with serial {}, which is revoked{}", where, serial->to_text(),
             revocation->reason.empty() ? "" : format(" ({})", revocation->reason)),
      "'mtlsctl store export --format openssl-index' lists it");
}

}  // namespace

std::string subject_search(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x80) {
      escaped += c;
    } else {
      escaped += format("\\{:02X}", static_cast<unsigned>(octet));
    }
  }
  return escaped;
}

store::IssuerId issuer_of(const store::Ledger& ledger, const authority::CaDirectory& ca) {
  const x509::Certificate& own = ca.certificate();
  return ledger.find_issuer(own.subject(), own.public_key()).value_or(store::IssuerId{0});
}

store::Record find_record(const store::Ledger& ledger, store::IssuerId issuer,
                          const std::string& selector, std::string_view where) {
  if (auto record = find_by_fingerprint(ledger, selector)) {
    if (record->issuer == issuer) return ledger.with_status(*std::move(record));
  }
  std::vector<store::Record> found;
  if (const auto serial = x509::SerialNumber::parse(selector)) {
    found = ledger.find_by_serial(*serial);
    const auto of_others = [issuer](const store::Record& one) { return one.issuer != issuer; };
    found.erase(std::remove_if(found.begin(), found.end(), of_others), found.end());
  }
  if (found.empty()) found = find_by_subject(ledger, issuer, subject_search(selector));
  if (found.size() == 1) return ledger.with_status(std::move(found.front()));
  if (found.size() > 1) fail_ambiguous(found, selector, where);
  require_not_revoked(ledger, issuer, selector, where);
  throw Error(Errc::not_found,
              format("no certificate in {} matches '{}'", where, printable(selector)),
              "'mtlsctl cert list' shows what there is");
}

}  // namespace mtls::cmd
