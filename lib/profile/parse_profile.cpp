#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/utf16.hpp"
#include "base/utf8.hpp"
#include "profile/section.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mtls::profile {
namespace {

using std::chrono::seconds;

constexpr unsigned k_rsa_least = 2048;
constexpr unsigned k_rsa_most = 8192;
constexpr std::string_view k_key_words = "rsa, ec:p256, ec:p384, ec:p521, ed25519";

constexpr seconds k_longest_period = std::chrono::hours{24} * 36500;
constexpr seconds k_longest_backdate = std::chrono::hours{24};
constexpr seconds k_default_backdate = std::chrono::minutes{5};

/// Where no keys could be read.
KeyPolicy no_keys() {
  return {.default_spec = crypto::KeySpec::ed25519(),
          .rsa_min_bits = k_rsa_least,
          .rsa_max_bits = k_rsa_most,
          .rsa_allowed = false,
          .curves = {},
          .ed25519_allowed = false};
}

void allow_key(const Section& section, const TomlString& word, KeyPolicy& keys) {
  const auto spec = crypto::KeySpec::parse(word.text);
  if (word.text == "rsa") {
    keys.rsa_allowed = true;
  } else if (spec && spec->curve()) {
    keys.curves.push_back(*spec->curve());
  } else if (spec && spec->type() == crypto::KeyType::ed25519) {
    keys.ed25519_allowed = true;
  } else if (spec) {
    section.fail(word.place,
                 format("'{}' has '{}', and the sizes of RSA keys are a range",
                        section.key("allowed"), word.text),
                 "allow \"rsa\" and set rsa_min_bits and rsa_max_bits");
  } else {
    section.not_one_of(word, "allowed", k_key_words);
  }
}

void read_rsa_size(const Section& section, std::string_view key, KeyPolicy& keys) {
  const bool given = section.table().has(key);
  if (given && !keys.rsa_allowed && section.is_clean()) {
    section.fail_at(key, format("'{}' is set, but RSA keys are not allowed", section.key(key)),
                    "add \"rsa\" to key.allowed, or take the size away");
  }
  const unsigned absent = key == "rsa_min_bits" ? k_rsa_least : k_rsa_most;
  const unsigned bits = section.integer(key, absent, k_rsa_least, k_rsa_most);
  if (bits % 8 != 0) {
    section.fail_at(key, format("'{}' is {}, which is no multiple of 8", section.key(key), bits));
  }
  (key == "rsa_min_bits" ? keys.rsa_min_bits : keys.rsa_max_bits) = bits;
}

void read_rsa_sizes(const Section& section, KeyPolicy& keys) {
  bool both = true;
  for (const std::string_view key : {"rsa_min_bits", "rsa_max_bits"}) {
    both &= section.attempt([&] { read_rsa_size(section, key, keys); });
  }
  if (both && keys.rsa_min_bits > keys.rsa_max_bits) {
    section.fail_at("rsa_min_bits",
                    format("'{}' is {}, which is over rsa_max_bits, {}",
                           section.key("rsa_min_bits"), keys.rsa_min_bits, keys.rsa_max_bits));
  }
}

std::string read_name(const Section& root) {
  constexpr std::string_view k_octets = "abcdefghijklmnopqrstuvwxyz0123456789-";
  const TomlString name = root.required_string("name", "mtls-client");
  if (name.text.empty() || name.text.size() > 64 ||
      name.text.find_first_not_of(k_octets) != std::string::npos) {
    root.not_one_of(name, "name", "1 to 64 of the lower-case letters, digits and '-'");
  }
  return name.text;
}

std::string read_description(const Section& root) {
  constexpr std::size_t k_most = 200;
  const auto value = root.table().string("description");
  if (!value) return {};
  const auto points = decode_utf8(value->text);
  const bool good = points && points->size() <= k_most &&
                    std::none_of(points->begin(), points->end(), [](char32_t c) {
                      return is_control(c) || is_bidirectional_mark(c);
                    });
  if (!good) {
    root.fail(value->place,
              format("'description' is not one line of at most {} characters", k_most));
  }
  return value->text;
}

Role read_role(const Section& root) {
  const TomlString word = root.required_string("role", "client");
  const auto role = parse_role(word.text);
  if (!role) root.not_one_of(word, "role", "root-ca, intermediate-ca, client, server, other");
  return *role;
}

std::optional<crypto::Digest> read_digest(const Section& root) {
  const auto section = root.section("signature");
  if (!section) return std::nullopt;
  const auto digest = section->attempt(std::optional<crypto::Digest>(), [&section] {
    const auto word = section->table().string("digest");
    if (!word || word->text == "auto") return std::optional<crypto::Digest>();
    const auto found = crypto::parse_digest(word->text);
    if (!found) section->not_one_of(*word, "digest", "auto, sha256, sha384, sha512");
    return found;
  });
  section->finish();
  return digest;
}

CsrPolicy read_csr(const Section& root) {
  const auto section = root.section("csr");
  if (!section) return {.subject = false, .subject_alt_names = false};
  const auto flag = [&section](std::string_view key) {
    return section->attempt(false, [&] { return section->boolean(key, false); });
  };
  const CsrPolicy csr{.subject = flag("subject"), .subject_alt_names = flag("san")};
  section->finish();
  return csr;
}

SanPolicy read_optional_san(const Section& root) {
  if (const auto section = root.section("san")) return read_san(*section);
  return {.allowed = {},
          .min_count = 0,
          .max_count = 0,
          .wildcard_allowed = false,
          .host_required = false};
}

/// A period of 0 could not be read.
void require_possible_validity(const Section& section, const ValidityPolicy& validity) {
  if (validity.default_period == seconds{0}) return;
  section.attempt([&] {
    if (validity.max_period == seconds{0} || validity.default_period <= validity.max_period) return;
    section.fail_at("default",
                    format("'{}' is longer than '{}'", section.key("default"), section.key("max")));
  });
  section.attempt([&] {
    if (validity.backdate < validity.default_period) return;
    section.fail_at("backdate",
                    format("'{}' reaches as far back as '{}' lasts: certificates would be born "
                           "expired",
                           section.key("backdate"), section.key("default")));
  });
}

void require_version(const Section& root) {
  if (!root.table().has("version")) {
    root.fail_at("version", "'version' is missing", "begin with: version = 1");
  }
  static_cast<void>(root.integer("version", 1, 1, 1));
}

/// RFC 5280 sections 4.1.2.6 and 4.2.1.6: a certificate names its subject in one place or the
/// other.
void require_some_name(const Section& root, const SubjectPolicy& subject, const SanPolicy& san) {
  if (subject.may_be_empty && san.allowed.empty()) {
    root.fail_at(
        "subject",
        "'subject.allow_empty' is true and no alternative names are allowed: a certificate "
        "would name nobody",
        "add [[san.allow]], or take allow_empty away");
  }
}

/// Returns what `read` makes of the section `name`, or `otherwise` if that is missing.
template <class Policy, class Read>
Policy read_required(const Section& root, std::string_view name, Policy otherwise, Read&& read) {
  return root.attempt(std::move(otherwise), [&] { return read(root.required_section(name)); });
}

Profile read_profile(const Section& root) {
  root.attempt([&root] { require_version(root); });
  Profile profile{
      .name = root.attempt(std::string(), [&root] { return read_name(root); }),
      .description = root.attempt(std::string(), [&root] { return read_description(root); }),
      .role = Role::other,
      .keys = no_keys(),
      .digest = {},
      .validity = {},
      .subject = {},
      .san = {},
      .extensions = {},
      .csr = {},
      .source = {},
      .text = {},
      .hash = {}};
  const auto role =
      root.attempt(std::optional<Role>(), [&root] { return std::optional(read_role(root)); });
  profile.role = role.value_or(Role::other);
  profile.keys = read_required(root, "key", no_keys(), read_keys);
  profile.digest = root.attempt(profile.digest, [&root] { return read_digest(root); });
  profile.validity = read_required(root, "validity", ValidityPolicy{}, read_validity);
  profile.subject =
      read_required(root, "subject", SubjectPolicy{},
                    [&role](const Section& section) { return read_subject(section, role); });
  profile.san = root.attempt(SanPolicy{}, [&root] { return read_optional_san(root); });
  profile.extensions = read_required(root, "extensions", ExtensionPolicy{},
                                     [&role, &profile](const Section& section) {
                                       return read_extensions(section, role, profile.keys);
                                     });
  profile.csr = root.attempt(CsrPolicy{}, [&root] { return read_csr(root); });
  if (root.is_clean()) {
    root.attempt([&] { require_some_name(root, profile.subject, profile.san); });
  }
  root.finish();
  return profile;
}

/// The line and column that a message begins with, behind `source`.
std::pair<unsigned, unsigned> position_of(const Error& error, std::string_view source) {
  std::pair<unsigned, unsigned> position{};
  const std::string_view message = error.message();
  if (message.substr(0, source.size()) != source) return position;
  const char* const end = message.data() + message.size();
  const char* at = message.data() + source.size();
  if (at == end) return position;
  at = std::from_chars(at + 1, end, position.first).ptr;
  if (at != end) std::from_chars(at + 1, end, position.second);
  return position;
}

}  // namespace

