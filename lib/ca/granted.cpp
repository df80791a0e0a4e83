#include "ca/granted.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "profile/san_policy.hpp"
#include "profile/subject_policy.hpp"
#include "x509/constraint_faults.hpp"

#include <algorithm>

namespace mtls::ca {
namespace {

/// Where the profile can be read. One of a file of one's own is found only with the flags that
/// named its directory, so the file itself is named.
std::string show_hint(const profile::Profile& profile) {
  if (profile.source == profile::k_built_in) {
    return format("see mtlsctl profile show {}", profile.name);
  }
  return format("see {}", printable(profile.source));
}

using x509::Criticality;
namespace oids = x509::oids;

constexpr std::size_t k_name_limit = 100;  // SANs, whatever the profile says

bool is_ca(const profile::Profile& profile) {
  return profile.extensions.basic_constraints.subject == x509::BasicConstraints::Subject::ca;
}

/// The path length that the chain leaves to a CA made under it; nothing where it sets no bound.
/// Throws where it leaves none.
std::optional<unsigned> path_length_left(const Grounds& grounds) {
  std::optional<unsigned> left;
  for (std::size_t i = 0; i < grounds.chain.size(); ++i) {
    const auto constraints = grounds.chain[i].basic_constraints();
    if (!constraints || !constraints->path_length) continue;
    // Below chain[i] stand i CAs and the new one.
    const std::size_t allowed = *constraints->path_length;
    if (allowed < i + 1) {
      throw Error(Errc::constraint_violated,
                  format("the path length {} of {} allows no further CA here", allowed,
                         grounds.chain[i].subject().to_text()),
                  "issue under a CA higher up, or make one with --path-length");
    }
    const auto rest = static_cast<unsigned>(allowed - i - 1);
    left = left ? std::min(*left, rest) : rest;
  }
  return left;
}

x509::BasicConstraints grant_basic_constraints(const Request& request, const Grounds& grounds) {
  x509::BasicConstraints granted = grounds.profile.extensions.basic_constraints;
  if (!is_ca(grounds.profile)) {
    if (request.path_length) {
      throw Error(Errc::denied_by_profile,
                  format("profile '{}' makes no CA: it has no path length", grounds.profile.name));
    }
    return granted;
  }
  if (request.path_length) {
    const auto most = grounds.profile.extensions.max_path_length;
    if (most && *request.path_length > *most) {
      throw Error(Errc::denied_by_profile,
                  format("a path length of {} is above the {} that profile '{}' allows",
                         *request.path_length, *most, grounds.profile.name),
                  "extensions.max_path_length of a profile of your own says otherwise");
    }
    granted.path_length = request.path_length;
  }
  const auto left = path_length_left(grounds);
  if (!left) return granted;
  if (request.path_length && *request.path_length > *left) {
    throw Error(Errc::constraint_violated,
                format("a path length of {} is above the {} that the issuing CA leaves",
                       *request.path_length, *left));
  }
  granted.path_length = std::min(granted.path_length.value_or(*left), *left);
  return granted;
}

bool has_kind(const x509::GeneralNames& names, x509::GeneralNameKind kind) {
  return std::any_of(names.begin(), names.end(),
                     [kind](const x509::GeneralName& name) { return name.kind() == kind; });
}

/// Where the profile permits names of a kind, a base of that kind must lie within one of those:
/// permitted subtrees are alternatives, and one more would only widen what the profile allows.
void require_narrower(const x509::GeneralName& base, const profile::Profile& profile) {
  const x509::GeneralNames& permitted = profile.extensions.name_constraints.permitted;
  const bool narrower = std::any_of(
      permitted.begin(), permitted.end(),
      [&base](const x509::GeneralName& outer) { return x509::is_subtree_within(base, outer); });
  if (narrower || !has_kind(permitted, base.kind())) return;
  throw Error(Errc::denied_by_profile,
              format("profile '{}' does not permit {}: it is not within what the profile permits",
                     profile.name, base.to_text()),
              show_hint(profile));
}

/// Permitted bases of the request take the place of the profile's of their kind, excluded ones are
/// added to the profile's.
x509::NameConstraints grant_name_constraints(const Request& request,
                                             const profile::Profile& profile) {
  const x509::NameConstraints& wanted = request.name_constraints;
  if (!is_ca(profile) && !wanted.empty()) {
    throw Error(Errc::denied_by_profile,
                format("profile '{}' makes no CA: it has no name constraints", profile.name));
  }
  const auto add = [](x509::GeneralNames& names, const x509::GeneralName& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  x509::NameConstraints granted;
  for (const x509::GeneralName& base : profile.extensions.name_constraints.permitted) {
    if (!has_kind(wanted.permitted, base.kind())) add(granted.permitted, base);
  }
  for (const x509::GeneralName& base : wanted.permitted) {
    require_narrower(base, profile);
    add(granted.permitted, base);
  }
  for (const auto* excluded : {&profile.extensions.name_constraints.excluded, &wanted.excluded}) {
    for (const x509::GeneralName& base : *excluded) add(granted.excluded, base);
  }
  // A root that is made anew keeps what it has; 'ca adopt' warns of it.
  if (request.subject_key_identifier) return granted;
  if (const auto faults = x509::find_constraint_faults(granted); !faults.empty()) {
    throw Error(Errc::bad_name, "the name constraint " + faults.front().message,
                "a CA with it could never issue such a name: change --permit, --exclude or the "
                "profile");
  }
  return granted;
}

/// The purposes of the CAs above bound those of the leaf, as OpenSSL, NSS and Windows read them.
/// anyExtendedKeyUsage in a CA stands for none of them: OpenSSL and our own verify refuse the path.
void require_purposes_within_chain(const std::vector<der::Oid>& purposes, const Grounds& grounds) {
  for (const x509::Certificate& ca : grounds.chain) {
    const auto allowed = ca.extended_key_usage();
    if (!allowed) continue;
    const auto allows = [&allowed](const der::Oid& purpose) {
      return std::find(allowed->begin(), allowed->end(), purpose) != allowed->end();
    };
    for (const der::Oid& purpose : purposes) {
      if (allows(purpose)) continue;
      throw Error(Errc::constraint_violated,
                  format("the extended key usage of {} does not allow {}", ca.subject().to_text(),
                         x509::oid_name(purpose)));
    }
  }
}

x509::Validity grant_window(const x509::Validity& window, const Grounds& grounds) {
  if (!is_for_probes(grounds.profile) || grounds.chain.empty()) {
    throw Error(Errc::denied_by_profile,
                format("profile '{}' does not let the caller choose when a certificate begins",
                       grounds.profile.name));
  }
  const x509::Validity& outer = grounds.chain.front().validity();
  if (window.not_before < outer.not_before || outer.not_after < window.not_after ||
      window.not_after - window.not_before >= grounds.profile.validity.max_period) {
    throw Error(Errc::constraint_violated,
                format("{} to {} is not within the issuing CA's validity, or too long",
                       to_rfc3339(window.not_before), to_rfc3339(window.not_after)));
  }
  return window;
}

}  // namespace

std::vector<der::Oid> grant_purposes(const Request& request, const profile::Profile& profile) {
  const std::vector<der::Oid>& allowed = profile.extensions.extended_key_usage;
  if (!request.purposes) return allowed;
  const bool within = std::all_of(
      request.purposes->begin(), request.purposes->end(), [&allowed](const der::Oid& purpose) {
        return std::find(allowed.begin(), allowed.end(), purpose) != allowed.end();
      });
  if (!within || (request.purposes->empty() && !allowed.empty())) {
    throw Error(Errc::denied_by_profile,
                format("profile '{}' does not grant these purposes", profile.name));
  }
  return *request.purposes;
}

bool is_for_probes(const profile::Profile& profile) {
  return profile.name == "probe" && profile.source == profile::k_built_in;
}

namespace {

/// The subject asked for in the string types of a new name. A CA's is kept octet for octet: it may
/// have issued certificates, which refer to that.
x509::Name in_current_strings(const Request& request, const Grounds& grounds,
                              std::vector<Notice>& notices) {
  if (grounds.chain.empty() || is_ca(grounds.profile)) return request.subject;
  const bool from_csr = request.csr && request.subject == request.csr->subject();
  const std::string_view whose = from_csr ? "the subject of the CSR" : "the subject";
  try {
    x509::require_good_name(request.subject, whose);
    x509::RewrittenName rewritten =
        with_context(whose, [&] { return x509::rewrite_outdated_strings(request.subject); });
    for (const std::string& change : rewritten.changes) {
      notices.push_back({.kind = Notice::Kind::rewritten,
                         .field = "subject",
                         .requested = request.subject.to_text(),
                         .granted = rewritten.name.to_text(),
                         .message = format("{}: {} (RFC 5280)", whose, change)});
    }
    return std::move(rewritten.name);
  } catch (Error& error) {
    if (error.code() != Errc::bad_name || !from_csr) throw;
    throw Error(error.code(), error.message(),
                "give the name that the certificate is to have with --subject, or ask for another "
                "CSR");
  }
}

}  // namespace

x509::Name grant_subject(const Request& request, const Grounds& grounds,
                         std::vector<Notice>& notices) {
  const x509::Name wanted = in_current_strings(request, grounds, notices);
  const x509::Name subject = with_context(format("profile '{}'", grounds.profile.name), [&] {
    return profile::apply_subject_policy(grounds.profile.subject, wanted);
  });
  x509::require_good_name(subject, "the subject");
  for (const std::string& address : subject.values(oids::email_address())) {
    if (std::count(address.begin(), address.end(), '@') == 1) continue;
    notices.push_back(
        {.kind = Notice::Kind::warning,
         .field = "emailAddress",
         .requested = printable(address),
         .granted = printable(address),
         .message = format("'{}' in the subject is no e-mail address; it is kept as it is",
                           printable(address))});
  }
  return subject;
}

namespace {

/// Whether the CSR has names that the profile would take, and none were asked for.
bool names_untaken(const Request& request, const Grounds& grounds) {
  if (!request.csr || !grounds.profile.csr.subject_alt_names) return false;
  if (!request.subject_alt_names.empty()) return false;
  return x509::find(request.csr->requested_extensions(), oids::subject_alt_name()) != nullptr;
}

}  // namespace

x509::GeneralNames grant_subject_alt_names(const Request& request, const Grounds& grounds) {
  const profile::SanPolicy& policy = grounds.profile.san;
  x509::GeneralNames names;
  for (const x509::GeneralName& asked : request.subject_alt_names) {
    const x509::GeneralName name =
        asked.kind() == x509::GeneralNameKind::directory
            ? x509::GeneralName::directory(
                  x509::rewrite_outdated_strings(asked.directory_name()).name)
            : asked;
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    if (names.size() == k_name_limit) {
      throw Error(Errc::too_many_names,
                  format("over {} subject alternative names are asked for", k_name_limit));
    }
    names.push_back(name);
  }
  for (const x509::GeneralName& name : names) name.require_good("the subject alternative name");
  if (const auto why = profile::refuses(policy, names)) {
    const std::string take = names_untaken(request, grounds)
                                 ? ", or --san-from-csr to take the request's"
                                 : std::string();
    std::string hint = show_hint(grounds.profile);
    if (policy.host_required) {
      hint =
          "clients look for the host in the subject alternative names, never in the CN: --san "
          "dns:www.example.com" +
          take;
    } else if (names.empty()) {
      hint = "give --san KIND:VALUE" + take;
    }
    throw Error(Errc::denied_by_profile,
                format("profile '{}' refuses: {}", grounds.profile.name, *why), hint);
  }
  return names;
}

x509::CommonNames constrained_common_names(const profile::Profile& profile) {
  using x509::KeyUsageBit;
  const x509::KeyUsage& usage = profile.extensions.key_usage;
  const bool tls_peer = usage.has(KeyUsageBit::digital_signature) ||
                        usage.has(KeyUsageBit::key_encipherment) ||
                        usage.has(KeyUsageBit::key_agreement);
  return is_ca(profile) && !tls_peer ? x509::CommonNames::ignored
                                     : x509::CommonNames::as_any_identity;
}

namespace {

/// What would meet the constraints, and which of them nothing meets.
std::string constraint_hint(const x509::NameConstraints& constraints) {
  constexpr std::size_t k_most = 3;
  const auto faults = x509::find_constraint_faults(constraints);
  std::string hint;
  for (std::size_t i = 0; i < std::min(faults.size(), k_most); ++i) {
    hint += faults[i].message;
    if (!faults[i].remedy.empty()) {
      hint += format("; a new CA certificate would need {}", faults[i].remedy);
    }
    hint += "; ";
  }
  const std::string permitted = x509::describe_permitted(constraints);
  if (!permitted.empty()) hint += format("permitted are {}; ", permitted);
  return hint +
         "a common name counts where a program may take it for a host, an address or an "
         "e-mail address";
}

}  // namespace

void require_within_constraints(const x509::Name& subject, const x509::GeneralNames& names,
                                const Grounds& grounds) {
  const auto common_names = constrained_common_names(grounds.profile);
  for (const x509::Certificate& ca : grounds.chain) {
    const auto constraints = ca.name_constraints();
    if (!constraints) continue;
    if (const auto why = x509::constraint_violation(*constraints, subject, names, common_names)) {
      throw Error(
          Errc::constraint_violated,
          format("the name constraints of {} do not allow it: {}", ca.subject().to_text(), *why),
          constraint_hint(*constraints));
    }
  }
}

/// A clock that is so wrong is one of a machine that has none.
void require_sane_clock(UnixTime now) {
  if (now >= UnixTime{} && now < k_latest_time) return;
  throw Error(Errc::clock,
              format("this machine's clock says {}: no certificate can begin then",
                     now.time_since_epoch().count()),
              "set the clock");
}

/// Whole days where the exact length would be a long number of seconds.
std::string length_text(std::chrono::seconds length) {
  constexpr std::chrono::hours k_day{24};
  const std::string exact = to_text(length);
  if (length < 2 * k_day || exact.ends_with('d')) return exact;
  return format("{} days", (length + k_day - std::chrono::seconds{1}) / k_day);
}

/// `validity` is over before it is granted. A short period is easily as short as the back-dating.
[[noreturn]] void fail_ended(const Request& request, const Grounds& grounds,
                             const x509::Validity& validity) {
  const std::string end = to_rfc3339(validity.not_after);
  if (request.not_after) {
    throw Error(Errc::usage, format("the certificate would end at {}, which is past", end),
                "give a later --not-after");
  }
  const std::chrono::seconds backdate = grounds.now - validity.not_before;
  const std::chrono::minutes enough =
      std::chrono::floor<std::chrono::minutes>(backdate) + std::chrono::minutes{1};
  throw Error(
      Errc::usage,
      format("the certificate would end at {}, which is past: a validity begins {} before now "
             "(back-dating, for clocks that are slow)",
             end, to_text(backdate)),
      format("ask for at least {}, or use a profile with a shorter validity.backdate than '{}'",
             to_text(enough), grounds.profile.name));
}

x509::Validity grant_validity(const Request& request, const Grounds& grounds,
                              std::vector<Notice>& notices) {
  require_sane_clock(grounds.now);
  if (request.window) return grant_window(*request.window, grounds);
  const profile::ValidityPolicy& policy = grounds.profile.validity;
  x509::Validity validity{.not_before = grounds.now - policy.backdate, .not_after = {}};
  const x509::Certificate* issuer = grounds.chain.empty() ? nullptr : &grounds.chain.front();
  if (issuer != nullptr) {
    validity.not_before = std::max(validity.not_before, issuer->validity().not_before);
  }
  if (request.not_after) {
    validity.not_after = *request.not_after;
  } else {
    const std::chrono::seconds period = request.period.value_or(policy.default_period);
    validity.not_after =
        std::min(validity.not_before + period - std::chrono::seconds{1}, k_latest_time);
  }
  if (validity.not_after <= grounds.now) fail_ended(request, grounds, validity);
  const std::chrono::seconds length =
      validity.not_after - validity.not_before + std::chrono::seconds{1};
  if (length > policy.max_period) {
    throw Error(Errc::denied_by_profile,
                format("a validity of {} is longer than the {} of profile '{}'",
                       length_text(length), to_text(policy.max_period), grounds.profile.name),
                "ask for less with --days or --validity, or use a profile of your own");
  }
  if (issuer == nullptr || validity.not_after <= issuer->validity().not_after) return validity;

  const UnixTime end = issuer->validity().not_after;
  const std::string message =
      format("the validity would end at {}, after the issuing CA's end at {}",
             to_rfc3339(validity.not_after), to_rfc3339(end));
  if (request.past_issuer == ValidityPast::refuse) {
    throw Error(Errc::constraint_violated, message,
                "ask for less, or leave out --strict-validity to have it clipped");
  }
  notices.push_back({.kind = Notice::Kind::clipped,
                     .field = "notAfter",
                     .requested = to_rfc3339(validity.not_after),
                     .granted = to_rfc3339(end),
                     .message = message + ": it is clipped"});
  validity.not_after = end;
  return validity;
}

x509::Extensions grant_extensions(const Request& request, const Grounds& grounds,
                                  const x509::Name& subject, const x509::GeneralNames& names) {
  const profile::ExtensionPolicy& policy = grounds.profile.extensions;
  const std::vector<der::Oid> purposes = grant_purposes(request, grounds.profile);
  require_purposes_within_chain(purposes, grounds);
  x509::Extensions extensions;
  extensions.push_back(
      x509::encode(grant_basic_constraints(request, grounds), Criticality::critical));
  if (!policy.key_usage.empty()) {
    extensions.push_back(x509::encode(policy.key_usage, Criticality::critical));
  }
  if (!purposes.empty()) {
    extensions.push_back(
        x509::encode_extended_key_usage(purposes, policy.extended_key_usage_criticality));
  }
  extensions.push_back(x509::encode_subject_key_identifier(
      request.subject_key_identifier.value_or(request.public_key.key_identifier())));
  if (!grounds.chain.empty()) {
    extensions.push_back(x509::encode_authority_key_identifier(
        grounds.chain.front().subject_key_identifier().value_or(
            grounds.issuer_key.key_identifier())));
  }
  if (!names.empty()) {
    extensions.push_back(x509::encode_subject_alt_name(
        names, subject.empty() ? Criticality::critical : Criticality::non_critical));
  }
  const x509::NameConstraints constraints = grant_name_constraints(request, grounds.profile);
  if (!constraints.empty()) extensions.push_back(x509::encode(constraints));
  if (!policy.certificate_policies.empty()) {
    extensions.push_back(
        x509::encode_certificate_policies(policy.certificate_policies, Criticality::non_critical));
  }
  if (!policy.crl_urls.empty()) {
    extensions.push_back(x509::encode_crl_distribution_points(policy.crl_urls));
  }
  if (!policy.ocsp_urls.empty() || !policy.ca_issuers_urls.empty()) {
    extensions.push_back(x509::encode(
        x509::AuthorityInfoAccess{.ocsp = policy.ocsp_urls, .ca_issuers = policy.ca_issuers_urls}));
  }
  extensions.insert(extensions.end(), policy.further.begin(), policy.further.end());
  return extensions;
}

}  // namespace mtls::ca
