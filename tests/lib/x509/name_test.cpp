#include "x509/name.hpp"

#include "der/writer.hpp"
#include "thrown.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using mtls::Bytes;
using mtls::Errc;
using mtls::to_hex;
using mtls::x509::Attribute;
using mtls::x509::make_attribute;
using mtls::x509::Name;
using mtls::x509::Rdn;
using mtls::x509::test::thrown;
using mtls::x509::test::throws;

namespace {

namespace tag = mtls::der::tag;

const mtls::der::Oid k_cn = mtls::der::oid("2.5.4.3");

Attribute raw(std::string_view type, std::uint8_t tag, const Bytes& octets) {
  return {.type = mtls::x509::find_attribute_type(type).value(), .tag = tag, .octets = octets};
}

Attribute raw(std::string_view type, std::uint8_t tag, std::string_view text) {
  return raw(type, tag, mtls::to_bytes(mtls::as_bytes(text)));
}

Name of(const Attribute& attribute) { return Name::make({{attribute}}); }

bool is_refused(std::string_view text) {
  return throws(Errc::bad_name, [&] { return Name::parse(text); });
}

bool is_bad(const Name& name) {
  return throws(Errc::bad_name, [&] {
    mtls::x509::require_good_name(name, "the subject");
    return 0;
  });
}

}  // namespace

TEST_CASE("the guide's subject is read alike in both forms") {
  const Name name =
      Name::parse("emailAddress=a.alibaba.com,CN=root,OU=test,O=alibaba,L=bj,ST=bj,C=cn");
  CHECK(name == Name::parse("/C=cn/ST=bj/L=bj/O=alibaba/OU=test/CN=root"
                            "/emailAddress=a.alibaba.com"));
  REQUIRE(name.rdns().size() == 7);
  CHECK(mtls::x509::attribute_name(name.rdns().front().front().type) == "C");
  CHECK(name.rdns().front().front().tag == tag::printable_string);
  CHECK(name.rdns().front().front().text() == "cn");
  CHECK(name.rdns()[1].front().tag == tag::utf8_string);
  CHECK(name.rdns().back().front().tag == tag::ia5_string);
  CHECK(name.rdns().back().front().text() == "a.alibaba.com");
  CHECK(name.to_text() == "emailAddress=a.alibaba.com,CN=root,OU=test,O=alibaba,L=bj,ST=bj,C=cn");
  CHECK(name.common_name() == "root");
}

TEST_CASE("a name has the octets that RFC 5280 wants") {
  CHECK(to_hex(Name::parse("CN=a,C=cn").der()) ==
        "3019310b300906035504061302636e310a300806035504030c0161");
  CHECK(to_hex(Name().der()) == "3000");
  CHECK(Name::parse("") == Name());
  CHECK(Name::parse("/") == Name());
  CHECK(Name().to_text().empty());
  const Name name = Name::parse("CN=root,C=cn");
  CHECK(name.to_text(5) == "CN=ro...");
  CHECK(name.to_text(8) == "CN=root,...");
  CHECK(name.to_text(12) == "CN=root,C=cn");
  CHECK(Name().empty());
}

TEST_CASE("types are known by their short and long names in any case, and by number") {
  const Name name = Name::parse("CN=a");
  for (const char* same :
       {"cn=a", "commonName=a", "COMMONNAME=a", "2.5.4.3=a", "/cn=a", "/2.5.4.3=a"}) {
    CAPTURE(std::string(same));
    CHECK(Name::parse(same) == name);
  }
  CHECK(Name::parse("E=a@b.example") == Name::parse("emailAddress=a@b.example"));
  CHECK(mtls::x509::find_attribute_type("sn") == mtls::der::oid("2.5.4.4"));
  CHECK(mtls::x509::find_attribute_type("serialNumber") == mtls::der::oid("2.5.4.5"));
  CHECK_FALSE(mtls::x509::find_attribute_type(""));
  CHECK_FALSE(mtls::x509::find_attribute_type("XX"));
  CHECK(mtls::x509::attribute_name(mtls::der::oid("1.2.3.4")) == "1.2.3.4");
}

