#include "verify/path_judge.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "ossl/openssl_error.hpp"
#include "verify/verify_error.hpp"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <limits>

namespace mtls::verify {
namespace {

/// 112 bits: RSA from 2048 bits, SHA-224 and up (NIST SP 800-57). It leaves out the signature on
/// the anchor.
constexpr int k_security_level = 2;
constexpr std::size_t k_most_complaints = 512;

struct Complaint {
  int code;
  std::size_t depth;
};

/// What the callbacks share. They run under C, so nothing in them may throw: room for the
/// complaints is made before.
struct Session {
  std::vector<X509*> path;
  std::vector<Complaint> complaints;
  bool overflowed = false;
};

Session* session_of(X509_STORE_CTX* store) {
  return static_cast<Session*>(X509_STORE_CTX_get_app_data(store));
}

/// Notes every error and goes on, so that all of them come to light.
int note_error(int ok, X509_STORE_CTX* store) {
  if (ok == 1) return 1;
  Session& session = *session_of(store);
  if (session.complaints.size() == session.complaints.capacity()) {
    session.overflowed = true;
    return 0;
  }
  const int depth = X509_STORE_CTX_get_error_depth(store);
  session.complaints.push_back({.code = X509_STORE_CTX_get_error(store),
                                .depth = depth < 0 ? 0 : static_cast<std::size_t>(depth)});
  return 1;
}

/// Lets libcrypto's own path building go one way only: along the path to be judged. The names must
/// still match by its lights; the key identifiers are the rules' to judge.
int is_next_on_path(X509_STORE_CTX* store, X509* child, X509* issuer) {
  const std::vector<X509*>& path = session_of(store)->path;
  const auto at = std::find(path.begin(), path.end(), child);
  if (at == path.end()) return 0;
  const bool is_next = at + 1 == path.end() ? issuer == child : issuer == *(at + 1);
  if (!is_next) return 0;
  return X509_NAME_cmp(X509_get_issuer_name(child), X509_get_subject_name(issuer)) == 0 ? 1 : 0;
}

ossl::Handle<X509_STORE> make_store(const Path& path, const Session& session) {
  ossl::Handle<X509_STORE> store(ossl::require_pointer(X509_STORE_new(), "X509_STORE_new"));
  X509_STORE_set_check_issued(store.get(), is_next_on_path);
  X509_STORE_set_verify_cb(store.get(), note_error);
  if (path.end == PathEnd::anchor) {
    ossl::require(X509_STORE_add_cert(store.get(), session.path.back()) == 1,
                  "X509_STORE_add_cert");
  }
  return store;
}

ossl::Handle<STACK_OF(X509)> make_untrusted(const Session& session) {
  ossl::Handle<STACK_OF(X509)> untrusted(
      ossl::require_pointer(sk_X509_new_null(), "sk_X509_new_null"));
  for (std::size_t i = 1; i < session.path.size(); ++i) {
    ossl::require(X509_add_cert(untrusted.get(), session.path[i], X509_ADD_FLAG_UP_REF) == 1,
                  "X509_add_cert");
  }
  return untrusted;
}

void set_parameters(X509_STORE_CTX* store, const VerifyRequest& request, std::size_t length) {
  X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(store);
  // Partial chains: an anchor is one whether or not it signed itself.
  ossl::require(
      X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN |
                                                  X509_V_FLAG_POLICY_CHECK) == 1,
      "X509_VERIFY_PARAM_set_flags");
  // RFC 5280 section 6.1.1 (c): where nobody asks for a policy the initial set is anyPolicy; to
  // libcrypto it would be empty, and a CA's requireExplicitPolicy never met.
  ossl::require(X509_VERIFY_PARAM_add0_policy(parameters, OBJ_nid2obj(NID_any_policy)) == 1,
                "X509_VERIFY_PARAM_add0_policy");
  X509_VERIFY_PARAM_set_time(parameters,
                             static_cast<std::time_t>(request.at.time_since_epoch().count()));
  X509_VERIFY_PARAM_set_auth_level(parameters, k_security_level);
  constexpr std::size_t k_int_limit = std::numeric_limits<int>::max();
  X509_VERIFY_PARAM_set_depth(parameters, static_cast<int>(std::min(length, k_int_limit)));
  if (request.purpose == Purpose::any) return;
  const int purpose =
      request.purpose == Purpose::server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT;
  ossl::require(X509_VERIFY_PARAM_set_purpose(parameters, purpose) == 1,
                "X509_VERIFY_PARAM_set_purpose");
}

/// Whether libcrypto judged the path that it was given, and not another one.
bool went_along(X509_STORE_CTX* store, const Session& session) {
  const STACK_OF(X509)* const chain = X509_STORE_CTX_get0_chain(store);
  if (chain == nullptr || sk_X509_num(chain) != static_cast<int>(session.path.size())) return false;
  for (std::size_t i = 0; i < session.path.size(); ++i) {
    if (sk_X509_value(chain, static_cast<int>(i)) != session.path[i]) return false;
  }
  return true;
}

/// Whether the rules have named the cause of this complaint, in other words than its problem.
bool is_consequence(const Complaint& complaint, const Findings& findings) {
  const auto found = [&](Problem problem) { return findings.has_error(problem, complaint.depth); };
  switch (complaint.code) {
    case X509_V_ERR_INVALID_PURPOSE:  // X509_check_purpose asks X509_check_ca of a CA
      return found(Problem::issuer_not_ca) || found(Problem::key_usage_forbids_signing);
    case X509_V_ERR_INVALID_CA:  // X509_check_ca looks at keyCertSign too
      return found(Problem::key_usage_forbids_signing);
    case X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA:
      return found(Problem::issuer_not_ca);
    case X509_V_ERR_UNSPECIFIED:  // its decoders refused an extension
      return found(Problem::malformed_extension);
    default:
      return false;
  }
}

/// Whether the rules have said the same already.
bool is_known(const Complaint& complaint, const Path& path, const VerifyRequest& request,
              const Findings& findings) {
  const std::size_t depth = complaint.depth;
  const Problem problem = problem_of(complaint.code);
  if (problem != Problem::other && findings.has_error(problem, depth)) return true;
  if (is_consequence(complaint, findings)) return true;
  // The end of the path is for the caller to report, who knows what was given.
  if (problem == Problem::no_trust_anchor || problem == Problem::self_signed_leaf) {
    return path.end != PathEnd::anchor;
  }
  // libcrypto counts the last second of notAfter as expired; RFC 5280 section 4.1.2.5 does not.
  return problem == Problem::expired &&
         path.certificates[depth]->certificate().validity().not_after == request.at;
}

void report(const Session& session, const Path& path, const VerifyRequest& request,
            Findings& findings) {
  for (auto at = session.complaints.begin(); at != session.complaints.end(); ++at) {
    const bool is_repeated = std::any_of(
        session.complaints.begin(), at,
        [&](const Complaint& each) { return each.code == at->code && each.depth == at->depth; });
    if (is_repeated) continue;
    // A depth off the path is no reason to lose the complaint.
    const Complaint complaint{.code = at->code,
                              .depth = std::min(at->depth, path.certificates.size() - 1)};
    if (is_known(complaint, path, request, findings)) continue;
    const Problem problem = problem_of(complaint.code);
    const bool is_signature = complaint.code == X509_V_ERR_CERT_SIGNATURE_FAILURE &&
                              complaint.depth + 1 < path.certificates.size();
    findings.error(problem, complaint.depth,
                   is_signature ? format("its signature is not by the key of {}",
                                         path.certificates[complaint.depth + 1]->shown_name())
                                : describe_verify_error(complaint.code));
  }
}

bool has_policies(const Path& path) {
  return std::any_of(path.certificates.begin(), path.certificates.end(), [](const Candidate* each) {
    return x509::find(each->certificate().extensions(), x509::oids::certificate_policies()) !=
           nullptr;
  });
}

/// Finds what on the path kept X509_verify_cert from a verdict; throws where nothing there did:
/// then it was libcrypto or its surroundings that failed.
void report_no_verdict(int code, const Session& session, const Path& path, Findings& findings) {
  bool unreadable = false;
  for (std::size_t depth = 0; depth < session.path.size(); ++depth) {
    const bool is_known = findings.has_error(Problem::malformed_extension, depth);
    const bool is_invalid =
        (X509_get_extension_flags(session.path[depth]) & EXFLAG_INVALID) != 0 && !is_known;
    if (is_invalid) {
      findings.error(Problem::malformed_extension, depth, "libcrypto cannot read its extensions");
    }
    unreadable = unreadable || is_known || is_invalid;
  }
  const std::string why = format("X509_verify_cert came to no verdict{}",
                                 code == X509_V_OK ? "" : "; " + describe_verify_error(code));
  if (unreadable) {
    findings.error(Problem::other, 0, why);
  } else if (code == X509_V_ERR_OUT_OF_MEM && has_policies(path)) {
    // What it says where the policies grow past its bound (CVE-2023-0464).
    findings.error(Problem::policy_failed, 0, "the policies on its path are too many to work out");
  } else {
    ossl::throw_error(code == X509_V_ERR_OUT_OF_MEM ? Errc::io : Errc::internal, why);
  }
}

/// Runs X509_verify_cert; only 1 is success, and only without any complaint. All but 1, and 0 with
/// a complaint, is no verdict (CVE-2021-4044: internal errors as success).
Judged run(Session& session, const Path& path, const VerifyRequest& request,
           const ossl::Context& context, Findings& findings) {
  const auto store = make_store(path, session);
  const auto untrusted = make_untrusted(session);
  const ossl::Handle<X509_STORE_CTX> verification(ossl::require_pointer(
      X509_STORE_CTX_new_ex(context.get(), context.properties()), "X509_STORE_CTX_new_ex"));
  ossl::require(X509_STORE_CTX_init(verification.get(), store.get(), session.path.front(),
                                    untrusted.get()) == 1,
                "X509_STORE_CTX_init");
  ossl::require(X509_STORE_CTX_set_app_data(verification.get(), &session) == 1,
                "X509_STORE_CTX_set_app_data");
  set_parameters(verification.get(), request, session.path.size());

  const int result = X509_verify_cert(verification.get());
  const bool followed = went_along(verification.get(), session);
  report(session, path, request, findings);
  if (session.overflowed) {
    findings.error(Problem::other, 0, "libcrypto found more problems than can be listed");
  } else if (result != 1 && (result != 0 || session.complaints.empty())) {
    report_no_verdict(X509_STORE_CTX_get_error(verification.get()), session, path, findings);
  } else if (result != 1 && !findings.has_errors()) {
    findings.error(Problem::other, 0, "libcrypto refuses it");
  } else if (!followed && path.end == PathEnd::anchor && !findings.has_errors()) {
    findings.error(Problem::other, 0, "libcrypto judged another path than this one");
  }
  ossl::clear_queue();
  return result == 1 && followed ? Judged::yes : Judged::no;
}

}  // namespace

Judged judge_with_libcrypto(const Path& path, const VerifyRequest& request,
                            const ossl::Context& context, Findings& findings) {
  Session session;
  // All keys first: libcrypto computes with a key while it reads the certificate.
  for (Candidate* const each : path.certificates) {
    if (!each->has_harmless_key(context)) return Judged::no;
  }
  for (std::size_t depth = 0; depth < path.certificates.size(); ++depth) {
    X509* const form = path.certificates[depth]->libcrypto_form(context);
    if (form == nullptr) {
      if (depth == 0) {
        throw Error(Errc::malformed, "malformed certificate: libcrypto cannot read it",
                    "it was damaged, or not made by a sound CA; get it anew");
      }
      findings.error(Problem::malformed_extension, depth, "libcrypto cannot read it");
      return Judged::no;
    }
    session.path.push_back(form);
  }
  session.complaints.reserve(k_most_complaints);
  return run(session, path, request, context, findings);
}

}  // namespace mtls::verify
