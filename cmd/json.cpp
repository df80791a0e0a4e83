#include "cmd/json.hpp"

#include <nlohmann/json.hpp>

namespace mtls::cmd {

std::string to_line(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace mtls::cmd