KeyPolicy read_keys(const Section& section) {
  KeyPolicy keys = no_keys();
  const bool allowed_read = section.attempt([&] {
    const auto allowed = section.list("allowed", 5);
    if (allowed.empty()) {
      section.fail_at("allowed", format("'{}' names no kind of key", section.key("allowed")),
                      format("allowed: {}", k_key_words));
    }
    for (const TomlString& word : allowed) {
      section.attempt([&] { allow_key(section, word, keys); });
    }
  });
  const bool sizes_read = section.attempt([&] { read_rsa_sizes(section, keys); });
  section.attempt([&] {
    const TomlString word = section.required_string("default", "ec:p256");
    const auto spec = crypto::KeySpec::parse(word.text);
    if (!spec) section.not_one_of(word, "default", "rsa:BITS, ec:p256, ec:p384, ec:p521, ed25519");
    keys.default_spec = *spec;
    if (!allowed_read || !sizes_read) return;
    if (const auto why = keys.refuses(*spec)) {
      section.fail(word.place,
                   format("'{}' contradicts key.allowed: {}", section.key("default"), *why));
    }
  });
  section.finish();
  return keys;
}

ValidityPolicy read_validity(const Section& section) {
  const seconds minute = std::chrono::minutes{1};
  const auto period = [&](std::string_view key) {
    return section.attempt(
        seconds{0}, [&] { return section.required_duration(key, minute, k_longest_period); });
  };
  const ValidityPolicy validity{.default_period = period("default"),
                                .max_period = period("max"),
                                .backdate = section.attempt(k_default_backdate, [&] {
                                  return section
                                      .duration("backdate", seconds{0}, k_longest_backdate)
                                      .value_or(k_default_backdate);
                                })};
  section.finish();
  require_possible_validity(section, validity);
  return validity;
}

