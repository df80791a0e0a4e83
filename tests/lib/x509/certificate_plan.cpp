#include "lib/x509/certificate_plan.hpp"

#include <algorithm>
#include <array>
#include <ostream>

namespace mtls::x509::test {
namespace {

using rc::gen::inRange;

constexpr std::uint8_t k_utf8 = 0x0c;
constexpr std::uint8_t k_printable = 0x13;
constexpr std::uint8_t k_ia5 = 0x16;

/// Types with the string type that RFC 5280 section 4.1.2.4 wants and the longest value.
struct TypeRule {
  const char* type;
  std::uint8_t tag;
  unsigned most;
};
constexpr std::array<TypeRule, 14> k_types = {{
    {"2.5.4.3", k_utf8, 64},                     // CN
    {"2.5.4.6", k_printable, 2},                 // C
    {"2.5.4.8", k_utf8, 128},                    // ST
    {"2.5.4.7", k_utf8, 128},                    // L
    {"2.5.4.10", k_utf8, 64},                    // O
    {"2.5.4.11", k_utf8, 64},                    // OU
    {"2.5.4.5", k_printable, 64},                // serialNumber
    {"2.5.4.4", k_utf8, 64},                     // SN
    {"2.5.4.42", k_utf8, 64},                    // GN
    {"2.5.4.12", k_utf8, 64},                    // title
    {"0.9.2342.19200300.100.1.25", k_ia5, 63},   // DC
    {"0.9.2342.19200300.100.1.1", k_utf8, 128},  // UID
    {"1.2.840.113549.1.9.1", k_ia5, 128},        // emailAddress
    {"1.3.6.1.4.1.99999.7", k_utf8, 100},        // a type that nobody knows
}};

const std::vector<std::string>& pieces(std::uint8_t tag) {
  static const std::vector<std::string> printable = {
      "a", "Z", "0", "9", " ", "'", "(", ")", "+", ",", "-", ".", "/", ":", "=", "?", "example"};
  static const std::vector<std::string> ascii = {"a", "Z", "0", "@", ".", "-", "_", "\"", "\\",
                                                 "<", ">", ";", "#", "&", "*", "!", "~",  "x"};
  static const std::vector<std::string> any = {"a",
                                               "Q",
                                               "7",
                                               " ",
                                               ",",
                                               "+",
                                               "\"",
                                               "\\",
                                               "<",
                                               ">",
                                               ";",
                                               "=",
                                               "#",
                                               "/",
                                               "_",
                                               "\xc3\xa9",
                                               "\xc3\x9f",
                                               "\xe5\x8c\x97\xe4\xba\xac",
                                               "\xf0\x9f\x94\x91",
                                               "\xcf\x80"};
  if (tag == k_printable) return printable;
  return tag == k_ia5 ? ascii : any;
}

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned>(c) & 0xc0U) != 0x80; }));
}

std::string some_text(std::uint8_t tag, unsigned most) {
  if (most == 2) return *rc::gen::element<std::string>("cn", "DE", "us");
  // Now and then as long as it may be: lengths past 127 have another form.
  const bool longest = *inRange(0, 12) == 0;
  const auto wanted = longest ? most : *inRange(1U, std::min(most, 20U) + 1);
  std::string text;
  while (characters(text) < wanted) {
    const std::string piece = *rc::gen::elementOf(pieces(tag));
    if (characters(text) + characters(piece) <= wanted) text += piece;
  }
  return text;
}

RdnPlan some_rdn() {
  const bool several = *inRange(0, 5) == 0;
  const std::size_t count = several ? *inRange(2U, 5U) : 1;
  RdnPlan rdn;
  std::size_t at = *inRange<std::size_t>(0, k_types.size());
  for (std::size_t i = 0; i < count; ++i) {
    const TypeRule& rule = k_types[at];
    rdn.push_back({.type = rule.type, .tag = rule.tag, .value = some_text(rule.tag, rule.most)});
    at = (at + *inRange<std::size_t>(1, 4)) % k_types.size();  // types differ within an RDN
  }
  return rdn;
}

NamePlan some_name() {
  NamePlan name(*inRange<std::size_t>(0, 7));
  for (RdnPlan& rdn : name) rdn = some_rdn();
  return name;
}

Octets some_octets(std::size_t least, std::size_t most) {
  return *rc::gen::container<Octets>(*inRange(least, most + 1), rc::gen::arbitrary<std::uint8_t>());
}

