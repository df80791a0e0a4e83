#include "cmd/issue_profile.hpp"

#include "base/error.hpp"
#include "base/format.hpp"

namespace mtls::cmd {

profile::Profile choose_profile(const std::optional<std::string>& flag,
                                const std::optional<std::string>& configured,
                                const std::string& built_in, const ProfileOptions& profiles,
                                const authority::CaDirectory* ca, profile::ProfileUse use) {
  const std::string name = flag ? *flag : configured.value_or(built_in);
  profile::Profile profile = profiles.open(ca).load(name, use);
  if (ca == nullptr) return profile;
  const authority::CaConfig& config = ca->config();
  profile::ExtensionPolicy& extensions = profile.extensions;
  if (extensions.crl_urls.empty()) extensions.crl_urls = config.crl_urls;
  if (extensions.ocsp_urls.empty()) extensions.ocsp_urls = config.ocsp_urls;
  if (extensions.ca_issuers_urls.empty()) extensions.ca_issuers_urls = config.ca_issuers_urls;
  return profile;
}

void require_role(const profile::Profile& profile, profile::Role role) {
  if (profile.role == role) return;
  throw Error(Errc::denied_by_profile,
              format("profile '{}' is for {} certificates, not {}", profile.name,
                     name(profile.role), name(role)),
              "see mtlsctl profile list");
}

}  // namespace mtls::cmd
