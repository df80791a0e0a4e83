#include "x509/pkcs7.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "der/reader.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace mtls::x509 {
namespace {

constexpr std::string_view k_what = "PKCS #7";
constexpr std::uint8_t k_indefinite = 0x80;

/// What is not SignedData, by the last number of its content type.
[[noreturn]] void refuse_type(const der::Oid& type, der::FileForm form) {
  static const der::Oid k_enveloped_data = der::oid("1.2.840.113549.1.7.3");
  if (type == k_enveloped_data) {
    throw Error(Errc::unsupported, "it is PKCS #7 that is encrypted",
                format("decrypt it with: openssl cms -decrypt -inform {} -in FILE -inkey KEY -out "
                       "NEWFILE",
                       form == der::FileForm::der ? "DER" : "PEM"));
  }
  throw Error(Errc::unsupported, "it is PKCS #7 without certificates (not SignedData)");
}

/// Puts each certificate before its issuer; otherwise the order stays.
std::vector<Certificate> leaf_first(std::vector<Certificate> certificates) {
  const auto key = [](const Name& name) { return std::string(as_text(name.der())); };
  std::map<std::string, std::size_t> issued;  // by its name, what is not placed yet
  for (const Certificate& one : certificates) {
    if (!one.is_self_issued()) ++issued[key(one.issuer())];
  }
  std::vector<Certificate> ordered;
  while (!certificates.empty()) {
    auto next = std::find_if(certificates.begin(), certificates.end(), [&](const Certificate& one) {
      return issued[key(one.subject())] == 0;
    });
    if (next == certificates.end()) next = certificates.begin();  // they issued each other
    if (!next->is_self_issued()) --issued[key(next->issuer())];
    ordered.push_back(std::move(*next));
    certificates.erase(next);
  }
  return ordered;
}

}  // namespace

Pkcs7Content read_pkcs7(ByteView der, der::FileForm form) {
  static const der::Oid k_signed_data = der::oid("1.2.840.113549.1.7.2");
  if (der.size() > 1 && der[1] == k_indefinite) {
    throw Error(Errc::unsupported,
                "it is PKCS #7 in BER with indefinite lengths, which is not read",
                der::unpack_pkcs7(form));
  }
  der::Reader file(der, k_what);
  der::Reader content = file.into(der::tag::sequence);
  file.end();
  const der::Oid type = content.oid();
  if (type != k_signed_data) refuse_type(type, form);
  der::Reader tagged = content.into(der::tag::context_constructed(0));
  content.end();
  der::Reader signed_data = tagged.into(der::tag::sequence);
  tagged.end();
  signed_data.small_integer();              // version
  signed_data.element(der::tag::set);       // digestAlgorithms
  signed_data.element(der::tag::sequence);  // the content that was signed
  Pkcs7Content found;
  const auto gather = [&](unsigned number, std::vector<ByteView>& into) {
    auto list = signed_data.into_optional(der::tag::context_constructed(number));
    while (list && !list->at_end()) {
      const der::Element one = list->any();
      if (one.tag == der::tag::sequence) {
        into.push_back(one.whole);
      } else {
        ++found.others;
      }
    }
  };
  gather(0, found.certificates);
  gather(1, found.lists);
  found.is_signed = !signed_data.element(der::tag::set).content.empty();  // signerInfos
  signed_data.end();
  return found;
}

std::vector<Certificate> read_pkcs7_bundle(ByteView der, der::FileForm form, std::size_t limit) {
  const Pkcs7Content content = read_pkcs7(der, form);
  if (content.is_signed) {
    throw Error(Errc::unsupported, "it is a signed message (PKCS #7), not a bundle of certificates",
                "if you want the certificates in it, " + der::unpack_pkcs7(form));
  }
  if (content.certificates.empty()) {
    throw Error(Errc::malformed, "it is PKCS #7 without a certificate");
  }
  if (content.certificates.size() > limit) {
    throw Error(Errc::malformed, format("it holds over {} certificates", limit));
  }
  std::vector<Certificate> certificates;
  for (const ByteView one : content.certificates) {
    certificates.push_back(with_context(format("certificate {}", certificates.size() + 1),
                                        [one] { return Certificate::from_der(one); }));
  }
  return leaf_first(std::move(certificates));
}

}  // namespace mtls::x509
