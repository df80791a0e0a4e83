// A CA of another tool, and the directory that it is adopted into.
#pragma once

#include "authority/adopt.hpp"
#include "crypto/signature_algorithm.hpp"
#include "lib/authority/set_fixture.hpp"
#include "support/temporary_directory.hpp"
#include "x509/tbs_certificate.hpp"

namespace mtls::authority::test {

inline constexpr auto k_algorithm = crypto::SignatureAlgorithm::ecdsa_sha256;

/// A root without basicConstraints, and clients that it signed.
struct OldCa {
  crypto::PrivateKey key = make_key();
  x509::Name name = x509::Name::parse("CN=Old root");
  x509::Certificate certificate = sign(1, name, key);

  [[nodiscard]] x509::Certificate sign(std::uint8_t number, const x509::Name& subject,
                                       const crypto::PrivateKey& subject_key) const {
    const x509::TbsCertificate tbs{.serial = x509::SerialNumber::from_content(Bytes{number}),
                                   .signature = k_algorithm,
                                   .issuer = name,
                                   .validity = {.not_before = k_now - std::chrono::hours(1),
                                                .not_after = k_now + std::chrono::hours(24 * 365)},
                                   .subject = subject,
                                   .public_key = subject_key.public_key(),
                                   .extensions = {x509::encode_subject_key_identifier(
                                       subject_key.public_key().key_identifier())}};
    const Bytes octets = tbs.to_der();
    return x509::wrap(octets, k_algorithm, key.sign(k_algorithm, octets));
  }
};

struct AdoptFixture : SetFixture, OldCa {
  mtls::test::TemporaryDirectory directory;
  profile::Profile root = profile::Catalogue().load("root-ca");

  [[nodiscard]] AdoptRequest wish(AdoptRequest::Reissue reissue) const {
    AdoptRequest wanted{
        .directory = directory.path() / "ca", .certificate = certificate, .key = OldCa::key};
    wanted.reissue = reissue;
    return wanted;
  }
  [[nodiscard]] Adopted adopt(AdoptRequest::Reissue reissue) const {
    return adopt_ca(wish(reissue), root, surroundings);
  }
  void put(const Path& file, std::string_view content) const {
    std::filesystem::create_directories((directory.path() / file).parent_path());
    write_file(directory.path() / file, as_bytes(content), Access::shared, Overwrite::no);
  }
  [[nodiscard]] static std::int64_t flaws(const store::Ledger& ledger) {
    std::int64_t found = ledger.check_rows(context()).found;
    for (const store::IssuerId issuer : ledger.issuers()) found += ledger.verify_log(issuer).found;
    return found;
  }
};

}  // namespace mtls::authority::test
