// JSON documents, in the order in which their fields are put. <nlohmann/json.hpp> is included only
// by the .cpp files that fill one.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace mtls::cmd {

using Json = nlohmann::ordered_json;

/// Returns the document on one line, without a line end. Octets that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_line(const Json& document);

}  // namespace mtls::cmd
