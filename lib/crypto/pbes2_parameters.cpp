#include "base/error.hpp"
#include "base/format.hpp"
#include "crypto/pbes2.hpp"

#include <array>

namespace mtls::crypto {
namespace {

struct NamedDigest {
  std::string_view oid;
  const char* name;
};

// The PRFs of RFC 8018 appendix B.1.
constexpr std::array k_digests{
    NamedDigest{"1.2.840.113549.2.7", "SHA1"}, NamedDigest{"1.2.840.113549.2.8", "SHA2-224"},
    NamedDigest{"1.2.840.113549.2.9", "SHA2-256"}, NamedDigest{"1.2.840.113549.2.10", "SHA2-384"},
    NamedDigest{"1.2.840.113549.2.11", "SHA2-512"}};

struct NamedCipher {
  std::string_view oid;
  PbesCipher cipher;
};

constexpr std::array k_ciphers{
    NamedCipher{"2.16.840.1.101.3.4.1.42", {"AES-256-CBC", 32, 16}},
    NamedCipher{"2.16.840.1.101.3.4.1.22", {"AES-192-CBC", 24, 16}},
    NamedCipher{"2.16.840.1.101.3.4.1.2", {"AES-128-CBC", 16, 16}},
    NamedCipher{"1.2.840.113549.3.7", {"DES-EDE3-CBC", 24, 8}},
    NamedCipher{"1.3.14.3.2.7", {"DES-CBC", 8, 8, true}},
};

// RC2 says in its parameters how many bits of the key count (RFC 8018 appendix B.2.3).
constexpr std::string_view k_rc2 = "1.2.840.113549.3.2";
struct Rc2Version {
  std::uint64_t version;
  PbesCipher cipher;
};
constexpr std::array k_rc2_versions{Rc2Version{160, {"RC2-40-CBC", 5, 8, true}},
                                    Rc2Version{120, {"RC2-64-CBC", 8, 8, true}},
                                    Rc2Version{58, {"RC2-CBC", 16, 8, true}}};

constexpr std::string_view k_pbkdf2 = "1.2.840.113549.1.5.12";
constexpr std::string_view k_scrypt = "1.3.6.1.4.1.11591.4.11";
constexpr std::uint64_t k_most_key = 64;

[[noreturn]] void fail_hostile(const std::string& why,
                               std::string_view hint =
                                   "encrypt it again where it was made, with "
                                   "PBKDF2 and fewer rounds") {
  throw Error(Errc::hostile_key_derivation,
              format("the encrypted key asks for absurd work: {}", why), std::string(hint));
}

[[noreturn]] void fail_unsupported(std::string_view kind, const der::Oid& oid) {
  throw Error(
      Errc::unsupported,
      format("the key is encrypted with the {} {}, which is not supported", kind, oid.to_dotted()),
      "re-encrypt it: openssl pkcs8 -topk8 -in FILE -out NEWFILE");
}

/// As Reader::small_integer, but a number that does not fit is absurd, not malformed.
std::uint64_t read_count(der::Reader& reader, std::string_view what) {
  const ByteView content = reader.integer();
  if (content[0] >= 0x80) reader.fail(format("a negative {}", what));
  if (content.size() > 8) fail_hostile(format("a giant {}", what));
  std::uint64_t value = 0;
  for (const std::uint8_t octet : content) value = value << 8U | octet;
  if (value == 0) reader.fail(format("a {} of zero", what));
  return value;
}

ByteView read_salt(der::Reader& reader) {
  const ByteView salt = reader.octet_string();
  if (salt.size() > k_most_salt) fail_hostile(format("a salt of {} octets", salt.size()));
  return salt;
}

/// keyLength INTEGER OPTIONAL, which must be what the cipher needs.
void check_key_length(der::Reader& reader, const PbesCipher& cipher) {
  if (!reader.next_is(der::tag::integer)) return;
  const std::uint64_t length = read_count(reader, "key length");
  if (length > k_most_key) fail_hostile(format("a key of {} octets", length));
  if (length != cipher.key_size) reader.fail("a key length that is not its cipher's");
}

const char* read_digest(der::Reader& reader) {
  if (reader.at_end()) return k_digests[0].name;  // DEFAULT algid-hmacWithSHA1
  der::Reader algorithm = reader.into(der::tag::sequence);
  const der::Oid oid = algorithm.oid();
  if (!algorithm.at_end()) algorithm.null();
  algorithm.end();
  const std::string dotted = oid.to_dotted();
  for (const NamedDigest& digest : k_digests) {
    if (digest.oid == dotted) return digest.name;
  }
  fail_unsupported("pseudo-random function", oid);
}

Pbkdf2 read_pbkdf2(der::Reader parameters, const PbesCipher& cipher) {
  if (!parameters.next_is(der::tag::octet_string)) {
    parameters.fail("a salt that is not an octet string");
  }
  const ByteView salt = read_salt(parameters);
  const std::uint64_t rounds = read_count(parameters, "number of rounds");
  require_bearable_rounds(rounds);
  check_key_length(parameters, cipher);
  const char* const digest = read_digest(parameters);
  parameters.end();
  return {.salt = salt, .rounds = rounds, .digest = digest};
}

Scrypt read_scrypt(der::Reader parameters, const PbesCipher& cipher) {
  const ByteView salt = read_salt(parameters);
  const std::uint64_t cost = read_count(parameters, "scrypt cost");
  const std::uint64_t block_size = read_count(parameters, "scrypt block size");
  const std::uint64_t lanes = read_count(parameters, "scrypt parallelism");
  check_key_length(parameters, cipher);
  parameters.end();
  constexpr std::uint64_t k_unit = 128;
  constexpr std::uint64_t k_most_units = k_most_scrypt_octets / k_unit;
  if (cost > k_most_units || block_size > k_most_units || cost * block_size > k_most_units) {
    fail_hostile("scrypt over 32 MiB");
  }
  if (lanes > k_most_scrypt_lanes || lanes * block_size > k_most_units) {
    fail_hostile(format("scrypt {} times over", lanes));
  }
  if (cost < 2 || (cost & (cost - 1)) != 0) {
    parameters.fail("a scrypt cost that is not a power of two");
  }
  return {.salt = salt,
          .cost = cost,
          .block_size = static_cast<std::uint32_t>(block_size),
          .lanes = static_cast<std::uint32_t>(lanes)};
}

PbesCipher find_cipher(const der::Oid& oid) {
  const std::string dotted = oid.to_dotted();
  for (const NamedCipher& entry : k_ciphers) {
    if (entry.oid == dotted) return entry.cipher;
  }
  fail_unsupported("cipher", oid);
}

struct CipherAndIv {
  PbesCipher cipher;
  ByteView iv;
};

/// RC2-CBC-Parameter ::= SEQUENCE { rc2ParameterVersion INTEGER OPTIONAL, iv OCTET STRING }
CipherAndIv read_rc2(der::Reader& encryption, const der::Oid& oid) {
  der::Reader parameters = encryption.into(der::tag::sequence);
  if (!parameters.next_is(der::tag::integer)) fail_unsupported("cipher without key size", oid);
  const std::uint64_t version = read_count(parameters, "RC2 version");
  const ByteView iv = parameters.octet_string();
  parameters.end();
  for (const Rc2Version& one : k_rc2_versions) {
    if (one.version == version) return {.cipher = one.cipher, .iv = iv};
  }
  fail_unsupported("cipher of another key size", oid);
}

CipherAndIv read_cipher(der::Reader encryption) {
  const der::Oid oid = encryption.oid();
  const CipherAndIv read = oid.to_dotted() == k_rc2
                               ? read_rc2(encryption, oid)
                               : CipherAndIv{find_cipher(oid), encryption.octet_string()};
  encryption.end();
  if (read.iv.size() != read.cipher.block_size) encryption.fail("an IV of a wrong size");
  return read;
}

}  // namespace

void require_bearable_rounds(std::uint64_t rounds) {
  if (rounds > k_most_rounds) {
    fail_hostile(format("{} rounds, where {} are the limit", rounds, k_most_rounds),
                 "if you trust where it comes from, re-encrypt it: openssl pkcs8 -topk8 -in FILE "
                 "-out NEWFILE");
  }
}

Pbes2 read_pbes2(der::Reader parameters) {
  der::Reader scheme = parameters.into(der::tag::sequence);
  parameters.end();
  der::Reader derivation = scheme.into(der::tag::sequence);
  const der::Reader encryption = scheme.into(der::tag::sequence);
  scheme.end();

  const auto [cipher, iv] = read_cipher(encryption);
  const der::Oid oid = derivation.oid();
  der::Reader inner = derivation.into(der::tag::sequence);
  derivation.end();
  const std::string dotted = oid.to_dotted();
  if (dotted == k_pbkdf2) {
    return {.derivation = read_pbkdf2(inner, cipher), .cipher = cipher, .iv = iv};
  }
  if (dotted == k_scrypt) {
    return {.derivation = read_scrypt(inner, cipher), .cipher = cipher, .iv = iv};
  }
  fail_unsupported("key derivation", oid);
}

}  // namespace mtls::crypto
