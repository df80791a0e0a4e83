#include "crypto/key_check.hpp"

#include "cpu_time.hpp"
#include "der/writer.hpp"
#include "fixtures.hpp"
#include "ossl/handle.hpp"

#include <doctest/doctest.h>
#include <openssl/bn.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace mtls::crypto {
namespace {

using ossl::Handle;
using test::context;

using Defects = std::vector<KeyDefect>;

Defects defects_of(ByteView spki) {
  Defects defects;
  for (const KeyFinding& finding : check_key(PublicKey::from_spki(spki), context())) {
    CHECK(!finding.message.empty());
    defects.push_back(finding.defect);
  }
  return defects;
}

bool contains(const Defects& defects, KeyDefect defect) {
  return std::find(defects.begin(), defects.end(), defect) != defects.end();
}

Handle<BIGNUM> number(BN_ULONG word = 0) {
  Handle<BIGNUM> made(BN_new());
  REQUIRE(BN_set_word(made.get(), word) == 1);
  return made;
}

Handle<BN_CTX> scratch() { return Handle<BN_CTX>(BN_CTX_new()); }

Bytes octets(const BIGNUM& value) {
  Bytes bytes(static_cast<std::size_t>((BN_num_bits(&value) + 7) / 8));
  BN_bn2bin(&value, bytes.data());
  return bytes;
}

Handle<BIGNUM> product(const BIGNUM& left, const BIGNUM& right) {
  auto made = number();
  REQUIRE(BN_mul(made.get(), &left, &right, scratch().get()) == 1);
  return made;
}

Handle<BIGNUM> prime(int bits) {
  auto made = number();
  REQUIRE(BN_generate_prime_ex(made.get(), bits, 0, nullptr, nullptr, nullptr) == 1);
  return made;
}

/// The next prime at or above `start`.
Handle<BIGNUM> next_prime(Handle<BIGNUM> start) {
  if (BN_is_odd(start.get()) == 0) BN_add_word(start.get(), 1);
  while (BN_check_prime(start.get(), nullptr, nullptr) != 1) BN_add_word(start.get(), 2);
  return start;
}

/// A good modulus of 2,048 bits, made once.
const Bytes& good_modulus() {
  static const Bytes modulus = octets(*product(*prime(1024), *prime(1024)));
  return modulus;
}

Defects defects_of_modulus(ByteView modulus) {
  return defects_of(test::rsa_spki(modulus, test::usual_exponent()));
}

Defects defects_of_exponent(std::string_view hex) {
  return defects_of(test::rsa_spki(good_modulus(), from_hex(hex).value()));
}

TEST_CASE("finds nothing in the keys that are made here and by openssl") {
  for (const PrivateKey& pair : test::keys()) {
    CHECK(defects_of(pair.public_key().spki()).empty());
    CHECK_NOTHROW(require_good_key(pair.public_key(), "the key", context()));
  }
  CHECK(defects_of_modulus(good_modulus()).empty());
}

TEST_CASE("finds nothing in 100 random moduli: no check is a lottery") {
  // The checks look at the modulus alone, so that a product of two random odd numbers without small
  // factors serves as well as one of primes.
  const auto context_of_numbers = scratch();
  for (int i = 0; i < 100; ++i) {
    auto modulus = number();
    REQUIRE(BN_generate_prime_ex(modulus.get(), 256, 0, nullptr, nullptr, nullptr) == 1);
    while (BN_num_bits(modulus.get()) < 2048) {
      REQUIRE(BN_sqr(modulus.get(), modulus.get(), context_of_numbers.get()) == 1);
      // Off the square, and away from what small primes divide.
      auto other = prime(64);
      REQUIRE(BN_mul(modulus.get(), modulus.get(), other.get(), context_of_numbers.get()) == 1);
    }
    const Defects defects = defects_of_modulus(octets(*modulus));
    CHECK(!contains(defects, KeyDefect::rsa_roca));
    CHECK(!contains(defects, KeyDefect::rsa_close_primes));
    CHECK(!contains(defects, KeyDefect::rsa_small_factor));
  }
}

TEST_CASE("names each defect once, in snake case") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(KeyDefect::rsa_close_primes); ++i) {
    const std::string_view word = name(static_cast<KeyDefect>(i));
    CHECK(!word.empty());
    CHECK(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string::npos);
    names.insert(word);
  }
  CHECK(names.size() == 12);
  CHECK(name(KeyDefect::rsa_roca) == "rsa_roca");
}

