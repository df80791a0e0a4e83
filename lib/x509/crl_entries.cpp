#include "x509/crl_entries.hpp"

#include "base/error.hpp"
#include "der/reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mtls::x509 {
namespace {

constexpr std::string_view k_what = "certificate revocation list";

const der::Oid& reason_code() {
  static const der::Oid id = der::oid("2.5.29.21");
  return id;
}
const der::Oid& invalidity_date() {
  static const der::Oid id = der::oid("2.5.29.24");
  return id;
}
const der::Oid& delta_indicator() {
  static const der::Oid id = der::oid("2.5.29.27");
  return id;
}
const der::Oid& issuing_distribution_point() {
  static const der::Oid id = der::oid("2.5.29.28");
  return id;
}
const der::Oid& certificate_issuer() {
  static const der::Oid id = der::oid("2.5.29.29");
  return id;
}

constexpr std::array<std::pair<CrlReason, std::string_view>, 10> k_reasons{{
    {CrlReason::unspecified, "unspecified"},
    {CrlReason::key_compromise, "keyCompromise"},
    {CrlReason::ca_compromise, "cACompromise"},
    {CrlReason::affiliation_changed, "affiliationChanged"},
    {CrlReason::superseded, "superseded"},
    {CrlReason::cessation_of_operation, "cessationOfOperation"},
    {CrlReason::certificate_hold, "certificateHold"},
    {CrlReason::remove_from_crl, "removeFromCRL"},
    {CrlReason::privilege_withdrawn, "privilegeWithdrawn"},
    {CrlReason::aa_compromise, "aACompromise"},
}};

/// CRLReason ::= ENUMERATED; a number that is not one of its own is no reason.
std::optional<CrlReason> read_reason(ByteView value) {
  der::Reader reader(value, k_what);
  const ByteView number = reader.element(der::tag::enumerated).content;
  reader.end();
  if (number.size() != 1) return std::nullopt;
  const auto* const found = std::find_if(
      k_reasons.begin(), k_reasons.end(),
      [&number](const auto& known) { return static_cast<unsigned>(known.first) == number[0]; });
  return found != k_reasons.end() ? std::optional(found->first) : std::nullopt;
}

/// The directoryName among the GeneralNames of certificateIssuer, which must have one.
Name read_certificate_issuer(ByteView value) {
  constexpr unsigned k_directory_name = 4;
  der::Reader reader(value, k_what);
  der::Reader names = reader.into(der::tag::sequence);
  reader.end();
  while (!names.at_end()) {
    const der::Element name = names.any();
    if (name.tag != der::tag::context_constructed(k_directory_name)) continue;
    der::Reader directory(name.content, k_what);
    return Name::from_der(directory.element(der::tag::sequence).whole);
  }
  names.fail("a certificateIssuer without a directory name");
}

void take_extension(der::Reader extension, CrlEntry& entry) {
  const der::Oid id = extension.oid();
  const bool critical = extension.next_is(der::tag::boolean) && extension.boolean();
  const ByteView value = extension.octet_string();
  extension.end();
  if (id == reason_code()) {
    entry.reason = read_reason(value);
  } else if (id == invalidity_date()) {
    der::Reader reader(value, k_what);
    entry.invalid_since = der::read_time(reader.any(), k_what);
    reader.end();
  } else if (id == certificate_issuer()) {
    entry.certificate_issuer = read_certificate_issuer(value);
  } else if (critical) {
    entry.has_unknown_critical = true;
  }
}

/// IssuingDistributionPoint: what it limits, field by field; all are IMPLICIT.
void take_distribution_point(ByteView value, CrlScope& scope) {
  constexpr unsigned k_indirect = 4;
  der::Reader reader(value, k_what);
  der::Reader fields = reader.into(der::tag::sequence);
  reader.end();
  while (!fields.at_end()) {
    const der::Element field = fields.any();
    if (field.tag == der::tag::context(k_indirect)) {
      scope.is_indirect = true;
    } else {
      scope.is_partial = true;  // a distribution point, some kinds of certificates or some reasons
    }
  }
}

}  // namespace

std::string_view name(CrlReason reason) noexcept {
  const auto* const found = std::find_if(k_reasons.begin(), k_reasons.end(),
                                         [reason](const auto& one) { return one.first == reason; });
  return found != k_reasons.end() ? found->second : "";
}

void for_each_entry(const CertificateList& list,
                    const std::function<void(const CrlEntry&)>& entry) {
  der::Reader entries(list.revoked_certificates(), k_what);
  std::optional<Name> issuer;
  while (!entries.at_end()) {
    der::Reader fields = entries.into(der::tag::sequence);
    SerialNumber serial = SerialNumber::from_content(fields.integer());
    CrlEntry one{.serial = std::move(serial),
                 .revocation_date = der::read_time(fields.any(), k_what),
                 .reason = std::nullopt,
                 .invalid_since = std::nullopt,
                 .certificate_issuer = issuer};
    if (!fields.at_end()) {
      der::Reader extensions = fields.into(der::tag::sequence);
      while (!extensions.at_end()) take_extension(extensions.into(der::tag::sequence), one);
    }
    issuer = one.certificate_issuer;
    entry(one);
  }
}

CrlScope scope_of(const CertificateList& list) {
  CrlScope scope;
  for (const Extension& extension : list.extensions()) {
    if (extension.id == delta_indicator()) {
      scope.is_delta = true;
    } else if (extension.id == issuing_distribution_point()) {
      take_distribution_point(extension.value, scope);
    } else if (extension.criticality == Criticality::critical &&
               extension.id != oids::crl_number() &&
               extension.id != oids::authority_key_identifier()) {
      scope.is_partial = true;
    }
  }
  return scope;
}

CrlNumbering numbering_of(const CertificateList& list) {
  const Extension* const extension = find(list.extensions(), oids::crl_number());
  if (extension == nullptr) return {};
  CrlNumbering numbering{.is_present = true};
  try {
    der::Reader reader(extension->value, k_what);
    numbering.number = CrlNumber::from_content(reader.integer());
    reader.end();
  } catch (const Error&) {
    numbering.number = std::nullopt;
  }
  return numbering;
}

}  // namespace mtls::x509