std::string some_host() {
  std::string host = *rc::gen::element<std::string>("", "*.", "www.", "xn--bcher-kva.");
  const auto labels = *inRange(1, 4);
  for (int i = 0; i < labels; ++i) {
    host += std::string(*inRange<std::size_t>(1, 12), *inRange('a', '{'));
    host += '.';
  }
  return host + "example";
}

std::string some_uri() {
  // The length matters, not the letters.
  return *rc::gen::element<std::string>("http://", "https://", "ldap://", "spiffe://") +
         some_host() + "/" + std::string(*inRange<std::size_t>(0, 150), *inRange('a', '{'));
}

std::string some_oid() {
  std::string oid = *rc::gen::element<std::string>("1.3.6.1.4.1.99999", "2.999", "1.2.840", "0.9");
  const auto arcs = *inRange(1, 5);
  for (int i = 0; i < arcs; ++i) {
    // across the borders of one, two and more octets of seven bits
    oid += '.' + std::to_string(*rc::gen::element(0, 1, 127, 128, 16383, 16384, 2147483647) + 0LL +
                                *inRange(0, 2));
  }
  return oid;
}

std::vector<std::string> some_oids(std::size_t most) {
  std::vector<std::string> oids(*inRange<std::size_t>(0, most + 1));
  for (std::string& oid : oids) oid = some_oid();
  std::sort(oids.begin(), oids.end());
  oids.erase(std::unique(oids.begin(), oids.end()), oids.end());
  return oids;
}

std::vector<std::string> some_uris(std::size_t most) {
  std::vector<std::string> uris(*inRange<std::size_t>(0, most + 1));
  for (std::string& uri : uris) uri = some_uri();
  return uris;
}

GeneralNamePlan some_general_name(std::vector<std::size_t> address_sizes, int kinds) {
  using Kind = GeneralNamePlan::Kind;
  GeneralNamePlan plan{.kind = static_cast<Kind>(*inRange(0, kinds)),
                       .text = {},
                       .address = {},
                       .directory = {},
                       .type = {}};
  switch (plan.kind) {
    case Kind::email:
      plan.text = "user@" + some_host();
      break;
    case Kind::dns:
      plan.text = some_host();
      break;
    case Kind::uri:
      plan.text = some_uri();
      break;
    case Kind::ip: {
      const std::size_t size = *rc::gen::elementOf(address_sizes);
      plan.address = some_octets(size, size);
      break;
    }
    case Kind::directory:
      plan.directory = some_name();
      break;
    case Kind::registered_id:
      plan.text = some_oid();
      break;
    case Kind::other:
      plan.type = *rc::gen::element<std::string>("1.3.6.1.4.1.311.20.2.3", "1.3.6.1.5.5.7.8.5");
      plan.text = some_text(k_utf8, 100);
      break;
  }
  return plan;
}

std::vector<GeneralNamePlan> some_general_names(std::size_t most) {
  // Now and then as many as a profile allows, for lengths of three octets.
  std::vector<GeneralNamePlan> names(*inRange(0, 40) == 0 ? 100
                                                          : *inRange<std::size_t>(0, most + 1));
  for (GeneralNamePlan& name : names) name = some_general_name({4, 16}, 7);
  return names;
}

std::vector<GeneralNamePlan> some_constraints() {
  std::vector<GeneralNamePlan> bases(*inRange(0, 3) == 0 ? *inRange<std::size_t>(1, 5) : 0);
  for (GeneralNamePlan& base : bases) base = some_general_name({8, 32}, 5);
  return bases;
}

std::vector<FurtherPlan> some_further() {
  std::vector<FurtherPlan> further;
  for (const std::string& oid : some_oids(3)) {
    // What a profile gives is DER; the writer does not look at it.
    further.push_back(
        {.type = oid,
         .critical = *rc::gen::arbitrary<bool>(),
         .value = Octets(*inRange<std::size_t>(0, 300), *rc::gen::arbitrary<std::uint8_t>())});
  }
  return further;
}

Octets some_serial() {
  Octets serial = some_octets(1, 19);
  // with and without the high bit, and never zero
  const auto first = *rc::gen::element<std::uint8_t>(0x00, 0x01, 0x7f, 0x80, 0xff);
  serial.insert(serial.begin(), first);
  if (std::all_of(serial.begin(), serial.end(), [](std::uint8_t octet) { return octet == 0; })) {
    serial.back() = 1;
  }
  return serial;
}

std::int64_t some_time() {
  constexpr std::int64_t k_1950 = -631152000;
  constexpr std::int64_t k_2050 = 2524608000;
  constexpr std::int64_t k_last = 253402300799;  // 9999-12-31T23:59:59Z
  const auto which = *inRange(0, 6);
  if (which == 0) return *rc::gen::element(k_1950, std::int64_t{-1}, std::int64_t{0}, k_last);
  if (which == 1) return k_2050 + *inRange(-2, 3);
  if (which == 2) return *inRange(k_2050, k_last);
  return *inRange(k_1950, k_2050);
}

