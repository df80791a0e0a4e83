#include "x509/pkcs7.hpp"

#include "base/error.hpp"
#include "der/reader.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace mtls::x509 {
namespace {

constexpr std::string_view k_what = "PKCS #7";
constexpr std::uint8_t k_indefinite = 0x80;

// 1.2.840.113549.1.7.x, and 1.2.840.113549.1.9.16.1.x (CMS), as content octets without the last.
constexpr std::array<std::uint8_t, 8> k_pkcs7{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07};
constexpr std::array<std::uint8_t, 10> k_cms{0x2a, 0x86, 0x48, 0x86, 0xf7,
                                             0x0d, 0x01, 0x09, 0x10, 0x01};

/// What follows the header of an element with this tag; definite or indefinite length.
std::optional<ByteView> behind_header(ByteView octets, std::uint8_t tag) noexcept {
  constexpr std::size_t k_shortest = 2;
  constexpr std::uint8_t k_count = 0x7f;
  if (octets.size() < k_shortest || octets[0] != tag) return std::nullopt;
  const std::size_t more = octets[1] >= k_indefinite ? octets[1] & k_count : 0U;
  if (more > sizeof(std::uint64_t) || octets.size() < k_shortest + more) return std::nullopt;
  return octets.subspan(k_shortest + more);
}

template <std::size_t size>
bool begins_with(ByteView octets, const std::array<std::uint8_t, size>& beginning) noexcept {
  return octets.size() >= size && std::equal(beginning.begin(), beginning.end(), octets.begin());
}

}  // namespace

bool looks_like_pkcs7(ByteView octets) noexcept {
  const auto fields = behind_header(octets, der::tag::sequence);
  if (!fields) return false;
  const auto type = behind_header(*fields, der::tag::object_identifier);
  return type && (begins_with(*type, k_pkcs7) || begins_with(*type, k_cms));
}

bool looks_like_pkcs12(ByteView octets) noexcept {
  constexpr std::array<std::uint8_t, 3> k_version{0x02, 0x01, 0x03};
  const auto fields = behind_header(octets, der::tag::sequence);
  return fields && begins_with(*fields, k_version) &&
         looks_like_pkcs7(fields->subspan(k_version.size()));
}

Pkcs7Content read_pkcs7(ByteView der) {
  static const der::Oid k_signed_data = der::oid("1.2.840.113549.1.7.2");
  if (der.size() > 1 && der[1] == k_indefinite) {
    throw Error(Errc::unsupported, "PKCS #7 in BER with indefinite lengths, which is not read",
                "unpack it with: openssl pkcs7 -inform DER -in FILE -print_certs -out FILE.pem");
  }
  der::Reader file(der, k_what);
  der::Reader content = file.into(der::tag::sequence);
  file.end();
  if (content.oid() != k_signed_data) {
    throw Error(Errc::unsupported, "PKCS #7 that is not SignedData: it may be encrypted",
                "decrypt or unpack it with openssl cms");
  }
  der::Reader tagged = content.into(der::tag::context_constructed(0));
  content.end();
  der::Reader signed_data = tagged.into(der::tag::sequence);
  tagged.end();
  signed_data.small_integer();              // version
  signed_data.element(der::tag::set);       // digestAlgorithms
  signed_data.element(der::tag::sequence);  // the content that was signed
  Pkcs7Content found;
  const auto gather = [&](unsigned number, std::vector<ByteView>& into) {
    auto list = signed_data.into_optional(der::tag::context_constructed(number));
    while (list && !list->at_end()) {
      const der::Element one = list->any();
      if (one.tag == der::tag::sequence) {
        into.push_back(one.whole);
      } else {
        ++found.others;
      }
    }
  };
  gather(0, found.certificates);
  gather(1, found.lists);
  signed_data.element(der::tag::set);  // signerInfos
  signed_data.end();
  return found;
}

}  // namespace mtls::x509
