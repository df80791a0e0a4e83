// Certificates in files: PEM or DER in, PEM out.
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "der/pem.hpp"
#include "x509/certificate.hpp"

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

Error no_certificate(std::string_view shown, const std::vector<der::PemBlock>& blocks) {
  const std::string_view hint = "a certificate begins with -----BEGIN CERTIFICATE-----";
  if (blocks.empty()) {
    return {Errc::malformed, format("{} holds no certificate", shown), std::string(hint)};
  }
  return {Errc::malformed,
          format("{} holds no certificate, but '{}'", shown, printable(blocks.front().label)),
          std::string(hint)};
}

}  // namespace

std::vector<Certificate> read_certificates(ByteView file, std::string_view shown, KeysBeside keys,
                                           std::size_t limit) {
  std::vector<Certificate> certificates;
  if (!der::looks_like_pem(file)) {
    if (file.empty() || file[0] != der::tag::sequence) throw no_certificate(shown, {});
    certificates.push_back(with_context(shown, [file] { return Certificate::from_der(file); }));
    return certificates;
  }
  const std::vector<der::PemBlock> blocks =
      with_context(shown, [file] { return der::read_pem(file); });
  for (const der::PemBlock& block : blocks) {
    refuse_bad_company(block, shown, keys);
    if (!is_certificate(block.label)) continue;
    if (certificates.size() == limit) {
      throw Error(Errc::malformed, format("{} holds over {} certificates", shown, limit));
    }
    certificates.push_back(
        with_context(format("{}: certificate {}", shown, certificates.size() + 1),
                     [&block] { return Certificate::from_der(block.der.view()); }));
  }
  if (certificates.empty()) throw no_certificate(shown, blocks);
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
