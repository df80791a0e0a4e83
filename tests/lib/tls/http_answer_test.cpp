#include "tls/http_answer.hpp"

#include <doctest/doctest.h>

#include <random>

namespace mtls::tls {
namespace {

using State = AnswerReader::State;

/// Takes the text octet by octet; the last state.
State feed(AnswerReader& reader, ByteView octets) {
  State state = State::more;
  for (const std::uint8_t octet : octets) {
    state = reader.take({&octet, 1});
    if (state != State::more) break;
  }
  return state;
}
State feed(AnswerReader& reader, std::string_view text) { return feed(reader, as_bytes(text)); }

Bytes frame(std::uint8_t type, std::uint8_t flags, const Bytes& payload) {
  Bytes octets{0,
               static_cast<std::uint8_t>(payload.size() >> 8U),
               static_cast<std::uint8_t>(payload.size()),
               type,
               flags,
               0,
               0,
               0,
               1};
  octets.insert(octets.end(), payload.begin(), payload.end());
  return octets;
}

/// The state and answer after SETTINGS and HEADERS with this block.
std::optional<HttpAnswer> answer_to_headers(const Bytes& block) {
  const auto reader = make_http2_reader();
  Bytes octets = frame(4, 0, {});
  const Bytes headers = frame(1, 5, block);
  octets.insert(octets.end(), headers.begin(), headers.end());
  static_cast<void>(feed(*reader, octets));
  return reader->finish();
}

}  // namespace

TEST_CASE("an answer with a length ends with its body") {
  const auto reader = make_http1_reader();
  CHECK(feed(*reader, "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello") ==
        State::complete);
  const auto answer = reader->finish();
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->server == "x");
  CHECK(answer->body_size == 5);
  CHECK(answer->whole);
  CHECK(answer->body_hash == crypto::sha256(as_bytes("hello")));
}

TEST_CASE("chunks are put together, and their sizes do not count as content") {
  const auto reader = make_http1_reader();
  CHECK(
      feed(*reader,
           "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n"
           "0\r\n\r\n") == State::complete);
  const auto answer = reader->finish();
  REQUIRE(answer);
  CHECK(answer->status == 404);
  CHECK(answer->body_hash == crypto::sha256(as_bytes("hello")));
}

TEST_CASE("an answer without a length ends with the connection") {
  const auto reader = make_http1_reader();
  CHECK(feed(*reader, "HTTP/1.0 302 Found\r\nLocation: /x\r\n\r\nhello") == State::more);
  CHECK(reader->has_status());
  const auto answer = reader->finish();
  REQUIRE(answer);
  CHECK(answer->location == "/x");
  CHECK(answer->body_hash == crypto::sha256(as_bytes("hello")));
}

