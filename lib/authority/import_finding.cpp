#include "authority/import_finding.hpp"

#include <array>

namespace mtls::authority {
namespace {

ImportFinding finding_of(PassedOver::Why why) {
  switch (why) {
    case PassedOver::Why::link:
      return ImportFinding::link;
    case PassedOver::Why::empty:
      return ImportFinding::empty;
    case PassedOver::Why::unused:
      return ImportFinding::unused;
    case PassedOver::Why::not_regular:
    case PassedOver::Why::unreadable:
    case PassedOver::Why::too_large:
    case PassedOver::Why::too_many:
      return ImportFinding::unreadable;
  }
  return ImportFinding::unreadable;
}

}  // namespace

std::string_view name(ImportFinding finding) noexcept {
  constexpr std::array<std::string_view, 22> k_names{"unreadable",
                                                     "empty",
                                                     "link",
                                                     "unused",
                                                     "other_issuer",
                                                     "bad_signature",
                                                     "undetermined_signature",
                                                     "unstorable",
                                                     "outdated_signature",
                                                     "unverified_signature",
                                                     "index_line",
                                                     "index_not_attributable",
                                                     "row_without_certificate",
                                                     "not_in_index",
                                                     "partial_crl",
                                                     "crl_number",
                                                     "revoked_by_place",
                                                     "revoked_in_log",
                                                     "revoked_since",
                                                     "revoked_without_certificate",
                                                     "repeated_serial",
                                                     "signature_not_recorded"};
  return k_names.at(static_cast<std::size_t>(finding));
}

bool is_damage(ImportFinding finding) noexcept {
  switch (finding) {
    case ImportFinding::outdated_signature:
    case ImportFinding::unverified_signature:
    case ImportFinding::revoked_in_log:
    case ImportFinding::revoked_since:
    case ImportFinding::revoked_without_certificate:
      return false;
    default:
      return true;
  }
}

ImportNote to_note(const PassedOver& one) {
  return {.finding = finding_of(one.why), .file = one.file, .message = one.message};
}

}  // namespace mtls::authority
