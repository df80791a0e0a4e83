// Names against the openssl program, and properties over generated ones.
#include "der/reader.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "x509/name.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <vector>

using mtls::test::run;
using mtls::x509::Attribute;
using mtls::x509::make_attribute;
using mtls::x509::Name;
using mtls::x509::Rdn;

namespace {

/// A request for `subject` made by openssl.
class OpensslRequest final {
 public:
  explicit OpensslRequest(const std::string& subject) {
    const auto key = run({"openssl", "genpkey", "-algorithm", "ed25519", "-out", m_key});
    REQUIRE_MESSAGE(key.ok(), key.shown());
    const auto request = run({"openssl", "req", "-new", "-utf8", "-key", m_key, "-subj", subject,
                              "-outform", "DER", "-out", m_request});
    REQUIRE_MESSAGE(request.ok(), request.shown());
  }

  [[nodiscard]] Name subject() const {
    const std::string file = m_directory.read("request.der");
    mtls::der::Reader reader(mtls::as_bytes(file), "request");
    mtls::der::Reader info = reader.into(mtls::der::tag::sequence).into(mtls::der::tag::sequence);
    static_cast<void>(info.small_integer());
    return Name::from_der(info.any().whole);
  }

  /// Its subject as RFC 2253 text, which openssl writes as RFC 4514 has it.
  [[nodiscard]] std::string subject_text() const {
    const auto shown = run({"openssl", "req", "-in", m_request, "-inform", "DER", "-noout",
                            "-subject", "-nameopt", "RFC2253"});
    REQUIRE_MESSAGE(shown.ok(), shown.shown());
    const std::string start = "subject=";
    REQUIRE(shown.out.rfind(start, 0) == 0);
    return shown.out.substr(start.size(), shown.out.size() - start.size() - 1);
  }

 private:
  mtls::test::TemporaryDirectory m_directory;
  std::string m_key = m_directory.file("key.pem");
  std::string m_request = m_directory.file("request.der");
};

/// Text without control characters and marks, rich in what must be escaped.
rc::Gen<std::string> value_text() {
  const auto piece = rc::gen::element<std::string>("a", "Z", "0", " ", "  ", ",", "+", "\"", "\\",
                                                   "<", ">", ";", "#", "=", "/", "\u00fc", "\u4f8b",
                                                   "\U0001f600", "\\2C", "CN=x", "'", "@", "*");
  return rc::gen::suchThat(
      rc::gen::map(rc::gen::resize(12, rc::gen::container<std::vector<std::string>>(piece)),
                   [](const std::vector<std::string>& pieces) {
                     std::string text;
                     for (const std::string& part : pieces) text += part;
                     return text;
                   }),
      [](const std::string& text) { return !text.empty(); });
}

Name generated_name() {
  const std::vector<std::string> types = {"CN", "O", "OU", "L", "ST", "SN", "UID", "1.2.3.4"};
  std::vector<Rdn> rdns;
  const auto count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    const auto chosen = *rc::gen::suchThat(
        rc::gen::unique<std::vector<std::string>>(rc::gen::elementOf(types)),
        [](const std::vector<std::string>& some) { return !some.empty() && some.size() < 4; });
    Rdn rdn;
    for (const std::string& type : chosen) {
      rdn.push_back(make_attribute(mtls::x509::find_attribute_type(type).value(), *value_text()));
    }
    rdns.push_back(std::move(rdn));
  }
  return Name::make(std::move(rdns));
}

}  // namespace

TEST_CASE("the slash form gives the very octets that openssl makes of it") {
  for (const char* subject :
       {"/C=cn/ST=bj/L=bj/O=alibaba/OU=test/CN=root/emailAddress=a.alibaba.com",
        "/O=x/OU=ops+CN=web", "/CN=web+OU=ops+serialNumber=12", "/UID=zzz+DC=aa", "/UID=z+DC=aa",
        "/DC=example/DC=corp/CN=M\u00fcnchen", R"(/CN=a\/b\+c\\d,e=f)", "/CN= a  b ",
        "/GN=A/SN=B/title=T/initials=I/pseudonym=P/name=N/generationQualifier=G",
        "/dnQualifier=d/serialNumber=1-2/street=s/postalCode=1/businessCategory=b",
        "/description=d/organizationIdentifier=o",
        "/jurisdictionC=US/jurisdictionST=Delaware/jurisdictionL=W", "/2.5.4.3=x/CN=y/", "/"}) {
    CAPTURE(std::string(subject));
    const OpensslRequest request(subject);
    CHECK(mtls::to_hex(Name::parse(subject).der()) == mtls::to_hex(request.subject().der()));
  }
}

// Not for multi-valued RDNs: openssl turns those round as well, and RFC 4514 leaves that order
// open.
TEST_CASE("the text of a name is openssl's RFC 2253 text") {
  for (const char* subject :
       {"/C=cn/ST=bj/L=bj/O=alibaba/OU=test/CN=root/emailAddress=a.alibaba.com", "/CN=#abc",
        "/CN= a /O=  ", R"(/CN=a,b\+c\\d;e<f>g"h=i)", "/CN=M\u00fcnchen \u4f8b\u3048",
        "/DC=example/UID=u/SN=s/GN=g"}) {
    CAPTURE(std::string(subject));
    const OpensslRequest request(subject);
    CHECK(request.subject().to_text() == request.subject_text());
  }
}

TEST_CASE("the text of a name is read back as the same name") {
  CHECK(rc::check("parse(to_text(name)) is name", [] {
    const Name name = generated_name();
    RC_ASSERT(Name::parse(name.to_text()) == name);
  }));
}

TEST_CASE("no two names that differ in a value have one text") {
  CHECK(rc::check("equal texts mean equal names", [] {
    const std::string left = *value_text();
    const std::string right = *value_text();
    const auto type = mtls::der::oid("2.5.4.3");
    const Name one = Name::make({{make_attribute(type, left)}});
    const Name other = Name::make({{make_attribute(type, right)}});
    RC_ASSERT((one.to_text() == other.to_text()) == (left == right));
  }));
}

TEST_CASE("whatever octets a value has, its text is printable ASCII") {
  CHECK(rc::check("to_text is plain", [] {
    const auto octets = *rc::gen::arbitrary<mtls::Bytes>();
    const auto tag = *rc::gen::element<std::uint8_t>(0x0c, 0x13, 0x14, 0x16, 0x1c, 0x1e, 0x03);
    const Name name =
        Name::make({{Attribute{.type = mtls::der::oid("2.5.4.3"), .tag = tag, .octets = octets}}});
    for (const char c : name.to_text()) RC_ASSERT(c >= 0x20 && c < 0x7f);
    RC_ASSERT(Name::from_der(name.der()).matches(name));
  }));
}
