#include "cmd/upload_advice.hpp"

#include "base/escape.hpp"

#include <nlohmann/json.hpp>

namespace mtls::cmd {

std::string key_shown(const authority::CaDirectory& ca) {
  constexpr std::string_view k_scheme = "file:";
  const std::string& uri = ca.config().key;
  if (!uri.starts_with(k_scheme)) return printable(uri);
  return printable((ca.path() / uri.substr(k_scheme.size())).native());
}

void put_upload_advice(Json& document, const authority::CaDirectory& ca) {
  document["upload"] = k_upload;
  document["never_upload"] = {{"file", key_shown(ca)}, {"why", k_why_never}};
}

}  // namespace mtls::cmd
