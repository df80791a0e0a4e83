// Kinds of servers, and what each mode of failing asks for there. Private to lib/probe.
#pragma once

#include <string>
#include <string_view>

namespace mtls::probe {

/// One kind of server: how it shows itself, and what each mode of failing asks for there.
struct ServerKind {
  std::string_view mark;  // in Server, lower case
  std::string_view title;
  std::string_view require;  // how a certificate is asked for and required
  std::string_view bypass;
  std::string_view neighbour;  // how clients of one name are kept out of another
  std::string_view revocation;
};

/// Returns the kind of a server that calls itself `name` (the field Server); where it is not known,
/// one without a title whose advice names several.
[[nodiscard]] const ServerKind& find_server_kind(std::string name);

}  // namespace mtls::probe
