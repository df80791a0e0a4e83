#include "render/comparison.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "render/input_check.hpp"
#include "render/verify_depth.hpp"

#include <algorithm>
#include <charconv>

namespace mtls::render {
namespace {

constexpr std::string_view k_nothing = "nothing";

std::string describe(const x509::Certificate& certificate) {
  return format("{} (sha256 {})", certificate.subject().to_text(),
                to_hex(certificate.fingerprint()).substr(0, 16));
}

std::string describe(const x509::CertificateList& list) {
  return format("the CRL of {} of {}", list.issuer().to_text(), to_rfc3339(list.this_update()));
}

}  // namespace

void Comparison::add(std::string_view setting, std::string expected, std::string_view found) {
  m_differences.push_back({Difference::Finding::differs, m_prefix + printable(setting),
                           std::move(expected), printable(found)});
}

void Comparison::doubt(std::string_view setting, std::string expected, std::string_view found) {
  add(setting, std::move(expected), found);
  m_differences.back().finding = Difference::Finding::cannot_tell;
}

void Comparison::look_at(const LiveFile& file, Naming naming) {
  m_file = &file;
  m_prefix = naming == Naming::with_file ? file.name + ", " : std::string();
}

void Comparison::expect(const std::string& setting, std::string_view expected,
                        const std::optional<std::string>& found) {
  if (found == expected) return;
  add(setting, std::string(expected), found ? std::string_view(*found) : k_nothing);
}

void Comparison::trust(const std::string& setting, ByteView content) {
  std::vector<x509::Certificate> found;
  try {
    require_readable_by_servers(content, setting);
    found = x509::read_certificates(content, setting, x509::KeysBeside::allow);
  } catch (const Error& error) {
    add(setting, describe(facts().anchor()), error.message());
    return;
  }
  const auto& chain = facts().chain;
  if (std::find(found.begin(), found.end(), facts().anchor()) == found.end()) {
    add(setting, describe(facts().anchor()), describe(found.front()));
    return;
  }
  for (const x509::Certificate& one : found) {
    if (std::find(chain.begin(), chain.end(), one) != chain.end()) continue;
    add(setting, format("{} and no other CA", describe(facts().anchor())), describe(one));
  }
}

void Comparison::depth(const std::string& setting, unsigned (*count)(unsigned),
                       const std::string& found) {
  const VerifyDepth wanted = verify_depth(m_request);
  const unsigned least = count(least_depth(wanted));
  const bool is_exact = wanted.source == VerifyDepth::Source::given;
  unsigned depth = 0;
  const char* const end = found.data() + found.size();
  const auto [rest, error] = std::from_chars(found.data(), end, depth);
  const bool is_number = error == std::errc() && rest == end;
  if (is_number && (is_exact ? depth == least : depth >= least)) return;
  add(setting, is_exact ? std::to_string(least) : format("{} or more", least), found);
}

void Comparison::lists(const std::string& setting, std::optional<ByteView> content) {
  const auto& crl = facts().crl;
  if (!crl && !content) return;
  if (!content) {
    add(setting, describe(crl->lists.front()), k_nothing);
    return;
  }
  std::vector<x509::CertificateList> found;
  try {
    found = read_lists(*content, setting);
  } catch (const Error& error) {
    add(setting, crl ? describe(crl->lists.front()) : std::string(k_nothing), error.message());
    return;
  }
  if (!crl) {
    add(setting, "nothing: the CA directory has no CRL", describe(found.front()));
    return;
  }
  for (const x509::CertificateList& wanted : crl->lists) {
    const bool has_it = std::any_of(found.begin(), found.end(), [&wanted](const auto& one) {
      return one.fingerprint() == wanted.fingerprint();
    });
    if (has_it) continue;
    const auto other = std::find_if(found.begin(), found.end(), [&wanted](const auto& one) {
      return one.issuer().matches(wanted.issuer());
    });
    add(setting, describe(wanted),
        other == found.end() ? std::string(k_nothing) : describe(*other));
  }
}

void Comparison::trust_file(const std::string& setting, const std::optional<std::string>& path) {
  if (!path) {
    add(setting, describe(facts().anchor()), k_nothing);
    return;
  }
  from_file(setting, *path, [&](ByteView content) { trust(setting + " " + *path, content); });
}

void Comparison::lists_file(const std::string& setting, const std::optional<std::string>& path) {
  if (!path) {
    lists(setting, std::nullopt);
    return;
  }
  from_file(setting, *path, [&](ByteView content) { lists(setting + " " + *path, content); });
}

void Comparison::from_file(const std::string& setting, const std::string& path,
                           const std::function<void(ByteView)>& compare) {
  std::optional<SecretBytes> content;
  try {
    content = read(path);
  } catch (const Error& error) {
    // On another machine it may be there; here nothing shows that it holds the CA.
    doubt(setting, "a file that can be read here", error.message());
    return;
  }
  compare(content->view());
}

}  // namespace mtls::render
