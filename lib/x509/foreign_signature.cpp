#include "x509/foreign_signature.hpp"

#include "crypto/signature_algorithm.hpp"
#include "der/reader.hpp"
#include "ossl/openssl_error.hpp"

#include <openssl/objects.h>

#include <array>

namespace mtls::x509 {
namespace {

ossl::Handle<X509> to_x509(ByteView der, const ossl::Context& context) {
  ossl::Handle<X509> made(
      ossl::require_pointer(X509_new_ex(context.get(), context.properties()), "X509_new_ex"));
  const unsigned char* octets = der.data();
  X509* target = made.get();
  if (d2i_X509(&target, &octets, static_cast<long>(der.size())) == nullptr) {
    static_cast<void>(made.release());  // it was freed where it failed
  }
  return made;
}

}  // namespace

ForeignSignature judge_foreign_signature(const Certificate& certificate,
                                         const crypto::PublicKey& issuer_key,
                                         const ossl::Context& context) {
  if (certificate.is_signed_by(issuer_key, context)) return ForeignSignature::good;
  const ossl::Handle<X509> parsed = to_x509(certificate.der(), context);
  const ByteView spki = issuer_key.spki();
  const unsigned char* octets = spki.data();
  const ossl::Handle<EVP_PKEY> key(d2i_PUBKEY_ex(nullptr, &octets, static_cast<long>(spki.size()),
                                                 context.get(), context.properties()));
  const int verdict = parsed && key ? X509_verify(parsed.get(), key.get()) : -1;
  ossl::clear_queue();
  if (verdict > 0) return ForeignSignature::outdated;
  // 0: the signature was looked at; below, it could not be, which with an algorithm that is known
  // is a signature that is none.
  const bool known =
      crypto::find_signature_algorithm(certificate.signature_algorithm()).has_value();
  return verdict == 0 || known ? ForeignSignature::bad : ForeignSignature::undetermined;
}

std::string algorithm_name(ByteView algorithm_identifier) {
  der::Reader whole(algorithm_identifier, "signature algorithm");
  der::Reader fields = whole.into(der::tag::sequence);
  const der::Element oid = fields.element(der::tag::object_identifier);
  const unsigned char* octets = oid.whole.data();
  const ossl::Handle<ASN1_OBJECT> object(
      d2i_ASN1_OBJECT(nullptr, &octets, static_cast<long>(oid.whole.size())));
  if (!object) {
    ossl::clear_queue();
    return "an algorithm that cannot be named";
  }
  std::array<char, 80> text{};
  OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object.get(), 0);
  return text.data();
}

}  // namespace mtls::x509
