// One table of paths, good and bad, for us and for the other stacks.
#pragma once

#include "lib/verify/pki.hpp"

namespace mtls::verify::test {

/// What another stack says of a case, where it may differ from us; each difference has its reason
/// beside it in the table.
enum class Other { agrees, accepts, refuses, not_asked };

struct Case {
  std::string name;
  VerifyRequest request;
  std::string findings;  // as `summary` has them; accepted where none is an error
  Other openssl = Other::agrees;
  Other gnutls = Other::agrees;
};

/// Whether `findings` has only warnings.
[[nodiscard]] bool is_accepting(const Case& each);

std::vector<Case> chain_cases();      // issuers, anchors, signatures, keys, time
std::vector<Case> extension_cases();  // what extensions and versions say
std::vector<Case> use_cases();        // purposes and hosts
std::vector<Case> name_cases();       // name constraints and policies
std::vector<Case> all_cases();

}  // namespace mtls::verify::test
