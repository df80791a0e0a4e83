#include "x509/tbs_certificate.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "crypto/weak_crypto.hpp"
#include "der/writer.hpp"

#include <array>

namespace mtls::x509 {
namespace {

void require_readable(const TbsCertificate& tbs) {
  if (tbs.extensions.empty()) {
    throw Error(Errc::internal, "a certificate without extensions was to be written");
  }
  if (tbs.validity.not_after < tbs.validity.not_before) {
    throw Error(Errc::internal, "a certificate was to be written that ends before it begins");
  }
  for (const Extension& extension : tbs.extensions) {
    if (find(tbs.extensions, extension.id) != &extension) {
      throw Error(Errc::internal,
                  format("the extension {} was to be written twice", oid_name(extension.id)));
    }
  }
}

}  // namespace

Bytes TbsCertificate::to_der() const {
  require_readable(*this);
  der::Writer writer;
  writer.sequence([this](der::Writer& tbs) {
    tbs.constructed(der::tag::context_constructed(0), [](der::Writer& v) { v.integer(2); });
    tbs.element(der::tag::integer, serial.content());
    tbs.raw(crypto::algorithm_identifier(signature));
    tbs.raw(issuer.der());
    tbs.sequence(
        [this](der::Writer& times) { times.time(validity.not_before).time(validity.not_after); });
    tbs.raw(subject.der());
    tbs.raw(public_key.spki());
    tbs.constructed(der::tag::context_constructed(3),
                    [this](der::Writer& tagged) { write_extensions(tagged, extensions); });
  });
  return std::move(writer).take();
}

Certificate wrap(ByteView tbs, crypto::SignatureAlgorithm algorithm, ByteView signature) {
  return wrap(tbs, crypto::algorithm_identifier(algorithm), signature);
}

Certificate wrap(ByteView tbs, ByteView algorithm_identifier, ByteView signature) {
  der::Writer writer;
  writer.sequence([&](der::Writer& certificate) {
    certificate.raw(tbs).raw(algorithm_identifier).bit_string(signature);
  });
  Certificate wrapped = Certificate::from_der(writer.view());
  // Octets that hold more than the TBS could still be read as one certificate.
  if (!equal(wrapped.tbs(), tbs)) {
    throw Error(Errc::malformed, "malformed certificate: not one tbsCertificate");
  }
  return wrapped;
}

Certificate sign(ByteView tbs, const crypto::AnySigner& signer, const crypto::PublicKey& issuer_key,
                 const ossl::Context& context) {
  const ByteView algorithm = signer.algorithm_identifier();
  const Certificate unsigned_certificate = wrap(tbs, algorithm, std::array<std::uint8_t, 1>{0});
  if (!equal(unsigned_certificate.inner_signature_algorithm(), algorithm)) {
    throw Error(Errc::internal,
                "the certificate to be signed names another algorithm than the one that signs it");
  }
  const Bytes signature = signer.sign(tbs);
  if (!crypto::verify_any_signature(issuer_key, algorithm, tbs, signature, context)) {
    throw Error(Errc::faulty_signature,
                "the signature that was made does not verify with the CA's public key; it was "
                "discarded and nothing was released",
                "this points to faulty hardware or a faulty provider: check the machine before "
                "signing again");
  }
  return wrap(tbs, algorithm, signature);
}

}  // namespace mtls::x509
