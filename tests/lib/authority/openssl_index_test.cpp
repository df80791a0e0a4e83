// index.txt as openssl writes it, read and written.
#include "authority/openssl_index.hpp"

#include <doctest/doctest.h>

namespace mtls::authority {
namespace {

UnixTime seconds(std::int64_t count) { return UnixTime(std::chrono::seconds(count)); }

TEST_CASE("a line is written as openssl writes it, and read back") {
  const auto serial = x509::SerialNumber::parse("0a").value();
  const auto name = x509::Name::parse("/C=cn/O=a,b/CN=x");
  const std::string valid = to_index_line({.status = 'V',
                                           .not_after = seconds(1767225599),
                                           .revoked_at = std::nullopt,
                                           .reason = {},
                                           .serial = serial,
                                           .subject = name});
  CHECK(valid == "V\t251231235959Z\t\t0A\tunknown\t/C=cn/O=a,b/CN=x\n");
  const std::string revoked = to_index_line({.status = 'R',
                                             .not_after = seconds(4070908799),
                                             .revoked_at = seconds(1704164645),
                                             .reason = "cACompromise",
                                             .serial = serial,
                                             .subject = name});
  CHECK(revoked ==
        "R\t20981231235959Z\t240102030405Z,CACompromise\t0A\tunknown\t/C=cn/O=a,b/CN=x\n");

  const OpensslIndex index = parse_openssl_index(valid + revoked);
  CHECK(index.defects.empty());
  REQUIRE(index.rows.size() == 2);
  CHECK_FALSE(index.rows[0].revoked);
  CHECK(index.rows[1].serial == serial);
  CHECK(index.rows[1].revoked_at == seconds(1704164645));
  CHECK(index.rows[1].reason == "cACompromise");
  CHECK(index.rows[1].line == 2);
}

TEST_CASE("octets that would end a field or a line are escaped") {
  const auto name = x509::Name::parse("CN=a\\C3\\A4");
  CHECK(to_oneline(name) == "/CN=a\\xC3\\xA4");
}

TEST_CASE("a line that is cut counts once its serial is whole") {
  const std::string line = "R\t251231235959Z\t240102030405Z\t0A0B\tunknown\t/CN=x\n";
  for (std::size_t cut = 1; cut < line.size(); ++cut) {
    CAPTURE(cut);
    const OpensslIndex index = parse_openssl_index(line.substr(0, cut));
    CHECK_FALSE(index.defects.empty());
    const bool whole = cut > line.find("0A0B") + 4;
    CHECK(index.rows.size() == (whole ? 1 : 0));
  }
}

TEST_CASE("a revocation counts although its time cannot be read") {
  const auto index = parse_openssl_index("R\t251231235959Z\t\t0A\tunknown\t/CN=x\n");
  REQUIRE(index.rows.size() == 1);
  CHECK(index.rows.front().revoked);
  CHECK_FALSE(index.rows.front().revoked_at);
  CHECK(index.defects.size() == 1);
}

TEST_CASE("a tab behind a backslash is no end of a field, and comments are no lines") {
  const auto index =
      parse_openssl_index("# one\n\nV\t251231235959Z\t\t0A\tunknown\t/CN=a\\\tb\r\n");
  CHECK(index.defects.empty());
  REQUIRE(index.rows.size() == 1);
}

TEST_CASE("a text in pieces is read as it is whole") {
  const std::string text =
      "V\t251231235959Z\t\t0A\tunknown\t/CN=x\r\n\nR\t251231235959Z\t240102030405Z\t0B\tunknown\t/"
      "CN=y\nV\t251231235959Z\t\t0C\tunk";
  const OpensslIndex whole = parse_openssl_index(text);
  CHECK(whole.rows.size() == 3);
  for (const std::size_t length : {1U, 2U, 7U, 40U}) {
    OpensslIndexReader reader;
    for (std::size_t at = 0; at < text.size(); at += length) reader.take(text.substr(at, length));
    const OpensslIndex pieces = reader.finish();
    REQUIRE(pieces.rows.size() == whole.rows.size());
    for (std::size_t i = 0; i < whole.rows.size(); ++i) {
      CHECK(pieces.rows[i].serial == whole.rows[i].serial);
      CHECK(pieces.rows[i].line == whole.rows[i].line);
    }
    CHECK(pieces.defects.size() == whole.defects.size());
  }
}

TEST_CASE("a line without end is passed over, and what follows is read") {
  const std::string good = "V\t251231235959Z\t\t0A\tunknown\t/CN=x\n";
  OpensslIndexReader reader;
  for (int i = 0; i < 100; ++i) reader.take(std::string(10'000, 'x'));
  reader.take("\n" + good);
  const OpensslIndex index = reader.finish();
  CHECK(index.rows.size() == 1);
  REQUIRE(index.defects.size() == 1);
  CHECK(index.defects.front().line == 1);
}

}  // namespace
}  // namespace mtls::authority