std::optional<BasicConstraintsPlan> some_basic_constraints() {
  const auto which = *inRange(0, 4);
  if (which == 0) return std::nullopt;
  if (which == 1) return BasicConstraintsPlan{.ca = false, .path_length = {}};
  if (which == 2) return BasicConstraintsPlan{.ca = true, .path_length = {}};
  return BasicConstraintsPlan{.ca = true,
                              .path_length = *rc::gen::element(0U, 1U, 127U, 128U, 70000U)};
}

std::vector<unsigned> some_key_usage() {
  std::vector<unsigned> bits;
  for (unsigned bit = 0; bit < 9; ++bit) {
    if (*inRange(0, 3) == 0) bits.push_back(bit);
  }
  return bits;
}

std::vector<std::string> some_purposes() {
  std::vector<std::string> purposes = some_oids(2);
  if (*rc::gen::arbitrary<bool>()) purposes.insert(purposes.begin(), "1.3.6.1.5.5.7.3.2");
  return purposes;
}

CertificatePlan some_certificate() {
  CertificatePlan plan{
      .serial = some_serial(),
      .signer = *rc::gen::element(SignerKind::rsa, SignerKind::p256, SignerKind::p384,
                                  SignerKind::p521, SignerKind::ed25519),
      .digest = *rc::gen::element(DigestBits::b256, DigestBits::b384, DigestBits::b512),
      .issuer = some_name(),
      .not_before = some_time(),
      .not_after = some_time(),
      .subject = some_name(),
      .subject_key = *inRange(0U, k_subject_keys),
      .basic_constraints = some_basic_constraints(),
      .key_usage = some_key_usage(),
      .extended_key_usage = some_purposes(),
      .subject_key_identifier = *rc::gen::arbitrary<bool>(),
      .authority_key_identifier = some_octets(0, 32),
      .subject_alt_names = some_general_names(6),
      .permitted = some_constraints(),
      .excluded = some_constraints(),
      .policies = some_oids(3),
      .crl_uris = some_uris(2),
      .ocsp_uris = some_uris(2),
      .ca_issuers_uris = some_uris(2),
      .further = some_further(),
      .critical = *rc::gen::arbitrary<bool>()};
  if (plan.not_after < plan.not_before) std::swap(plan.not_before, plan.not_after);
  // A v3 certificate of ours has an extension; one is enough.
  if (plan.further.empty()) plan.subject_key_identifier = true;
  return plan;
}

void show(const NamePlan& name, std::ostream& stream) {
  for (const RdnPlan& rdn : name) {
    stream << " {";
    for (const AttributePlan& attribute : rdn) {
      stream << ' ' << attribute.type << '=' << attribute.value;
    }
    stream << " }";
  }
}

void show(const std::vector<std::string>& list, const char* what, std::ostream& stream) {
  stream << "\n  " << what << ':';
  for (const std::string& text : list) stream << ' ' << text;
}

void show(const std::vector<GeneralNamePlan>& names, const char* what, std::ostream& stream) {
  stream << "\n  " << what << ':';
  for (const GeneralNamePlan& name : names) {
    stream << " [" << static_cast<int>(name.kind) << "] " << name.text << name.type;
    show(name.directory, stream);
  }
}

}  // namespace

rc::Gen<CertificatePlan> certificate_plans() { return rc::gen::exec(some_certificate); }

void showValue(const CertificatePlan& plan, std::ostream& stream) {
  stream << "certificate with signer " << static_cast<int>(plan.signer) << ", digest "
         << static_cast<int>(plan.digest) << ", key " << plan.subject_key << ", from "
         << plan.not_before << " to " << plan.not_after << "\n  issuer:";
  show(plan.issuer, stream);
  stream << "\n  subject:";
  show(plan.subject, stream);
  show(plan.subject_alt_names, "names", stream);
  show(plan.permitted, "permitted", stream);
  show(plan.excluded, "excluded", stream);
  show(plan.extended_key_usage, "purposes", stream);
  show(plan.policies, "policies", stream);
  show(plan.crl_uris, "CRLs", stream);
  show(plan.ocsp_uris, "OCSP", stream);
  show(plan.ca_issuers_uris, "caIssuers", stream);
  stream << "\n  further:";
  for (const FurtherPlan& further : plan.further) stream << ' ' << further.type;
  stream << '\n';
}

}  // namespace mtls::x509::test
