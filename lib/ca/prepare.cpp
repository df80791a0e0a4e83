#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "ca/going_clock.hpp"
#include "ca/granted.hpp"
#include "ca/throw_away_ca.hpp"
#include "crypto/digest.hpp"
#include "crypto/key_check.hpp"
#include "profile/catalogue.hpp"
#include "x509/tbs_certificate.hpp"

#include <algorithm>
#include <array>

namespace mtls::ca {
namespace {

x509::SerialNumber make_serial() {
  std::array<std::uint8_t, 16> random{};
  crypto::fill_random(random);
  return x509::SerialNumber::from_random(random);
}

std::string_view whose_key(const Request& request) {
  return request.csr ? "the key of the CSR" : "the key";
}

/// What the profile says of a kind of key.
void require_allowed_kind(const crypto::KeySpec& spec, const Request& request,
                          const Grounds& grounds) {
  if (const auto why = grounds.profile.keys.refuses(spec)) {
    throw Error(Errc::denied_by_profile, format("profile '{}' does not certify {}: {}",
                                                grounds.profile.name, whose_key(request), *why));
  }
}

/// The key must be good, of a kind that the profile certifies, its owner's, and not the CA's own.
void require_certifiable_key(const Request& request, const Grounds& grounds) {
  // The key first: a weak one proves nothing, and is the better reason to give.
  crypto::require_good_key(request.public_key, whose_key(request), grounds.context);
  if (request.csr) {
    x509::require_possession(x509::require_version_1(*request.csr), grounds.context);
  }
  const auto spec = request.public_key.spec();
  if (!spec) {
    throw Error(Errc::weak_key, format("{} is {}, which is not certified", whose_key(request),
                                       request.public_key.description()));
  }
  require_allowed_kind(*spec, request, grounds);
  const bool root = grounds.chain.empty();
  if (root && !(request.public_key == grounds.issuer_key)) {
    throw Error(Errc::internal, "a root is asked for over another key than the one that signs");
  }
  const bool ca_key = std::any_of(
      grounds.chain.begin(), grounds.chain.end(),
      [&request](const x509::Certificate& ca) { return ca.public_key() == request.public_key; });
  if (ca_key) {
    throw Error(Errc::weak_key, "the key is the CA's own: it is not certified for anything else",
                "make a new key");
  }
}

/// Whoever holds a key that two subjects are certified for can be either.
void warn_of_shared_key(const x509::Certificate& certificate, const store::Ledger& ledger,
                        UnixTime now, std::vector<Notice>& notices) {
  const std::string subject = certificate.subject().to_text();
  for (const store::Record& record : ledger.find_by_key(certificate.public_key().spki_hash())) {
    if (record.subject == subject || record.validity.not_after < now) continue;
    if (ledger.with_status(record).state != store::State::issued) continue;
    const std::string other =
        format("{} (serial {})", readable(record.subject), record.serial.to_text());
    notices.push_back({.kind = Notice::Kind::warning,
                       .field = "subjectPublicKeyInfo",
                       .requested = subject,
                       .granted = subject,
                       .message = format("the key is certified for {} as well", other)});
    return;
  }
}

/// A CA below another bears a name of its own: chains are found by names, and one that is its own
/// issuer by name is taken for a root.
void require_name_of_its_own(const x509::Name& subject, const Grounds& grounds) {
  if (grounds.profile.extensions.basic_constraints.subject != x509::BasicConstraints::Subject::ca) {
    return;
  }
  for (const x509::Certificate& ca : grounds.chain) {
    if (!ca.subject().matches(subject)) continue;
    throw Error(Errc::bad_name,
                format("the subject {} is that of a CA above it", subject.to_text()),
                "give the new CA a name of its own");
  }
}

/// A reserved name is the built-in profile's, however a profile of that name came here.
void require_own_name(const profile::Profile& profile) {
  const auto command = profile::reserved_for(profile.name);
  if (!command || profile.source == profile::k_built_in) return;
  throw Error(Errc::denied_by_profile,
              format("{}: the profile '{}' is built in, for {} alone", printable(profile.source),
                     profile.name, *command),
              "give the profile another name");
}

/// A throw-away CA signs what no real CA may: it certifies nothing else, and no key is both.
void require_matching_kind(const Grounds& grounds, const store::Ledger& ledger) {
  if (is_for_probes(grounds.profile)) return;
  const auto is_throw_away = [&ledger](const x509::Certificate& ca) {
    return is_throw_away_key(ledger, ca.public_key());
  };
  const auto found = std::find_if(grounds.chain.begin(), grounds.chain.end(), is_throw_away);
  const bool root = grounds.chain.empty() && grounds.profile.name != k_throw_away_profile &&
                    is_throw_away_key(ledger, grounds.issuer_key);
  if (found == grounds.chain.end() && !root) return;
  const std::string who = root ? "the key is that of a throw-away CA"
                               : format("{} is a throw-away CA", found->subject().to_text());
  throw Error(Errc::issuer_unfit,
              format("{} (profile '{}'): nothing is issued under it but what mtlsctl probe makes "
                     "to be refused",
                     who, k_throw_away_profile),
              "make a CA with a key of its own: mtlsctl ca init");
}

/// Whether this CA may use the profile at all, now.
void require_usable(const Grounds& grounds) {
  const profile::Profile& profile = grounds.profile;
  require_own_name(profile);
  if (grounds.chain.empty() && profile.role != profile::Role::root_ca) {
    throw Error(Errc::denied_by_profile, format("profile '{}' is not for a root CA", profile.name),
                "use a profile with role = \"root-ca\"");
  }
  if (grounds.chain.empty()) return;
  if (profile.role == profile::Role::root_ca) {
    throw Error(Errc::denied_by_profile,
                format("profile '{}' is for a root CA, which no other CA signs", profile.name));
  }
  const x509::Certificate& ca = grounds.chain.front();
  if (ca.validity().contains(grounds.now)) return;
  const bool past = ca.validity().not_after < grounds.now;
  throw Error(
      Errc::expired,
      format("the CA {} {}", ca.subject().to_text(), past ? "has expired" : "is not yet valid"),
      past ? "nothing that it signs now would be accepted: 'mtlsctl ca adopt CERT KEY --reissue' "
             "makes "
             "a new certificate with the same name and key"
           : "check this machine's clock");
}

void require_name_at_all(const x509::Name& subject, const x509::GeneralNames& names) {
  if (!subject.empty() || !names.empty()) return;
  throw Error(Errc::bad_name, "the certificate would name nobody: no subject and no SAN",
              "pass --subject or --common-name, or --san");
}

}  // namespace

std::vector<Prepared> Issuer::prepare(std::span<const Request> requests,
                                      const profile::Profile& profile) const {
  const Grounds grounds{.profile = profile,
                        .chain = m_chain,
                        .issuer_key = m_signer.public_key(),
                        .now = m_surroundings.clock.now(),
                        .context = m_surroundings.context};
  if (!requests.empty()) require_going_log(requests.front(), grounds.now);
  require_usable(grounds);
  require_matching_kind(grounds, m_ledger);
  std::vector<Prepared> prepared;
  prepared.reserve(requests.size());
  for (const Request& request : requests) prepared.push_back(prepare_one(request, grounds));
  return prepared;
}

void Issuer::require_going_log(const Request& first, UnixTime now) const {
  const auto name = m_chain.empty() ? first.subject : std::optional(m_chain.front().subject());
  const auto issuer =
      name ? m_ledger.find_issuer(*name, m_signer.public_key()) : std::optional<store::IssuerId>();
  if (issuer) require_going_clock(m_ledger, *issuer, now);
}

Prepared Issuer::prepare_one(const Request& request, const Grounds& grounds) const {
  if (request.key_to_come) {
    require_allowed_kind(*request.key_to_come, request, grounds);
  } else {
    require_certifiable_key(request, grounds);
  }
  std::vector<Notice> notices;
  const x509::Name subject = grant_subject(request, grounds, notices);
  const x509::GeneralNames names = grant_subject_alt_names(request, grounds);
  require_name_at_all(subject, names);
  require_name_of_its_own(subject, grounds);
  require_within_constraints(subject, names, grounds);
  const x509::TbsCertificate tbs{.serial = make_serial(),
                                 .signature = m_signer.algorithm(),
                                 .issuer = m_chain.empty() ? subject : m_chain.front().subject(),
                                 .validity = grant_validity(request, grounds, notices),
                                 .subject = subject,
                                 .public_key = request.public_key,
                                 .extensions = grant_extensions(request, grounds, subject, names)};
  Bytes octets = tbs.to_der();
  const x509::Certificate read_back =
      x509::wrap(octets, tbs.signature, std::array<std::uint8_t, 1>{0});
  require_conformance(read_back, request, grounds);
  if (!request.key_to_come) warn_of_shared_key(read_back, m_ledger, grounds.now, notices);
  if (request.csr) note_ungranted(*request.csr, read_back, notices);

  Prepared one(std::move(octets), read_back);
  one.m_notices = std::move(notices);
  one.m_profile_name = grounds.profile.name;
  one.m_profile_hash = grounds.profile.hash;
  one.m_request_key = request.request_key;
  one.m_replaces_intent = request.replaces_intent;
  one.m_replaces = request.replaces;
  one.m_for_probes = is_for_probes(grounds.profile);
  one.m_key_to_come = request.key_to_come.has_value();
  return one;
}

}  // namespace mtls::ca
