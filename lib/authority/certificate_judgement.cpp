#include "authority/certificate_judgement.hpp"

#include "authority/expected.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"

#include <algorithm>
#include <array>

namespace mtls::authority {
namespace {

namespace oids = x509::oids;

/// Whether both hold the same values, in any order.
template <class List>
bool same_set(const List& left, const List& right) {
  return left.size() == right.size() &&
         std::is_permutation(left.begin(), left.end(), right.begin());
}

std::string describe(const x509::Certificate& certificate, const der::Oid& id) {
  const x509::Extension* found = x509::find(certificate.extensions(), id);
  return found == nullptr ? "none" : x509::describe(*found);
}

std::string path_length_text(const x509::BasicConstraints& constraints) {
  return constraints.path_length ? format("{}", *constraints.path_length) : "without limit";
}

class CertificateJudgement final {
 public:
  CertificateJudgement(const x509::Certificate& has, const std::optional<store::Record>& record,
                       const Standing& standing, Findings& findings)
      : m_has(has),
        m_record(record),
        m_standing(standing),
        m_request(standing.request),
        m_findings(findings),
        m_expected(expected_certificate(has, standing)) {}

  void run() {
    judge_profile();
    judge_request_key();
    judge_names();
    judge_purposes();
    judge_bounds();
    judge_validity();
    note_other_extensions();
  }

 private:
  void add(std::string why) {
    m_findings.mismatches.push_back({m_standing.output.certificate_name(), std::move(why)});
  }

  void note(std::string field, std::string requested, std::string granted, std::string message) {
    m_findings.notices.push_back({.kind = ca::Notice::Kind::warning,
                                  .field = std::move(field),
                                  .requested = std::move(requested),
                                  .granted = std::move(granted),
                                  .message = std::move(message)});
  }

  /// What was issued elsewhere, or put back from its file, was issued under no profile of ours.
  void judge_profile() {
    const profile::Profile& profile = m_standing.profile;
    if (!m_record || m_record->origin != store::Origin::issued) return;
    if (m_record->profile != profile.name) {
      add(format("it was issued under profile '{}', not '{}'", printable(m_record->profile),
                 profile.name));
      return;
    }
    const std::string hash = to_hex(profile.hash);
    if (m_record->profile_hash == hash) return;
    note("profile", hash, printable(m_record->profile_hash),
         format("profile '{}' has changed since {} was issued under it", profile.name,
                printable(m_standing.output.certificate_name())));
  }

  void judge_request_key() {
    const auto& asked = m_request.request_key;
    if (!asked || !m_record || m_record->request_key == asked) return;
    add(m_record->request_key
            ? format("it was issued for the request '{}', not '{}'",
                     printable(*m_record->request_key), printable(*asked))
            : format("it was not issued for the request '{}'", printable(*asked)));
  }

  void judge_names() {
    // By text: an imported certificate may have other string types.
    const std::string subject = m_has.subject().to_text();
    const std::string expected = m_expected.subject().to_text();
    if (subject != expected) {
      add(format("its subject is {}, not {}", subject.empty() ? "empty" : subject,
                 expected.empty() ? "empty" : expected));
    }
    const auto names = m_has.subject_alt_names();
    const auto expected_names = m_expected.subject_alt_names();
    if (same_names(names, expected_names)) return;
    add(format("its subject alternative names are {}, not {}", to_text(names),
               to_text(expected_names)));
  }

  void judge_purposes() {
    const auto basic = m_has.basic_constraints().value_or(x509::BasicConstraints{});
    const auto expected_basic = m_expected.basic_constraints().value_or(x509::BasicConstraints{});
    if (basic.subject != expected_basic.subject) {
      add(basic.subject == x509::BasicConstraints::Subject::ca ? "it is a CA's certificate"
                                                               : "it is not a CA's certificate");
    }
    if (m_has.key_usage() != m_expected.key_usage()) {
      add(format("its key usage is {}, not {}", describe(m_has, oids::key_usage()),
                 describe(m_expected, oids::key_usage())));
    }
    const std::vector<der::Oid> none;
    if (!same_set(m_has.extended_key_usage().value_or(none),
                  m_expected.extended_key_usage().value_or(none))) {
      add(format("its extended key usage is {}, not {}",
                 describe(m_has, oids::extended_key_usage()),
                 describe(m_expected, oids::extended_key_usage())));
    }
  }

