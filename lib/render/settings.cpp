#include "render/settings.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "x509/general_name.hpp"

#include <algorithm>
#include <array>

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

bool is_dns_name(std::string_view text) {
  try {
    static_cast<void>(x509::GeneralName::parse(format("dns:{}", text)));
    return true;
  } catch (const Error&) {
    return false;  // the whole answer: which objection it was is not asked here
  }
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
  return is_ip_address(text) || is_dns_name(text);
}

bool HeaderAliasForm::accepts(std::string_view text) { return is_plain(text, 40); }

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
