#include "authority/wanted.hpp"

#include "base/error.hpp"
#include "base/format.hpp"

namespace mtls::authority {

ca::Request wanted_certificate(const EnrolRequest& request, const profile::Profile& profile,
                               const crypto::PublicKey& public_key) {
  ca::Request wanted{.public_key = public_key,
                     .subject = {},
                     .subject_alt_names = request.subject_alt_names,
                     .period = request.period,
                     .not_after = request.not_after,
                     .past_issuer = request.past_issuer,
                     .path_length = request.path_length,
                     .name_constraints = request.name_constraints,
                     .request_key = request.request_key,
                     .replaces_intent = std::nullopt,
                     .replaces = std::nullopt,
                     .csr = request.csr};
  const auto& csr = request.csr;
  if (request.subject) {
    wanted.subject = *request.subject;
  } else if (csr && profile.csr.subject) {
    wanted.subject = csr->subject();
  }
  if (!csr || !request.subject_alt_names_from_csr) return wanted;
  if (!profile.csr.subject_alt_names) {
    throw Error(Errc::denied_by_profile,
                format("profile '{}' takes no subject alternative names from a CSR", profile.name),
                "name them with --san, or set san = true under [csr] in a profile of your own");
  }
  const x509::GeneralNames names = csr->subject_alt_names();
  wanted.subject_alt_names.insert(wanted.subject_alt_names.end(), names.begin(), names.end());
  return wanted;
}

void require_grantable(const EnrolRequest& request, const profile::Profile& profile,
                       const IssuerSource& issuer_source, const ossl::Context& context) {
  const auto stand_in = crypto::PrivateKey::generate(crypto::KeySpec::ec(crypto::Curve::p256),
                                                     crypto::Keygen::standard, context);
  ca::Request wanted = wanted_certificate(request, profile, stand_in.public_key());
  wanted.key_to_come = request.key_spec.value_or(profile.keys.default_spec);
  const ca::Issuer& issuer = issuer_source(stand_in.public_key(), &stand_in);
  static_cast<void>(issuer.prepare({&wanted, 1}, profile));
}

}  // namespace mtls::authority
