#include "render/haproxy_bind.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace mtls::render {
namespace {

enum class Takes { nothing, one_value };
enum class Effect {
  known,    // none on who is let in, or compared by check_haproxy
  unclear,  // not known here
};

struct Keyword {
  std::string_view name;
  Takes takes;
  Effect effect = Effect::known;
};

constexpr auto k_none = Takes::nothing;
constexpr auto k_one = Takes::one_value;

/// The bind_kw_list tables of HAProxy's sources (cfgparse-ssl.c, cfgparse-tcp.c, cfgparse-unix.c,
/// cfgparse-quic.c, listener.c, cli.c). A test compares them with `haproxy -dKcfg`.
constexpr std::array k_keywords{
    Keyword{"accept-netscaler-cip", k_one},
    Keyword{"accept-proxy", k_none},
    Keyword{"allow-0rtt", k_none},
    Keyword{"alpn", k_one},
    Keyword{"backlog", k_one},
    Keyword{"ca-file", k_one},
    Keyword{"ca-ignore-err", k_one},
    Keyword{"ca-sign-file", k_one, Effect::unclear},
    Keyword{"ca-sign-pass", k_one, Effect::unclear},
    Keyword{"ca-verify-file", k_one},
    Keyword{"cc", k_one},
    Keyword{"ciphers", k_one},
    Keyword{"ciphersuites", k_one},
    Keyword{"client-sigalgs", k_one},
    Keyword{"crl-file", k_one},
    Keyword{"crt", k_one},
    Keyword{"crt-ignore-err", k_one},
    Keyword{"crt-list", k_one},
    Keyword{"curves", k_one},
    Keyword{"default-crt", k_one},
    Keyword{"defer-accept", k_none},
    Keyword{"ecdhe", k_one},
    Keyword{"expose-fd", k_one},
    Keyword{"force-sslv3", k_none},
    Keyword{"force-tlsv10", k_none},
    Keyword{"force-tlsv11", k_none},
    Keyword{"force-tlsv12", k_none},
    Keyword{"force-tlsv13", k_none},
    Keyword{"generate-certificates", k_none, Effect::unclear},
    Keyword{"gid", k_one},
    Keyword{"group", k_one},
    Keyword{"guid-prefix", k_one},
    Keyword{"id", k_one},
    Keyword{"idle-ping", k_one},
    Keyword{"interface", k_one},
    Keyword{"ktls", k_one},
    Keyword{"level", k_one},
    Keyword{"maxconn", k_one},
    Keyword{"mode", k_one},
    Keyword{"mss", k_one},
    Keyword{"name", k_one},
    Keyword{"namespace", k_one},
    Keyword{"nbconn", k_one},
    Keyword{"nice", k_one},
    Keyword{"no-alpn", k_none},
    Keyword{"no-ca-names", k_none},
    Keyword{"no-sslv3", k_none},
    Keyword{"no-strict-sni", k_none},
    Keyword{"no-tls-tickets", k_none},
    Keyword{"no-tlsv10", k_none},
    Keyword{"no-tlsv11", k_none},
    Keyword{"no-tlsv12", k_none},
    Keyword{"no-tlsv13", k_none},
    Keyword{"npn", k_one},
    Keyword{"prefer-client-ciphers", k_none},
    Keyword{"process", k_one},
    Keyword{"proto", k_one},
    Keyword{"quic-cc-algo", k_one},
    Keyword{"quic-force-retry", k_none},
    Keyword{"quic-socket", k_one},
    Keyword{"severity-output", k_one},
    Keyword{"shards", k_one},
    Keyword{"sigalgs", k_one},
    Keyword{"ssl", k_none},
    Keyword{"ssl-max-ver", k_one},
    Keyword{"ssl-min-ver", k_one},
    Keyword{"strict-sni", k_none},
    Keyword{"tcp-md5sig", k_one},
    Keyword{"tcp-ut", k_one},
    Keyword{"tfo", k_none},
    Keyword{"thread", k_one},
    Keyword{"tls-ticket-keys", k_one, Effect::unclear},
    Keyword{"tls-tickets", k_none},
    Keyword{"transparent", k_none},
    Keyword{"uid", k_one},
    Keyword{"user", k_one},
    Keyword{"v4v6", k_none},
    Keyword{"v6only", k_none},
    Keyword{"verify", k_one},
};

/// Those that a crt-list takes besides (2.8 to 3.1).
constexpr Keyword k_ocsp_update{"ocsp-update", k_one};

const Keyword* find_keyword(std::string_view name) {
  const auto* found = std::find_if(k_keywords.begin(), k_keywords.end(),
                                   [name](const Keyword& one) { return one.name == name; });
  if (found != k_keywords.end()) return found;
  return name == k_ocsp_update.name ? &k_ocsp_update : nullptr;
}

bool is_space(char c) {
  constexpr std::string_view k_space = " \t\r\n\v\f";
  return k_space.find(c) != std::string_view::npos;
}

/// The words of a line of a crt-list; a bracket is one by itself.
std::vector<std::string> crt_list_words(std::string_view line) {
  std::vector<std::string> words;
  bool open = false;
  for (const char c : line) {
    const bool bracket = c == '[' || c == ']';
    if (is_space(c) || bracket) open = false;
    if (is_space(c)) continue;
    if (!open) words.emplace_back();
    words.back() += c;
    open = !bracket;
  }
  return words;
}

std::optional<BindSettings> parse_crt_list_line(std::string_view line) {
  if (line.empty() || line.front() == '#') return std::nullopt;
  const auto words = crt_list_words(line);
  const auto begin = std::find(words.begin(), words.end(), "[");
  const auto end = std::find(words.begin(), words.end(), "]");
  if (begin == words.end() && end == words.end()) return std::nullopt;
  if (begin > end || end == words.end() || std::count(words.begin(), words.end(), "[") != 1 ||
      std::count(words.begin(), words.end(), "]") != 1) {
    return BindSettings{{}, {std::string(line)}};
  }
  return parse_bind(std::span(words).subspan(static_cast<std::size_t>(begin - words.begin()) + 1,
                                             static_cast<std::size_t>(end - begin) - 1));
}

}  // namespace

