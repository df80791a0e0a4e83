#include "verify/hints.hpp"

#include "base/format.hpp"

namespace mtls::verify {
namespace {

/// The command that makes the certificate anew.
std::string_view command_for(std::size_t depth, Purpose purpose) {
  if (depth > 0) return "mtlsctl ca init";
  return purpose == Purpose::server ? "mtlsctl server issue" : "mtlsctl client issue";
}

std::string issue_anew(std::size_t depth, Purpose purpose) {
  if (depth == 0) {
    return format("issue it again, with the same names: {} --force --force-key",
                  command_for(depth, purpose));
  }
  return "the CA needs a new certificate, and then so do those that it issued";
}

std::string hint_for_use(Problem problem, Purpose purpose) {
  if (problem == Problem::host_mismatch) {
    return "issue a certificate that has the name as a SAN, with: mtlsctl server issue --san "
           "dns:HOST (or ip:ADDRESS); the CN does not count";
  }
  if (problem == Problem::purpose_not_stated) {
    return format(
        "issue it again with: {} --force --force-key (it says what the certificate is for)",
        command_for(0, purpose));
  }
  if (purpose == Purpose::server) {
    return "a listener's certificate comes from: mtlsctl server issue; to judge a client's, use "
           "--purpose client";
  }
  return "a client's certificate comes from: mtlsctl client issue; to judge a listener's, use "
         "--purpose server";
}

std::string hint_for_time(Problem problem, std::size_t depth, Purpose purpose) {
  if (problem == Problem::not_yet_valid) {
    return "wait, or set the clock of the machine that judges or of the one that issued";
  }
  return issue_anew(depth, purpose);
}

}  // namespace

std::string hint_for(Problem problem, std::size_t depth, Purpose purpose) {
  switch (problem) {
    case Problem::no_trust_anchor:
      return "name the CA to trust with --ca DIR or --trust FILE, and the CAs between with "
             "--untrusted FILE";
    case Problem::self_signed_leaf:
      return format(
          "have it issued by a CA, with: {}; or, if it is itself what you trust, pass it "
          "with --trust",
          command_for(0, purpose));
    case Problem::bad_signature:
      return "the certificate was changed, or it was issued by another CA of the same name: "
             "compare the CA's fingerprints";
    case Problem::weak_signature:
      return "SHA-1 and MD5 signatures can be forged; " + issue_anew(depth, purpose);
    case Problem::weak_key:
      return "make a new key with mtlsctl key generate, and have it certified";
    case Problem::issuer_not_ca:
      return "only a certificate with basicConstraints CA:TRUE can issue others; mtlsctl ca init "
             "makes one";
    case Problem::path_length_exceeded:
      return "issue from a CA higher up, or make the intermediate with a greater --path-length";
    case Problem::key_usage_forbids_signing:
      return "a CA certificate needs the key usage keyCertSign; mtlsctl ca init makes one";
    case Problem::name_constraint_violated:
      return "ask for names that the CA may certify, or use a CA that may certify these";
    case Problem::unknown_critical_extension:
      return "whoever does not know a critical extension must refuse the certificate (RFC 5280 "
             "section 4.2): issue it without, or not critical";
    case Problem::not_version_3:
      return "openssl x509 -req without -extfile makes such certificates; " +
             issue_anew(depth, purpose);
    case Problem::malformed_extension:
    case Problem::signature_algorithms_differ:
      return "it was not made by a sound CA; " + issue_anew(depth, purpose);
    case Problem::budget_exceeded:
      return "pass only the CA certificates that belong to this path";
    case Problem::intermediate_not_sent:
      return "mtlsctl cert export SERIAL --ca DIR -o FILE writes a file that contains the "
             "intermediates";
    case Problem::wrong_purpose:
    case Problem::purpose_not_stated:
    case Problem::host_mismatch:
      return hint_for_use(problem, purpose);
    case Problem::expired:
    case Problem::not_yet_valid:
      return hint_for_time(problem, depth, purpose);
    case Problem::revoked:
      return depth == 0 ? "do not use it any more; " + issue_anew(depth, purpose)
                        : "all that this CA issued must be issued anew by another";
    case Problem::signature_not_recorded:
      return "use the file that was issued: mtlsctl cert export SERIAL writes it again";
    case Problem::serial_of_another:
      return "the CA's key was used without this ledger, or the ledger lost the certificate: find "
             "out who issued it";
    case Problem::revocation_unknown:
    case Problem::policy_failed:
    case Problem::other:
      return {};
  }
  return {};
}

}  // namespace mtls::verify
