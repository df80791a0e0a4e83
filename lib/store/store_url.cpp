#include "store/store_url.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/utf8.hpp"

#include <algorithm>

namespace mtls::store {
namespace {

constexpr std::string_view k_sqlite = "sqlite:";
constexpr std::string_view k_form = "write postgresql://USER@HOST/DATABASE, or sqlite:FILE";

[[noreturn]] void refuse(const std::string& why, std::string_view hint = k_form) {
  throw Error(Errc::usage, format("not the URL of a ledger: {}", why), std::string(hint));
}

[[noreturn]] void refuse_password() {
  throw Error(Errc::usage, "the URL of a ledger holds a password or another secret",
              "leave it out, and put the password into a file of mode 0600 that PGPASSFILE names "
              "(~/.pgpass without it), or into a service file (PGSERVICEFILE)");
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Undoes %XX; nothing where that is no octet, or NUL, which libpq refuses as well.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    const auto octet = from_hex(text.substr(at + 1, 2));
    if (text.size() < at + 3 || !octet || octet->size() != 1 || octet->front() == 0) {
      return std::nullopt;
    }
    decoded += static_cast<char>(octet->front());
    at += 2;
  }
  return decoded;
}

/// A port that is no number is, as likely as not, a piece of a password with a '/' in it.
void check_host(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return;
  const std::string_view port = host.substr(colon + 1);
  if (!std::all_of(port.begin(), port.end(), is_digit)) {
    refuse("a port is not a number (is there a password with a '/' or '?' in it?)");
  }
}

void check_authority(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    const auto user = percent_decoded(authority.substr(0, at));
    if (!user) refuse("a %XX of it is no octet");
    if (authority.substr(0, at).find(':') != std::string_view::npos) refuse_password();
    authority.remove_prefix(at + 1);
  }
  while (!authority.empty()) {
    const std::size_t comma = authority.find(',');
    check_host(authority.substr(0, comma));
    if (comma == std::string_view::npos) break;
    authority.remove_prefix(comma + 1);
  }
}

bool is_secret(std::string_view name) {
  return name.find("password") != std::string_view::npos ||
         name.find("secret") != std::string_view::npos;
}

/// Splits `text` at the first of `marks`; the second part is empty where there is none.
std::pair<std::string_view, std::string_view> split(std::string_view text, std::string_view marks) {
  const std::size_t at = text.find_first_of(marks);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

}  // namespace

StoreUrl StoreUrl::sqlite(const Path& file) {
  StoreUrl url(Engine::sqlite, std::string(k_sqlite) + file.native());
  url.m_file = file;
  return url;
}

StoreUrl StoreUrl::parse(std::string_view text) {
  if (text.rfind(k_sqlite, 0) == 0) {
    const std::string_view name = text.substr(k_sqlite.size());
    if (name.empty() || name.find('\0') != std::string_view::npos) refuse("it names no file");
    if (!decode_utf8(name)) refuse("the name of the file is not UTF-8");
    return sqlite(Path(name));
  }
  StoreUrl url(Engine::postgresql, std::string(text));
  url.parse_server();
  return url;
}

void StoreUrl::parse_server() {
  const bool printable_ascii =
      std::all_of(m_text.begin(), m_text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!printable_ascii) refuse("it holds a blank or another character that must be written as %XX");
  std::string_view rest = m_text;
  const std::size_t scheme = rest.find("://");
  if (scheme == std::string_view::npos ||
      (rest.substr(0, scheme) != "postgresql" && rest.substr(0, scheme) != "postgres")) {
    refuse("it begins neither with postgresql:// nor with sqlite:");
  }
  rest.remove_prefix(scheme + 3);
  const auto [location, query] = split(rest, "?");
  const auto [authority, database] = split(location, "/");
  check_authority(authority);
  if (database.find('@') != std::string_view::npos) {
    refuse("there is an '@' behind the host; write %40 for one in a name");
  }
  for (std::string_view left = query; !left.empty();) {
    const auto [pair, others] = split(left, "&");
    left = others;
    const auto [encoded_name, encoded_value] = split(pair, "=");
    const auto name = percent_decoded(encoded_name);
    const auto value = percent_decoded(encoded_value);
    if (!name || !value) refuse("a %XX of it is no octet");
    if (is_secret(*name)) refuse_password();
    if (*name == "sslmode") m_sslmode = *value;
  }
}

std::string StoreUrl::shown() const { return printable(m_text); }

StoreUrl StoreUrl::below(const Path& directory) const {
  if (m_engine != Engine::sqlite || m_file.is_absolute()) return *this;
  return sqlite(directory / m_file);
}

}  // namespace mtls::store
