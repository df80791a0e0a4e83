#include "cmd/profile_view.hpp"

#include "base/bytes.hpp"
#include "base/escape.hpp"

#include <nlohmann/json.hpp>

namespace mtls::cmd {

void put_profile(Json& document, const profile::Profile& profile) {
  document["name"] = profile.name;
  document["role"] = profile::name(profile.role);
  document["description"] = printable(profile.description);
  document["source"] = printable(profile.source);
  document["sha256"] = to_hex(profile.hash);
}

}  // namespace mtls::cmd
