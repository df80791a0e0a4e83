#include "authority/standing_set.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "profile/subject_policy.hpp"

#include <algorithm>

namespace mtls::authority {
namespace {

x509::Certificate first_certificate(const SecretBytes& pem, const std::string& name) {
  return x509::read_certificates(pem.view(), printable(name)).front();
}

bool same_names(x509::GeneralNames left, const x509::GeneralNames& right) {
  return left.size() == right.size() &&
         std::is_permutation(left.begin(), left.end(), right.begin());
}

/// Whether the set is a CA's own: `ca init` is at work.
bool own_ca(const Standing& standing) {
  return has_own_key(standing.request) && standing.profile.extensions.basic_constraints.subject ==
                                              x509::BasicConstraints::Subject::ca;
}

/// Whether all there is to write is one certificate (`ca sign`).
bool is_single_file(const Standing& standing) { return standing.output.request_name().empty(); }

/// How to get rid of a set that cannot be kept, with the flags that its command has.
std::string replace_hint(const Standing& standing) {
  if (own_ca(standing)) {
    return "ask for what stands there, or choose another directory with --ca: a CA is never "
           "replaced";
  }
  if (is_single_file(standing)) return "replace it with --force, or choose another name with -o";
  return has_own_key(standing.request)
             ? "replace the set with --force --force-key, or choose another --name or --out-dir"
             : "replace the certificate with --force, or choose another --name or --out-dir";
}

Error certificate_mismatch(const Standing& standing, std::string_view why) {
  return set_mismatch(standing.output.certificate_name(), why, standing);
}

/// The set's own key must be the certificate's. An encrypted one is opened only if a passphrase is
/// at hand: that a set stands can be told without, by the ledger and the request.
void require_own_key_of(const x509::Certificate& certificate, const SetContents& contents,
                        const Standing& standing) {
  const std::string name = standing.output.key_name();
  if (!contents.key) {
    throw certificate_mismatch(standing, format("{} is not there", printable(name)));
  }
  require_trusted_key(*contents.key, name, standing);
  const bool encrypted = crypto::is_encrypted_key(contents.key->bytes.view());
  if (encrypted && !standing.request.key_passphrase) return;
  if (!encrypted && standing.request.key_passphrase) {
    throw set_mismatch(name, "it is not encrypted, and a passphrase was given", standing);
  }
  const auto key = open_standing_key(*contents.key, name, standing);
  if (certificate.public_key() == key.public_key()) return;
  throw certificate_mismatch(standing, format("{} is another key", printable(name)));
}

void require_key_of(const x509::Certificate& certificate, const SetContents& contents,
                    const Standing& standing) {
  const EnrolRequest& request = standing.request;
  if (request.csr) {
    if (certificate.public_key() == request.csr->public_key()) return;
    throw certificate_mismatch(standing, "it is over another key than the CSR's");
  }
  if (request.key) {
    if (certificate.public_key() == request.key->public_key()) return;
    throw certificate_mismatch(standing, "it is over another key than the one given");
  }
  require_own_key_of(certificate, contents, standing);
  if (request.key_spec && certificate.public_key().spec() != request.key_spec) {
    throw certificate_mismatch(
        standing, format("its key is {}, not {}", certificate.public_key().description(),
                         request.key_spec->to_text()));
  }
}

/// Where a set has a request, it is there and over the certificate's key.
void require_request_of(const x509::Certificate& certificate, const SetContents& contents,
                        const Standing& standing) {
  const std::string name = printable(standing.output.request_name());
  if (standing.request.csr || name.empty()) return;
  if (!contents.request) {
    const std::string key =
        has_own_key(standing.request) ? printable(standing.output.key_name()) : std::string("FILE");
    throw Error(
        Errc::set_incomplete,
        format("{} is there, and {} is not", printable(standing.output.certificate_name()), name),
        format("make the request again with mtlsctl csr create --key {} -o {}", key, name));
  }
  const auto request = x509::CertificateRequest::from_file(contents.request->view(), name);
  if (request.public_key() == certificate.public_key()) return;
  throw set_mismatch(standing.output.request_name(), "it is over another key than the certificate",
                     standing);
}

void require_wanted_names(const x509::Certificate& certificate, const Standing& standing) {
  const EnrolRequest& request = standing.request;
  if (request.subject) {
    const x509::Name wanted =
        profile::apply_subject_policy(standing.profile.subject, *request.subject);
    if (!(wanted == certificate.subject())) {
      throw certificate_mismatch(
          standing,
          format("its subject is {}, not {}", certificate.subject().to_text(), wanted.to_text()));
    }
  }
  if (!request.subject_alt_names.empty() &&
      !same_names(request.subject_alt_names, certificate.subject_alt_names())) {
    throw certificate_mismatch(standing,
                               "its subject alternative names are not the ones asked for");
  }
}

bool holds_all(const x509::GeneralNames& names, const x509::GeneralNames& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&names](const x509::GeneralName& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  });
}