TEST_CASE("the escapes of RFC 4514 are undone") {
  const auto value = [](std::string_view text) { return Name::parse(text).common_name(); };
  CHECK(value(R"(CN=a\,b)") == "a,b");
  CHECK(value(R"(CN=a\2Cb)") == "a,b");
  CHECK(value(R"(CN=\"\+\,\;\<\>\\\#\=\ x)") == "\"+,;<>\\#= x");
  CHECK(value(R"(CN=Lu\C4\8Di\C4\87)") == "Lu\u010di\u0107");
  CHECK(value("CN=  a b  ") == "a b");
  CHECK(value(R"(CN=\ a\ )") == " a ");
  CHECK(value(R"(CN=a\ \20 )") == "a  ");
  CHECK(value("CN=a=b") == "a=b");
  CHECK(value("CN=a/b#c") == "a/b#c");
  CHECK(value("CN=a , O=b") == "a");
  CHECK(value("CN=#0c0161") == "a");
  CHECK(value("CN=#0C0161 ,O=x") == "a");
}

TEST_CASE("the escapes of the slash form are openssl's") {
  const auto value = [](std::string_view text) { return Name::parse(text).common_name(); };
  CHECK(value(R"(/CN=a\/b)") == "a/b");
  CHECK(value(R"(/CN=a\+b)") == "a+b");
  CHECK(value(R"(/CN=a\\b)") == "a\\b");
  CHECK(value("/CN=a,b=c") == "a,b=c");
  CHECK(value("/CN= a /O=x/") == " a ");
  CHECK(value(R"(/CN=\2C)") == "2C");
}

TEST_CASE("attributes joined by a plus are one RDN in the order of SET OF") {
  const Name name = Name::parse("OU=ops+CN=web,O=x");
  REQUIRE(name.rdns().size() == 2);
  REQUIRE(name.rdns()[1].size() == 2);
  CHECK(name.rdns()[1][0].type == k_cn);  // 2.5.4.3 before 2.5.4.11
  CHECK(name == Name::parse("CN=web + OU=ops,O=x"));
  CHECK(name == Name::parse("/O=x/OU=ops+CN=web"));
  CHECK(name != Name::parse("CN=web,OU=ops,O=x"));
  // X.690 section 11.6 compares whole encodings, length included.
  CHECK(Name::parse("UID=z+DC=aa").rdns()[0][0].text() == "z");
  CHECK(Name::parse("UID=zzz+DC=aa").rdns()[0][0].text() == "aa");
}

TEST_CASE("text that is no name is refused") {
  for (const char* text :
       {"root",       "CN",        "CN=",          "CN=,O=x",      "=a",           "CN=a,",
        ",CN=a",      "CN=a,,O=b", "CN=a+",        "CN=a;O=b",     "CN=\"a\"",     "CN=a<b",
        "CN=a>b",     "XX=a",      "CN=a\\",       "CN=a\\x",      "CN=a\\e",      "CN=#",
        "CN=#0",      "CN=#0c01",  "CN=#0c0161ff", "CN=#zz",       "CN=#0c:01:61", "CN=#0c8161",
        "CN=#020101", "CN=a+CN=b", "//CN=a",       "/CN",          "/CN=",         "/CN=a//O=b",
        "/CN=a+",     "/CN=a\\",   "/XX=a",        "/CN=http://x", "/CN=a+CN=b",   "1.2=a=,",
        "9.9.9=a"}) {
    CAPTURE(std::string(text));
    CHECK(is_refused(text));
  }
  CHECK(is_refused(std::string("CN=a\0b", 6)));
  CHECK(is_refused("CN=a\\00b"));
  CHECK(is_refused("CN=a\\1b[2J"));
  CHECK(is_refused("CN=#0c0100"));
}

TEST_CASE("a refusal says what to write instead") {
  const auto hint = [](std::string_view text) {
    return thrown([&] { return Name::parse(text); }).value().hint();
  };
  CHECK(hint("CN=\"a\"").find("\\\"") != std::string::npos);
  CHECK(hint("/CN=http://x").find('\\') != std::string::npos);
  CHECK(hint("XX=a").find("emailAddress") != std::string::npos);
  CHECK(hint("C=china").find("C=cn") != std::string::npos);
  const std::string message = thrown([] { return Name::parse("X\x1b]0;=a"); }).value().message();
  CHECK(message.find('\x1b') == std::string::npos);
}

