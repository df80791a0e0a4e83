// The one way in which a CA key signs a certificate: nothing leaves that the ledger does not hold.
#pragma once

#include "ca/issuer.hpp"

#include <string_view>

namespace mtls::ca {

using Surroundings = Issuer::Surroundings;

/// Who signs, and how the ledger takes what is made.
struct SigningOrder {
  const crypto::AnySigner& signer;
  /// The key of the CA's certificate, which the signatures must verify with.
  const crypto::PublicKey& public_key;
  store::Issued::Use use = store::Issued::Use::leaf;
  Standing standing = Standing::valid;
};

/// What an intent says of the certificate that `tbs` is the TBS of; `profile` by its name.
[[nodiscard]] store::Intent make_intent(store::IssuerId issuer, ByteView tbs,
                                        const x509::Certificate& unsigned_certificate,
                                        std::string_view profile, const Surroundings& surroundings);

/// Records the intents durably, signs the octets of each intent's TBS and nothing else, reads back
/// and checks what was made (x509::sign), records the certificates durably, and only then returns
/// them, in order. Where a signature cannot be made or is faulty, all intents are abandoned and
/// nothing is released: throws faulty_signature, or what the signer threw. Throws serial_conflict,
/// request_key_used, revoked_meanwhile, and the ledger's errors.
[[nodiscard]] std::vector<x509::Certificate> sign_and_record(
    const std::vector<store::Intent>& intents, const SigningOrder& order, store::Ledger& ledger,
    const Surroundings& surroundings);

}  // namespace mtls::ca
