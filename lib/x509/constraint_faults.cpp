#include "x509/constraint_faults.hpp"

#include "base/format.hpp"
#include "x509/host_name.hpp"
#include "x509/name_matching.hpp"
#include "x509/name_term.hpp"

#include <algorithm>

namespace mtls::x509 {
namespace {

using enum GeneralNameKind;

/// The host in what was written as a URI, an address or a wildcard; empty where there is none.
std::string host_meant(GeneralNameKind kind, std::string_view text) {
  if (const auto at = text.find("://"); at != std::string_view::npos) text.remove_prefix(at + 3);
  if (const auto at = text.rfind('@'); at != std::string_view::npos) text.remove_prefix(at + 1);
  text = text.substr(0, text.find_first_of("/?#:"));
  if (text.starts_with("*.")) text.remove_prefix(kind == dns ? 2 : 1);
  while (text.ends_with('.')) text.remove_suffix(1);
  std::string host = to_lower(text);
  const std::string_view bare = host.starts_with('.') ? std::string_view(host).substr(1) : host;
  return is_comparable_host(bare) && !parse_ip(bare) ? host : std::string();
}

std::string_view rule_of(GeneralNameKind kind) {
  switch (kind) {
    case dns:
      return "a constraint on DNS names is a domain, without '*', scheme or port";
    case uri:
      return "a constraint on URIs is a host, or a domain after a dot, without scheme or path";
    case email:
      return "a constraint on e-mail addresses is a mailbox, a host, or a domain after a dot";
    default:
      return "mtlsctl cannot judge names of this kind, and refuses them";
  }
}

/// Whether a mask is ones followed by zeros.
bool is_prefix_mask(ByteView mask) {
  bool ended = false;
  for (std::size_t bit = 0; bit < mask.size() * 8; ++bit) {
    const bool set = (static_cast<unsigned>(mask[bit / 8]) >> (7U - bit % 8) & 1U) != 0;
    if (set && ended) return false;
    ended = ended || !set;
  }
  return true;
}

void examine_base(const GeneralName& base, std::vector<ConstraintFault>& faults) {
  const Term term = constraint_term(base);
  if (base.kind() == ip) {
    const ByteView octets = base.octets();
    if (is_prefix_mask(octets.subspan(octets.size() / 2))) return;
    faults.push_back({.message = format("{} has a mask with holes, which Go and other programs "
                                        "refuse (RFC 5280 asks for a CIDR mask)",
                                        base.to_text()),
                      .remedy = "ip:ADDRESS/PREFIX"});
    return;
  }
  const bool is_address = base.kind() == uri && parse_ip(term.host).has_value();
  if (term.comparable && !is_address) return;
  const bool has_text = base.kind() == dns || base.kind() == uri || base.kind() == email;
  const std::string host = has_text ? host_meant(base.kind(), base.text()) : std::string();
  faults.push_back(
      {.message = format("{} is met by no name: {}", base.to_text(), rule_of(base.kind())),
       .remedy = host.empty() ? std::string() : format("{}:{}", name(base.kind()), host)});
}

/// A permitted base inside an excluded one; the others of its kind may still be met.
void examine_cancelled(const NameConstraints& constraints, std::vector<ConstraintFault>& faults) {
  constexpr std::size_t k_most_pairs = 100'000;  // more than any honest certificate has
  if (constraints.permitted.size() * constraints.excluded.size() > k_most_pairs) return;
  for (const GeneralName& base : constraints.permitted) {
    const auto outer = std::find_if(
        constraints.excluded.begin(), constraints.excluded.end(),
        [&base](const GeneralName& excluded) { return is_subtree_within(base, excluded); });
    if (outer == constraints.excluded.end()) continue;
    faults.push_back(
        {.message = format("{} is met by no name: the excluded {} takes all of it away",
                           base.to_text(), outer->to_text()),
         .remedy = {}});
  }
}

/// No subject but the empty one is outside of the empty name.
void examine_excluded_names(const GeneralNames& excluded, std::vector<ConstraintFault>& faults) {
  const bool all = std::any_of(excluded.begin(), excluded.end(), [](const GeneralName& base) {
    return base.kind() == directory && base.directory_name().empty();
  });
  if (!all) return;
  faults.push_back(
      {.message = "the excluded empty directory name excludes every subject", .remedy = {}});
}

std::string describe_base(const GeneralName& base) {
  const std::string text = base.to_text();
  switch (base.kind()) {
    case dns:
      return base.text().starts_with('.') ? format("hosts below {}", base.text().substr(1))
                                          : text + " and hosts below it";
    case uri:
    case email:
      return base.text().starts_with('.')
                 ? format("{} at hosts below {}", name(base.kind()), base.text().substr(1))
                 : format("{} at {}", name(base.kind()), base.text());
    case directory:
      return "subjects that begin with " + base.directory_name().to_text();
    default:
      return text;
  }
}

}  // namespace

constexpr std::size_t k_most_faults = 20;

std::vector<ConstraintFault> find_constraint_faults(const NameConstraints& constraints) {
  std::vector<ConstraintFault> faults;
  for (const auto* bases : {&constraints.permitted, &constraints.excluded}) {
    for (const GeneralName& base : *bases) {
      if (faults.size() == k_most_faults) return faults;
      examine_base(base, faults);
    }
  }
  examine_cancelled(constraints, faults);
  examine_excluded_names(constraints.excluded, faults);
  return faults;
}

std::string describe_permitted(const NameConstraints& constraints) {
  constexpr std::size_t k_most = 5;
  std::string line;
  std::size_t count = 0;
  for (const GeneralName& base : constraints.permitted) {
    const bool cancelled = std::any_of(
        constraints.excluded.begin(), constraints.excluded.end(),
        [&base](const GeneralName& excluded) { return is_subtree_within(base, excluded); });
    if (cancelled || !constraint_term(base).comparable || ++count > k_most) continue;
    line += (line.empty() ? "" : ", ") + describe_base(base);
  }
  if (count > k_most) line += format(" and {} more", count - k_most);
  return line;
}

}  // namespace mtls::x509
