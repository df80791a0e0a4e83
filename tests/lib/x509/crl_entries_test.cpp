#include "x509/crl_entries.hpp"

#include "der/writer.hpp"
#include "lib/x509/fixtures.hpp"

#include <doctest/doctest.h>

using namespace mtls::x509;
using namespace mtls::x509::test;
using mtls::Bytes;
using mtls::ByteView;
using mtls::Errc;
namespace der = mtls::der;
namespace tag = mtls::der::tag;

namespace {

/// A CRL with these entries (content of revokedCertificates) and extensions (content of the list).
CertificateList make_list(const Bytes& entries,
                          const Bytes& extensions = hex("300a0603551d140403020107")) {
  const ByteView algorithm = mtls::crypto::algorithm_identifier(p256_signer().algorithm());
  der::Writer file;
  file.sequence([&](der::Writer& list) {
    list.sequence([&](der::Writer& tbs) {
      tbs.integer(1).raw(algorithm).raw(Name::parse("CN=ca").der());
      tbs.time(at("2026-01-01T00:00:00Z")).time(at("2026-02-01T00:00:00Z"));
      tbs.element(tag::sequence, entries);
      der::Writer all;
      all.element(tag::sequence, extensions);
      tbs.element(tag::context_constructed(0), all.view());
    });
    list.raw(algorithm).bit_string(hex("55"));
  });
  return CertificateList::from_der(file.view());
}

/// An entry with serial `number`, and extensions (content of their SEQUENCE) where there are any.
Bytes entry(std::uint64_t number, const Bytes& extensions = {}) {
  der::Writer writer;
  writer.sequence([&](der::Writer& fields) {
    fields.integer(number).time(at("2026-01-01T00:00:00Z"));
    if (!extensions.empty()) fields.element(tag::sequence, extensions);
  });
  return std::move(writer).take();
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::vector<CrlEntry> entries_of(const CertificateList& list) {
  std::vector<CrlEntry> entries;
  for_each_entry(list, [&](const CrlEntry& one) { entries.push_back(one); });
  return entries;
}

// reasonCode keyCompromise (1), removeFromCRL (8) and 7, which RFC 5280 does not use.
const Bytes k_compromise = hex("300a0603551d1504030a0101");
const Bytes k_remove = hex("300a0603551d1504030a0108");
const Bytes k_unused_reason = hex("300a0603551d1504030a0107");

}  // namespace

TEST_CASE("the entries of a CRL are read with their reasons and invalidity dates") {
  const Bytes invalid_since = hex("30180603551d180411180f32303235303130313030303030305a");
  const auto entries =
      entries_of(make_list(joined({entry(1), entry(2, joined({k_compromise, invalid_since})),
                                   entry(3, k_remove), entry(4, k_unused_reason)})));
  REQUIRE(entries.size() == 4);
  CHECK(!entries[0].reason);
  CHECK(entries[1].reason == CrlReason::key_compromise);
  CHECK(name(*entries[1].reason) == "keyCompromise");
  CHECK(entries[1].invalid_since == at("2025-01-01T00:00:00Z"));
  CHECK(entries[2].reason == CrlReason::remove_from_crl);
  CHECK(!entries[3].reason);
  CHECK(entries[3].serial.to_text() == "04");
}

TEST_CASE("the issuer that an entry of an indirect CRL names holds for those after it") {
  der::Writer names;
  names.sequence([](der::Writer& list) {
    list.element(tag::context_constructed(4), Name::parse("CN=other").der());
  });
  der::Writer extension;
  extension.sequence([&](der::Writer& fields) {
    fields.raw(hex("0603551d1d0101ff")).element(tag::octet_string, names.view());
  });
  const auto entries = entries_of(
      make_list(joined({entry(1), entry(2, mtls::to_bytes(extension.view())), entry(3)})));
  REQUIRE(entries.size() == 3);
  CHECK(!entries[0].certificate_issuer);
  CHECK(entries[1].certificate_issuer->to_text() == "CN=other");
  CHECK(entries[2].certificate_issuer->to_text() == "CN=other");
}

TEST_CASE("a critical extension of an entry that is not known is noted") {
  const auto entries = entries_of(make_list(entry(1, hex("300b06022a030101ff04020500"))));
  CHECK(entries.at(0).has_unknown_critical);
}

TEST_CASE("a CRL says whether it is a delta, indirect or limited") {
  const auto scope = [](std::string_view extensions) {
    return scope_of(make_list(entry(1), hex(extensions)));
  };
  CHECK_FALSE(scope("300a0603551d140403020107").is_delta);
  CHECK(scope("300d0603551d1b0101ff0403020101").is_delta);
  // issuingDistributionPoint: indirectCRL [4], onlyContainsUserCerts [1].
  CHECK(scope("300f0603551d1c0101ff040530038401ff").is_indirect);
  CHECK_FALSE(scope("300f0603551d1c0101ff040530038401ff").is_partial);
  CHECK(scope("300f0603551d1c0101ff040530038101ff").is_partial);
  CHECK(scope("300b06022a030101ff04020500").is_partial);
  CHECK_FALSE(scope("300806022a0304020500").is_partial);
}

TEST_CASE("CRL numbers are read, ordered and counted as RFC 5280 has them") {
  const auto of = [](std::string_view content) { return CrlNumber::from_content(hex(content)); };
  CHECK(of("00")->to_text() == "00");
  CHECK(of("0100")->to_text() == "0100");
  CHECK(of("00ff")->to_text() == "ff");
  CHECK_FALSE(of("ff"));
  CHECK_FALSE(of(""));
  CHECK_FALSE(of("01" + std::string(40, '0')));
  CHECK(*of("00ff") < *of("0100"));
  CHECK(*of("02") > *of("01"));
  CHECK(of("00ff")->next() == of("0100"));
  CHECK(of("00")->next() == of("01"));
  CHECK(of("7f")->next()->to_text() == "80");
  CHECK_FALSE(of("7f" + std::string(38, 'f'))->next());
  CHECK(CrlNumber::parse("80") == of("0080"));
  for (const char* text : {"", "0", "0X", "0001", "FF", "ff ff"})
    CHECK_FALSE(CrlNumber::parse(text));
  const auto numbering = [](std::string_view extension) {
    return numbering_of(make_list(entry(1), hex(extension)));
  };
  CHECK(numbering("300a0603551d140403020107").number->to_text() == "07");
  CHECK(numbering("300a0603551d1404030201ff").is_present);
  CHECK_FALSE(numbering("300a0603551d1404030201ff").number);
  CHECK_FALSE(numbering("300806022a0304020500").is_present);
}
