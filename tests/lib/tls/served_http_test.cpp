#include "tls/served_http.hpp"

#include <doctest/doctest.h>

namespace mtls::tls {
namespace {

using State = ServedRequestReader::State;

/// Feeds `octets` in pieces of `size`; the state it ends in.
State feed(ServedRequestReader& reader, const std::string& octets, std::size_t size) {
  std::string buffer;
  State state = State::more;
  for (std::size_t at = 0; at < octets.size() && state == State::more; at += size) {
    buffer += octets.substr(at, size);
    state = reader.feed(buffer);
  }
  return state;
}

TEST_CASE("a request is the same in whatever pieces it comes") {
  const std::string octets =
      "POST /a?b HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nContent-Length: 3\r\n\r\nabc";
  for (std::size_t size = 1; size <= octets.size(); ++size) {
    ServedRequestReader reader({});
    REQUIRE(feed(reader, octets, size) == State::complete);
    CHECK(reader.request().method == "POST");
    CHECK(reader.request().target == "/a?b");
    CHECK(reader.request().accept == "text/html");
    CHECK(reader.keep_alive() == KeepAlive::yes);
  }
}

TEST_CASE("what comes behind a request stays in the buffer") {
  ServedRequestReader reader({});
  std::string buffer = "GET / HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n";
  REQUIRE(reader.feed(buffer) == State::complete);
  CHECK(buffer == "GET /2 HTTP/1.1\r\n\r\n");
}

TEST_CASE("a client that says close, or speaks HTTP/1.0, is not kept") {
  for (const char* octets :
       {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    ServedRequestReader reader({});
    REQUIRE(feed(reader, octets, 100) == State::complete);
    CHECK(reader.keep_alive() == KeepAlive::no);
  }
}

TEST_CASE("what is too long, or no HTTP, is told by its status") {
  struct Row {
    std::string octets;
    unsigned status;
  };
  const HttpLimits limits{.header = 200, .body = 10};
  const std::vector<Row> rows{
      {"nonsense\r\n\r\n", 400},
      {std::string("\0\0", 2), 400},
      {"GET / HTTP/1.1\r\nX: " + std::string(300, 'x') + "\r\n\r\n", 431},
      {"GET / HTTP/1.1\r\nX: " + std::string(300, 'x'), 431},
      {"POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400}};
  for (const Row& row : rows) {
    for (const std::size_t size : {std::size_t{7}, std::size_t{10'000}}) {
      ServedRequestReader reader(limits);
      CHECK_MESSAGE(feed(reader, row.octets, size) == State::bad, row.octets);
      CHECK(reader.objection().status == row.status);
    }
  }
}

TEST_CASE("a client that waits before its body is told once to go on") {
  const std::string head =
      "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n";
  for (std::size_t size = 1; size <= head.size(); ++size) {
    ServedRequestReader reader({});
    REQUIRE(feed(reader, head, size) == State::waits);
    std::string body = "ab";
    CHECK(reader.feed(body) == State::more);
    body += "c";
    CHECK(reader.feed(body) == State::complete);
  }
  const std::string chunked =
      "POST / HTTP/1.1\r\nExpect: ,100-continue ,\r\nTransfer-Encoding: chunked\r\n\r\n";
  ServedRequestReader reader({});
  REQUIRE(feed(reader, chunked, chunked.size()) == State::waits);
  std::string body = "1\r\na\r\n0\r\n\r\n";
  CHECK(reader.feed(body) == State::complete);
}

TEST_CASE("who does not wait, has begun, or speaks HTTP/1.0 is not told to go on") {
  const std::string length = "Content-Length: 3\r\n";
  for (const std::string& octets :
       {"POST / HTTP/1.1\r\n" + length + "\r\n",
        "POST / HTTP/1.1\r\nExpect: 100-continue\r\n" + length + "\r\na",
        "POST / HTTP/1.0\r\nExpect: 100-continue\r\n" + length + "\r\n"}) {
    ServedRequestReader reader({});
    CHECK_MESSAGE(feed(reader, octets, octets.size()) == State::more, octets);
  }
  for (const char* octets : {"GET / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n",
                             "GET / HTTP/1.0\r\nExpect: other\r\n\r\n"}) {
    ServedRequestReader reader({});
    CHECK_MESSAGE(feed(reader, octets, 1000) == State::complete, octets);
  }
}

TEST_CASE("an expectation that is not met is told, and so is a body that would be too long") {
  struct Row {
    std::string fields;
    unsigned status;
  };
  const std::vector<Row> rows{{"Expect: other\r\n", 417},
                              {"Expect: 100-continue=1\r\n", 417},
                              {"Expect: 100-continue, other\r\n", 417},
                              {"Expect: 100-continue\r\nExpect: other\r\n", 417},
                              {"Expect: 100-continue\r\nContent-Length: 11\r\n", 413}};
  for (const Row& row : rows) {
    ServedRequestReader reader({.header = 200, .body = 10});
    CHECK_MESSAGE(feed(reader, "POST / HTTP/1.1\r\n" + row.fields + "\r\n", 7) == State::bad,
                  row.fields);
    CHECK(reader.objection().status == row.status);
  }
}

TEST_CASE("a header of many short fields is as long as it is") {
  const HttpLimits limits{.header = 2000, .body = 10};
  std::string head = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 1000; ++i) head += "X: y\r\n";
  for (const std::size_t size : {std::size_t{1}, std::size_t{50}, std::size_t{1'000},
                                 std::size_t{2'000}, std::size_t{6'000}}) {
    ServedRequestReader reader(limits);
    CAPTURE(size);
    REQUIRE(feed(reader, head + "\r\n", size) == State::bad);
    CHECK(reader.objection().status == 431);
  }
}

TEST_CASE("what a chunk says beside its size is bounded, too") {
  const HttpLimits limits{.header = 200, .body = 1000};
  const std::string head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& endless : {"1;" + std::string(100'000, 'x'), std::string(100'000, '0'),
                                     "0\r\nX: " + std::string(100'000, 'x')}) {
    for (const std::size_t size : {std::size_t{7}, std::size_t{16'384}}) {
      ServedRequestReader reader(limits);
      REQUIRE(feed(reader, head + endless, size) == State::bad);
      CHECK((reader.objection().status == 431 || reader.objection().status == 400));
    }
  }
}

TEST_CASE("a response has its length, and for HEAD no body") {
  const ServedResponse response{
      .status = 200, .content_type = "text/plain", .body = "four", .fields = {{"X-A", "b"}}};
  const UnixTime time{std::chrono::seconds(784111777)};
  const std::string whole =
      to_octets(response, {.method = "GET", .keep_alive = KeepAlive::yes, .now = time});
  CHECK(whole.find("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n") != std::string::npos);
  CHECK(whole.find("HTTP/1.1 200 OK\r\n") == 0);
  CHECK(whole.find("Content-Length: 4\r\n") != std::string::npos);
  CHECK(whole.find("X-A: b\r\n") != std::string::npos);
  CHECK(whole.substr(whole.size() - 8) == "\r\n\r\nfour");
  const std::string head =
      to_octets(response, {.method = "HEAD", .keep_alive = KeepAlive::no, .now = time});
  CHECK(head.find("Content-Length: 4\r\n") != std::string::npos);
  CHECK(head.find("Connection: close\r\n") != std::string::npos);
  CHECK(head.substr(head.size() - 4) == "\r\n\r\n");
}

}  // namespace
}  // namespace mtls::tls