/// A CA must be bound as it is asked to be: whoever asks relies on it.
void require_wanted_bounds(const x509::Certificate& certificate, const Standing& standing) {
  const EnrolRequest& request = standing.request;
  const auto basic = certificate.basic_constraints().value_or(x509::BasicConstraints{});
  if (request.path_length && basic.path_length != request.path_length) {
    throw certificate_mismatch(
        standing, format("its path length is {}, not {}",
                         basic.path_length ? format("{}", *basic.path_length) : "without limit",
                         *request.path_length));
  }
  const auto constraints = certificate.name_constraints().value_or(x509::NameConstraints{});
  if (!holds_all(constraints.permitted, request.name_constraints.permitted) ||
      !holds_all(constraints.excluded, request.name_constraints.excluded)) {
    throw certificate_mismatch(standing, "its name constraints are not the ones asked for");
  }
}

/// What was asked for by name (--days, --not-after) must be so; less only where the issuing CA's
/// own end clips it.
void require_wanted_validity(const x509::Certificate& certificate, const Standing& standing) {
  const EnrolRequest& request = standing.request;
  if (request.validity != EnrolRequest::Validity::asked) return;
  const x509::Validity& has = certificate.validity();
  const UnixTime wanted = request.not_after.value_or(
      has.not_before + request.period.value_or(std::chrono::seconds{}) - std::chrono::seconds{1});
  const UnixTime most = std::min(request.issuer_end.value_or(k_latest_time), k_latest_time);
  if (has.not_after == std::min(wanted, most)) return;
  throw certificate_mismatch(standing, format("it is valid until {}, and what is asked for would "
                                              "be until {}",
                                              to_rfc3339(has.not_after), to_rfc3339(wanted)));
}

/// --if-missing: what stands there must be what the ledger issued for the same wish, and not
/// expired.
Enrolled keep(const SetContents& contents, const Standing& standing) {
  const std::string name = standing.output.certificate_name();
  x509::Certificate certificate = first_certificate(*contents.certificate, name);
  require_key_of(certificate, contents, standing);
  require_request_of(certificate, contents, standing);
  const auto record = standing.ledger.find_by_fingerprint(certificate.fingerprint());
  if (!record || record->state != store::State::issued) {
    throw Error(
        Errc::not_in_ledger,
        format("{} is there, but the ledger {}", printable(name),
               record ? format("has it as {}", store::name(record->state))
                      : std::string("does not know it")),
        own_ca(standing)
            ? "restore the ledger from a backup (for an intermediate: its parent's); should this "
              "be somebody else's CA, choose another directory with --ca"
            : replace_hint(standing) + ", or name the CA that issued it with --ca");
  }
  // What was issued elsewhere, or put back from its file, was issued under no profile of ours.
  const bool ours = record->origin == store::Origin::issued;
  if (ours && record->profile != standing.profile.name) {
    throw certificate_mismatch(
        standing, format("it was issued under profile '{}'", printable(record->profile)));
  }
  require_wanted_names(certificate, standing);
  require_wanted_bounds(certificate, standing);
  if (certificate.validity().not_after < standing.surroundings.clock.now()) {
    throw Error(
        Errc::expired,
        format("{} expired at {}", printable(name), to_rfc3339(certificate.validity().not_after)),
        replace_hint(standing));
  }
  require_wanted_validity(certificate, standing);
  return {.outcome = Outcome::unchanged,
          .certificate = std::move(certificate),
          .notices = {},
          .key_file = std::nullopt,
          .request_file = std::nullopt,
          .certificate_file = std::nullopt,
          .key_encrypted =
              has_own_key(standing.request) && crypto::is_encrypted_key(contents.key->bytes.view()),
          .key_reused = !standing.request.csr};
}

}  // namespace

Error set_mismatch(const std::string& file, std::string_view why, const Standing& standing) {
  return {Errc::set_mismatch, format("{} is there and does not match: {}", printable(file), why),
          replace_hint(standing)};
}

std::optional<Enrolled> settle_existing(const SetContents& contents, const Standing& standing) {
  if (!contents.certificate) return std::nullopt;
  const EnrolRequest& request = standing.request;
  const std::string name = printable(standing.output.certificate_name());
  switch (request.existing) {
    case Existing::keep:
      return keep(contents, standing);
    case Existing::replace_key:
      return std::nullopt;
    case Existing::replace:
      if (!has_own_key(request)) return std::nullopt;
      throw Error(Errc::would_overwrite,
                  format("{} exists, and a private key is not replaced by --force alone",
                         contents.key ? printable(standing.output.key_name()) : name),
                  "pass --force-key as well for a new key, or --key FILE to keep the old one");
    case Existing::refuse:
      break;
  }
  if (request.request_key) {
    throw Error(Errc::request_key_used,
                format("{} is there already: the request '{}' is complete", name,
                       printable(*request.request_key)),
                "nothing was done; pass --if-missing where that is success");
  }
  throw Error(
      Errc::would_overwrite, format("{} exists and is not overwritten", name),
      is_single_file(standing)
          ? "pass --if-missing to keep it where it matches, --force to replace it, or choose "
            "another name with -o"
          : "pass --if-missing to keep a complete set, --force (and --force-key) to replace "
            "it, or choose another --name or --out-dir");
}

}  // namespace mtls::authority
