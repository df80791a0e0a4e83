// What nginx's own order of things lets in, and directives that are not judged.
#include "lib/render/checking.hpp"
#include "render/check.hpp"

#include <doctest/doctest.h>

using namespace mtls::render;
using namespace mtls::render::test;

namespace {

struct Fixture {
  RenderRequest wanted = request(Target::nginx);
  std::string live = text(wanted);

  [[nodiscard]] Names with(std::string_view from, const std::string& to) const {
    return differing(wanted, replace(live, from, to), ca_files(k_root));
  }
  [[nodiscard]] Names in_server(const std::string& more) const {
    return with("ssl_verify_client on;", "ssl_verify_client on; " + more);
  }
  [[nodiscard]] Names in_http(const std::string& more) const {
    return with("http {", "http { " + more);
  }
};

const std::string k_deny = "location = /deny { return 403; }";

}  // namespace

TEST_CASE_FIXTURE(Fixture,
                  "nginx: an error page is closed by an exact location that only refuses") {
  for (const std::string page :
       {"error_page 495 496 = /deny;", "error_page 494 495 496 497 =403 /deny;",
        "error_page 496 /deny;"}) {
    CAPTURE(page);
    CHECK(in_server(page + k_deny).empty());
    CHECK(in_http(page).size() == 1);  // there is no such location
    // These run once more on the way there.
    for (const char* rewriting :
         {"return 200;", "rewrite ^ /in;", "if ($a) { return 200; }", "set $a b;", "break;"}) {
      CAPTURE(rewriting);
      CHECK(in_server(page + k_deny + rewriting) == Names{"error_page"});
    }
  }
  for (const char* location :
       {"location /deny { return 403; }", "location ^~ /deny { return 403; }",
        "location ~ /deny { return 403; }", "location = /deny { return 301 /; }",
        "location = /deny { return 403; add_header a b; }", "location = /deny { }",
        "location = /deny { include deny.conf; }", "location = /deny/ { return 403; }",
        "location = /deny { return 403; } location = /deny { return 403; }"}) {
    CAPTURE(location);
    CHECK(in_server(std::string("error_page 496 = /deny; ") + location) == Names{"error_page"});
  }
  // A refusal that is presented as a success, and where the target is a variable.
  CHECK(in_server("error_page 496 =200 /deny;" + k_deny) == Names{"error_page"});
  CHECK(in_server("error_page 496 =302 /deny;" + k_deny) == Names{"error_page"});
  CHECK(in_server("error_page 496 = $page;" + k_deny) == Names{"error_page"});
}

TEST_CASE_FIXTURE(Fixture, "nginx: numbers and flags are read as nginx reads them") {
  CHECK(in_server("error_page 0496 /in;") == Names{"error_page"});
  CHECK(in_server("error_page 403 /in; error_page 496 = /deny; recursive_error_pages ON;" +
                  k_deny) == Names{"error_page"});
  CHECK(in_server("error_page 403 /in; error_page 496 = /deny; recursive_error_pages OFF;" + k_deny)
            .empty());
  CHECK(with("ssl_protocols ", "ssl_protocols tlsv1 ") == Names{"ssl_protocols"});
}

TEST_CASE_FIXTURE(Fixture, "nginx: errors that are given before the certificate is checked count") {
  for (const char* code : {"400", "405", "414", "421", "494", "501", "505"}) {
    CAPTURE(code);
    const std::string page = std::string("error_page ") + code + " ";
    CHECK(in_server(page + "/in;") == Names{"error_page"});
    CHECK(in_server(page + "=200 /in; location = /in { root /x; }") == Names{"error_page"});
    CHECK(in_server(page + "/deny;" + k_deny).empty());
    CHECK(in_server(page + "https://a.example/;").empty());
  }
  // A page of one's own for what nginx could not read is a file and nothing more.
  const std::string page = "error_page 400 404 405 /40x.html;";
  CHECK(in_server(page + "location = /40x.html { root /x; internal; }").empty());
  for (const char* more : {"location = /40x.html { proxy_pass http://a; }", "ssi on;",
                           "location = /40x.html { try_files /in =404; }"}) {
    CAPTURE(more);
    CHECK(in_server(page + more) == Names{"error_page"});
  }
  CHECK(in_server(page + "ssi on; location = /40x.html { root /x; }") == Names{"error_page"});
  CHECK(in_server("error_page 400 /; location = / { root /x; }") == Names{"error_page"});
  // Only what is given after the check is free.
  CHECK(in_server("error_page 401 403 404 413 500 502 503 504 =200 /in;").empty());
}