  /// A CA must have the bounds of a first run: callers rely on them. Without a subject there is no
  /// first run to compare with, and only the bounds that were asked for count.
  void judge_bounds() {
    const bool whole = m_request.subject.has_value() || m_request.csr.has_value();
    const auto basic = m_has.basic_constraints().value_or(x509::BasicConstraints{});
    const auto expected_basic = m_expected.basic_constraints().value_or(x509::BasicConstraints{});
    if ((whole || m_request.path_length) && basic.path_length != expected_basic.path_length) {
      add(format("its path length is {}, not {}", path_length_text(basic),
                 path_length_text(expected_basic)));
    }
    if (!whole && m_request.name_constraints.empty()) return;
    const auto constraints = m_has.name_constraints().value_or(x509::NameConstraints{});
    const auto expected = m_expected.name_constraints().value_or(x509::NameConstraints{});
    if (!same_names(constraints.permitted, expected.permitted) ||
        !same_names(constraints.excluded, expected.excluded)) {
      add("its name constraints are not the ones asked for");
    }
  }

  /// A validity that was asked for (--days, --not-after) must be so; less only where the issuing
  /// CA's own end clips it, unless --strict-validity refuses that.
  void judge_validity() {
    const x509::Validity& has = m_has.validity();
    if (has.not_before > m_standing.surroundings.clock.now()) {
      add(format("it is not valid before {}", to_rfc3339(has.not_before)));
    }
    const auto& chain = m_request.issuer_chain;
    const UnixTime asked_end = std::min(
        m_request.not_after.value_or(
            has.not_before + m_request.period.value_or(m_standing.profile.validity.default_period) -
            std::chrono::seconds{1}),
        k_latest_time);
    const UnixTime issuer_end = chain.empty() ? k_latest_time : chain.front().validity().not_after;
    const bool strict = m_request.past_issuer == ca::ValidityPast::refuse;
    const bool as_asked = has.not_after == (strict ? asked_end : std::min(asked_end, issuer_end));
    const bool clipped = asked_end > issuer_end && has.not_after == issuer_end;
    const bool asked = m_request.validity == EnrolRequest::Validity::asked;
    if (asked ? as_asked : !(strict && clipped)) return;
    add(format("it is valid until {}, and what is asked for would be until {}",
               to_rfc3339(has.not_after), to_rfc3339(asked_end)));
  }

  /// Settings of the profile file and of ca.toml (CRL and OCSP addresses, policies): they may have
  /// changed since.
  void note_other_extensions() {
    const std::array judged{oids::subject_key_identifier(), oids::authority_key_identifier(),
                            oids::subject_alt_name(),       oids::basic_constraints(),
                            oids::name_constraints(),       oids::key_usage(),
                            oids::extended_key_usage()};
    std::vector<der::Oid> seen(judged.begin(), judged.end());
    for (const auto& extensions : {m_expected.extensions(), m_has.extensions()}) {
      for (const x509::Extension& one : extensions) {
        if (std::find(seen.begin(), seen.end(), one.id) != seen.end()) continue;
        seen.push_back(one.id);
        const x509::Extension* has = x509::find(m_has.extensions(), one.id);
        const x509::Extension* expected = x509::find(m_expected.extensions(), one.id);
        if (has != nullptr && expected != nullptr && *has == *expected) continue;
        const std::string name = x509::oid_name(one.id);
        const std::string expected_text = describe(m_expected, one.id);
        const std::string granted = describe(m_has, one.id);
        note(name, expected == nullptr ? "" : expected_text, has == nullptr ? "" : granted,
             format("the {} of {} is {}; that of a new certificate would be {}", name,
                    printable(m_standing.output.certificate_name()), granted, expected_text));
      }
    }
  }

  const x509::Certificate& m_has;
  const std::optional<store::Record>& m_record;
  const Standing& m_standing;
  const EnrolRequest& m_request;
  Findings& m_findings;
  x509::Certificate m_expected;
};

}  // namespace

void judge_certificate(const x509::Certificate& certificate,
                       const std::optional<store::Record>& record, const Standing& standing,
                       Findings& findings) {
  CertificateJudgement(certificate, record, standing, findings).run();
}

bool same_names(const x509::GeneralNames& left, const x509::GeneralNames& right) {
  return same_set(left, right);
}

std::string to_text(const x509::GeneralNames& names) {
  std::string text;
  for (const std::string& name : x509::to_texts(names)) {
    text += text.empty() ? name : ", " + name;
  }
  return text.empty() ? "none" : text;
}

}  // namespace mtls::authority
