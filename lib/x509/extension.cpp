#include "x509/extension.hpp"

#include "base/error.hpp"
#include "base/format.hpp"

#include <algorithm>
#include <array>

namespace mtls::x509 {
namespace {

/// RFC 5280 section 4.2.1.3, by the number of the bit.
constexpr std::array<std::string_view, 9> k_key_usage_words = {
    "digitalSignature", "contentCommitment", "keyEncipherment", "dataEncipherment", "keyAgreement",
    "keyCertSign",      "cRLSign",           "encipherOnly",    "decipherOnly"};

/// Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
Extension read_extension(der::Reader reader) {
  der::Oid id = reader.oid();
  Criticality criticality = Criticality::non_critical;
  if (reader.next_is(der::tag::boolean)) {
    // DER leaves out a value that is the default.
    if (!reader.boolean()) reader.fail("an extension whose critical FALSE is written out");
    criticality = Criticality::critical;
  }
  const ByteView value = reader.octet_string();
  reader.end();
  return {.id = std::move(id), .criticality = criticality, .value = to_bytes(value)};
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

}  // namespace

const Extension* find(const Extensions& extensions, const der::Oid& id) noexcept {
  const auto found = std::find_if(extensions.begin(), extensions.end(),
                                  [&id](const Extension& extension) { return extension.id == id; });
  return found == extensions.end() ? nullptr : &*found;
}

Extensions read_extensions(ByteView der, std::string_view what) {
  der::Reader whole(der, what);
  der::Reader list = whole.into(der::tag::sequence);
  whole.end();
  if (list.at_end()) list.fail("an empty list of extensions");
  Extensions extensions;
  while (!list.at_end()) extensions.push_back(read_extension(list.into(der::tag::sequence)));
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