TEST_CASE("values are held to the characters that X.509 and a reader can bear") {
  for (const char* bad :
       {"", "a\x01", "a\x1b[2J", "a\x7f", "a\u0085", "a\u2028", "a\u202e", "a\u2066", "\u200f",
        "\u061c", "a\nb", "a\tb", "\xff", "\xc0\x80", "\xed\xa0\x80"}) {
    CAPTURE(std::string(bad));
    CHECK(throws(Errc::bad_name, [&] { return make_attribute(k_cn, bad); }));
  }
  CHECK(throws(Errc::bad_name, [] { return make_attribute(k_cn, std::string_view("a\0b", 3)); }));
  CHECK(make_attribute(k_cn, "\u4f8b\u3048 \u00e9").tag == tag::utf8_string);
}

TEST_CASE("values are held to their string types and bounds") {
  const auto refused = [](std::string_view type, std::string_view value) {
    const auto oid = mtls::x509::find_attribute_type(type).value();
    return throws(Errc::bad_name, [&] { return make_attribute(oid, value); });
  };
  struct Bound {
    const char* type;
    std::size_t most;
  };
  for (const Bound& bound :
       {Bound{"CN", 64}, Bound{"O", 64}, Bound{"OU", 64}, Bound{"L", 128}, Bound{"ST", 128},
        Bound{"serialNumber", 64}, Bound{"title", 64}, Bound{"emailAddress", 255},
        Bound{"pseudonym", 128}, Bound{"GN", 32768}, Bound{"1.2.3.4", 32768}}) {
    CAPTURE(std::string(bound.type));
    CHECK_FALSE(refused(bound.type, std::string(bound.most, 'a')));
    CHECK(refused(bound.type, std::string(bound.most + 1, 'a')));
  }
  std::string wide;
  for (int i = 0; i < 64; ++i) wide += "\u4f8b";
  CHECK_FALSE(refused("CN", wide));  // bounds count characters
  for (const char* country : {"c", "chn", "c1", "\u00e9\u00e9", "  "}) CHECK(refused("C", country));
  CHECK_FALSE(refused("C", "CN"));
  CHECK(refused("serialNumber", "a_b"));
  CHECK(refused("serialNumber", "a@b"));
  CHECK_FALSE(refused("serialNumber", "A-1 (x)+,./:=?'"));
  CHECK(refused("emailAddress", "\u00e9@a.example"));
  CHECK(refused("DC", "\u00e9"));
  CHECK_FALSE(refused("emailAddress", "a_b*@a.example"));
}

TEST_CASE("older string types are read as what they mean") {
  CHECK(raw("CN", tag::teletex_string, "M\xfcnchen").text() == "M\u00fcnchen");
  CHECK(raw("CN", tag::bmp_string, Bytes{0x00, 0x4d, 0x4f, 0x8b}).text() == "M\u4f8b");
  CHECK(raw("CN", tag::universal_string, Bytes{0, 1, 0xf6, 0, 0, 0, 0, 'x'}).text() ==
        "\U0001f600x");
  CHECK(raw("CN", tag::printable_string, "a").text() == "a");
  CHECK(raw("CN", tag::numeric_string, "1 2").text() == "1 2");
  CHECK(raw("CN", tag::visible_string, "a").text() == "a");
  CHECK_FALSE(raw("CN", tag::bmp_string, Bytes{0x00}).text());
  CHECK_FALSE(raw("CN", tag::bmp_string, Bytes{0xd8, 0x00}).text());
  CHECK_FALSE(raw("CN", tag::universal_string, Bytes{0, 0x11, 0, 0}).text());
  CHECK_FALSE(raw("CN", tag::universal_string, Bytes{0xff, 0, 0, 0}).text());
  CHECK_FALSE(raw("CN", tag::utf8_string, "\xff").text());
  CHECK_FALSE(raw("CN", tag::printable_string, "\x80").text());
  CHECK_FALSE(raw("CN", tag::ia5_string, "\x80").text());
  CHECK_FALSE(raw("CN", tag::bit_string, Bytes{0, 1}).text());
}

