#include "cmd/serve_answer.hpp"

#include <doctest/doctest.h>

namespace mtls::cmd {
namespace {

tls::ServedResponse answer_to(std::string accept) {
  return answer({.method = "GET", .target = "/<a>\x1b", .accept = std::move(accept)},
                {.address = "192.0.2.1:5", .version = "TLSv1.3", .server_name = "<b>"});
}

TEST_CASE("a browser gets a page, everybody else JSON") {
  CHECK(answer_to("").content_type == "application/json");
  CHECK(answer_to("*/*").content_type == "application/json");
  CHECK(answer_to("application/json").content_type == "application/json");
  CHECK(answer_to("text/html, application/json").content_type == "application/json");
  CHECK(answer_to("Text/HTML,application/xhtml+xml,*/*;q=0.8").content_type ==
        "text/html; charset=utf-8");
}

TEST_CASE("what comes from the client is no markup and no control character") {
  for (const char* accept : {"text/html", ""}) {
    const std::string body = answer_to(accept).body;
    CHECK(body.find('\x1b') == std::string::npos);
    if (*accept == '\0') continue;
    CHECK(body.find("<a>") == std::string::npos);
    CHECK(body.find("<b>") == std::string::npos);
    CHECK(body.find("/&lt;a&gt;\\x1b") != std::string::npos);
  }
  CHECK(html_escaped("<a href=\"x\" b='&'>") == "&lt;a href=&quot;x&quot; b=&#39;&amp;&#39;&gt;");
}

TEST_CASE("without a certificate the forwarded headers say NONE and nothing else") {
  const auto headers = forwarded_headers({});
  REQUIRE(headers.size() == 1);
  CHECK(headers.front().first == "X-Forwarded-Clientcert-clientverify");
  CHECK(headers.front().second == "NONE");
}

}  // namespace
}  // namespace mtls::cmd
