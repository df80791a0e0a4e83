// The keywords of HAProxy's bind lines, and what goes past them.
#include "lib/render/checking.hpp"
#include "render/check.hpp"
#include "render/haproxy_bind.hpp"

#include <doctest/doctest.h>

using namespace mtls::render;
using namespace mtls::render::test;

namespace {

struct Fixture {
  RenderRequest wanted = request(Target::haproxy);
  std::string live = text(wanted);

  [[nodiscard]] Names with(std::string_view from, const std::string& to,
                           const std::string& list = {}) const {
    return differing(wanted, replace(live, from, to),
                     files({{"/ca/ca.crt", std::string(k_root)},
                            {"/other.crt", std::string(k_other)},
                            {"/list", list}}));
  }
  [[nodiscard]] Names in_global(const std::string& line) const {
    return with("global\n", "global\n  " + line + "\n");
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "HAProxy: a keyword that is another one's value is not that keyword") {
  for (const char* value : {"name", "crt", "ciphers", "alpn", "npn", "interface", "user", "group",
                            "namespace", "curves", "proto", "default-crt", "guid-prefix"}) {
    CAPTURE(value);
    CHECK(with("8443 ssl", std::string("8443 ") + value + " ssl") == Names{"ssl"});
    CHECK(with("8443 ssl", std::string("8443 ssl ") + value + " ssl").empty());
  }
  CHECK(with("verify required", "name verify ca-verify-file verify") ==
        Names{"verify", "ca-verify-file"});
  CHECK(with("ca-file /ca/ca.crt", "crt ca-file") == Names{"ca-file"});
  CHECK(with("8443 ssl", "8443 ssl name crt-list name verify").empty());
  const auto parsed = parse_bind(std::vector<std::string>{"crt", "ssl", "name", "verify", "tfo"});
  CHECK(parsed.unclear.empty());
  CHECK(parsed.settings.size() == 3);
  CHECK(parsed.values("crt") == Names{"ssl"});
  CHECK_FALSE(parsed.has("ssl"));
}

TEST_CASE_FIXTURE(Fixture, "HAProxy: a bind line that is not understood cannot be told") {
  for (const char* words : {"unheard-of", "generate-certificates", "ca-sign-file /x",
                            "tls-ticket-keys /x", "crt \"${ARGS[*]}\"", "\"$MORE\""}) {
    CAPTURE(words);
    const auto found =
        check_one(wanted, replace(live, "8443 ssl", std::string("8443 ssl ") + words),
                  files({{"/ca/ca.crt", std::string(k_root)}}));
    REQUIRE(found.size() == 1);
    CHECK(found[0].finding == Difference::Finding::cannot_tell);
    CHECK(found[0].setting.find("line ") != std::string::npos);
  }
  CHECK(with("h2,http/1.1", "h2,http/1.1 crt").size() == 1);  // without its value
}

TEST_CASE_FIXTURE(Fixture, "HAProxy: the settings of a crt-list are compared") {
  const auto with_list = [&](const std::string& list) {
    return with("ssl-min-ver", "crt-list /list ssl-min-ver", list);
  };
  CHECK(with_list("/a.pem\n# /b.pem [verify none]\n/c.pem [alpn h2] x\n").empty());
  CHECK(with_list("/a.pem [verify required ca-file /ca/ca.crt] a b\n").empty());
  CHECK(with_list("/a.pem\n/b.pem[verify none]x\n") == Names{"verify"});
  CHECK(with_list("/a.pem [verify optional ca-file /other.crt] x\n") ==
        Names{"verify", "ca-file /other.crt"});
  CHECK(with_list("/a.pem [npn verify none]\n").size() == 1);
  CHECK(with_list("/a.pem [verify required\n").size() == 1);
  CHECK(with_list("/a.pem ] [ verify none\n").size() == 1);
  CHECK(with("ssl-min-ver", "crt-list /absent ssl-min-ver") == Names{"crt-list"});
}

TEST_CASE_FIXTURE(Fixture, "HAProxy: sessions of another port resume on this one") {
  const auto beside = [&](const std::string& words, const std::string& global = {}) {
    const std::string changed = replace(live, "global\n", "global\n" + global);
    return differing(
               wanted,
               replace(changed, "frontend mtls",
                       "frontend x\n bind :9 " + words + "\nfrontend mtls"),
               files({{"/ca/ca.crt", std::string(k_root)}, {"/other.crt", std::string(k_other)}}))
        .size();
  };
  CHECK(beside("") == 0);
  CHECK(beside("ssl crt /x") == 1);
  CHECK(beside("ssl crt /x verify optional ca-file /ca/ca.crt") == 1);
  CHECK(beside("ssl crt /x verify required ca-file /other.crt") == 1);
  CHECK(beside("ssl crt /x verify required ca-file /ca/ca.crt") == 0);
  CHECK(beside("ssl crt /x", " tune.ssl.cachesize 0\n") == 0);
  CHECK(beside("ssl crt /x", " tune.ssl.cachesize 1\n") == 1);
}

TEST_CASE_FIXTURE(Fixture, "HAProxy: global settings and sockets that open the port are seen") {
  CHECK(in_global("stats socket 127.0.0.1:8443 level admin") == Names{"ssl"});
  CHECK(in_global("stats socket /run/x.sock mode 660 level admin").empty());
  for (const char* line : {"lua-load /x.lua", "ssl-engine x", "ssl-provider x"}) {
    CAPTURE(line);
    CHECK(in_global(line).size() == 1);
  }
  CHECK(in_global("ssl-default-bind-options ssl-min-ver TLSv1.0").empty());  // the line's own wins
  CHECK(with("ssl-min-ver TLSv1.2", "force-tlsv10") == Names{"ssl-min-ver"});
  const std::string bare = replace(live, "ssl-min-ver TLSv1.2", "");
  CHECK(differing(wanted,
                  replace(bare, "global\n", "global\n ssl-default-bind-options force-tlsv10\n"),
                  ca_files(k_root)) == Names{"ssl-min-ver"});
  const auto with_path = [&](const std::string& path) {
    return differing(wanted,
                     replace(replace(live, "global\n", "global\n default-path " + path + "\n"),
                             "/ca/ca.crt", "ca.crt"),
                     files({{"ca.crt", std::string(k_root)}}));
  };
  CHECK(with_path("config").empty());
  CHECK(with_path("origin /elsewhere") == Names{"ca-file"});
}

TEST_CASE("HAProxy: no-tls-tickets may be a default") {
  const auto wanted = request(Target::haproxy, with_crl(root_facts(), std::string(k_root_crl)));
  const std::string live = replace(text(wanted), " no-tls-tickets", "");
  const auto with = [&](const std::string& options) {
    return differing(
        wanted, replace(live, "global\n", "global\n ssl-default-bind-options " + options + "\n"),
        ca_files(k_root, std::string(k_root_crl)));
  };
  CHECK(with("ssl-min-ver TLSv1.2") == Names{"no-tls-tickets"});
  CHECK(with("no-tls-tickets").empty());
  CHECK(with("ssl-max-ver no-tls-tickets") == Names{"no-tls-tickets"});
}