TEST_CASE("a name's text cannot act on a terminal or forge an attribute") {
  const auto text = [](std::string_view value) {
    return of(raw("CN", tag::utf8_string, value)).to_text();
  };
  CHECK(text("a\x1b]0;x\x07\x1b[2J") == R"(CN=a\1B]0\;x\07\1B[2J)");
  CHECK(text("a\u202eb\u2028") == R"(CN=a\E2\80\AEb\E2\80\A8)");
  CHECK(text(std::string_view("good\0.evil", 10)) == R"(CN=good\00.evil)");
  CHECK(text("a,O=b") == R"(CN=a\,O=b)");
  CHECK(text("a+OU=b") == R"(CN=a\+OU=b)");
  CHECK(text("a\nCN=b") == R"(CN=a\0ACN=b)");
  CHECK(text("a\\") == R"(CN=a\\)");
  CHECK(text("\"a\";<b>") == R"(CN=\"a\"\;\<b\>)");
  CHECK(text(" a ") == R"(CN=\ a\ )");
  CHECK(text(" ") == R"(CN=\ )");
  CHECK(text("#0c0161") == R"(CN=\#0c0161)");
  CHECK(text("a#") == "CN=a#");
  CHECK(text("\xff") == "CN=#0c01ff");
  CHECK(text("M\u00fcnchen") == R"(CN=M\C3\BCnchen)");
  CHECK(of(raw("1.2.3.4", tag::utf8_string, "a")).to_text() == "1.2.3.4=#0c0161");
  CHECK(of(raw("CN", tag::bit_string, Bytes{0, 1})).to_text() == "CN=#03020001");
}

TEST_CASE("what is encoded in a name is kept as it is") {
  const Name name = of(raw("CN", tag::teletex_string, "M\xfcnchen"));
  CHECK(name != of(raw("CN", tag::utf8_string, "M\u00fcnchen")));
  CHECK(Name::from_der(name.der()) == name);
  CHECK(Name::from_der(name.der()).rdns() == name.rdns());
  // A SET OF in the wrong order is read, shown and kept: signatures were made over it.
  const Bytes unsorted = mtls::from_hex("301631143008060355040b0c0162300806035504030c0161").value();
  CHECK(mtls::equal(Name::from_der(unsorted).der(), unsorted));
  CHECK(Name::from_der(unsorted).to_text() == "OU=b+CN=a");
  CHECK(Name::from_der(unsorted).matches(Name::parse("CN=a+OU=b")));
}

TEST_CASE("octets that are no name are malformed") {
  struct Row {
    const char* defect;
    const char* hex;
  };
  REQUIRE(Name::from_der(mtls::from_hex("300c310a300806035504030c0161").value()).common_name() ==
          "a");
  for (const Row& row : {Row{"nothing", ""}, Row{"no length", "30"}, Row{"a SET", "3100"},
                         Row{"octets behind", "300000"}, Row{"an empty RDN", "30023100"},
                         Row{"an attribute without a type", "300431023000"},
                         Row{"an attribute without a value", "3009310730050603550403"},
                         Row{"an RDN that is a SEQUENCE", "300c300a300806035504030c0161"},
                         Row{"three fields", "300e310c300a06035504030c01610500"},
                         Row{"a value with the tag 0", "300c310a30080603550403000161"},
                         Row{"an indefinite length", "3080310a300806035504030c01610000"},
                         Row{"a long form of a short length", "30810c310a300806035504030c0161"},
                         Row{"an empty type",
                             "3009310730050600"
                             "0c0161"}}) {
    CAPTURE(std::string(row.defect));
    CHECK(throws(Errc::malformed, [&] { return Name::from_der(mtls::from_hex(row.hex).value()); }));
  }
}

TEST_CASE("every truncation of a name is malformed") {
  const Name name = Name::parse("CN=a+OU=b,O=x,C=cn");
  for (std::size_t size = 0; size < name.der().size(); ++size) {
    CHECK(throws(Errc::malformed, [&] { return Name::from_der(name.der().first(size)); }));
  }
}

TEST_CASE("a name has at most 64 RDNs") {
  std::string text = "CN=a";
  for (int i = 1; i < 64; ++i) text += ",CN=a";
  const Name name = Name::parse(text);
  CHECK(name.rdns().size() == 64);
  CHECK(is_refused(text + ",CN=a"));
  mtls::der::Writer writer;
  writer.sequence([&](mtls::der::Writer& rdns) {
    const mtls::ByteView content = mtls::der::Reader(name.der(), "name").any().content;
    rdns.raw(content).raw(content);
  });
  CHECK(throws(Errc::malformed, [&] { return Name::from_der(writer.view()); }));
}

