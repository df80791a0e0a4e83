#include "x509/serial_number.hpp"

#include "thrown.hpp"

#include <doctest/doctest.h>

#include <array>

using mtls::Bytes;
using mtls::Errc;
using mtls::x509::SerialNumber;
using mtls::x509::test::throws;

namespace {

std::string text_of(const Bytes& content) { return SerialNumber::from_content(content).to_text(); }

}  // namespace

TEST_CASE("a random serial keeps all of its 128 bits and is positive") {
  std::array<std::uint8_t, 16> random{};
  random.fill(0xff);
  const SerialNumber high = SerialNumber::from_random(random);
  CHECK(high.content().size() == 17);
  CHECK(high.content()[0] == 0);
  CHECK(high.to_text() == std::string(32, 'f'));
  random.fill(0x7f);
  CHECK(SerialNumber::from_random(random).content().size() == 16);
}

TEST_CASE("a random serial with leading zeros is a minimal integer") {
  std::array<std::uint8_t, 16> random{};
  random[15] = 0x80;
  const SerialNumber serial = SerialNumber::from_random(random);
  CHECK(mtls::to_bytes(serial.content()) == Bytes{0x00, 0x80});
  CHECK(serial.to_text() == "80");
}

TEST_CASE("a generator that gives only zeros is a bug, not a serial") {
  const std::array<std::uint8_t, 16> random{};
  CHECK(throws(Errc::internal, [&] { return SerialNumber::from_random(random); }));
}

TEST_CASE("a serial that is read may be negative, zero or long") {
  CHECK(text_of({0x00}) == "00");
  CHECK(text_of({0x01}) == "01");
  CHECK(text_of({0x00, 0x80}) == "80");
  CHECK(text_of({0xff}) == "-01");
  CHECK(text_of({0x80}) == "-80");
  CHECK(text_of({0xff, 0x7f}) == "-81");
  CHECK(text_of({0x80, 0x00}) == "-8000");
  CHECK(text_of({0xff, 0x00}) == "-0100");
  CHECK(text_of(Bytes(64, 0x11)) == std::string(128, '1'));
}

TEST_CASE("a serial that is empty, over 64 octets or not minimal is malformed") {
  for (const Bytes& content : {Bytes{}, Bytes(65, 0x11), Bytes{0x00, 0x7f}, Bytes{0xff, 0x80}}) {
    CAPTURE(mtls::to_hex(content));
    CHECK(throws(Errc::malformed, [&] { return SerialNumber::from_content(content); }));
  }
}

TEST_CASE("serials are read from hex of any usual form") {
  const auto serial = SerialNumber::parse("0a1b2c");
  REQUIRE(serial);
  CHECK(serial->to_text() == "0a1b2c");
  for (const char* same : {"0A1B2C", "0x0a1b2c", "0X0A1B2C", "0A:1B:2C", "a1b2c", "00000a1b2c"}) {
    CAPTURE(std::string(same));
    CHECK(SerialNumber::parse(same) == serial);
  }
  CHECK(SerialNumber::parse("ff")->content().size() == 2);
  CHECK(SerialNumber::parse("0")->to_text() == "00");
}

TEST_CASE("text that is no serial is nothing") {
  for (const char* text : {"", "0x", "-1", " 01", "01 ", "0g", "1:2", "a:bc", "01::02", ":01",
                           "01:", "0x0x01", "+1", "12345678901234567890z"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(SerialNumber::parse(text));
  }
  CHECK(SerialNumber::parse(std::string(128, '1')));
  CHECK_FALSE(SerialNumber::parse(std::string(128, 'f')));
  CHECK_FALSE(SerialNumber::parse(std::string(130, '1')));
}

TEST_CASE("what to_text shows of a positive serial is read back") {
  for (const Bytes& content :
       {Bytes{0}, Bytes{1}, Bytes{0, 0xff}, Bytes{0x12, 0x00}, Bytes(16, 5)}) {
    const SerialNumber serial = SerialNumber::from_content(content);
    CHECK(SerialNumber::parse(serial.to_text()) == serial);
  }
}
