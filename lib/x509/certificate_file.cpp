// Certificates in files: PEM or DER in, PEM out.
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "der/pem.hpp"
#include "x509/certificate.hpp"
#include "x509/pkcs7.hpp"

#include <algorithm>
#include <iterator>

namespace mtls::x509 {
namespace {

bool is_certificate(std::string_view label) {
  return label == "CERTIFICATE" || label == "X509 CERTIFICATE";
}

/// Throws for a block that must not be let pass in silence.
void refuse_bad_company(const der::PemBlock& block, std::string_view shown, KeysBeside keys) {
  if (block.label == "TRUSTED CERTIFICATE") {
    throw Error(Errc::malformed,
                format("{} holds a TRUSTED CERTIFICATE, openssl's own form with trust settings "
                       "behind the certificate",
                       shown),
                "write the certificate alone with: openssl x509 -in FILE -out NEWFILE");
  }
  if (keys == KeysBeside::refuse && block.label.find("PRIVATE KEY") != std::string::npos) {
    throw Error(Errc::malformed, format("{} holds a private key beside certificates", shown),
                "a private key does not belong there: keep it in a file of its own, mode 0600");
  }
}

/// `first` is the content of the file, or of its first block; `label` that of the block.
Error no_certificate(std::string_view shown, std::string_view label, ByteView first,
                     der::FileForm form) {
  std::string what;
  const std::string_view kind = der::name(der::content_kind(first));
  if (!kind.empty()) {
    what = format(": it is {}", kind);
  } else if (!label.empty()) {
    what = format(", but '{}'", printable(label));
  }
  std::string hint = der::conversion_hint(first, form, der::Wanted::certificate);
  if (hint.empty()) hint = "a certificate begins with -----BEGIN CERTIFICATE-----";
  return {Errc::malformed, format("{} holds no certificate{}", shown, what), std::move(hint)};
}

/// Reads the block of a certificate; what is something else is named.
Certificate read_one(ByteView der) {
  const der::ContentKind kind = der::content_kind(der);
  if (kind != der::ContentKind::certificate && kind != der::ContentKind::other) {
    throw Error(Errc::malformed, format("it is {}", der::name(kind)),
                der::conversion_hint(der, der::FileForm::pem, der::Wanted::certificate));
  }
  return Certificate::from_der(der);
}

bool is_pkcs7_label(std::string_view label) {
  return label == "PKCS7" || label == "PKCS #7 SIGNED DATA" || label == "CMS";
}

}  // namespace

std::vector<Certificate> read_certificates(ByteView file, std::string_view shown, KeysBeside keys,
                                           std::size_t limit) {
  std::vector<Certificate> certificates;
  const auto take = [&](std::vector<Certificate> found) {
    if (certificates.size() + found.size() > limit) {
      throw Error(Errc::malformed, format("{} holds over {} certificates", shown, limit));
    }
    std::move(found.begin(), found.end(), std::back_inserter(certificates));
  };
  if (!der::looks_like_pem(file)) {
    const der::ContentKind kind = der::content_kind(file);
    if (kind == der::ContentKind::pkcs7) {
      return with_context(shown,
                          [&] { return read_pkcs7_bundle(file, der::FileForm::der, limit); });
    }
    if (kind != der::ContentKind::certificate && kind != der::ContentKind::other) {
      throw no_certificate(shown, {}, file, der::FileForm::der);
    }
    if (file.empty() || file[0] != der::tag::sequence) {
      throw no_certificate(shown, {}, file, der::FileForm::der);
    }
    take({with_context(shown, [file] { return Certificate::from_der(file); })});
    return certificates;
  }
  const std::vector<der::PemBlock> blocks =
      with_context(shown, [file] { return der::read_pem(file); });
  for (const der::PemBlock& block : blocks) {
    refuse_bad_company(block, shown, keys);
    const ByteView der = block.der.view();
    const bool named = is_certificate(block.label);
    if (!named && !is_pkcs7_label(block.label)) continue;
    const std::string place = format("{}: certificate {}", shown, certificates.size() + 1);
    if (der::content_kind(der) == der::ContentKind::pkcs7) {
      take(with_context(place, [&] { return read_pkcs7_bundle(der, der::FileForm::pem, limit); }));
    } else if (named) {
      take({with_context(place, [&] { return read_one(der); })});
    } else {
      throw Error(Errc::malformed,
                  format("{}: the block labelled {} is no PKCS #7", shown, printable(block.label)));
    }
  }
  if (certificates.empty()) {
    const auto first = blocks.empty() ? ByteView{} : blocks.front().der.view();
    const std::string_view label = blocks.empty() ? std::string_view{} : blocks.front().label;
    throw no_certificate(shown, label, first, der::FileForm::pem);
  }
  return certificates;
}

std::string to_pem(const Certificate& certificate) {
  return der::to_pem("CERTIFICATE", certificate.der());
}

std::string to_pem(const std::vector<Certificate>& certificates) {
  std::string pem;
  for (const Certificate& certificate : certificates) pem += to_pem(certificate);
  return pem;
}

}  // namespace mtls::x509
