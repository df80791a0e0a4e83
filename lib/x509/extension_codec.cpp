// The typed extensions: values to extnValue and back.
#include "base/error.hpp"
#include "base/format.hpp"
#include "x509/extension.hpp"

#include <algorithm>
#include <limits>

namespace mtls::x509 {
namespace {

using der::Reader;
using der::Writer;

constexpr unsigned k_key_usage_bits = 9;

Extension make(const der::Oid& id, Criticality criticality, Writer writer) {
  return {.id = id, .criticality = criticality, .value = std::move(writer).take()};
}

/// A list that RFC 5280 wants non-empty is the caller's to check before it comes here.
void require_some(bool some, const der::Oid& id) {
  if (!some) throw Error(Errc::internal, format("an empty {} was to be written", oid_name(id)));
}

/// Opens the one SEQUENCE that `value` must be.
Reader open(ByteView value, std::string_view what) {
  Reader whole(value, what);
  Reader inner = whole.into(der::tag::sequence);
  whole.end();
  return inner;
}

/// The same for SEQUENCE SIZE (1..MAX).
Reader open_list(ByteView value, std::string_view what) {
  Reader list = open(value, what);
  if (list.at_end()) list.fail("an empty list");
  return list;
}

void write_names(Writer& writer, const GeneralNames& names) {
  for (const GeneralName& name : names) name.write(writer);
}

/// Reads the content of an IMPLICIT GeneralNames.
GeneralNames read_names(Reader list) {
  if (list.at_end()) list.fail("an empty list of names");
  GeneralNames names;
  while (!list.at_end()) names.push_back(GeneralName::from_der(list.any()));
  return names;
}

std::vector<der::Oid> read_oids(Reader list) {
  std::vector<der::Oid> ids;
  while (!list.at_end()) ids.push_back(list.oid());
  return ids;
}

}  // namespace

Extension encode(const BasicConstraints& value, Criticality criticality) {
  const bool ca = value.subject == BasicConstraints::Subject::ca;
  if (!ca && value.path_length) {
    throw Error(Errc::internal, "a path length is only for a CA");
  }
  Writer writer;
  writer.sequence([&](Writer& fields) {
    if (ca) fields.boolean_true();  // FALSE is the default, which DER leaves out
    if (value.path_length) fields.integer(*value.path_length);
  });
  return make(oids::basic_constraints(), criticality, std::move(writer));
}

BasicConstraints decode_basic_constraints(ByteView value) {
  Reader reader = open(value, "basicConstraints");
  BasicConstraints constraints{.subject = BasicConstraints::Subject::end_entity,
                               .path_length = std::nullopt};
  if (reader.next_is(der::tag::boolean)) {
    // FALSE is the default, which DER leaves out: read_extensions notes it.
    if (reader.boolean()) constraints.subject = BasicConstraints::Subject::ca;
  }
  if (reader.next_is(der::tag::integer)) {
    if (constraints.subject != BasicConstraints::Subject::ca) {
      reader.fail("a path length without CA:TRUE");
    }
    const std::uint64_t length = reader.small_integer();
    if (length > std::numeric_limits<unsigned>::max()) reader.fail("a path length without sense");
    constraints.path_length = static_cast<unsigned>(length);
  }
  reader.end();
  return constraints;
}

Extension encode(const KeyUsage& value, Criticality criticality) {
  require_some(!value.empty(), oids::key_usage());
  // A named bit list: DER wants it without zero bits at the end (X.690 section 11.2.2).
  Bytes octets;
  unsigned used = 0;
  for (unsigned bit = 0; bit < k_key_usage_bits; ++bit) {
    if (!value.has(static_cast<KeyUsageBit>(bit))) continue;
    octets.resize(bit / 8 + 1);
    octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] | (0x80U >> bit % 8));
    used = bit + 1;
  }
  Writer writer;
  writer.bit_string(octets, static_cast<unsigned>(octets.size()) * 8 - used);
  return make(oids::key_usage(), criticality, std::move(writer));
}

KeyUsage decode_key_usage(ByteView value) {
  Reader reader(value, "keyUsage");
  const der::BitString bits = reader.bit_string();
  reader.end();
  // "At least one of the bits MUST be set" (RFC 5280 section 4.2.1.3).
  if (bits.octets.empty()) reader.fail("no bit is set");
  const unsigned last = bits.octets.back();
  if ((last >> bits.unused & 1U) == 0) reader.fail("zero bits at its end");
  const std::size_t count = bits.octets.size() * 8 - bits.unused;
  if (count > k_key_usage_bits) reader.fail("bits that have no meaning");
  KeyUsage usage;
  for (unsigned bit = 0; bit < count; ++bit) {
    const unsigned octet = bits.octets[bit / 8];
    if ((octet & (0x80U >> bit % 8)) != 0) usage.add(static_cast<KeyUsageBit>(bit));
  }
  return usage;
}