TEST_CASE("refuses algorithms, curves and parameters by name") {
  const test::TemporaryDirectory directory;
  const auto made_by_openssl = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"openssl", "genpkey", "-out", directory.file("key")});
    test::must_run(arguments);
    const std::string der = test::must_run(
        {"openssl", "pkey", "-in", directory.file("key"), "-pubout", "-outform", "DER"});
    return defects_of(as_bytes(der));
  };
  const auto ec = [&](const char* curve, const char* encoding) {
    return made_by_openssl({"-algorithm", "EC", "-pkeyopt",
                            std::string("ec_paramgen_curve:") + curve, "-pkeyopt",
                            std::string("ec_param_enc:") + encoding});
  };
  CHECK(ec("P-256", "explicit") == Defects{KeyDefect::explicit_parameters});
  CHECK(ec("P-224", "named_curve") == Defects{KeyDefect::unsupported_curve});
  CHECK(ec("secp256k1", "named_curve") == Defects{KeyDefect::unsupported_curve});
  CHECK(ec("brainpoolP256r1", "named_curve") == Defects{KeyDefect::unsupported_curve});
  CHECK(ec("P-256", "named_curve").empty());
  CHECK(made_by_openssl({"-algorithm", "X25519"}) == Defects{KeyDefect::unsupported_algorithm});
  CHECK(made_by_openssl({"-algorithm", "ED448"}) == Defects{KeyDefect::unsupported_algorithm});
  CHECK(made_by_openssl({"-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"}) ==
        Defects{KeyDefect::unsupported_algorithm});

  test::must_run(
      {"openssl", "dsaparam", "-genkey", "-noout", "-out", directory.file("dsa"), "1024"});
  const std::string dsa = test::must_run(
      {"openssl", "pkey", "-in", directory.file("dsa"), "-pubout", "-outform", "DER"});
  CHECK(defects_of(as_bytes(dsa)) == Defects{KeyDefect::unsupported_algorithm});
}

TEST_CASE("refuses points that are not of the curve's group") {
  struct Row {
    const char* curve;
    std::size_t key;
  };
  for (const Row& row :
       {Row{"1.2.840.10045.3.1.7", 1}, Row{"1.3.132.0.34", 2}, Row{"1.3.132.0.35", 3}}) {
    CAPTURE(row.curve);
    const Bytes point = to_bytes(test::keys().at(row.key).public_key().key_bits());
    const auto with = [&](ByteView changed) {
      return defects_of(test::ec_spki(row.curve, changed));
    };
    const Defects refused{KeyDefect::point_not_on_curve};
    CHECK(with(point).empty());

    Bytes off = point;
    off.back() ^= 1U;
    CHECK(with(off) == refused);
    off = point;
    off[point.size() / 2] ^= 1U;
    CHECK(with(off) == refused);
    // The point at infinity, alone and padded to size.
    CHECK(with(Bytes{0}) == refused);
    CHECK(with(Bytes(point.size(), 0)) == refused);
    // (0, 0), which some stacks take for infinity.
    Bytes zero(point.size(), 0);
    zero[0] = 4;
    CHECK(with(zero) == refused);
    // Coordinates past the field's prime.
    Bytes past(point.size(), 0xff);
    past[0] = 4;
    CHECK(with(past) == refused);
    // Compressed and hybrid forms, one octet short and one too many.
    Bytes compressed(point.begin(), point.begin() + static_cast<long>(1 + (point.size() - 1) / 2));
    compressed[0] = static_cast<std::uint8_t>(2U | (point.back() & 1U));
    CHECK(with(compressed) == refused);
    Bytes hybrid = point;
    hybrid[0] = static_cast<std::uint8_t>(6U | (point.back() & 1U));
    CHECK(with(hybrid) == refused);
    CHECK(with(ByteView(point).first(point.size() - 1)) == refused);
    Bytes longer = point;
    longer.push_back(0);
    CHECK(with(longer) == refused);
  }
}

