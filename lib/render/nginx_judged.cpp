#include "render/nginx_judged.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "render/nginx_server.hpp"

#include <algorithm>
#include <array>

namespace mtls::render {
namespace {

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view last_part(std::string_view path) {
  // find's npos + 1 is 0: a name without a slash is its own last part.
  return path.substr(path.rfind('/') + 1);
}

/// Compared by check_nginx, or without influence on which clients are accepted.
bool is_known_ssl(std::string_view name) {
  static constexpr std::array<std::string_view, 35> k_known{"ssl",
                                                            "ssl_alpn",
                                                            "ssl_buffer_size",
                                                            "ssl_certificate",
                                                            "ssl_certificate_cache",
                                                            "ssl_certificate_key",
                                                            "ssl_ciphers",
                                                            "ssl_client_certificate",
                                                            "ssl_conf_command",
                                                            "ssl_crl",
                                                            "ssl_dhparam",
                                                            "ssl_early_data",
                                                            "ssl_ecdh_curve",
                                                            "ssl_handshake_timeout",
                                                            "ssl_ocsp",
                                                            "ssl_ocsp_cache",
                                                            "ssl_ocsp_responder",
                                                            "ssl_password_file",
                                                            "ssl_prefer_server_ciphers",
                                                            "ssl_preread",
                                                            "ssl_protocols",
                                                            "ssl_reject_handshake",
                                                            "ssl_session_cache",
                                                            "ssl_session_ticket_key",
                                                            "ssl_session_tickets",
                                                            "ssl_session_timeout",
                                                            "ssl_stapling",
                                                            "ssl_stapling_file",
                                                            "ssl_stapling_responder",
                                                            "ssl_stapling_verify",
                                                            "ssl_trusted_certificate",
                                                            "ssl_verify_client",
                                                            "ssl_verify_depth",
                                                            "ssl_object_cache_inheritable",
                                                            "ssl_certificate_compression"};
  return contains(k_known, name);
}

/// Code that runs inside nginx, and post_action, which processes a request once more.
bool is_script(std::string_view name) {
  static constexpr std::array<std::string_view, 7> k_beginnings{
      "perl_", "js_", "lua_", "mruby_", "njs_", "passenger_", "proxy_wasm"};
  return name == "perl" || name == "post_action" || name == "wasm" ||
         name.find("_by_lua") != std::string_view::npos ||
         std::any_of(k_beginnings.begin(), k_beginnings.end(),
                     [name](std::string_view one) { return name.starts_with(one); });
}

/// Modules, of nginx and of Debian's packages, that run no code of the configuration and leave TLS
/// alone.
bool is_known_module(std::string_view path) {
  static constexpr std::array<std::string_view, 13> k_modules{
      "ngx_stream_module.so",
      "ngx_mail_module.so",
      "ngx_http_geoip_module.so",
      "ngx_stream_geoip_module.so",
      "ngx_http_geoip2_module.so",
      "ngx_stream_geoip2_module.so",
      "ngx_http_image_filter_module.so",
      "ngx_http_xslt_filter_module.so",
      "ngx_http_headers_more_filter_module.so",
      "ngx_http_brotli_filter_module.so",
      "ngx_http_brotli_static_module.so",
      "ngx_http_fancyindex_module.so",
      "ngx_http_subs_filter_module.so",
  };
  static constexpr std::array<std::string_view, 4> k_places{"modules/", "/usr/lib/nginx/modules/",
                                                            "/usr/lib64/nginx/modules/",
                                                            "/usr/share/nginx/modules/"};
  const std::string_view name = last_part(path);
  return contains(k_modules, name) && contains(k_places, path.substr(0, path.size() - name.size()));
}

/// Blocks whose lines are data: the first word of each is no directive.
bool holds_data(std::string_view name) {
  static constexpr std::array<std::string_view, 7> k_names{
      "types", "map", "geo", "geoip2", "split_clients", "charset_map", "match"};
  return contains(k_names, name);
}

/// Files of nginx's own that only name types and parameters.
bool has_harmless_name(std::string_view include) {
  static constexpr std::array<std::string_view, 6> k_names{"mime.types",   "fastcgi_params",
                                                           "fastcgi.conf", "proxy_params",
                                                           "scgi_params",  "uwsgi_params"};
  return contains(k_names, last_part(include));
}

bool is_harmless_content(const NginxDirectives& directives) {
  static constexpr std::array<std::string_view, 6> k_names{
      "types", "fastcgi_param", "scgi_param", "uwsgi_param", "proxy_set_header", "default_type"};
  return std::all_of(directives.begin(), directives.end(),
                     [](const NginxDirective& one) { return contains(k_names, one.name()); });
}

/// Where a directive is: what a location includes is processed after the certificate check.
enum class Place { server, location };

class Judge final {
 public:
  Judge(Comparison& comparison, std::string directory)
      : m_comparison(comparison), m_directory(std::move(directory)) {}

  void judge(const NginxDirectives& directives, Place place) {
    for (const NginxDirective& one : directives) {
      judge(one, place);
      if (one.block.empty() || holds_data(one.name())) continue;
      const bool enters = one.name() == "location" || one.name() == "upstream";
      judge(one.block, enters ? Place::location : place);
    }
  }

 private:
  void judge(const NginxDirective& one, Place place) {
    const std::string& name = one.name();
    const std::string_view first =
        one.words.size() > 1 ? std::string_view(one.words[1]) : std::string_view();
    if (name == "include") {
      // What a location includes cannot leave it.
      if (place == Place::server && !is_harmless_include(std::string(first))) {
        doubt(one, "the file itself: check what nginx -T prints", first);
      }
    } else if (name == "load_module") {
      if (!is_known_module(first)) doubt(one, "no module whose effect is unknown", first);
    } else if (is_script(name)) {
      doubt(one, "no code that runs inside nginx", first);
    } else if (name == "ssl_engine" || (name.starts_with("ssl_") && !is_known_ssl(name))) {
      doubt(one, "no TLS setting whose effect is unknown", first);
    }
  }

  void doubt(const NginxDirective& one, std::string expected, std::string_view found) {
    const bool named = one.name() == "include" || one.name() == "load_module";
    if (named) {
      m_comparison.doubt(format("line {}: {} {}", one.line, one.name(), found), std::move(expected),
                         "a name");
    } else {
      m_comparison.doubt(format("line {}: {}", one.line, one.name()), std::move(expected),
                         found.empty() ? std::string_view(one.name()) : found);
    }
  }

  bool is_harmless_include(const std::string& include) {
    if (!has_harmless_name(include)) return false;
    const bool relative = !m_directory.empty() && !include.starts_with('/');
    std::optional<SecretBytes> content;
    try {
      content = m_comparison.read(relative ? m_directory + "/" + include : include);
    } catch (const Error&) {
      return true;  // it is on another machine; its name has to do
    }
    try {
      return is_harmless_content(read_nginx(as_text(content->view())));
    } catch (const Error&) {
      return false;
    }
  }

  Comparison& m_comparison;
  std::string m_directory;
};

}  // namespace

void check_judged_directives(Comparison& comparison, const NginxConfiguration& configuration) {
  Judge(comparison, configuration.directory).judge(configuration.directives, Place::server);
}

}  // namespace mtls::render