Extension encode_extended_key_usage(const std::vector<der::Oid>& purposes,
                                    Criticality criticality) {
  require_some(!purposes.empty(), oids::extended_key_usage());
  Writer writer;
  writer.sequence([&purposes](Writer& list) {
    for (const der::Oid& purpose : purposes) list.oid(purpose);
  });
  return make(oids::extended_key_usage(), criticality, std::move(writer));
}

std::vector<der::Oid> decode_extended_key_usage(ByteView value) {
  return read_oids(open_list(value, "extendedKeyUsage"));
}

Extension encode_subject_key_identifier(ByteView key_identifier) {
  require_some(!key_identifier.empty(), oids::subject_key_identifier());
  Writer writer;
  writer.octet_string(key_identifier);
  return make(oids::subject_key_identifier(), Criticality::non_critical, std::move(writer));
}

Bytes decode_subject_key_identifier(ByteView value) {
  Reader reader(value, "subjectKeyIdentifier");
  const ByteView identifier = reader.octet_string();
  reader.end();
  return to_bytes(identifier);
}

Extension encode_authority_key_identifier(ByteView key_identifier) {
  require_some(!key_identifier.empty(), oids::authority_key_identifier());
  Writer writer;
  writer.sequence([&](Writer& fields) { fields.element(der::tag::context(0), key_identifier); });
  return make(oids::authority_key_identifier(), Criticality::non_critical, std::move(writer));
}

AuthorityKeyIdentifier decode_authority_key_identifier(ByteView value) {
  Reader reader = open(value, "authorityKeyIdentifier");
  AuthorityKeyIdentifier identifier;
  if (const auto key = reader.optional(der::tag::context(0))) {
    identifier.key_identifier = to_bytes(key->content);
  }
  if (const auto issuer = reader.into_optional(der::tag::context_constructed(1))) {
    identifier.issuer = read_names(*issuer);
  }
  if (const auto serial = reader.optional(der::tag::context(2))) {
    // IMPLICIT: the reader judges it once it has INTEGER's own tag again.
    Bytes integer = to_bytes(serial->whole);
    integer[0] = der::tag::integer;
    identifier.serial_number = to_bytes(Reader(integer, "authorityKeyIdentifier").integer());
  }
  reader.end();
  // "MUST both be present or both be absent" (RFC 5280 appendix A.2).
  if (identifier.issuer.empty() == identifier.serial_number.has_value()) {
    reader.fail("issuer and serial number of the authority do not stand together");
  }
  return identifier;
}

Extension encode_subject_alt_name(const GeneralNames& names, Criticality criticality) {
  require_some(!names.empty(), oids::subject_alt_name());
  Writer writer;
  writer.sequence([&names](Writer& list) { write_names(list, names); });
  return make(oids::subject_alt_name(), criticality, std::move(writer));
}

GeneralNames decode_subject_alt_name(ByteView value) {
  return read_general_names(value, "subjectAltName");
}

namespace {

/// GeneralSubtrees, IMPLICIT under `tag`; minimum is left out because 0 is its default.
void write_subtrees(Writer& writer, std::uint8_t tag, const GeneralNames& bases) {
  if (bases.empty()) return;
  writer.constructed(tag, [&bases](Writer& list) {
    for (const GeneralName& base : bases) {
      list.sequence([&base](Writer& subtree) { base.write(subtree); });
    }
  });
}

GeneralNames read_subtrees(Reader list) {
  if (list.at_end()) list.fail("an empty list of subtrees");
  GeneralNames bases;
  while (!list.at_end()) {
    Reader subtree = list.into(der::tag::sequence);
    GeneralName base = GeneralName::from_der(subtree.any());
    // RFC 5280 section 4.2.1.10: minimum is zero and maximum absent; DER leaves out the zero, which
    // read_extensions notes.
    const auto minimum = subtree.optional(der::tag::context(0));
    const bool is_zero = minimum && minimum->content.size() == 1 && minimum->content[0] == 0;
    if ((minimum && !is_zero) || !subtree.at_end()) {
      subtree.fail("a subtree with minimum or maximum");
    }
    if (base.kind() == GeneralNameKind::ip && base.octets().size() != 8 &&
        base.octets().size() != 32) {
      subtree.fail("an address range that has neither 8 nor 32 octets");
    }
    bases.push_back(std::move(base));
  }
  return bases;
}

}  // namespace

Extension encode(const NameConstraints& value) {
  require_some(!value.empty(), oids::name_constraints());
  Writer writer;
  writer.sequence([&value](Writer& fields) {
    write_subtrees(fields, der::tag::context_constructed(0), value.permitted);
    write_subtrees(fields, der::tag::context_constructed(1), value.excluded);
  });
  return make(oids::name_constraints(), Criticality::critical, std::move(writer));
}

NameConstraints decode_name_constraints(ByteView value) {
  Reader reader = open_list(value, "nameConstraints");
  NameConstraints constraints;
  if (const auto permitted = reader.into_optional(der::tag::context_constructed(0))) {
    constraints.permitted = read_subtrees(*permitted);
  }
  if (const auto excluded = reader.into_optional(der::tag::context_constructed(1))) {
    constraints.excluded = read_subtrees(*excluded);
  }
  reader.end();
  return constraints;
}