TEST_CASE("1xx answers are passed over") {
  const auto reader = make_http1_reader();
  CHECK(feed(*reader, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n") ==
        State::complete);
  CHECK(reader->finish()->status == 204);
}

TEST_CASE("lines may end with a line feed alone") {
  const auto reader = make_http1_reader();
  CHECK(feed(*reader, "HTTP/1.1 200 OK\nServer: x\nContent-Length: 5\n\nhello") == State::complete);
  const auto answer = reader->finish();
  REQUIRE(answer);
  CHECK(answer->server == "x");
  CHECK(answer->body_hash == crypto::sha256(as_bytes("hello")));
}

TEST_CASE("a status line is an answer, whatever becomes of the rest") {
  for (const std::string_view text : {"HTTP/1.1 403 No\r\n", "HTTP/1.1 403 No\nServer",
                                      "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 403\n"}) {
    const auto reader = make_http1_reader();
    CHECK(feed(*reader, text) == State::more);
    CHECK(reader->has_status());
    const auto answer = reader->finish();
    REQUIRE(answer);
    CHECK(answer->status == 403);
    CHECK_FALSE(answer->whole);
  }
  // Fields without end: enough of them.
  auto reader = make_http1_reader();
  static_cast<void>(reader->take(as_bytes("HTTP/1.1 200 OK\r\nX: ")));
  CHECK(reader->take(Bytes(std::size_t{1} << 17U, 'x')) == State::complete);
  CHECK(reader->finish()->status == 200);
  reader = make_http1_reader();
  static_cast<void>(reader->take(as_bytes("HTTP/1.1 103 Hints\r\nX: ")));
  CHECK(reader->take(Bytes(std::size_t{1} << 17U, 'x')) == State::foreign);
}

TEST_CASE("a half status line is no answer, and other protocols are none") {
  auto reader = make_http1_reader();
  CHECK(feed(*reader, "HTTP/1.1 2") == State::more);
  CHECK_FALSE(reader->finish());
  for (const std::string_view text : {"220 mail ESMTP\r\n", "SSH-2.0-x\r\n", "\x15\x03\x01"}) {
    reader = make_http1_reader();
    CHECK(feed(*reader, text) == State::foreign);
    CHECK_FALSE(reader->finish());
  }
  reader = make_http1_reader();
  CHECK(feed(*reader, "HTTP/1.1 abc\r\n\r\n") == State::foreign);
}

TEST_CASE("hostile lengths and chunks end bounded") {
  auto reader = make_http1_reader();
  CHECK(feed(*reader, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n") ==
        State::more);
  CHECK(reader->finish()->status == 200);
  reader = make_http1_reader();
  CHECK(
      feed(*reader, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx") ==
      State::more);
  CHECK(reader->finish()->body_size == 1);
  reader = make_http1_reader();
  static_cast<void>(reader->take(as_bytes("HTTP/1.1 200 OK\r\n\r\n")));
  CHECK(reader->take(Bytes(AnswerReader::k_body_limit + 5)) == State::complete);
  CHECK(reader->finish()->body_size == AnswerReader::k_body_limit);
}

TEST_CASE("chunk sizes that no memory holds take neither memory nor a second copy") {
  // Each claims up to 2^64 - 1 octets, and is followed by less.
  for (const std::string_view size : {"fffffffffffffffe", "ffffffffffffffff", "fffffffffffffffd",
                                      "7fffffffffffffff", "8000000000000000"}) {
    const auto reader = make_http1_reader();
    static_cast<void>(
        reader->take(as_bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")));
    std::string lines;
    while (lines.size() < 100'000) lines += std::string(size) + "\r\n";
    State state = State::more;
    for (int i = 0; i < 100 && state == State::more; ++i) state = reader->take(as_bytes(lines));
    CHECK(state == State::complete);  // at the limit of a body
    CHECK(reader->finish()->body_size == AnswerReader::k_body_limit);
  }
  // More than 64 bits, an empty or signed size, and no end of line behind the content.
  for (const std::string_view chunks :
       {"1fffffffffffffffff\r\nx", "\r\nx", "-1\r\nx", "+1\r\nx", "0x1\r\nx", "1\r\nxy\r\n"}) {
    const auto reader = make_http1_reader();
    static_cast<void>(
        reader->take(as_bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")));
    CHECK(feed(*reader, chunks) == State::complete);
    CHECK_FALSE(reader->finish()->whole);
  }
}

TEST_CASE("chunks in single octets, endless extensions and endless sizes end") {
  const auto start = [] {
    auto reader = make_http1_reader();
    static_cast<void>(
        reader->take(as_bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")));
    return reader;
  };
  auto reader = start();
  std::size_t octets = 0;
  for (State state = State::more; state == State::more; octets += 6) {
    state = feed(*reader, "1\r\nx\r\n");
  }
  CHECK(octets == 6 * AnswerReader::k_body_limit);
  CHECK(reader->finish()->whole);
  for (const std::string_view endless :
       {"1;xxxxxxxxxxxxxxx", "0000000000000000", "                "}) {
    reader = start();
    State state = State::more;
    for (octets = 0; state == State::more && octets < (1U << 20U); octets += endless.size()) {
      state = feed(*reader, octets == 0 ? endless : endless.substr(2));
    }
    CHECK(state == State::complete);
    CHECK_FALSE(reader->finish()->whole);
  }
}

TEST_CASE("the request says what it must and nothing that varies") {
  CHECK(as_text(http1_request({.host = "a.example", .target = "/x?y"})) ==
        "GET /x?y HTTP/1.1\r\nHost: a.example\r\nUser-Agent: mtlsctl-probe\r\nAccept: */*\r\n"
        "Connection: close\r\n\r\n");
  CHECK(as_text(http1_request({.host = "a.example", .target = "/x?y"}, Follow::more)) ==
        "GET /x?y HTTP/1.1\r\nHost: a.example\r\nUser-Agent: mtlsctl-probe\r\nAccept: */*\r\n"
        "\r\n");
}

TEST_CASE("HTTP/2: the second answer of a connection is read from its own stream") {
  const auto first = make_http2_reader();
  Bytes octets = frame(4, 0, {});
  const Bytes answer = frame(1, 5, {0x88});
  octets.insert(octets.end(), answer.begin(), answer.end());
  // Of the second answer some octets come with the first.
  Bytes second = frame(1, 5, {0x48, 0x03, '4', '2', '1'});
  second[8] = 3;
  octets.insert(octets.end(), second.begin(), second.begin() + 4);
  CHECK(first->take(octets) == State::complete);
  CHECK(first->finish()->status == 200);
  const auto reader = make_http2_reader(Stream::second);
  CHECK(reader->take(first->rest()) == State::more);
  CHECK(reader->take(ByteView(second).subspan(4)) == State::complete);
  CHECK(reader->finish()->status == 421);
  // RST_STREAM of the first stream says nothing of the second, its own does.
  const auto refused = make_http2_reader(Stream::second);
  Bytes reset = frame(3, 0, {0, 0, 0, 13});
  CHECK(feed(*refused, reset) == State::more);
  reset[8] = 3;
  CHECK(feed(*refused, reset) == State::refused);
}

TEST_CASE("HTTP/2: the second request comes without a preface") {
  const HttpRequest request{.host = "a.example", .target = "/"};
  const Bytes first = http2_request(request);
  const Bytes second = http2_request(request, Stream::second);
  CHECK(as_text(first).substr(0, 3) == "PRI");
  REQUIRE(second.size() < first.size());
  CHECK(second[8] == 3);
  // The same HEADERS otherwise.
  const ByteView tail = ByteView(first).subspan(first.size() - second.size());
  CHECK(as_text(tail.subspan(9)) == as_text(ByteView(second).subspan(9)));
  CHECK(tail[8] == 1);
}

TEST_CASE("HTTP/2: a status as an index, as digits, as Huffman's digits") {
  CHECK(answer_to_headers({0x88})->status == 200);
  CHECK(answer_to_headers({0x8d})->status == 404);
  CHECK(answer_to_headers({0x48, 0x03, '4', '0', '3'})->status == 403);
  CHECK(answer_to_headers({0x08, 0x03, '4', '2', '1'})->status == 421);
  // RFC 7541 appendix C.6.1: 302.
  CHECK(answer_to_headers({0x48, 0x82, 0x64, 0x02})->status == 302);
  // Appendix C.6.2: 307, behind a size update of the dynamic table.
  CHECK(answer_to_headers({0x20, 0x48, 0x83, 0x64, 0x0e, 0xff})->status == 307);
  CHECK_FALSE(answer_to_headers({0x48}));
  CHECK_FALSE(answer_to_headers({}));
  CHECK_FALSE(answer_to_headers({0x48, 0x03, 'a', 'b', 'c'}));
}

TEST_CASE("HTTP/2: data is the body, and RST_STREAM or GOAWAY without an answer refuses") {
  auto reader = make_http2_reader();
  CHECK(feed(*reader, frame(4, 0, {})) == State::more);
  CHECK(feed(*reader, frame(1, 4, {0x88})) == State::more);
  // Padded: one octet of length, then two of padding behind the data.
  CHECK(feed(*reader, frame(0, 9, {2, 'h', 'i', 0, 0})) == State::complete);
  CHECK(reader->finish()->body_hash == crypto::sha256(as_bytes("hi")));
  reader = make_http2_reader();
  static_cast<void>(feed(*reader, frame(4, 0, {})));
  CHECK(feed(*reader, frame(3, 0, {0, 0, 0, 13})) == State::refused);
  // GOAWAY: no stream is served; ours is, but something is wrong; cut short.
  for (const Bytes& payload :
       {Bytes{0, 0, 0, 0, 0, 0, 0, 0}, Bytes{0, 0, 0, 1, 0, 0, 0, 13}, Bytes{0, 0, 0, 1}}) {
    reader = make_http2_reader();
    static_cast<void>(feed(*reader, frame(4, 0, {})));
    CHECK(feed(*reader, frame(7, 0, payload)) == State::refused);
  }
  reader = make_http2_reader();
  CHECK(feed(*reader, "HTTP/1.1 400 Bad Request\r\n\r\n") == State::foreign);
}

TEST_CASE("HTTP/2: a server that means to close still answers") {
  const auto reader = make_http2_reader();
  static_cast<void>(feed(*reader, frame(4, 0, {})));
  CHECK(feed(*reader, frame(7, 0, {0, 0, 0, 1, 0, 0, 0, 0})) == State::more);
  CHECK(feed(*reader, frame(1, 5, {0x88})) == State::complete);
  CHECK(reader->finish()->status == 200);
}

TEST_CASE("HTTP/2: other streams say nothing, and bodies are bounded") {
  const auto reader = make_http2_reader();
  static_cast<void>(feed(*reader, frame(4, 0, {})));
  Bytes other = frame(3, 0, {0, 0, 0, 13});
  other[8] = 3;
  CHECK(feed(*reader, other) == State::more);
  CHECK(feed(*reader, frame(1, 4, {0x88})) == State::more);
  const Bytes data = frame(0, 0, Bytes(16'384));
  for (int i = 0; i < 63; ++i) CHECK(reader->take(data) == State::more);
  CHECK(reader->take(data) == State::complete);
  CHECK(reader->finish()->body_size == AnswerReader::k_body_limit);
}

TEST_CASE("whatever comes, the readers end") {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same every time
  const Bytes settings = frame(4, 0, {});
  Bytes answer =
      frame(1, 0x2c, {2, 0, 0, 0, 0, 16, 0x3f, 0x81, 0x01, 0x48, 0x82, 0x64, 0x02, 0, 0});
  answer.insert(answer.begin(), settings.begin(), settings.end());
  const Bytes data = frame(0, 1, {'h', 'i'});
  answer.insert(answer.end(), data.begin(), data.end());
  const Bytes text =
      to_bytes(as_bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: "
                        "3\r\n\r\n2\r\nhe\r\n0\r\n\r\n"));
  for (int round = 0; round < 20'000; ++round) {
    const bool http2 = round % 2 == 0;
    Bytes octets = http2 ? answer : text;
    for (unsigned i = 0; i < 1 + random() % 4; ++i) {
      octets[random() % octets.size()] = static_cast<std::uint8_t>(random());
    }
    octets.resize(1 + random() % octets.size());
    const auto reader = http2 ? make_http2_reader() : make_http1_reader();
    static_cast<void>(reader->take(ByteView(octets).first(octets.size() / 2)));
    static_cast<void>(reader->take(ByteView(octets).subspan(octets.size() / 2)));
    if (const auto found = reader->finish()) CHECK(found->status >= 100);
  }
}

}  // namespace mtls::tls
