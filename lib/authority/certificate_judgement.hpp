// Whether an existing certificate says what a first run's would. Private to lib/authority.
#pragma once

#include "authority/standing_set.hpp"

#include <string>
#include <vector>

namespace mtls::authority {

/// What was found about a set that is to be kept.
struct Findings {
  std::vector<Mismatch> mismatches;
  std::vector<ca::Notice> notices;
};

/// Compares `certificate`, whose row is `record`, with what a first run would issue
/// (expected_certificate): profile, subject, alternative names, purposes, a CA's bounds,
/// validity, request key. Whatever else differs is a notice. Throws as expected_certificate.
void judge_certificate(const x509::Certificate& certificate,
                       const std::optional<store::Record>& record, const Standing& standing,
                       Findings& findings);

/// Whether both hold the same names, in any order.
[[nodiscard]] bool same_names(const x509::GeneralNames& left, const x509::GeneralNames& right);
/// The names for a message: "dns:a.example, ip:10.0.0.1", or "none".
[[nodiscard]] std::string to_text(const x509::GeneralNames& names);

}  // namespace mtls::authority