Extension encode_certificate_policies(const std::vector<der::Oid>& policies,
                                      Criticality criticality) {
  require_some(!policies.empty(), oids::certificate_policies());
  Writer writer;
  writer.sequence([&policies](Writer& list) {
    for (const der::Oid& policy : policies) {
      list.sequence([&policy](Writer& information) { information.oid(policy); });
    }
  });
  return make(oids::certificate_policies(), criticality, std::move(writer));
}

std::vector<der::Oid> decode_certificate_policies(ByteView value) {
  Reader list = open_list(value, "certificatePolicies");
  std::vector<der::Oid> policies;
  while (!list.at_end()) {
    Reader information = list.into(der::tag::sequence);
    policies.push_back(information.oid());
    if (auto qualifiers = information.into_optional(der::tag::sequence)) {
      if (qualifiers->at_end()) qualifiers->fail("an empty list of qualifiers");
      while (!qualifiers->at_end()) {
        Reader qualifier = qualifiers->into(der::tag::sequence);
        static_cast<void>(qualifier.oid());
        static_cast<void>(qualifier.any());
        qualifier.end();
      }
    }
    information.end();
  }
  std::vector<der::Oid> sorted = policies;
  std::sort(sorted.begin(), sorted.end());
  const auto repeated = std::adjacent_find(sorted.begin(), sorted.end());
  if (repeated != sorted.end()) {
    list.fail(format("the policy {} occurs twice", repeated->to_dotted()));
  }
  return policies;
}

Extension encode_crl_distribution_points(const std::vector<std::string>& uris) {
  require_some(!uris.empty(), oids::crl_distribution_points());
  // SEQUENCE { SEQUENCE { distributionPoint [0] { fullName [0] GeneralNames } } }
  Writer writer;
  writer.sequence([&uris](Writer& list) {
    list.sequence([&uris](Writer& point) {
      point.constructed(der::tag::context_constructed(0), [&uris](Writer& name) {
        name.constructed(der::tag::context_constructed(0), [&uris](Writer& names) {
          for (const std::string& uri : uris) GeneralName::uri(uri).write(names);
        });
      });
    });
  });
  return make(oids::crl_distribution_points(), Criticality::non_critical, std::move(writer));
}

std::vector<std::string> decode_crl_distribution_points(ByteView value) {
  Reader list = open_list(value, "cRLDistributionPoints");
  std::vector<std::string> uris;
  while (!list.at_end()) {
    Reader point = list.into(der::tag::sequence);
    // "A DistributionPoint MUST NOT consist of only the reasons field" (RFC 5280 section 4.2.1.13).
    const bool named = point.next_is(der::tag::context_constructed(0));
    if (auto name = point.into_optional(der::tag::context_constructed(0))) {
      if (const auto full = name->into_optional(der::tag::context_constructed(0))) {
        for (const GeneralName& each : read_names(*full)) {
          if (each.kind() == GeneralNameKind::uri) uris.push_back(each.text());
        }
      } else {
        name->element(der::tag::context_constructed(1));  // nameRelativeToCRLIssuer
      }
      name->end();
    }
    point.optional(der::tag::context(1));  // reasons
    const auto issuer = point.into_optional(der::tag::context_constructed(2));
    if (issuer) static_cast<void>(read_names(*issuer));
    if (!named && !issuer) point.fail("a distribution point that names nothing");
    point.end();
  }
  return uris;
}

Extension encode(const AuthorityInfoAccess& value) {
  require_some(!value.ocsp.empty() || !value.ca_issuers.empty(), oids::authority_info_access());
  Writer writer;
  const auto write = [](Writer& list, const der::Oid& method,
                        const std::vector<std::string>& uris) {
    for (const std::string& uri : uris) {
      list.sequence([&](Writer& description) {
        description.oid(method);
        GeneralName::uri(uri).write(description);
      });
    }
  };
  writer.sequence([&](Writer& list) {
    write(list, oids::ocsp(), value.ocsp);
    write(list, oids::ca_issuers(), value.ca_issuers);
  });
  return make(oids::authority_info_access(), Criticality::non_critical, std::move(writer));
}

AuthorityInfoAccess decode_authority_info_access(ByteView value) {
  Reader list = open_list(value, "authorityInfoAccess");
  AuthorityInfoAccess access;
  while (!list.at_end()) {
    Reader description = list.into(der::tag::sequence);
    const der::Oid method = description.oid();
    const GeneralName location = GeneralName::from_der(description.any());
    description.end();
    if (location.kind() != GeneralNameKind::uri) continue;
    if (method == oids::ocsp()) access.ocsp.push_back(location.text());
    if (method == oids::ca_issuers()) access.ca_issuers.push_back(location.text());
  }
  return access;
}

}  // namespace mtls::x509
