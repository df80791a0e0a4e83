#include "cmd/profile_view.hpp"

#include "base/bytes.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

#include <nlohmann/json.hpp>

namespace mtls::cmd {

void put_profile(Json& document, const profile::Profile& profile) {
  document["name"] = profile.name;
  document["role"] = profile::name(profile.role);
  document["description"] = printable(profile.description);
  document["source"] = printable(profile.source);
  document["sha256"] = to_hex(profile.hash);
}

void warn_of_unused_files(const profile::Catalogue& catalogue,
                          const std::optional<std::string>& name, Session& session) {
  for (const auto& [reserved, file] : catalogue.unused_files()) {
    if (name && *name != reserved) continue;
    session.messages().warning(
        format("{} is not used: the name {} is reserved for {}", printable(file.native()), reserved,
               profile::reserved_for(reserved).value_or("")),
        "give the profile another name");
  }
}

}  // namespace mtls::cmd
