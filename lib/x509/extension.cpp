#include "x509/extension.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "der/reader.hpp"

#include <algorithm>
#include <array>

namespace mtls::x509 {
namespace {

/// RFC 5280 section 4.2.1.3, by the number of the bit.
constexpr std::array<std::string_view, 9> k_key_usage_words = {
    "digitalSignature", "contentCommitment", "keyEncipherment", "dataEncipherment", "keyAgreement",
    "keyCertSign",      "cRLSign",           "encipherOnly",    "decipherOnly"};

/// Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
Extension read_extension(der::Reader reader, std::vector<std::string>& faults) {
  der::Oid id = reader.oid();
  Criticality criticality = Criticality::non_critical;
  if (reader.next_is(der::tag::boolean)) {
    if (reader.boolean()) {
      criticality = Criticality::critical;
    } else {
      faults.push_back(format("its {} has critical FALSE written out", oid_name(id)));
    }
  }
  const ByteView value = reader.octet_string();
  reader.end();
  return {.id = std::move(id), .criticality = criticality, .value = to_bytes(value)};
}

/// Whether BasicConstraints begin with the default, FALSE.
bool writes_ca_false(ByteView value) {
  return value.size() >= 5 && value[0] == der::tag::sequence && value[2] == der::tag::boolean &&
         value[3] == 1 && value[4] == 0;
}

/// Whether a GeneralSubtree in NameConstraints has a minimum; one that is not 0 is malformed.
bool writes_minimum(ByteView value) {
  if (!der::is_well_formed(value) || value[0] != der::tag::sequence) return false;
  der::Reader sides = der::Reader(value, "nameConstraints").into(der::tag::sequence);
  while (!sides.at_end()) {
    const der::Element side = sides.any();
    // What is in a primitive element was not looked at yet, and may be anything.
    if (side.tag != der::tag::context_constructed(0) &&
        side.tag != der::tag::context_constructed(1)) {
      return false;
    }
    der::Reader subtrees(side.content, "nameConstraints");
    while (!subtrees.at_end()) {
      const auto subtree = subtrees.into_optional(der::tag::sequence);
      if (!subtree) return false;
      der::Reader fields = *subtree;
      if (!fields.at_end()) fields.any();
      if (fields.next_is(der::tag::context(0))) return true;
    }
  }
  return false;
}

/// Returns an identifier that occurs twice, or null. Sorted, because the list may be hostile.
const der::Oid* find_repeated(const Extensions& extensions) {
  std::vector<const der::Oid*> ids;
  ids.reserve(extensions.size());
  for (const Extension& extension : extensions) ids.push_back(&extension.id);
  std::sort(ids.begin(), ids.end(),
            [](const auto* left, const auto* right) { return *left < *right; });
  const auto found = std::adjacent_find(
      ids.begin(), ids.end(), [](const auto* left, const auto* right) { return *left == *right; });
  return found == ids.end() ? nullptr : *found;
}

/// Notes a default that is written out inside a value.
void examine_value(const Extension& extension, std::vector<std::string>& faults) {
  if (extension.id == oids::basic_constraints()) {
    if (writes_ca_false(extension.value)) {
      faults.emplace_back("its basicConstraints have CA:FALSE written out");
    }
  } else if (extension.id == oids::name_constraints() && writes_minimum(extension.value)) {
    faults.emplace_back("its nameConstraints have minimum 0 written out");
  }
}

}  // namespace

const Extension* find(const Extensions& extensions, const der::Oid& id) noexcept {
  const auto found = std::find_if(extensions.begin(), extensions.end(),
                                  [&id](const Extension& extension) { return extension.id == id; });
  return found == extensions.end() ? nullptr : &*found;
}

Extensions read_extensions(ByteView der, std::string_view what, std::vector<std::string>& faults) {
  der::Reader whole(der, what);
  der::Reader list = whole.into(der::tag::sequence);
  whole.end();
  if (list.at_end()) list.fail("an empty list of extensions");
  Extensions extensions;
  while (!list.at_end()) {
    extensions.push_back(read_extension(list.into(der::tag::sequence), faults));
    examine_value(extensions.back(), faults);
  }
  if (const der::Oid* repeated = find_repeated(extensions)) {
    list.fail(format("the extension {} occurs twice", oid_name(*repeated)));
  }
  return extensions;
}

void write_extensions(der::Writer& writer, const Extensions& extensions) {
  writer.sequence([&extensions](der::Writer& list) {
    for (const Extension& extension : extensions) {
      list.sequence([&extension](der::Writer& fields) {
        fields.oid(extension.id);
        if (extension.criticality == Criticality::critical) fields.boolean_true();
        fields.octet_string(extension.value);
      });
    }
  });
}

std::vector<std::string> names(const KeyUsage& usage) {
  std::vector<std::string> words;
  for (unsigned bit = 0; bit < k_key_usage_words.size(); ++bit) {
    if (usage.has(static_cast<KeyUsageBit>(bit))) words.emplace_back(k_key_usage_words[bit]);
  }
  return words;
}

std::optional<KeyUsageBit> parse_key_usage_bit(std::string_view word) noexcept {
  // The name that X.509 gave this bit before 2001, and openssl still does.
  if (word == "nonRepudiation") return KeyUsageBit::content_commitment;
  const auto* const found = std::find(k_key_usage_words.begin(), k_key_usage_words.end(), word);
  if (found == k_key_usage_words.end()) return std::nullopt;
  return static_cast<KeyUsageBit>(found - k_key_usage_words.begin());
}

}  // namespace mtls::x509
