// The words and classes of problems.
#include "verify/verify.hpp"

namespace mtls::verify {

std::string_view name(Problem problem) noexcept {
  switch (problem) {
    case Problem::no_trust_anchor:
      return "no_trust_anchor";
    case Problem::self_signed_leaf:
      return "self_signed_leaf";
    case Problem::bad_signature:
      return "bad_signature";
    case Problem::weak_signature:
      return "weak_signature";
    case Problem::weak_key:
      return "weak_key";
    case Problem::issuer_not_ca:
      return "issuer_not_ca";
    case Problem::path_length_exceeded:
      return "path_length_exceeded";
    case Problem::key_usage_forbids_signing:
      return "key_usage_forbids_signing";
    case Problem::name_constraint_violated:
      return "name_constraint_violated";
    case Problem::unknown_critical_extension:
      return "unknown_critical_extension";
    case Problem::malformed_extension:
      return "malformed_extension";
    case Problem::signature_algorithms_differ:
      return "signature_algorithms_differ";
    case Problem::not_version_3:
      return "not_version_3";
    case Problem::policy_failed:
      return "policy_failed";
    case Problem::budget_exceeded:
      return "budget_exceeded";
    case Problem::intermediate_not_sent:
      return "intermediate_not_sent";
    case Problem::wrong_purpose:
      return "wrong_purpose";
    case Problem::purpose_not_stated:
      return "purpose_not_stated";
    case Problem::host_mismatch:
      return "host_mismatch";
    case Problem::expired:
      return "expired";
    case Problem::not_yet_valid:
      return "not_yet_valid";
    case Problem::revoked:
      return "revoked";
    case Problem::revocation_unknown:
      return "revocation_unknown";
    case Problem::signature_not_recorded:
      return "signature_not_recorded";
    case Problem::serial_of_another:
      return "serial_of_another";
    case Problem::other:
      return "other";
  }
  return "";
}

ProblemClass problem_class(Problem problem) noexcept {
  switch (problem) {
    case Problem::expired:
    case Problem::not_yet_valid:
      return ProblemClass::time;
    case Problem::revoked:
    case Problem::revocation_unknown:
      return ProblemClass::revocation;
    default:
      return ProblemClass::no;
  }
}

}  // namespace mtls::verify
