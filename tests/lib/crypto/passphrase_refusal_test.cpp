// Encrypted keys that are refused: for their passphrase, or for the work that they ask for.
#include "cpu_time.hpp"
#include "crypto/private_key.hpp"
#include "der/pem.hpp"
#include "der/writer.hpp"
#include "fixtures.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <random>
#include <string>

namespace mtls::crypto {
namespace {

using der::Writer;
using test::code_of;
using test::read_key;

using Part = std::function<void(Writer&)>;

constexpr const char* k_pbes2 = "1.2.840.113549.1.5.13";
constexpr const char* k_pbkdf2 = "1.2.840.113549.1.5.12";
constexpr const char* k_scrypt = "1.3.6.1.4.1.11591.4.11";
constexpr const char* k_aes256 = "2.16.840.1.101.3.4.1.42";
constexpr const char* k_aes128 = "2.16.840.1.101.3.4.1.2";

Part pbkdf2(std::size_t salt, std::uint64_t rounds, std::optional<std::uint64_t> length = {},
            const char* digest = "1.2.840.113549.2.9") {
  return [=](Writer& kdf) {
    kdf.oid(der::oid(k_pbkdf2)).sequence([&](Writer& parameters) {
      parameters.octet_string(Bytes(salt)).integer(rounds);
      if (length) parameters.integer(*length);
      parameters.sequence([&](Writer& prf) { prf.oid(der::oid(digest)).null(); });
    });
  };
}

Part scrypt(std::size_t salt, std::uint64_t n, std::uint64_t r, std::uint64_t p) {
  return [=](Writer& kdf) {
    kdf.oid(der::oid(k_scrypt)).sequence([&](Writer& parameters) {
      parameters.octet_string(Bytes(salt)).integer(n).integer(r).integer(p);
    });
  };
}

Part cipher(const char* oid, std::size_t iv) {
  return [=](Writer& writer) { writer.oid(der::oid(oid)).octet_string(Bytes(iv)); };
}

Bytes make_encrypted(const Part& derivation, const Part& encryption = cipher(k_aes256, 16),
                     std::size_t size = 32, const char* scheme = k_pbes2) {
  Writer file;
  file.sequence([&](Writer& info) {
    info.sequence([&](Writer& algorithm) {
      algorithm.oid(der::oid(scheme)).sequence([&](Writer& parameters) {
        parameters.sequence(derivation).sequence(encryption);
      });
    });
    info.octet_string(Bytes(size, 0x5a));
  });
  return std::move(file).take();
}

/// What becomes of it; the passphrase must not even be asked for where the work is refused.
std::optional<Errc> reading(ByteView der) {
  int asked = 0;
  const auto code = code_of([&] {
    static_cast<void>(read_key(der, [&asked](Attempt attempt) -> std::optional<SecretBytes> {
      if (attempt == Attempt::again) return std::nullopt;
      ++asked;
      return std::optional<SecretBytes>(as_bytes("x"));
    }));
  });
  if (code != Errc::wrong_passphrase && code != std::nullopt) CHECK(asked == 0);
  return code;
}

TEST_CASE("absurd derivation work is refused before it begins") {
  const Bytes most = make_encrypted(pbkdf2(16, UINT64_MAX));
  CHECK(test::cpu_time_of([&] { CHECK(reading(most) == Errc::hostile_key_derivation); }) <
        std::chrono::milliseconds(100));
  CHECK(reading(make_encrypted(pbkdf2(16, 1))) == Errc::wrong_passphrase);
  CHECK(reading(make_encrypted(pbkdf2(16, 10'000'001))) == Errc::hostile_key_derivation);
  CHECK(reading(make_encrypted(pbkdf2(16, 2'147'483'647))) == Errc::hostile_key_derivation);
  CHECK(reading(make_encrypted(pbkdf2(16, UINT64_MAX))) == Errc::hostile_key_derivation);
  CHECK(reading(make_encrypted(pbkdf2(1024, 1))) == Errc::wrong_passphrase);
  CHECK(reading(make_encrypted(pbkdf2(1025, 1))) == Errc::hostile_key_derivation);
  CHECK(reading(make_encrypted(pbkdf2(16, 1, 65))) == Errc::hostile_key_derivation);
  CHECK(reading(make_encrypted(pbkdf2(16, 1, UINT64_MAX))) == Errc::hostile_key_derivation);

  CHECK(reading(make_encrypted(scrypt(16, 2, 8, 1))) == Errc::wrong_passphrase);
  CHECK(reading(make_encrypted(scrypt(16, 32'768, 8, 1))) == Errc::wrong_passphrase);  // 32 MiB
  CHECK(reading(make_encrypted(scrypt(16, 65'536, 8, 1))) == Errc::hostile_key_derivation);
  CHECK(reading(make_encrypted(scrypt(16, 32'768, 9, 1))) == Errc::hostile_key_derivation);
  CHECK(reading(make_encrypted(scrypt(16, 2, 262'144, 1))) == Errc::hostile_key_derivation);
  CHECK(reading(make_encrypted(scrypt(16, 2, 8, 16))) == Errc::wrong_passphrase);
  CHECK(reading(make_encrypted(scrypt(16, 2, 8, 17))) == Errc::hostile_key_derivation);
  CHECK(reading(make_encrypted(scrypt(1025, 2, 8, 1))) == Errc::hostile_key_derivation);
  // Products that would wrap around 64 bits.
  CHECK(reading(make_encrypted(scrypt(16, UINT64_MAX / 2 + 1, 2, 1))) ==
        Errc::hostile_key_derivation);
  CHECK(reading(make_encrypted(scrypt(16, 2, UINT64_MAX / 2 + 1, 1))) ==
        Errc::hostile_key_derivation);
  CHECK(reading(make_encrypted(scrypt(16, 1ULL << 32U, 1ULL << 32U, 1ULL << 32U))) ==
        Errc::hostile_key_derivation);
}

TEST_CASE("a number of rounds of a thousand octets is absurd too") {
  Writer giant;
  giant.sequence([](Writer& parameters) {
    parameters.octet_string(Bytes(16)).unsigned_integer(Bytes(1000, 0x7f));
  });
  const Bytes der =
      make_encrypted([&](Writer& kdf) { kdf.oid(der::oid(k_pbkdf2)).raw(giant.view()); });
  CHECK(reading(der) == Errc::hostile_key_derivation);
}

TEST_CASE("parameters that make no sense are malformed") {
  CHECK(reading(make_encrypted(pbkdf2(16, 0))) == Errc::malformed);
  CHECK(reading(make_encrypted(pbkdf2(16, 1, 16))) == Errc::malformed);  // AES-256 needs 32
  CHECK(reading(make_encrypted(pbkdf2(16, 1, 32))) == Errc::wrong_passphrase);
  CHECK(reading(make_encrypted(pbkdf2(16, 1, 16), cipher(k_aes128, 16))) == Errc::wrong_passphrase);
  CHECK(reading(make_encrypted(pbkdf2(16, 1), cipher(k_aes256, 8))) == Errc::malformed);
  CHECK(reading(make_encrypted(pbkdf2(16, 1), cipher(k_aes256, 17))) == Errc::malformed);
  CHECK(reading(make_encrypted(scrypt(16, 3, 8, 1))) == Errc::malformed);
  CHECK(reading(make_encrypted(scrypt(16, 1, 8, 1))) == Errc::malformed);
  CHECK(reading(make_encrypted(scrypt(16, 2, 0, 1))) == Errc::malformed);
  CHECK(reading(make_encrypted(scrypt(16, 2, 8, 0))) == Errc::malformed);
  const auto sized = [](std::size_t size) {
    return code_of([&] {
      static_cast<void>(read_key(make_encrypted(pbkdf2(16, 1), cipher(k_aes256, 16), size),
                                 test::passphrase("x")));
    });
  };
  CHECK(sized(0) == Errc::malformed);
  CHECK(sized(31) == Errc::malformed);
}

TEST_CASE("schemes, functions and ciphers that are not read are unsupported") {
  CHECK(reading(make_encrypted(pbkdf2(16, 1, {}, "1.2.840.113549.2.5"))) == Errc::unsupported);
  CHECK(reading(make_encrypted(pbkdf2(16, 1), cipher("1.3.14.3.2.7", 8))) == Errc::unsupported);
  CHECK(reading(make_encrypted([](Writer& kdf) {
          kdf.oid(der::oid("1.2.3")).sequence([](Writer&) {});
        })) == Errc::unsupported);
  CHECK(reading(make_encrypted(pbkdf2(16, 1), cipher(k_aes256, 16), 32, "1.2.3.4")) ==
        Errc::unsupported);
}

Bytes pbes1(std::uint64_t rounds) {
  Writer file;
  file.sequence([&](Writer& info) {
    info.sequence([&](Writer& algorithm) {
      algorithm.oid(der::oid("1.2.840.113549.1.12.1.3")).sequence([&](Writer& parameters) {
        parameters.octet_string(Bytes(8)).integer(rounds);
      });
    });
    info.octet_string(Bytes(32));
  });
  return std::move(file).take();
}

TEST_CASE("PBES1 is refused unless allowed, and its rounds are limited even then") {
  CHECK(reading(pbes1(2048)) == Errc::unsupported);
  const auto allowed = [](std::uint64_t rounds) {
    return code_of([&] {
      static_cast<void>(read_key(pbes1(rounds), test::passphrase("x"), LegacyKeys::allow));
    });
  };
  CHECK(allowed(2048) == Errc::wrong_passphrase);
  CHECK(allowed(2'147'483'647) == Errc::hostile_key_derivation);
}

TEST_CASE(
    "no passphrase is a missing value, a wrong one is bad input, and the hint is the caller's") {
  const Bytes der = make_encrypted(pbkdf2(16, 1));
  const PassphraseSource unset;
  for (const PassphraseSource& none : {test::no_passphrase(), unset}) {
    const auto missing = test::thrown_by([&] { static_cast<void>(read_key(der, none)); });
    REQUIRE(missing);
    CHECK(missing->code() == Errc::missing_value);
    CHECK(missing->hint().empty());  // the caller knows which flag to name
  }
  const auto wrong =
      test::thrown_by([&] { static_cast<void>(read_key(der, test::passphrase("x"))); });
  REQUIRE(wrong);
  CHECK(wrong->code() == Errc::wrong_passphrase);
  CHECK(wrong->hint().empty());
  CHECK(wrong->message() == "cannot read test.key: wrong passphrase");
}

/// A key that openssl encrypted with one round, so that many tries cost little.
std::string quick_key(const test::TemporaryDirectory& directory) {
  const std::string path =
      directory.write("plain", as_text(test::keys().at(1).to_pkcs8_pem().view()));
  return test::must_run({"openssl", "pkcs8", "-topk8", "-in", path, "-outform", "DER", "-iter", "1",
                         "-v2", "aes-256-cbc", "-passout", "pass:right"});
}

TEST_CASE("of 2,000 wrong passphrases each is told as wrong, right padding by chance included") {
  const test::TemporaryDirectory directory;
  const std::string der = quick_key(directory);
  CHECK(read_key(der, test::passphrase("right")).public_key() == test::keys().at(1).public_key());
  for (int i = 0; i < 2000; ++i) {
    const auto code = code_of(
        [&] { static_cast<void>(read_key(der, test::passphrase("wrong" + std::to_string(i)))); });
    CHECK(code == Errc::wrong_passphrase);
  }
}

TEST_CASE("an encrypted key with a flipped bit is the same key, or refused") {
  const test::TemporaryDirectory directory;
  const std::string good = quick_key(directory);
  std::mt19937 random(20'240'301);
  for (int i = 0; i < 500; ++i) {
    std::string changed = good;
    const std::size_t bit = random() % (changed.size() * 8);
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    CAPTURE(bit);
    bool same = false;
    const auto code = code_of([&] {
      same = read_key(changed, test::passphrase("right")).public_key() ==
             test::keys().at(1).public_key();
    });
    if (code) {
      const bool expected = code == Errc::malformed || code == Errc::unsupported ||
                            code == Errc::wrong_passphrase || code == Errc::key_mismatch ||
                            code == Errc::hostile_key_derivation || code == Errc::weak_key;
      CHECK_MESSAGE(expected, name(*code));
    } else {
      CHECK(same);
    }
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK(code_of([&] {
            static_cast<void>(read_key(good.substr(0, size), test::passphrase("right")));
          }) == Errc::malformed);
  }
}

}  // namespace
}  // namespace mtls::crypto
