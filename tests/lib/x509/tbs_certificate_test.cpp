#include "x509/tbs_certificate.hpp"

#include "lib/x509/fixtures.hpp"

#include <doctest/doctest.h>

using namespace mtls::x509;
using namespace mtls::x509::test;
using mtls::Bytes;
using mtls::Errc;
using mtls::to_hex;

namespace {

/// The Validity that is written for these two times, as hex.
std::string written_validity(std::string_view from, std::string_view to) {
  TbsCertificate tbs = sample_tbs();
  tbs.validity = {.not_before = at(from), .not_after = at(to)};
  const Bytes der = tbs.to_der();
  mtls::der::Reader whole(der, "test");
  mtls::der::Reader fields = whole.into(mtls::der::tag::sequence);
  for (int skipped = 0; skipped < 4; ++skipped) fields.any();
  return std::string(mtls::as_text(fields.any().content));
}

}  // namespace

TEST_CASE("times through 2049 are UTCTime, from 2050 on GeneralizedTime") {
  CHECK(written_validity("2026-01-01T00:00:00Z", "2049-12-31T23:59:59Z") ==
        "\x17\x0d"
        "260101000000Z\x17\x0d"
        "491231235959Z");
  CHECK(written_validity("2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z") ==
        "\x17\x0d"
        "491231235959Z\x18\x0f"
        "20500101000000Z");
  CHECK(written_validity("1950-01-01T00:00:00Z", "9999-12-31T23:59:59Z") ==
        "\x17\x0d"
        "500101000000Z\x18\x0f"
        "99991231235959Z");
}

TEST_CASE("a TBS is version 3 with its serial positive") {
  TbsCertificate tbs = sample_tbs();
  tbs.serial = SerialNumber::parse("80").value();
  const Bytes der = tbs.to_der();
  mtls::der::Reader whole(der, "test");
  // [0] { INTEGER 2 }, INTEGER 0x80
  CHECK(to_hex(whole.into(mtls::der::tag::sequence).rest().first(9)) ==
        "a003020102"
        "02020080");
}

TEST_CASE("a TBS that could not be read back is a bug of the caller") {
  const auto code_after = [](auto change) {
    TbsCertificate tbs = sample_tbs();
    change(tbs);
    return code_of([&] { return tbs.to_der(); });
  };
  CHECK(code_after([](TbsCertificate& tbs) { tbs.extensions.clear(); }) == Errc::internal);
  CHECK(code_after([](TbsCertificate& tbs) { tbs.extensions.push_back(tbs.extensions.front()); }) ==
        Errc::internal);
  CHECK(code_after([](TbsCertificate& tbs) {
          tbs.validity.not_after = tbs.validity.not_before - std::chrono::seconds(1);
        }) == Errc::internal);
  CHECK(code_after([](TbsCertificate& tbs) { tbs.validity.not_before = at("1949-12-31"); }) ==
        Errc::internal);
  CHECK_FALSE(
      code_after([](TbsCertificate& tbs) { tbs.validity.not_after = tbs.validity.not_before; }));
}

TEST_CASE("wrap puts algorithm and signature round exactly those octets") {
  const Bytes tbs = sample_tbs().to_der();
  const Bytes signature = hex("0102");
  const Certificate certificate =
      wrap(tbs, mtls::crypto::SignatureAlgorithm::ecdsa_sha256, signature);
  CHECK(mtls::equal(certificate.tbs(), tbs));
  CHECK(mtls::equal(certificate.signature(), signature));
  CHECK(mtls::equal(
      certificate.signature_algorithm(),
      mtls::crypto::algorithm_identifier(mtls::crypto::SignatureAlgorithm::ecdsa_sha256)));
}

TEST_CASE("what is no tbsCertificate is not wrapped") {
  const auto algorithm = mtls::crypto::SignatureAlgorithm::ed25519;
  const Bytes good = sample_tbs().to_der();
  Bytes longer = good;
  longer.push_back(0x05);
  longer.push_back(0x00);
  Bytes with_algorithm = good;
  const auto field = mtls::crypto::algorithm_identifier(algorithm);
  with_algorithm.insert(with_algorithm.end(), field.begin(), field.end());
  const Bytes shorter(good.begin(), good.end() - 1);
  for (const Bytes& tbs : {Bytes{}, hex("3000"), longer, shorter, with_algorithm}) {
    CHECK(code_of([&] { return wrap(tbs, algorithm, hex("00")); }) == Errc::malformed);
  }
}

TEST_CASE("what is signed with every kind of key is verified with it") {
  using mtls::crypto::Curve;
  using mtls::crypto::KeySpec;
  for (const KeySpec& spec :
       {KeySpec::rsa(2048), KeySpec::ec(Curve::p256), KeySpec::ec(Curve::p384),
        KeySpec::ec(Curve::p521), KeySpec::ed25519()}) {
    CAPTURE(spec.to_text());
    TbsCertificate tbs = sample_tbs();
    tbs.signature = signer(spec).algorithm();
    tbs.public_key = signer(spec).public_key();
    const Certificate certificate = sign(tbs, signer(spec));
    CHECK(certificate.is_signed_by(signer(spec).public_key(), context()));
    CHECK(certificate.is_signed_by(p256_signer().public_key(), context()) ==
          (spec == KeySpec::ec(Curve::p256)));
  }
}
