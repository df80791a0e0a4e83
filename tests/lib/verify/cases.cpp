#include "lib/verify/cases.hpp"

namespace mtls::verify::test {

bool is_accepting(const Case& each) {
  // Every word of an error lacks the '~'.
  for (std::size_t i = 0; i < each.findings.size(); ++i) {
    const bool begins = i == 0 || each.findings[i - 1] == ' ';
    if (begins && each.findings[i] != '~') return false;
  }
  return true;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases = chain_cases();
  for (const auto& more : {extension_cases(), use_cases(), name_cases()}) {
    cases.insert(cases.end(), more.begin(), more.end());
  }
  return cases;
}

}  // namespace mtls::verify::test
