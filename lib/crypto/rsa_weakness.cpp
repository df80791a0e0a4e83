#include "crypto/rsa_weakness.hpp"

#include "base/error.hpp"
#include "ossl/openssl_error.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace mtls::crypto {
namespace {

constexpr std::size_t k_prime_count = 752;

constexpr std::array<unsigned, k_prime_count> make_primes() {
  std::array<unsigned, k_prime_count> primes{};
  std::size_t count = 0;
  for (unsigned candidate = 2; count < k_prime_count; ++candidate) {
    bool prime = true;
    for (std::size_t i = 0; i < count && primes[i] * primes[i] <= candidate; ++i) {
      if (candidate % primes[i] == 0) {
        prime = false;
        break;
      }
    }
    if (prime) primes[count++] = candidate;
  }
  return primes;
}
constexpr auto k_primes = make_primes();
static_assert(k_primes.back() == 5711);

using Limb = std::uint64_t;
__extension__ using DoubleLimb = unsigned __int128;

/// Consecutive odd primes with a product of one limb.
struct PrimeGroup {
  std::size_t begin;  // of k_primes
  std::size_t end;
  Limb product;
  Limb inverse;  // of the product, modulo 2^64
};

constexpr Limb invert(Limb odd) {
  Limb inverse = odd;  // right in its last three bits
  for (int bits = 3; bits < 64; bits *= 2) inverse *= 2 - odd * inverse;
  return inverse;
}

/// Calls `group` with each that there is.
template <class Group>
constexpr void for_each_group(const Group& group) {
  std::size_t begin = 1;
  Limb product = 1;
  for (std::size_t i = begin; i < k_prime_count; ++i) {
    if (product > std::numeric_limits<Limb>::max() / k_primes[i]) {
      group(PrimeGroup{begin, i, product, invert(product)});
      begin = i;
      product = 1;
    }
    product *= k_primes[i];
  }
  group(PrimeGroup{begin, k_prime_count, product, invert(product)});
}

constexpr std::size_t k_group_count = [] {
  std::size_t count = 0;
  for_each_group([&count](const PrimeGroup& /*group*/) { ++count; });
  return count;
}();
constexpr auto k_groups = [] {
  std::array<PrimeGroup, k_group_count> groups{};
  std::size_t count = 0;
  for_each_group([&](const PrimeGroup& group) { groups[count++] = group; });
  return groups;
}();

constexpr std::size_t k_roca_primes = 38;  // 3 to 167
static_assert(k_primes[k_roca_primes] == 167);

using PowerSet = std::bitset<168>;

/// For each odd prime to 167, which residues are powers of 65537.
std::array<PowerSet, k_roca_primes> make_power_sets() {
  std::array<PowerSet, k_roca_primes> sets;
  for (std::size_t i = 0; i < k_roca_primes; ++i) {
    const unsigned prime = k_primes[i + 1];
    for (unsigned power = 1; !sets[i][power]; power = power * (65'537 % prime) % prime) {
      sets[i].set(power);
    }
  }
  return sets;
}

unsigned remainder(const BIGNUM& number, unsigned divisor) {
  const BN_ULONG rest = BN_mod_word(&number, divisor);
  ossl::require(rest != static_cast<BN_ULONG>(-1), "BN_mod_word");
  return static_cast<unsigned>(rest);
}

/// The number's 64-bit digits, the lowest first.
std::vector<Limb> to_limbs(const BIGNUM& number) {
  std::vector<std::uint8_t> octets((static_cast<std::size_t>(BN_num_bytes(&number)) + 7) / 8 * 8);
  ossl::require(BN_bn2lebinpad(&number, octets.data(), static_cast<int>(octets.size())) >= 0,
                "BN_bn2lebinpad");
  std::vector<Limb> limbs(octets.size() / 8);
  for (std::size_t i = 0; i < octets.size(); ++i) {
    limbs[i / 8] |= static_cast<Limb>(octets[i]) << (i % 8 * 8);
  }
  return limbs;
}

/// One step of Hensel's division, from the lowest limb upwards: `rest` is what the limbs so far
/// leave. The last is the number times a power of 2, modulo the group's product but for the sign: a
/// prime divides both or none. Two multiplications instead of a division by a word.
constexpr Limb divide_exactly(Limb limb, Limb rest, const PrimeGroup& group) {
  const Limb quotient = (limb - rest) * group.inverse;
  const auto carry = static_cast<Limb>(static_cast<DoubleLimb>(quotient) * group.product >> 64);
  return carry + (limb < rest ? 1 : 0);
}

ossl::Handle<BIGNUM> new_number() {
  return ossl::Handle<BIGNUM>(ossl::require_pointer(BN_new(), "BN_new"));
}

/// Returns a number a little above the square root: its first 25 bits or more are right.
ossl::Handle<BIGNUM> guess_root(const BIGNUM& number) {
  constexpr int k_head_bits = 50;
  auto guess = new_number();
  // Of 50 or 51 bits, so that an even number of bits is behind it, whose root is a shift.
  const int shift = std::max(0, (BN_num_bits(&number) - k_head_bits) / 2);
  ossl::require(BN_rshift(guess.get(), &number, 2 * shift) == 1, "BN_rshift");
  const double head = std::sqrt(static_cast<double>(BN_get_word(guess.get())));
  ossl::require(BN_set_word(guess.get(), static_cast<BN_ULONG>(head) + 2) == 1 &&
                    BN_lshift(guess.get(), guess.get(), shift) == 1,
                "BN_lshift");
  return guess;
}

/// Returns the integer part of the square root, by Newton's method from above. A step doubles the
/// digits that are right, so the upper half of them is computed from the upper half of the number.
ossl::Handle<BIGNUM> floor_root(const BIGNUM& number, BN_CTX* scratch) {
  constexpr int k_guessed_bits = 25;
  const int root_bits = (BN_num_bits(&number) + 1) / 2;
  auto next = new_number();
  ossl::Handle<BIGNUM> root;
  if (root_bits <= k_guessed_bits) {
    root = guess_root(number);
  } else {
    const int low_bits = root_bits / 2;
    ossl::require(BN_rshift(next.get(), &number, 2 * low_bits) == 1, "BN_rshift");
    root = floor_root(*next, scratch);
    ossl::require(
        BN_add_word(root.get(), 1) == 1 && BN_lshift(root.get(), root.get(), low_bits) == 1,
        "BN_lshift");
  }
  while (true) {
    ossl::require(BN_div(next.get(), nullptr, &number, root.get(), scratch) == 1 &&
                      BN_add(next.get(), next.get(), root.get()) == 1 &&
                      BN_rshift1(next.get(), next.get()) == 1,
                  "BN_div");
    if (BN_cmp(next.get(), root.get()) >= 0) return root;
    std::swap(next, root);
  }
}

/// False for 52 of 64 numbers: a square ends in 12 of 64 ways.
bool ends_like_square(const BIGNUM& number) {
  constexpr int k_bits = 6;
  constexpr std::uint64_t k_endings = [] {
    std::uint64_t endings = 0;
    for (std::uint64_t n = 0; n < 1U << k_bits; ++n) endings |= 1ULL << (n * n % (1U << k_bits));
    return endings;
  }();
  unsigned ending = 0;
  for (int bit = 0; bit < k_bits; ++bit) {
    ending |= static_cast<unsigned>(BN_is_bit_set(&number, bit)) << static_cast<unsigned>(bit);
  }
  return (k_endings >> ending & 1) != 0;
}

/// False for most numbers that are no squares, at the price of one division by a word.
bool may_be_square(const BIGNUM& number) {
  if (!ends_like_square(number)) return false;
  constexpr std::array<unsigned, 6> k_moduli{63, 65, 11, 17, 19, 23};
  static const auto k_squares = [k_moduli] {
    std::array<std::bitset<65>, k_moduli.size()> squares;
    for (std::size_t i = 0; i < k_moduli.size(); ++i) {
      for (unsigned n = 0; n < k_moduli[i]; ++n) squares[i].set(n * n % k_moduli[i]);
    }
    return squares;
  }();
  const unsigned rest = remainder(number, 63U * 65 * 11 * 17 * 19 * 23);
  for (std::size_t i = 0; i < k_moduli.size(); ++i) {
    if (!k_squares[i][rest % k_moduli[i]]) return false;
  }
  return true;
}

bool is_square(const BIGNUM& number, BN_CTX* scratch) {
  if (BN_is_zero(&number) != 0) return true;
  if (!may_be_square(number)) return false;
  const auto root = floor_root(number, scratch);
  const auto square = new_number();
  ossl::require(BN_sqr(square.get(), root.get(), scratch) == 1, "BN_sqr");
  return BN_cmp(square.get(), &number) == 0;
}

}  // namespace

std::optional<unsigned> find_small_factor(const BIGNUM& modulus) {
  const std::vector<Limb> limbs = to_limbs(modulus);
  // Several at once: each waits for its own multiplications only.
  constexpr std::size_t k_abreast = 4;
  for (std::size_t first = 0; first < k_groups.size(); first += k_abreast) {
    const std::size_t count = std::min(k_abreast, k_groups.size() - first);
    std::array<Limb, k_abreast> rests{};
    for (const Limb limb : limbs) {
      for (std::size_t i = 0; i < count; ++i) {
        rests[i] = divide_exactly(limb, rests[i], k_groups[first + i]);
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      const PrimeGroup& group = k_groups[first + i];
      for (std::size_t prime = group.begin; prime < group.end; ++prime) {
        const unsigned divisor = k_primes[prime];
        if (rests[i] % divisor == 0 && BN_is_word(&modulus, divisor) == 0) return divisor;
      }
    }
  }
  return std::nullopt;
}

bool has_roca_fingerprint(const BIGNUM& modulus) {
  static const auto k_power_sets = make_power_sets();
  for (std::size_t i = 0; i < k_roca_primes; ++i) {
    if (!k_power_sets[i][remainder(modulus, k_primes[i + 1])]) return false;
  }
  return true;
}

bool has_close_primes(const BIGNUM& modulus, unsigned rounds) {
  // modulus = mean^2 - half^2, with the mean of the primes and half their distance: the mean is
  // sought from the square root upwards.
  const ossl::Handle<BN_CTX> scratch(ossl::require_pointer(BN_CTX_new(), "BN_CTX_new"));
  auto mean = floor_root(modulus, scratch.get());
  auto rest = new_number();
  const auto step = new_number();
  ossl::require(BN_sqr(rest.get(), mean.get(), scratch.get()) == 1 &&
                    BN_sub(rest.get(), rest.get(), &modulus) == 1,
                "BN_sqr");
  for (unsigned round = 0; round < rounds;) {
    if (BN_is_negative(rest.get()) == 0) {
      if (is_square(*rest, scratch.get())) return true;
      ++round;
    }
    // (mean + 1)^2 = mean^2 + 2 mean + 1
    ossl::require(BN_lshift1(step.get(), mean.get()) == 1 && BN_add_word(step.get(), 1) == 1 &&
                      BN_add(rest.get(), rest.get(), step.get()) == 1 &&
                      BN_add_word(mean.get(), 1) == 1,
                  "BN_add");
  }
  return false;
}

}  // namespace mtls::crypto