TEST_CASE_FIXTURE(Fixture, "nginx: directives whose effect is unknown are named with their line") {
  for (const char* directive : {"load_module modules/ngx_http_perl_module.so;",
                                "load_module /tmp/ngx_stream_module.so;", "ssl_engine x;"}) {
    CAPTURE(directive);
    const auto found = check_one(wanted, "\n" + std::string(directive) + live, ca_files(k_root));
    REQUIRE(found.size() == 1);
    CHECK(found[0].finding == Difference::Finding::cannot_tell);
    CHECK(found[0].setting.starts_with("line 2: "));
  }
  CHECK(with("http {", "load_module modules/ngx_stream_module.so; http {").empty());
  for (const char* directive :
       {"js_import x.js;", "perl_modules x;", "lua_package_path x;", "ssl_unheard_of on;",
        "init_by_lua_block { f({}) }", "post_action /x;"}) {
    CAPTURE(directive);
    CHECK(in_http(directive).size() == 1);
    CHECK(in_server(directive).size() == 1);
  }
  CHECK(in_server("location /x { content_by_lua_file x; }").size() == 1);
  CHECK(in_server("ssl_conf_command UnheardOf x;") == Names{"ssl_conf_command"});
  // What is data is no directive.
  CHECK(in_http("map $a $b { perl 1; ssl_x 2; include x.map; } types { ssl_a b; }").empty());
}

TEST_CASE_FIXTURE(Fixture, "nginx: a file with a harmless name is read where it can be") {
  const auto with_file = [&](const std::string& content) {
    return differing(wanted, replace(live, "ssl_verify_client on;", "include mime.types;"),
                     files({{"/ca/ca.crt", std::string(k_root)}, {"mime.types", content}}));
  };
  CHECK(with_file("types { a b; } ssl_verify_client on;") ==
        Names{"include mime.types", "ssl_verify_client"});
  CHECK(with_file("types { a b; }") == Names{"ssl_verify_client"});
  CHECK(with_file("types {").size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "nginx: a server that only refuses lets nobody in") {
  const auto beside = [&](const std::string& server) {
    return in_http("server { listen 8443 ssl default_server; " + server + " }").size();
  };
  CHECK(beside("server_name _; ssl_certificate /x; return 444;") == 0);
  CHECK(beside("ssl_reject_handshake on; return 403;") == 0);
  // A client that began with another name goes on to this one's pages by its Host.
  CHECK(beside("ssl_reject_handshake on;") == 2);
  CHECK(beside("return 301 https://a.example;") == 2);
  CHECK(beside("return 444; location / { root /x; }") == 2);
  CHECK(beside("if ($a) { return 444; }") == 2);
  // Whom another CA certified goes on to the others as well.
  CHECK(beside("ssl_verify_client on; ssl_client_certificate /other.crt; return 444;") == 1);
}

TEST_CASE("nginx: a port that is not written is 80, or 8000") {
  auto wanted = request(Target::nginx);
  wanted.settings.listener.listen = mtls::parse_host_port("127.0.0.1:80");
  const std::string live = text(wanted);
  const auto beside = [&](const std::string& server) {
    return differing(wanted, replace(live, "http {", "http { " + server), ca_files(k_root)).size();
  };
  for (const char* server : {"server { return 200; }", "server { listen localhost; }",
                             "server { listen 127.0.0.1; }", "server { listen [::]; }"}) {
    CAPTURE(server);
    CHECK(beside(server) == 3);
  }
  CHECK(differing(wanted, "upstream a { server b; }" + live, ca_files(k_root)).empty());
  for (const char* server :
       {"server { listen unix:/x; }", "server { listen 81-90; }", "server { listen [::]:81; }"}) {
    CAPTURE(server);
    CHECK(beside(server) == 0);
  }
}
