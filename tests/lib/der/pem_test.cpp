#include "der/pem.hpp"

#include "der/writer.hpp"
#include "support/process.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

namespace mtls::der {
namespace {

using test::code_of;

std::vector<PemBlock> read(std::string_view text) { return read_pem(as_bytes(text)); }

bool refuses(std::string_view text) {
  return code_of([&] { static_cast<void>(read(text)); }) == Errc::malformed;
}

/// The blocks as "LABEL:hex", one a line.
std::string summary(std::string_view text) {
  std::string shown;
  for (const PemBlock& block : read(text)) {
    shown += block.label + ":" + to_hex(block.der.view()) + "\n";
  }
  return shown;
}

constexpr std::string_view k_block =
    "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result(text);
  for (std::size_t at = 0; (at = result.find(from, at)) != std::string::npos; at += to.size()) {
    result.replace(at, from.size(), to);
  }
  return result;
}

}  // namespace

TEST_CASE("reads blocks in their order, with text before, between and behind") {
  CHECK(summary("") == "");
  CHECK(summary("no block here\n") == "");
  CHECK(summary(k_block) == "CERTIFICATE:3000\n");
  const std::string chain =
      "subject=CN: a\n" + std::string(k_block) +
      "\n-- text: with a colon --\n-----BEGIN X-----\nAQID\n-----END X-----\n" +
      std::string(k_block) + "the end";
  CHECK(summary(chain) == "CERTIFICATE:3000\nX:010203\nCERTIFICATE:3000\n");
}

TEST_CASE("lets pass CRLF, a byte order mark, trailing blanks and a missing last line end") {
  const std::string expected = "CERTIFICATE:3000\n";
  CHECK(summary(replaced(k_block, "\n", "\r\n")) == expected);
  CHECK(summary("\xef\xbb\xbf" + std::string(k_block)) == expected);
  CHECK(summary(replaced(k_block, "\n", " \t\n")) == expected);
  CHECK(summary(k_block.substr(0, k_block.size() - 1)) == expected);
  CHECK(summary(replaced(k_block, "MAA=", "MA\nA=")) == expected);
  CHECK(summary(replaced(k_block, "MAA=", "\nMAA=\n")) == expected);
}

TEST_CASE("two files with byte order marks, put together, are two blocks") {
  const std::string one = "\xef\xbb\xbf" + std::string(k_block);
  CHECK(summary(one + one) == "CERTIFICATE:3000\nCERTIFICATE:3000\n");
}

TEST_CASE("reads UTF-16, and refuses a file of which only a part is UTF-16") {
  std::string wide;
  for (const char c : k_block) (wide += c) += '\0';
  CHECK(looks_like_pem(as_bytes(wide)));
  CHECK(summary(wide) == "CERTIFICATE:3000\n");
  CHECK(summary("\xff\xfe" + wide + "\xff\xfe" + wide) == "CERTIFICATE:3000\nCERTIFICATE:3000\n");
  CHECK(refuses(std::string(k_block) + wide));
  CHECK(refuses(std::string(k_block) + "\xff\xfe" + wide));
  CHECK(refuses("\xff\xfe" + wide + std::string(k_block)));
}

TEST_CASE("refuses a block without its end") {
  CHECK(refuses("-----BEGIN CERTIFICATE-----\nMAA=\n"));
  CHECK(refuses("-----BEGIN CERTIFICATE-----\n"));
  CHECK(refuses("-----BEGIN CERTIFICATE-----"));
  CHECK(refuses(std::string(k_block) + "-----BEGIN CERTIFICATE-----\nMAA=\n"));
  CHECK(refuses("-----BEGIN CERTIFICATE-----\nMAA=\n" + std::string(k_block)));
}

TEST_CASE("refuses an end with another label, and one without its block") {
  CHECK(refuses("-----BEGIN CERTIFICATE-----\nMAA=\n-----END PRIVATE KEY-----\n"));
  CHECK(refuses("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE----\n"));
  CHECK(refuses("-----END CERTIFICATE-----\n" + std::string(k_block)));
  // A BEGIN line that lost a hyphen would be taken for text, and its block overlooked.
  CHECK(refuses(std::string(k_block) +
                "----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"));
}

TEST_CASE("refuses a boundary that is broken or stands within a line") {
  CHECK(refuses("-----BEGIN CERTIFICATE----\nMAA=\n-----END CERTIFICATE-----\n"));
  CHECK(refuses("-----BEGIN CERTIFICATE\nMAA=\n-----END CERTIFICATE-----\n"));
  CHECK(refuses(" " + std::string(k_block)));
  CHECK(refuses("text " + std::string(k_block)));
  CHECK(refuses(replaced(k_block, "\n", "")));
  CHECK(refuses(replaced(k_block, "\n", "\r")));
  CHECK(refuses(replaced(k_block, "\n-----END", "-----END")));
}

TEST_CASE("refuses a label that could be mistaken or act on a terminal") {
  for (const char* label :
       {"", " X", "X ", "A--B", "A-----BEGIN B", "A\x1b[2J", "A\tB", "\xc3\xbc"}) {
    CAPTURE(label);
    const std::string name = label;
    CHECK(refuses("-----BEGIN " + name + "-----\nMAA=\n-----END " + name + "-----\n"));
  }
  CHECK(summary("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n") == "X509 CRL:3000\n");
}