TEST_CASE("names match whatever their case, inner spaces and string types") {
  const Name name = Name::parse("CN=Web Server,O=Example");
  CHECK(name.matches(Name::parse("CN=web  server,O=EXAMPLE")));
  CHECK(name.matches(Name::parse("/O= example /CN= web server ")));
  CHECK(name.matches(
      Name::make({{raw("O", tag::printable_string, "example")},
                  {raw("CN", tag::bmp_string, Bytes{0, 'W', 0, 'E', 0, 'B', 0, ' ', 0, 'S',
                                                    0, 'E', 0, 'R', 0, 'V', 0, 'E', 0, 'R'})}})));
  CHECK_FALSE(name.matches(Name::parse("CN=WebServer,O=Example")));
  CHECK_FALSE(name.matches(Name::parse("O=Example,CN=Web Server")));
  CHECK_FALSE(name.matches(Name::parse("CN=Web Server")));
  CHECK_FALSE(name.matches(Name::parse("CN=Web Server+O=Example")));
  CHECK(Name::parse("CN=a+OU=b").matches(Name::parse("OU=B+CN=A")));
  CHECK_FALSE(Name::parse("CN=a+OU=b").matches(Name::parse("CN=a")));
  CHECK(Name().matches(Name()));
  CHECK_FALSE(
      of(raw("CN", tag::utf8_string, "\xff")).matches(of(raw("CN", tag::ia5_string, "\xff"))));
  CHECK_FALSE(of(raw("CN", tag::utf8_string, std::string_view("a\0b", 3)))
                  .matches(of(raw("CN", tag::utf8_string, "a"))));
}

TEST_CASE("a name is within another if that begins it, RDN by RDN") {
  const Name base = Name::parse("O=Example,C=cn");
  CHECK(Name::parse("CN=a,O=example,C=CN").is_within(base));
  CHECK(base.is_within(base));
  CHECK(base.is_within(Name()));
  CHECK_FALSE(Name::parse("C=cn").is_within(base));
  CHECK_FALSE(Name::parse("CN=a,O=Example2,C=cn").is_within(base));
  CHECK_FALSE(Name::parse("CN=a,C=cn,O=Example").is_within(base));
  CHECK_FALSE(Name::parse("CN=a,O=Example+OU=b,C=cn").is_within(base));
  CHECK_FALSE(Name::parse("C=cn,O=Example,CN=a").is_within(base));
}

TEST_CASE("the values of one type are found in order, and the last CN is the common one") {
  const Name name = Name::parse("CN=b,OU=x+CN=a,OU=y");
  CHECK(name.values(k_cn) == std::vector<std::string>{"a", "b"});
  CHECK(name.common_name() == "b");
  CHECK_FALSE(Name::parse("O=x").common_name());
}

TEST_CASE("a name from outside is held to what we would write ourselves") {
  CHECK_FALSE(is_bad(Name::parse("emailAddress=a.alibaba.com,CN=root,C=cn")));
  CHECK_FALSE(is_bad(Name()));
  CHECK_FALSE(is_bad(of(raw("CN", tag::teletex_string, "M\xfcnchen"))));
  CHECK_FALSE(is_bad(of(raw("C", tag::utf8_string, "CN"))));
  // x500UniqueIdentifier is a BIT STRING: a type that we do not know may be of any syntax.
  CHECK_FALSE(is_bad(of(raw("2.5.4.45", tag::bit_string, Bytes{0, 1}))));
  for (const Attribute& bad :
       {raw("CN", tag::utf8_string, std::string_view("good\0.evil", 10)),
        raw("CN", tag::utf8_string, "a\x1b[2J"), raw("CN", tag::utf8_string, "a\u202e"),
        raw("CN", tag::bmp_string, Bytes{0x20, 0x2e}), raw("CN", tag::utf8_string, "\xff"),
        raw("CN", tag::utf8_string, ""), raw("CN", tag::utf8_string, std::string(65, 'a')),
        raw("CN", tag::printable_string, "a@b"), raw("CN", tag::numeric_string, "a"),
        raw("CN", tag::bit_string, Bytes{0, 1}), raw("CN", tag::teletex_string, "a\x9b"),
        raw("C", tag::printable_string, "chn"), raw("1.2.3.4", tag::utf8_string, "a\x07")}) {
    CAPTURE(to_hex(bad.octets));
    CHECK(is_bad(of(bad)));
  }
}

TEST_CASE("an RDN without attributes or with one type twice is not made") {
  CHECK(throws(Errc::bad_name, [] { return Name::make({Rdn{}}); }));
  const Attribute a = make_attribute(k_cn, "a");
  CHECK(throws(Errc::bad_name, [&] { return Name::make({Rdn{a, a}}); }));
}