TEST_CASE("refuses Ed25519 points of small order, not canonical or not on the curve") {
  const Defects refused{KeyDefect::point_not_on_curve};
  // y of order 1, 2, 4 and 8, as RFC 8032 encodes them, and with the sign bit.
  for (const char* const hex :
       {"0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"}) {
    CAPTURE(hex);
    Bytes point = from_hex(hex).value();
    CHECK(defects_of(test::ed25519_spki(point)) == refused);
    point.back() |= 0x80U;
    CHECK(defects_of(test::ed25519_spki(point)) == refused);
  }
  // y = p and p + 1 are 0 and 1 again; 2^255 - 1 is not below p.
  for (const char* const hex :
       {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    CHECK(defects_of(test::ed25519_spki(from_hex(hex).value())) == refused);
  }
  // About half of all y have no x: y = 2 is one (RFC 8032's curve has no point there).
  Bytes two(32, 0);
  two[0] = 2;
  CHECK(defects_of(test::ed25519_spki(two)) == refused);
  // RFC 8032 section 7.1, test 1 and the curve's base point.
  CHECK(
      defects_of(
          test::ed25519_spki(
              from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").value()))
          .empty());
  CHECK(
      defects_of(
          test::ed25519_spki(
              from_hex("5866666666666666666666666666666666666666666666666666666666666666").value()))
          .empty());
}

TEST_CASE("refuses RSA sizes out of bounds") {
  const auto sized = [](int bits) {
    // The top and the bottom bit set, the rest random.
    auto modulus = number();
    REQUIRE(BN_rand(modulus.get(), bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD) == 1);
    return defects_of_modulus(octets(*modulus));
  };
  CHECK(contains(sized(1024), KeyDefect::rsa_too_small));
  CHECK(contains(sized(2040), KeyDefect::rsa_too_small));
  CHECK(!contains(sized(2040), KeyDefect::rsa_size_not_octets));
  CHECK(contains(sized(2047), KeyDefect::rsa_too_small));
  CHECK(contains(sized(2047), KeyDefect::rsa_size_not_octets));
  CHECK(contains(sized(2049), KeyDefect::rsa_size_not_octets));
  CHECK(!contains(sized(2049), KeyDefect::rsa_too_small));
  for (const int bits : {2048, 2056, 3072, 8192}) {
    const Defects defects = sized(bits);
    CHECK(!contains(defects, KeyDefect::rsa_too_small));
    CHECK(!contains(defects, KeyDefect::rsa_too_large));
    CHECK(!contains(defects, KeyDefect::rsa_size_not_octets));
  }
  CHECK(sized(8200) == Defects{KeyDefect::rsa_too_large});
  CHECK(contains(sized(16384), KeyDefect::rsa_too_large));
}

TEST_CASE("refuses exponents that are even, small or giant") {
  const Defects refused{KeyDefect::rsa_exponent};
  for (const char* const hex : {"01", "02", "03", "11", "ffff", "010000", "010002", "020000"}) {
    CHECK_MESSAGE(defects_of_exponent(hex) == refused, hex);
  }
  CHECK(defects_of_exponent("01" + std::string(62, '0') + "01") == refused);  // 2^256 + 1
  CHECK(defects_of_exponent("80" + std::string(2000, '0') + "01") == refused);
  CHECK(defects_of_exponent("010001").empty());
  CHECK(defects_of_exponent("010003").empty());
  CHECK(defects_of_exponent(std::string(64, 'f')).empty());  // 2^256 - 1
}

TEST_CASE("refuses an even modulus") {
  Bytes modulus = good_modulus();
  modulus.back() ^= 1U;
  CHECK(contains(defects_of_modulus(modulus), KeyDefect::rsa_even_modulus));
}

TEST_CASE("refuses a modulus with a small prime in it, up to the 752nd") {
  const auto with_factor = [](BN_ULONG factor) {
    const int bits = 2048 - static_cast<int>(std::to_string(factor).size() * 3);
    auto other = prime(bits);
    auto modulus = product(*number(factor), *other);
    return defects_of_modulus(octets(*modulus));
  };
  for (const BN_ULONG factor : {3UL, 5UL, 7UL, 751UL, 4093UL, 5701UL, 5711UL}) {
    CHECK_MESSAGE(contains(with_factor(factor), KeyDefect::rsa_small_factor), factor);
  }
  CHECK(!contains(with_factor(5717), KeyDefect::rsa_small_factor));  // the 753rd prime
}

/// The product of the first `count` primes.
Handle<BIGNUM> primorial(std::size_t count) {
  auto made = number(1);
  for (BN_ULONG candidate = 2; count > 0; ++candidate) {
    if (BN_check_prime(number(candidate).get(), nullptr, nullptr) != 1) continue;
    REQUIRE(BN_mul_word(made.get(), candidate) == 1);
    --count;
  }
  return made;
}

/// A prime as Infineon's library made them: k * M + (65537^a mod M), M the product of the first
/// `count` primes (Nemec et al. 2017, section 2.2).
Handle<BIGNUM> roca_prime(int bits, std::size_t count) {
  const auto modulus = primorial(count);
  const auto numbers = scratch();
  const auto k = number();
  const auto a = number();
  auto candidate = number();
  do {
    const int k_bits = bits - BN_num_bits(modulus.get());
    REQUIRE(BN_rand(k.get(), k_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
    REQUIRE(BN_rand(a.get(), 60, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1);
    REQUIRE(BN_mod_exp(candidate.get(), number(65'537).get(), a.get(), modulus.get(),
                       numbers.get()) == 1);
    REQUIRE(BN_mul(k.get(), k.get(), modulus.get(), numbers.get()) == 1);
    REQUIRE(BN_add(candidate.get(), candidate.get(), k.get()) == 1);
  } while (BN_check_prime(candidate.get(), numbers.get(), nullptr) != 1);
  return candidate;
}

TEST_CASE("knows the primes of Infineon's library (ROCA) by their product") {
  // 126 primes are what the library took for keys of 1,984 to 3,936 bits.
  const auto modulus = product(*roca_prime(1024, 126), *roca_prime(1024, 126));
  CHECK(contains(defects_of_modulus(octets(*modulus)), KeyDefect::rsa_roca));
}

TEST_CASE("knows a key that a real device of Infineon's made") {
  // The modulus is a fact quoted in the tests of several public checkers.
  const char* const decimal =
      "19089470491547632015867380494603366846979936677899040455785311493700173635637619562546319438"
      "50597183898242968112135296839479266570495145413231144183173212404413518199276877422285289566"
      "44006812708974454155998519004613160709720220183179628895657318666015572383457863162354562998"
      "13772607869009873279585912430769332375239444892105064608255089298943707214066350230292124208"
      "31416117126546811177168751451882314449925033982504919968809982030485269638079761673700862138"
      "41072357564557358615064330651739331232591841140002824355009391234785911924130069947098258405"
      "73671701120771013072419520134975733578923370992644987545261926257";
  BIGNUM* parsed = nullptr;
  REQUIRE(BN_dec2bn(&parsed, decimal) > 0);
  const Handle<BIGNUM> modulus(parsed);
  CHECK(defects_of_modulus(octets(*modulus)) == Defects{KeyDefect::rsa_roca});
}

TEST_CASE("splits a modulus whose primes are close") {
  auto p = prime(1024);
  REQUIRE(BN_set_bit(p.get(), 1022) == 1);
  p = next_prime(std::move(p));
  Handle<BIGNUM> q(BN_dup(p.get()));
  REQUIRE(BN_add_word(q.get(), 2) == 1);
  q = next_prime(std::move(q));
  const Defects refused{KeyDefect::rsa_close_primes};
  CHECK(defects_of_modulus(octets(*product(*p, *q))) == refused);
  CHECK(defects_of_modulus(octets(*product(*p, *p))) == refused);  // a square

  // The mean is distance^2 / (8 sqrt(n)) above the root: 2^510 apart it is found in a round or two,
  // 2^530 apart in none of 100.
  const auto apart = [&](int bits) {
    Handle<BIGNUM> other(BN_dup(p.get()));
    const auto distance = number();
    REQUIRE(BN_set_bit(distance.get(), bits) == 1);
    REQUIRE(BN_add(other.get(), other.get(), distance.get()) == 1);
    other = next_prime(std::move(other));
    return defects_of_modulus(octets(*product(*p, *other)));
  };
  CHECK(apart(510) == refused);
  CHECK(apart(516) == refused);
  CHECK(apart(530).empty());
}

TEST_CASE("refuses with weak_key, naming the key and the defect") {
  Bytes small = good_modulus();
  small.resize(128);
  small.back() |= 1U;
  const PublicKey key = PublicKey::from_spki(test::rsa_spki(small, test::usual_exponent()));
  const auto error =
      test::thrown_by([&] { require_good_key(key, "the key of client.csr", context()); });
  REQUIRE(error);
  CHECK(error->code() == Errc::weak_key);
  CHECK(error->message().find("the key of client.csr") != std::string::npos);
  CHECK(error->message().find("RSA 1024 is smaller than 2048 bits") != std::string::npos);
  CHECK(!error->hint().empty());
}

TEST_CASE("ends soon on hostile numbers") {
  const auto took = [](ByteView spki) {
    return test::cpu_time_of(
        [&] { static_cast<void>(check_key(PublicKey::from_spki(spki), context())); });
  };
  // A hundred times what it takes; CVE-2023-3446 took minutes.
  const auto limit = std::chrono::seconds(1);
  const Bytes ones(1024, 0xff);
  const Bytes giant(256UL * 1024, 0xff);
  CHECK(took(test::rsa_spki(ones, test::usual_exponent())) < limit);
  CHECK(took(test::rsa_spki(giant, giant)) < limit);
  CHECK(took(test::rsa_spki(ones, giant)) < limit);
  // 2^8191 + 1, and squares next to one: long runs of zeros for Newton's method.
  Bytes sparse(1024, 0);
  sparse.front() = 0x80;
  sparse.back() = 1;
  CHECK(took(test::rsa_spki(sparse, test::usual_exponent())) < limit);
}

TEST_CASE("computes with tiny moduli without a mishap") {
  for (unsigned value = 1; value < 600; ++value) {
    const Bytes modulus{static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)};
    CHECK(contains(defects_of_modulus(modulus), KeyDefect::rsa_too_small));
  }
}

}  // namespace
}  // namespace mtls::crypto
