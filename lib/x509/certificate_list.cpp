#include "x509/certificate_list.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "der/content_kind.hpp"
#include "der/pem.hpp"
#include "der/reader.hpp"
#include "x509/algorithm_field.hpp"
#include "x509/pkcs7.hpp"

#include <algorithm>
#include <iterator>

namespace mtls::x509 {
namespace {

constexpr std::string_view k_what = "certificate revocation list";
constexpr std::size_t k_serial_limit = 64;  // what a SerialNumber can hold

/// One entry, as views: SEQUENCE { userCertificate, revocationDate, crlEntryExtensions OPTIONAL }.
struct RawEntry {
  ByteView serial;
  UnixTime revocation_date;
  bool any_critical = false;
};

/// Checks the shape of crlEntryExtensions without an object for each: lists have millions. Returns
/// whether one of them is critical.
bool check_entry_extensions(der::Reader list) {
  if (list.at_end()) list.fail("an empty list of extensions");
  bool any_critical = false;
  while (!list.at_end()) {
    der::Reader extension = list.into(der::tag::sequence);
    extension.element(der::tag::object_identifier);
    // A critical FALSE that is written out says no more than one that is left out.
    if (extension.next_is(der::tag::boolean) && extension.boolean()) any_critical = true;
    extension.octet_string();
    extension.end();
  }
  return any_critical;
}

RawEntry read_entry(der::Reader& list, unsigned version) {
  der::Reader entry = list.into(der::tag::sequence);
  const ByteView serial = entry.integer();
  if (serial.size() > k_serial_limit) entry.fail("a serial number over 64 octets");
  const UnixTime date = der::read_time(entry.any(), k_what);
  bool any_critical = false;
  if (!entry.at_end()) {
    if (version == 1) entry.fail("an entry with extensions in version 1");
    any_critical = check_entry_extensions(entry.into(der::tag::sequence));
  }
  entry.end();
  return {.serial = serial, .revocation_date = date, .any_critical = any_critical};
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
  std::vector<std::string> faults;  // a default written out changes nothing of what a CRL says
  auto tagged = tbs.into_optional(der::tag::context_constructed(0));
  if (!tagged) return {};
  if (version == 1) tbs.fail("extensions in version 1");
  const ByteView whole = tagged->element(der::tag::sequence).whole;
  tagged->end();
  return read_extensions(whole, k_what, faults);
}

}  // namespace

struct CertificateList::Data {
  Bytes der;  // the views below point into it
  ByteView tbs;
  unsigned version;
  Name issuer;
  UnixTime this_update;
  std::optional<UnixTime> next_update;
  ByteView entries;  // content of revokedCertificates
  std::size_t entry_count;
  bool critical_entries;
  Extensions extensions;
  ByteView signature_algorithm;
  ByteView inner_signature_algorithm;
  ByteView signature;
  crypto::Sha256 fingerprint;
};

CertificateList CertificateList::from_der(ByteView der) {
  Bytes owned = to_bytes(der);
  der::Reader file(owned, k_what);
  der::Reader list = file.into(der::tag::sequence);
  file.end();
  const der::Element signed_part = list.element(der::tag::sequence);
  der::Reader tbs(signed_part.content, k_what);
  const ByteView algorithm = read_algorithm_identifier(list);
  const ByteView signature = read_signature(list);
  list.end();

  const unsigned version = read_version(tbs);
  const ByteView inner_algorithm = read_algorithm_identifier(tbs);
  const ByteView name = tbs.element(der::tag::sequence).whole;
  Name issuer = with_context("issuer of the list", [name] { return Name::from_der(name); });
  const UnixTime this_update = der::read_time(tbs.any(), k_what);
  const std::optional<UnixTime> next_update = read_next_update(tbs);
  // An empty list should be left out (RFC 5280 section 5.1.2.6); it is shown all the same.
  ByteView entries;
  std::size_t count = 0;
  bool critical_entries = false;
  if (auto revoked = tbs.into_optional(der::tag::sequence)) {
    entries = revoked->rest();
    for (; !revoked->at_end(); ++count) {
      if (read_entry(*revoked, version).any_critical) critical_entries = true;
    }
  }
  Extensions extensions = read_list_extensions(tbs, version);
  tbs.end();

  const crypto::Sha256 fingerprint = crypto::sha256(owned);
  // Moving a vector keeps its octets where they are, so the views stay good.
  return CertificateList(
      std::make_shared<const Data>(Data{.der = std::move(owned),
                                        .tbs = signed_part.whole,
                                        .version = version,
                                        .issuer = std::move(issuer),
                                        .this_update = this_update,
                                        .next_update = next_update,
                                        .entries = entries,
                                        .entry_count = count,
                                        .critical_entries = critical_entries,
                                        .extensions = std::move(extensions),
                                        .signature_algorithm = algorithm,
                                        .inner_signature_algorithm = inner_algorithm,
                                        .signature = signature,
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
ByteView CertificateList::revoked_certificates() const noexcept { return m_data->entries; }
ByteView CertificateList::signature_algorithm() const noexcept {
  return m_data->signature_algorithm;
}
bool CertificateList::has_critical_entry_extensions() const noexcept {
  return m_data->critical_entries;
}

bool CertificateList::is_signed_by(const crypto::PublicKey& issuer_key,
                                   const ossl::Context& context) const {
  if (!equal(m_data->signature_algorithm, m_data->inner_signature_algorithm)) return false;
  const auto algorithm = crypto::find_signature_algorithm(m_data->signature_algorithm);
  return algorithm &&
         crypto::verify_signature(issuer_key, *algorithm, m_data->tbs, m_data->signature, context);
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

namespace {

Error no_list(std::string_view shown, ByteView first) {
  const std::string_view kind = der::name(der::content_kind(first));
  return {Errc::malformed,
          format("{} holds no certificate revocation list{}{}", shown,
                 kind.empty() ? "" : ": it is ", kind),
          "a list begins with -----BEGIN X509 CRL-----"};
}

/// The CRLs that PKCS #7 carries.
std::vector<CertificateList> unpack_lists(ByteView pkcs7, der::FileForm form) {
  std::vector<CertificateList> lists;
  for (const ByteView one : read_pkcs7(pkcs7, form).lists) {
    lists.push_back(CertificateList::from_der(one));
  }
  return lists;
}

}  // namespace

std::vector<CertificateList> read_certificate_lists(ByteView file, std::string_view shown) {
  std::vector<CertificateList> lists;
  const auto unpack = [&](ByteView der, der::FileForm form) {
    auto found = with_context(shown, [&] { return unpack_lists(der, form); });
    std::move(found.begin(), found.end(), std::back_inserter(lists));
  };
  if (!der::looks_like_pem(file)) {
    const der::ContentKind kind = der::content_kind(file);
    if (kind == der::ContentKind::pkcs7) {
      unpack(file, der::FileForm::der);
      if (lists.empty()) throw no_list(shown, file);
    } else if (kind != der::ContentKind::certificate_list && kind != der::ContentKind::other) {
      throw no_list(shown, file);
    } else {
      lists.push_back(with_context(shown, [file] { return CertificateList::from_der(file); }));
    }
    return lists;
  }
  const std::vector<der::PemBlock> blocks =
      with_context(shown, [file] { return der::read_pem(file); });
  for (const der::PemBlock& block : blocks) {
    const ByteView der = block.der.view();
    if (block.label == "X509 CRL") {
      lists.push_back(with_context(format("{}: list {}", shown, lists.size() + 1),
                                   [der] { return CertificateList::from_der(der); }));
    } else if (der::content_kind(der) == der::ContentKind::pkcs7) {
      unpack(der, der::FileForm::pem);
    }
  }
  if (!lists.empty()) return lists;
  throw no_list(shown, blocks.empty() ? ByteView{} : blocks.front().der.view());
}

}  // namespace mtls::x509