ProfileCheck check_profile(std::string_view text, std::string_view source) {
  std::optional<Section> root;
  try {
    root.emplace(TomlDocument::parse(text, source, Errc::bad_profile).root());
  } catch (const Error& error) {
    if (error.code() != Errc::bad_profile) throw;
    return {.profile = std::nullopt, .name = {}, .errors = {error}};
  }
  Profile profile = read_profile(*root);
  std::vector<Error> errors = root->errors();
  if (!errors.empty()) {
    const std::string shown = printable(source);
    std::stable_sort(errors.begin(), errors.end(), [&](const Error& left, const Error& right) {
      return position_of(left, shown) < position_of(right, shown);
    });
    return {.profile = std::nullopt, .name = std::move(profile.name), .errors = std::move(errors)};
  }
  profile.source = source;
  const auto decoded = decode_utf16(as_bytes(text));
  profile.text = decoded ? as_text(decoded->view()) : text;
  profile.hash = crypto::sha256(as_bytes(text));
  std::string name = profile.name;
  return {.profile = std::move(profile), .name = std::move(name), .errors = {}};
}

Profile parse_profile(std::string_view text, std::string_view source) {
  ProfileCheck check = check_profile(text, source);
  if (!check.profile) throw Error(check.errors.front());
  return *std::move(check.profile);
}

}  // namespace mtls::profile
