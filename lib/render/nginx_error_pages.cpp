#include "render/nginx_error_pages.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mtls::render {
namespace {

enum class Stage {
  checked,      // only given once the certificate was found good
  unreadable,   // given to requests that nginx cannot read, before it looks at the certificate
  certificate,  // 494 to 497
};

/// As nginx reads a number: "0496" is 496. What is no number is treated as the worst.
Stage stage_of(std::string_view code) {
  // Each was tried: given by nginx 1.22 to a client without a certificate, with a page of its own.
  static constexpr std::array k_unreadable{400, 405, 408, 414, 421, 501, 505};
  int status = 0;
  const char* const end = code.data() + code.size();
  const auto [rest, error] = std::from_chars(code.data(), end, status);
  if (error != std::errc() || rest != end) return Stage::certificate;
  if (status >= 494 && status <= 497) return Stage::certificate;
  const bool early =
      std::find(k_unreadable.begin(), k_unreadable.end(), status) != k_unreadable.end();
  return early ? Stage::unreadable : Stage::checked;
}

/// error_page CODE ... [=[STATUS]] URI
struct ErrorPage {
  Stage stage = Stage::checked;
  std::string status;  // "=", "=200"; empty if there is none
  std::string uri;
};

ErrorPage parse(const NginxDirective& directive) {
  ErrorPage page;
  auto words = directive.words;
  if (words.size() < 3) return {Stage::certificate, {}, {}};
  page.uri = std::move(words.back());
  words.pop_back();
  if (words.back().starts_with('=')) {
    page.status = std::move(words.back());
    words.pop_back();
  }
  for (auto code = words.begin() + 1; code != words.end(); ++code) {
    page.stage = std::max(page.stage, stage_of(*code));
  }
  return page;
}

/// "=200" and "=302" would present the refusal as a success.
bool keeps_refusal(const ErrorPage& page) {
  return page.status.size() < 2 || page.status[1] == '4' || page.status[1] == '5';
}

/// The one location that serves `uri` and no other; null if there is none or more than one.
const NginxDirective* single_location(const NginxServer& server, const std::string& uri) {
  const NginxDirective* single = nullptr;
  for (const NginxDirective* one : all_directives(server.server.block, "location")) {
    const auto& words = one->words;
    const bool exact = (words.size() == 3 && words[1] == "=" && words[2] == uri) ||
                       (words.size() == 2 && words[1] == "=" + uri);
    const bool named = uri.starts_with('@') && words.size() == 2 && words[1] == uri;
    if (!exact && !named) continue;
    if (single != nullptr) return nullptr;
    single = one;
  }
  return single;
}

bool only_refuses(const NginxDirective& location) {
  return location.block.size() == 1 && returns_refusal(location.block.front());
}

/// Whether a location for "/400.html" and the like serves that one file and nothing else.
bool only_serves_a_file(const NginxServer& server, const NginxDirective& location,
                        const ErrorPage& page) {
  static constexpr std::array<std::string_view, 12> k_static{
      "root",       "alias",   "internal",  "default_type", "add_header",    "expires",
      "access_log", "charset", "error_log", "etag",         "log_not_found", "sendfile"};
  // These insert the answers to further requests.
  static constexpr std::array<std::string_view, 3> k_inserting{"ssi", "add_before_body",
                                                               "add_after_body"};
  const auto is_static = [](const NginxDirective& one) {
    return std::find(k_static.begin(), k_static.end(), one.name()) != k_static.end();
  };
  return page.status.empty() && page.uri.starts_with('/') && !page.uri.ends_with('/') &&
         std::all_of(location.block.begin(), location.block.end(), is_static) &&
         std::all_of(k_inserting.begin(), k_inserting.end(), [&server](std::string_view name) {
           return server.directive(name) == nullptr;
         });
}

/// Whether the server has directives that an internal redirect to a location runs through first.
bool rewrites(const NginxServer& server) {
  static constexpr std::array<std::string_view, 5> k_rewriting{"return", "rewrite", "if", "set",
                                                               "break"};
  return std::any_of(k_rewriting.begin(), k_rewriting.end(), [&server](std::string_view name) {
    return last_directive(server.server.block, name) != nullptr;
  });
}

/// A page for the status of the refusal itself would be the next redirect.
bool goes_on(const NginxServer& server) {
  return to_lower(server.value("recursive_error_pages").value_or("off")) != "off";
}

bool is_closed(const NginxServer& server, const ErrorPage& page) {
  if (page.uri.starts_with("http://") || page.uri.starts_with("https://")) return true;
  if (rewrites(server) || goes_on(server) || !keeps_refusal(page)) return false;
  const NginxDirective* location = single_location(server, page.uri);
  if (location == nullptr) return false;
  return only_refuses(*location) ||
         (page.stage == Stage::unreadable && only_serves_a_file(server, *location, page));
}

}  // namespace

void check_error_pages(Comparison& comparison, const NginxServer& server) {
  for (const NginxDirective* directive : server.directives("error_page")) {
    const ErrorPage page = parse(*directive);
    if (page.stage == Stage::checked || is_closed(server, page)) continue;
    const std::string_view expected =
        page.stage == Stage::certificate
            ? "for 494 to 497: none, a redirect to https://, or a location that only returns 4xx "
              "or 5xx, with no return, rewrite, if or set in the server"
            : "for an error before the certificate is checked: none, or a location that only "
              "returns 4xx or 5xx or serves that file";
    comparison.doubt(server.place(*directive), std::string(expected), page.uri);
  }
}

}  // namespace mtls::render
