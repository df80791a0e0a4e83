#include "crypto/secret_der.hpp"

#include "der/writer.hpp"
#include "ossl/openssl_error.hpp"

#include <algorithm>

namespace mtls::crypto {

SecretBytes secret_element(std::uint8_t tag, std::initializer_list<ByteView> parts) {
  std::size_t size = 0;
  for (const ByteView part : parts) size += part.size();
  // The header is that of as many zeros.
  der::Writer zeros;
  zeros.element(tag, Bytes(size));
  SecretBytes element(zeros.view());
  std::size_t at = element.size() - size;
  for (const ByteView part : parts) {
    std::copy(part.begin(), part.end(), element.data() + at);
    at += part.size();
  }
  return element;
}

SecretBytes secret_integer(const BIGNUM& number) {
  // One bit more than the number has, so that it does not read as negative.
  const auto size = static_cast<std::size_t>(BN_num_bits(&number)) / 8 + 1;
  return secret_element(der::tag::integer, {secret_octets(number, size).view()});
}

SecretBytes secret_octets(const BIGNUM& number, std::size_t size) {
  SecretBytes octets(size);
  ossl::require(
      BN_bn2binpad(&number, octets.data(), static_cast<int>(size)) == static_cast<int>(size),
      "BN_bn2binpad");
  return octets;
}

}  // namespace mtls::crypto
