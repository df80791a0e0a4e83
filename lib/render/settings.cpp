#include "render/settings.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "x509/general_name.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mtls::render {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }

bool is_plain(std::string_view text, std::size_t longest) {
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; });
}

bool is_general_name(std::string_view kind, std::string_view text) {
  try {
    static_cast<void>(x509::GeneralName::parse(format("{}:{}", kind, text)));
    return true;
  } catch (const Error&) {
    return false;  // the whole answer: which objection it was is not asked here
  }
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || rest != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

constexpr std::array k_header_words{
    std::pair{std::string_view("subjectdn"), CertHeader::subject_dn},
    std::pair{std::string_view("issuerdn"), CertHeader::issuer_dn},
    std::pair{std::string_view("fingerprint"), CertHeader::fingerprint},
    std::pair{std::string_view("clientverify"), CertHeader::client_verify}};

}  // namespace

bool CloudIdForm::accepts(std::string_view text) { return is_plain(text, 128); }

bool ObjectNameForm::accepts(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool AlbNameForm::accepts(std::string_view text) {
  return text.size() >= 2 && text.size() <= 128 && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

bool HostForm::accepts(std::string_view text) {
  if (text.find('*') != std::string_view::npos) return false;
  return is_general_name("ip", text) || is_general_name("dns", text);
}

bool HeaderAliasForm::accepts(std::string_view text) { return is_plain(text, 40); }

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  std::string_view name = text.substr(0, colon);
  const bool bracketed = name.size() > 2 && name.front() == '[' && name.back() == ']';
  if (bracketed) name = name.substr(1, name.size() - 2);
  // A colon within belongs to an IPv6 address, and that to brackets.
  if ((name.find(':') != std::string_view::npos) != bracketed) return std::nullopt;
  auto host = Host::parse(name);
  if (!host || !port) return std::nullopt;
  return Endpoint{*std::move(host), *port};
}

std::string Endpoint::text() const { return format("{}:{}", url_host(host), port); }

std::string url_host(const Host& host) {
  const bool is_ipv6 = host.text().find(':') != std::string::npos;
  return is_ipv6 ? format("[{}]", host.text()) : host.text();
}

bool is_address(const Host& host) { return is_general_name("ip", host.text()); }

std::optional<Resolve> Resolve::parse(std::string_view text) {
  // HOST:PORT:ADDRESS, where ADDRESS alone may have colons of its own.
  const std::size_t first = text.find(':');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find(':', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  auto endpoint = Endpoint::parse(text.substr(0, second));
  std::string_view address = text.substr(second + 1);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  }
  auto host = Host::parse(address);
  if (!endpoint || !host || !is_address(*host)) return std::nullopt;
  return Resolve{*std::move(endpoint), *std::move(host)};
}

std::string Resolve::text() const { return format("{}:{}", endpoint.text(), url_host(address)); }

std::optional<ClientCertHeader> ClientCertHeader::parse(std::string_view text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const auto* found =
      std::find_if(k_header_words.begin(), k_header_words.end(),
                   [&](const auto& row) { return row.first == text.substr(0, equals); });
  if (found == k_header_words.end()) return std::nullopt;
  if (equals == text.size()) return ClientCertHeader{found->second, std::nullopt};
  auto alias = HeaderAlias::parse(text.substr(equals + 1));
  if (!alias) {
    throw Error(Errc::usage, "not a name that ALB gives a header",
                "give 1 to 40 letters, digits, '_' and '-' as ALIAS");
  }
  return ClientCertHeader{found->second, *std::move(alias)};
}

}  // namespace mtls::render
