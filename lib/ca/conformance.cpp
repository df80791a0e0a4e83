// The last look before the signature: the certificate as it will be, read back from its DER,
// against the profile. It shares no code with what made the TBS.
#include "base/error.hpp"
#include "base/format.hpp"
#include "ca/granted.hpp"
#include "profile/san_policy.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace mtls::ca {
namespace {

namespace oids = x509::oids;

class Conformance final {
 public:
  Conformance(const x509::Certificate& certificate, const Request& request, const Grounds& grounds)
      : m_certificate(certificate), m_request(request), m_grounds(grounds) {}

  void require_all() const {
    require_frame();
    require_names();
    require_usage();
    require_name_constraints();
    require_known_extensions();
  }

 private:
  void require(bool holds, std::string_view what) const {
    if (holds) return;
    throw Error(Errc::internal,
                format("the certificate to be signed does not conform to profile '{}': {}",
                       profile().name, what),
                "nothing was signed; please report this");
  }
  [[nodiscard]] const profile::Profile& profile() const { return m_grounds.profile; }

  void require_frame() const {
    require(m_certificate.version() == 3, "version");
    const ByteView serial = m_certificate.serial().content();
    require(serial.size() <= 20 && serial[0] < 0x80 &&
                std::any_of(serial.begin(), serial.end(), [](std::uint8_t o) { return o != 0; }),
            "serialNumber");
    require(m_certificate.public_key() == m_request.public_key, "subjectPublicKeyInfo");
    const x509::Name& issuer =
        m_grounds.chain.empty() ? m_certificate.subject() : m_grounds.chain.front().subject();
    require(m_certificate.issuer() == issuer, "issuer");
    const x509::Validity& validity = m_certificate.validity();
    if (m_request.window) {
      require(is_for_probes(profile()) && validity == *m_request.window, "validity");
    } else {
      require(validity.contains(m_grounds.now), "validity");
    }
    require(validity.not_after - validity.not_before < profile().validity.max_period,
            "validity's length");
    if (m_grounds.chain.empty()) return;
    const x509::Validity& outer = m_grounds.chain.front().validity();
    require(outer.not_before <= validity.not_before && validity.not_after <= outer.not_after,
            "validity within the issuer's");
  }

  void require_names() const {
    const x509::GeneralNames names = m_certificate.subject_alt_names();
    require(!profile::refuses(profile().san, names), "subjectAltName");
    require(!m_certificate.subject().empty() || !names.empty(), "no name at all");
    const auto common_names = constrained_common_names(profile());
    for (const x509::Certificate& ca : m_grounds.chain) {
      const auto constraints = ca.name_constraints();
      require(!constraints || !x509::constraint_violation(*constraints, m_certificate.subject(),
                                                          names, common_names),
              "name constraints of the chain");
    }
  }

  void require_usage() const {
    const auto constraints = m_certificate.basic_constraints();
    const x509::BasicConstraints& wanted = profile().extensions.basic_constraints;
    require(constraints && constraints->subject == wanted.subject, "basicConstraints");
    const auto most = profile().extensions.max_path_length;
    require(!most || (constraints->path_length && *constraints->path_length <= *most),
            "pathLenConstraint");
    require(m_certificate.key_usage().value_or(x509::KeyUsage{}) == profile().extensions.key_usage,
            "keyUsage");
    require(m_certificate.extended_key_usage().value_or(std::vector<der::Oid>{}) ==
                m_request.purposes.value_or(profile().extensions.extended_key_usage),
            "extKeyUsage");
    require(
        m_certificate.subject_key_identifier() ==
            m_request.subject_key_identifier.value_or(m_certificate.public_key().key_identifier()),
        "subjectKeyIdentifier");
  }

  /// Nothing that the profile excludes or does not permit may be open to the new CA, and nothing
  /// stands there that neither profile nor request says.
  void require_name_constraints() const {
    const x509::NameConstraints said =
        m_certificate.name_constraints().value_or(x509::NameConstraints{});
    const x509::NameConstraints& policy = profile().extensions.name_constraints;
    const x509::NameConstraints& asked = m_request.name_constraints;
    const auto holds = [](const x509::GeneralNames& names, const x509::GeneralName& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (const auto& [own, from_policy, from_request] :
         {std::tie(said.permitted, policy.permitted, asked.permitted),
          std::tie(said.excluded, policy.excluded, asked.excluded)}) {
      for (const x509::GeneralName& name : own) {
        require(holds(from_policy, name) || holds(from_request, name), "nameConstraints");
      }
      for (const x509::GeneralName& name : from_request) {
        require(holds(own, name), "nameConstraints asked for");
      }
    }
    for (const x509::GeneralName& name : policy.excluded) {
      require(holds(said.excluded, name), "excludedSubtrees");
    }
    for (const x509::GeneralName& outer : policy.permitted) {
      bool bound = false;
      for (const x509::GeneralName& name : said.permitted) {
        if (name.kind() != outer.kind()) continue;
        bound = true;
        require(std::any_of(policy.permitted.begin(), policy.permitted.end(),
                            [&name](const x509::GeneralName& one) {
                              return x509::is_subtree_within(name, one);
                            }),
                "permittedSubtrees");
      }
      require(bound, "permittedSubtrees");
    }
  }

  void require_known_extensions() const {
    std::set<der::Oid> allowed{oids::basic_constraints(),        oids::key_usage(),
                               oids::extended_key_usage(),       oids::subject_key_identifier(),
                               oids::authority_key_identifier(), oids::subject_alt_name()};
    const bool ca =
        profile().extensions.basic_constraints.subject == x509::BasicConstraints::Subject::ca;
    if (ca) allowed.insert(oids::name_constraints());
    if (!profile().extensions.certificate_policies.empty()) {
      allowed.insert(oids::certificate_policies());
    }
    if (!profile().extensions.crl_urls.empty()) allowed.insert(oids::crl_distribution_points());
    if (!profile().extensions.ocsp_urls.empty() || !profile().extensions.ca_issuers_urls.empty()) {
      allowed.insert(oids::authority_info_access());
    }
    for (const x509::Extension& further : profile().extensions.further) allowed.insert(further.id);
    for (const x509::Extension& extension : m_certificate.extensions()) {
      require(allowed.contains(extension.id), x509::oid_name(extension.id));
    }
  }

  const x509::Certificate& m_certificate;
  const Request& m_request;
  const Grounds& m_grounds;
};

}  // namespace

void require_conformance(const x509::Certificate& unsigned_certificate, const Request& request,
                         const Grounds& grounds) {
  Conformance(unsigned_certificate, request, grounds).require_all();
}

}  // namespace mtls::ca
