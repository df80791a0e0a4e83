#include "x509/algorithm_field.hpp"

namespace mtls::x509 {

ByteView read_algorithm_identifier(der::Reader& reader) {
  const der::Element element = reader.element(der::tag::sequence);
  if (!der::is_well_formed(element.whole)) reader.fail("an algorithm's parameters are not DER");
  der::Reader fields(element.content, "algorithm");
  static_cast<void>(fields.oid());
  if (!fields.at_end()) fields.any();
  fields.end();
  return element.whole;
}

ByteView read_signature(der::Reader& reader) {
  const der::BitString bits = reader.bit_string();
  if (bits.unused != 0) reader.fail("a signature that is not whole octets");
  return bits.octets;
}

}  // namespace mtls::x509
