// What a CA directory says of whom to let in, as values.
#pragma once

#include "x509/certificate.hpp"
#include "x509/certificate_list.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mtls::render {

/// The CRLs that go with a CA directory, and the file they come from.
struct CrlFacts {
  std::string path;  // absolute
  std::vector<x509::CertificateList> lists;
};

/// Gathered by whoever knows the disk; files are named as they are there, absolute.
struct TrustFacts {
  std::string directory;                      // the CA directory, as it was named
  std::vector<x509::Certificate> chain;       // the CA that issues clients first, the root last
  std::string anchor_path;                    // the file that holds the root
  std::optional<CrlFacts> crl;                // nothing: no CRL is there, and none is rendered
  std::vector<x509::Certificate> known = {};  // further certificates, for how deep chains get

  [[nodiscard]] const x509::Certificate& anchor() const { return chain.back(); }
};

/// Reads the CRLs of a PEM or DER file's content, in its order; `shown` names it in errors. Throws
/// malformed, also where there is none.
[[nodiscard]] std::vector<x509::CertificateList> read_lists(ByteView file, std::string_view shown);
/// Returns PEM of CRLs, in order.
[[nodiscard]] std::string to_pem(const std::vector<x509::CertificateList>& lists);

/// Returns the CAs of `chain` that issued none of `lists`, judged by name. nginx, HAProxy and Envoy
/// check every certificate of the chain, and refuse everyone where one such CRL is missing.
[[nodiscard]] std::vector<x509::Certificate> without_list(
    const std::vector<x509::Certificate>& chain, const std::vector<x509::CertificateList>& lists);

}  // namespace mtls::render