bool BindSettings::has(std::string_view keyword) const {
  return std::any_of(settings.begin(), settings.end(),
                     [keyword](const BindSetting& one) { return one.keyword == keyword; });
}

std::vector<std::string> BindSettings::values(std::string_view keyword) const {
  std::vector<std::string> values;
  for (const BindSetting& one : settings) {
    if (one.keyword == keyword) values.push_back(one.value);
  }
  return values;
}

BindSettings parse_bind(std::span<const std::string> words) {
  BindSettings parsed;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Keyword* keyword = find_keyword(words[i]);
    if (keyword == nullptr || keyword->effect == Effect::unclear) {
      parsed.unclear.push_back(words[i]);
    }
    if (keyword == nullptr) continue;
    const bool takes_value = keyword->takes == Takes::one_value;
    if (takes_value && i + 1 == words.size()) {
      parsed.unclear.push_back(words[i]);
      return parsed;
    }
    parsed.settings.push_back({words[i], takes_value ? words[i + 1] : std::string()});
    // A variable that is more than one word: "${NAME[*]}".
    if (takes_value && words[i + 1].find("[*]}") != std::string::npos) {
      parsed.unclear.push_back(words[i + 1]);
    }
    if (takes_value) ++i;
  }
  return parsed;
}

std::vector<CrtListLine> parse_crt_list(std::string_view text) {
  std::vector<CrtListLine> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    auto settings = parse_crt_list_line(text.substr(0, end));
    if (settings) lines.push_back({number, std::move(*settings)});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace mtls::render
