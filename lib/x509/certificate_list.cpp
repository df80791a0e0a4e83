#include "x509/certificate_list.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "der/reader.hpp"
#include "x509/algorithm_field.hpp"

#include <algorithm>

namespace mtls::x509 {
namespace {

constexpr std::string_view k_what = "certificate revocation list";
constexpr std::size_t k_serial_limit = 64;  // what a SerialNumber can hold

/// One entry, as views: SEQUENCE { userCertificate, revocationDate, crlEntryExtensions OPTIONAL }.
struct RawEntry {
  ByteView serial;
  UnixTime revocation_date;
};

/// Checks the shape of crlEntryExtensions without an object for each: lists have millions.
void check_entry_extensions(der::Reader list) {
  if (list.at_end()) list.fail("an empty list of extensions");
  while (!list.at_end()) {
    der::Reader extension = list.into(der::tag::sequence);
    extension.element(der::tag::object_identifier);
    if (extension.next_is(der::tag::boolean) && !extension.boolean()) {
      extension.fail("an extension whose critical FALSE is written out");
    }
    extension.octet_string();
    extension.end();
  }
}

RawEntry read_entry(der::Reader& list, unsigned version) {
  der::Reader entry = list.into(der::tag::sequence);
  const ByteView serial = entry.integer();
  if (serial.size() > k_serial_limit) entry.fail("a serial number over 64 octets");
  const UnixTime date = der::read_time(entry.any(), k_what);
  if (!entry.at_end()) {
    if (version == 1) entry.fail("an entry with extensions in version 1");
    check_entry_extensions(entry.into(der::tag::sequence));
  }
  entry.end();
  return {.serial = serial, .revocation_date = date};
}

/// Version is OPTIONAL, and if present it is v2(1) (RFC 5280 section 5.1.2.1).
unsigned read_version(der::Reader& tbs) {
  if (!tbs.next_is(der::tag::integer)) return 1;
  if (tbs.small_integer() != 1) tbs.fail("a version other than 2");
  return 2;
}

std::optional<UnixTime> read_next_update(der::Reader& tbs) {
  if (!tbs.next_is(der::tag::utc_time) && !tbs.next_is(der::tag::generalized_time)) {
    return std::nullopt;
  }
  return der::read_time(tbs.any(), k_what);
}

Extensions read_list_extensions(der::Reader& tbs, unsigned version) {
  auto tagged = tbs.into_optional(der::tag::context_constructed(0));
  if (!tagged) return {};
  if (version == 1) tbs.fail("extensions in version 1");
  const ByteView whole = tagged->element(der::tag::sequence).whole;
  tagged->end();
  return read_extensions(whole, k_what);
}

}  // namespace

struct CertificateList::Data {
  Bytes der;  // the views below point into it
  unsigned version;
  Name issuer;
  UnixTime this_update;
  std::optional<UnixTime> next_update;
  ByteView entries;  // content of revokedCertificates
  std::size_t entry_count;
  Extensions extensions;
  ByteView signature_algorithm;
  crypto::Sha256 fingerprint;
};

CertificateList CertificateList::from_der(ByteView der) {
  Bytes owned = to_bytes(der);
  der::Reader file(owned, k_what);
  der::Reader list = file.into(der::tag::sequence);
  file.end();
  der::Reader tbs = list.into(der::tag::sequence);
  const ByteView algorithm = read_algorithm_identifier(list);
  static_cast<void>(read_signature(list));
  list.end();

  const unsigned version = read_version(tbs);
  static_cast<void>(read_algorithm_identifier(tbs));
  const ByteView name = tbs.element(der::tag::sequence).whole;
  Name issuer = with_context("issuer of the list", [name] { return Name::from_der(name); });
  const UnixTime this_update = der::read_time(tbs.any(), k_what);
  const std::optional<UnixTime> next_update = read_next_update(tbs);
  // An empty list should be left out (RFC 5280 section 5.1.2.6); it is shown all the same.
  ByteView entries;
  std::size_t count = 0;
  if (auto revoked = tbs.into_optional(der::tag::sequence)) {
    entries = revoked->rest();
    for (; !revoked->at_end(); ++count) read_entry(*revoked, version);
  }
  Extensions extensions = read_list_extensions(tbs, version);
  tbs.end();

  const crypto::Sha256 fingerprint = crypto::sha256(owned);
  // Moving a vector keeps its octets where they are, so the views stay good.
  return CertificateList(std::make_shared<const Data>(Data{.der = std::move(owned),
                                                           .version = version,
                                                           .issuer = std::move(issuer),
                                                           .this_update = this_update,
                                                           .next_update = next_update,
                                                           .entries = entries,
                                                           .entry_count = count,
                                                           .extensions = std::move(extensions),
                                                           .signature_algorithm = algorithm,
                                                           .fingerprint = fingerprint}));
}

ByteView CertificateList::der() const noexcept { return m_data->der; }
unsigned CertificateList::version() const noexcept { return m_data->version; }
const Name& CertificateList::issuer() const noexcept { return m_data->issuer; }
UnixTime CertificateList::this_update() const noexcept { return m_data->this_update; }
std::optional<UnixTime> CertificateList::next_update() const noexcept {
  return m_data->next_update;
}
const Extensions& CertificateList::extensions() const noexcept { return m_data->extensions; }
std::size_t CertificateList::entry_count() const noexcept { return m_data->entry_count; }
ByteView CertificateList::signature_algorithm() const noexcept {
  return m_data->signature_algorithm;
}
const crypto::Sha256& CertificateList::fingerprint() const noexcept { return m_data->fingerprint; }

std::vector<CertificateList::Entry> CertificateList::entries(std::size_t limit) const {
  std::vector<Entry> entries;
  entries.reserve(std::min(limit, m_data->entry_count));
  der::Reader list(m_data->entries, k_what);
  while (!list.at_end() && entries.size() < limit) {
    const RawEntry entry = read_entry(list, m_data->version);
    entries.push_back({.serial = SerialNumber::from_content(entry.serial),
                       .revocation_date = entry.revocation_date});
  }
  return entries;
}

}  // namespace mtls::x509
