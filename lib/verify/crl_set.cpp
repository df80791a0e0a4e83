#include "verify/crl_set.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "x509/crl_entries.hpp"

#include <algorithm>
#include <map>

namespace mtls::verify {
namespace {

/// Throws unless every critical extension of the list is understood here. The issuing distribution
/// point (2.5.29.28) and the delta indicator (2.5.29.27) must be critical (RFC 5280 sections 5.2.4
/// and 5.2.5), so they need no case of their own; that they are not taken is in the words.
void refuse_partial(const x509::CertificateList& list, std::string_view shown) {
  for (const x509::Extension& extension : list.extensions()) {
    if (extension.criticality != x509::Criticality::critical) continue;
    throw Error(Errc::unsupported,
                format("{}: the list by {} has the critical extension {}, which is not understood",
                       shown, list.issuer().to_text(), x509::oid_name(extension.id)),
                "give a complete list, neither partitioned nor indirect nor a delta");
  }
  if (list.has_critical_entry_extensions()) {
    throw Error(Errc::unsupported,
                format("{}: the list by {} has entries with critical extensions", shown,
                       list.issuer().to_text()),
                "give a complete list of the CA's own certificates, not an indirect one");
  }
  if (!list.next_update()) {
    throw Error(Errc::malformed,
                format("{}: the list by {} has no nextUpdate, so nobody can tell when it is stale",
                       shown, list.issuer().to_text()),
                "make it anew; RFC 5280 section 5.1.2.5 wants one");
  }
}

/// Whether `ca` may sign lists (RFC 5280 section 6.3.3 (f)).
bool may_sign_lists(const x509::Certificate& ca) {
  const auto usage = ca.key_usage();
  return !usage || usage->has(x509::KeyUsageBit::crl_sign);
}

/// An order to look serials up by; which one does not matter.
bool precedes(const x509::SerialNumber& left, const x509::SerialNumber& right) {
  return as_text(left.content()) < as_text(right.content());
}

/// An entry as it is looked up.
struct RevokedSerial {
  x509::SerialNumber serial;
  UnixTime revocation_date;
  std::optional<x509::CrlReason> reason;
};

/// The entries of a list; without their reasons where one of their extensions cannot be read.
std::vector<RevokedSerial> read_entries(const x509::CertificateList& list) {
  std::vector<RevokedSerial> entries;
  entries.reserve(list.entry_count());
  try {
    x509::for_each_entry(list, [&entries](const x509::CrlEntry& entry) {
      entries.push_back({entry.serial, entry.revocation_date, entry.reason});
    });
  } catch (const Error& error) {
    if (error.code() != Errc::malformed) throw;
    entries.clear();
    for (auto& entry : list.entries(list.entry_count())) {
      entries.push_back({std::move(entry.serial), entry.revocation_date, std::nullopt});
    }
  }
  return entries;
}

CrlObjection unknown(std::string message) {
  return {.problem = Problem::revocation_unknown, .message = std::move(message)};
}

}  // namespace

/// A list with its entries sorted for looking up, and whose keys were found to have signed it.
struct CrlSet::Entry {
  explicit Entry(x509::CertificateList of) : list(std::move(of)), entries(read_entries(list)) {
    std::sort(entries.begin(), entries.end(), [](const auto& left, const auto& right) {
      return precedes(left.serial, right.serial);
    });
  }

  [[nodiscard]] const RevokedSerial* find(const x509::SerialNumber& serial) const {
    const auto at = std::lower_bound(
        entries.begin(), entries.end(), serial,
        [](const auto& each, const auto& wanted) { return precedes(each.serial, wanted); });
    return at != entries.end() && !precedes(serial, at->serial) ? &*at : nullptr;
  }

  bool is_by(const x509::Certificate& ca, const ossl::Context& context) {
    const auto [at, is_new] = signers.try_emplace(ca.public_key().spki_hash(), false);
    if (is_new) at->second = list.is_signed_by(ca.public_key(), context);
    return at->second;
  }

  x509::CertificateList list;
  std::vector<RevokedSerial> entries;
  // Bounded by the number of CAs: only issuers on accepted paths are asked about.
  std::map<crypto::Sha256, bool> signers;
};

void CrlSet::add(const x509::CertificateList& list, std::string_view shown) {
  refuse_partial(list, shown);
  m_entries.push_back(std::make_shared<Entry>(list));
}

void CrlSet::add(const CrlSet& other) {
  m_entries.insert(m_entries.end(), other.m_entries.begin(), other.m_entries.end());
}

std::vector<x509::Name> CrlSet::issuers() const {
  std::vector<x509::Name> issuers;
  issuers.reserve(m_entries.size());
  for (const auto& entry : m_entries) issuers.push_back(entry->list.issuer());
  return issuers;
}

bool CrlSet::empty() const noexcept { return m_entries.empty(); }

bool CrlSet::covers(const x509::Name& ca) const {
  return std::any_of(m_entries.begin(), m_entries.end(),
                     [&ca](const auto& entry) { return entry->list.issuer().matches(ca); });
}

std::optional<CrlObjection> CrlSet::check(const x509::Certificate& certificate,
                                          const x509::Certificate& issuer, UnixTime at,
                                          const ossl::Context& context) const {
  if (!covers(issuer.subject())) return std::nullopt;
  const std::string ca = issuer.subject().to_text();
  if (!may_sign_lists(issuer)) {
    return unknown(
        format("the keyUsage of {} does not have cRLSign, so its list does not count", ca));
  }
  const Entry* current = nullptr;
  const Entry* other = nullptr;
  for (const auto& entry : m_entries) {
    if (!entry->list.issuer().matches(issuer.subject()) || !entry->is_by(issuer, context)) continue;
    // A stale list may be too old to know of a revocation, but what it has stays revoked.
    if (const auto* found = entry->find(certificate.serial())) {
      const RevocationFacts revocation{
          .revoked_at = found->revocation_date,
          .reason = found->reason ? std::string(name(*found->reason)) : std::string()};
      return CrlObjection{
          .problem = Problem::revoked,
          .message = format("{}, says the list of {}", revocation_text(revocation), ca)};
    }
    const bool is_current = entry->list.this_update() <= at && at <= *entry->list.next_update();
    (is_current ? current : other) = entry.get();
  }
  if (current != nullptr) return std::nullopt;
  if (other == nullptr) {
    return unknown(format("no revocation list given for {} is signed by its key", ca));
  }
  if (other->list.this_update() > at) {
    return unknown(format("the revocation list of {} is not valid before {}", ca,
                          to_rfc3339(other->list.this_update())));
  }
  return unknown(format("the revocation list of {} is stale: its next update was due at {}", ca,
                        to_rfc3339(*other->list.next_update())));
}

}  // namespace mtls::verify
