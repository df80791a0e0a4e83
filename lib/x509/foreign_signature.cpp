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

ossl::Handle<X509_CRL> to_crl(ByteView der, const ossl::Context& context) {
  ossl::Handle<X509_CRL> made(
      ossl::require_pointer(X509_CRL_new_ex(context.get(), context.properties()), "X509_CRL_new"));
  const unsigned char* octets = der.data();
  X509_CRL* target = made.get();
  if (d2i_X509_CRL(&target, &octets, static_cast<long>(der.size())) == nullptr) {
    static_cast<void>(made.release());  // it was freed where it failed
  }
  return made;
}

ossl::Handle<EVP_PKEY> to_key(const crypto::PublicKey& key, const ossl::Context& context) {
  const ByteView spki = key.spki();
  const unsigned char* octets = spki.data();
  return ossl::Handle<EVP_PKEY>(d2i_PUBKEY_ex(nullptr, &octets, static_cast<long>(spki.size()),
                                              context.get(), context.properties()));
}

/// Reads what X509_verify or X509_CRL_verify returned. 0: the signature was looked at; below, it
/// could not be, which with an algorithm that is known is a signature that is none.
ForeignSignature judge(int verdict, ByteView algorithm) {
  ossl::clear_queue();
  if (verdict > 0) return ForeignSignature::outdated;
  const bool known = crypto::find_signature_algorithm(algorithm).has_value();
  return verdict == 0 || known ? ForeignSignature::bad : ForeignSignature::undetermined;
}

}  // namespace

ForeignSignature judge_foreign_signature(const Certificate& certificate,
                                         const crypto::PublicKey& issuer_key,
                                         const ossl::Context& context) {
  if (certificate.is_signed_by(issuer_key, context)) return ForeignSignature::good;
  const auto parsed = to_x509(certificate.der(), context);
  const auto key = to_key(issuer_key, context);
  const int verdict = parsed && key ? X509_verify(parsed.get(), key.get()) : -1;
  return judge(verdict, certificate.signature_algorithm());
}

ForeignSignature judge_foreign_signature(const CertificateList& list,
                                         const crypto::PublicKey& issuer_key,
                                         const ossl::Context& context) {
  if (list.is_signed_by(issuer_key, context)) return ForeignSignature::good;
  const auto parsed = to_crl(list.der(), context);
  const auto key = to_key(issuer_key, context);
  const int verdict = parsed && key ? X509_CRL_verify(parsed.get(), key.get()) : -1;
  return judge(verdict, list.signature_algorithm());
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