TEST_CASE("refuses a body that is not base64, or empty") {
  for (const char* body : {"", "MAA", "MAA==", "M AA=", " MAA=", "MA*=", "MAA=\nMAA=", "MAB=",
                           "MAA=\x01", "----", "MAA=#"}) {
    CAPTURE(body);
    CHECK(refuses(replaced(k_block, "MAA=", body)));
  }
  CHECK(refuses(replaced(k_block, "MAA=", std::string_view("MA\0A=", 5))));
}

TEST_CASE("headers belong to private keys alone, and are kept") {
  const std::string key =
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
      "DEK-Info: AES-256-CBC,00112233\n\nMAA=\n-----END RSA PRIVATE KEY-----\n";
  const auto blocks = read(key);
  REQUIRE(blocks.size() == 1);
  CHECK(blocks[0].encrypted_legacy);
  CHECK(blocks[0].headers == "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233");
  CHECK(to_hex(blocks[0].der.view()) == "3000");

  CHECK_FALSE(read(k_block)[0].encrypted_legacy);
  CHECK(read(k_block)[0].headers.empty());
  CHECK(refuses(replaced(key, "RSA PRIVATE KEY", "CERTIFICATE")));
  CHECK(refuses(replaced(key, "\n\nMAA=", "\n\nMAA=\nDEK-Info: x")));
  CHECK(refuses(replaced(key, "\n\nMAA=", "\n\nLate-Header: x\nMAA=")));
}

TEST_CASE("every truncation of a file is refused, or is text before the first boundary") {
  const std::string text = "comment\n" + std::string(k_block);
  const std::size_t begin = text.find("-----BEGIN ") + std::string_view("-----BEGIN ").size();
  const std::size_t whole = text.size() - 1;  // without its last line end it is the same
  for (std::size_t size = 0; size < whole; ++size) {
    CAPTURE(size);
    const std::string_view part = std::string_view(text).substr(0, size);
    if (size < begin - 1) {
      CHECK(read(part).empty());
    } else if (size > begin) {
      CHECK(refuses(part));
    }
  }
}

TEST_CASE("a file of endless blocks is refused, and 10,000 are read") {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "-----BEGIN X-----\nMAA=\n-----END X-----\n";
  CHECK(read(text).size() == 10'000);
  CHECK(refuses(text + "-----BEGIN X-----\nMAA=\n-----END X-----\n"));
}

TEST_CASE("a boundary tells PEM from DER") {
  CHECK(looks_like_pem(as_bytes(k_block)));
  CHECK(looks_like_pem(as_bytes("text -----BEGIN ")));
  CHECK_FALSE(looks_like_pem(as_bytes("-----END X-----")));
  CHECK_FALSE(looks_like_pem(Bytes{0x30, 0x00}));
  CHECK_FALSE(looks_like_pem({}));
  // A name may hold the words.
  der::Writer name;
  name.sequence([](der::Writer& parts) { parts.text(der::tag::utf8_string, "-----BEGIN x"); });
  CHECK_FALSE(looks_like_pem(name.view()));
  Bytes followed = to_bytes(name.view());
  followed.push_back(0);
  CHECK(looks_like_pem(followed));
}

TEST_CASE("writes lines of 64 characters") {
  CHECK(to_pem("CERTIFICATE", Bytes{0x30, 0x00}) == k_block);
  const std::string line(64, 'A');
  CHECK(to_pem("X", Bytes(48, 0)) == "-----BEGIN X-----\n" + line + "\n-----END X-----\n");
  CHECK(to_pem("X", Bytes(49, 0)) == "-----BEGIN X-----\n" + line + "\nAA==\n-----END X-----\n");
  const SecretBytes secret = to_secret_pem("X", Bytes(49, 0));
  CHECK(as_text(secret.view()) == to_pem("X", Bytes(49, 0)));
}

TEST_CASE("any octets come back from their PEM") {
  CHECK(rc::check([](const Bytes& octets) {
    RC_PRE(!octets.empty());
    const auto blocks = read(to_pem("CERTIFICATE", octets));
    RC_ASSERT(blocks.size() == 1U);
    RC_ASSERT(blocks[0].label == "CERTIFICATE");
    RC_ASSERT(equal(blocks[0].der.view(), octets));
  }));
}

TEST_CASE("openssl reads what is written, and its base64 is ours") {
  Bytes der{0x04, 0x82, 0x01, 0x00};
  for (unsigned i = 0; i < 256; ++i) der.push_back(static_cast<std::uint8_t>(i));
  const auto outcome = test::run(test::Command{
      .arguments = {"openssl", "asn1parse", "-inform", "PEM", "-out", "/dev/stdout", "-noout"},
      .input = to_pem("ANY", der)});
  INFO(outcome.shown());
  CHECK(outcome.ok());
  CHECK(outcome.out == as_text(der));
}

}  // namespace mtls::der
