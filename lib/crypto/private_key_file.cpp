#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "crypto/legacy_key.hpp"
#include "crypto/pbes2.hpp"
#include "crypto/private_key_data.hpp"
#include "der/content_kind.hpp"
#include "der/pem.hpp"
#include "der/reader.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mtls::crypto {
namespace {

constexpr std::string_view k_private_key = "PRIVATE KEY";
constexpr std::string_view k_pbes2 = "1.2.840.113549.1.5.13";

/// The forms a private key comes in, by what PEM calls them.
enum class Form { pkcs8, encrypted_pkcs8, pkcs1, sec1 };

struct LabelledForm {
  std::string_view label;
  Form form;
};
constexpr std::array k_forms{LabelledForm{"PRIVATE KEY", Form::pkcs8},
                             LabelledForm{"ENCRYPTED PRIVATE KEY", Form::encrypted_pkcs8},
                             LabelledForm{"RSA PRIVATE KEY", Form::pkcs1},
                             LabelledForm{"EC PRIVATE KEY", Form::sec1}};

std::optional<Form> find_form(std::string_view label) {
  for (const LabelledForm& entry : k_forms) {
    if (entry.label == label) return entry.form;
  }
  return std::nullopt;
}

bool is_private_key_label(std::string_view label) {
  return label.size() >= k_private_key.size() &&
         label.substr(label.size() - k_private_key.size()) == k_private_key;
}

/// Returns the form of DER by the tags of its first members; nothing for anything else.
std::optional<Form> find_der_form(ByteView der) {
  if (!der::is_well_formed(der)) return std::nullopt;
  der::Reader all(der, "private key");
  auto members = all.into_optional(der::tag::sequence);
  if (!members || members->at_end()) return std::nullopt;
  const std::uint8_t first = members->any().tag;
  const auto second = members->peek_tag();
  if (first == der::tag::sequence && second == der::tag::octet_string) {
    static_cast<void>(members->any());
    if (members->at_end()) return Form::encrypted_pkcs8;
  }
  if (first != der::tag::integer) return std::nullopt;
  if (second == der::tag::sequence) return Form::pkcs8;
  if (second == der::tag::integer) return Form::pkcs1;
  if (second == der::tag::octet_string) return Form::sec1;
  return std::nullopt;
}

PrivateParts read_form(Form form, ByteView der) {
  switch (form) {
    case Form::pkcs1:
      return read_pkcs1(der);
    case Form::sec1:
      return read_sec1(der);
    case Form::pkcs8:
    case Form::encrypted_pkcs8:
      break;
  }
  return read_pkcs8(der);
}

[[noreturn]] void fail_wrong_passphrase() {
  throw Error(Errc::wrong_passphrase, "wrong passphrase");  // the caller knows the flag to name
}

/// One key's passphrases, until one is right or there are no more.
class Passphrases final {
 public:
  explicit Passphrases(const PassphraseSource& source) : m_source(source) {}

  SecretBytes next() {
    m_exhausted = true;  // unless there is one
    std::optional<SecretBytes> passphrase;
    if (m_source) passphrase = m_source(m_attempt);
    if (!passphrase && m_attempt == Attempt::again) fail_wrong_passphrase();
    if (!passphrase) {
      throw Error(Errc::missing_value, "the key is encrypted and there is no passphrase");
    }
    m_exhausted = false;
    m_attempt = Attempt::again;
    return std::move(*passphrase);
  }
  [[nodiscard]] bool exhausted() const noexcept { return m_exhausted; }

 private:
  const PassphraseSource& m_source;
  Attempt m_attempt = Attempt::first;
  bool m_exhausted = false;
};

void require_legacy_allowed(LegacyKeys legacy, std::string_view what) {
  if (legacy == LegacyKeys::allow) return;
  throw Error(Errc::unsupported, format("the key is encrypted in an outdated way ({})", what),
              "--legacy-key reads it all the same; better re-encrypt it: openssl pkcs8 -topk8 "
              "-provider default -provider legacy -in FILE -out NEWFILE");
}

/// How an encrypted key is to be read.
struct Access {
  Passphrases& passphrases;
  LegacyKeys legacy;
  const ossl::Context& context;
};

/// EncryptedPrivateKeyInfo ::= SEQUENCE { encryptionAlgorithm AlgorithmIdentifier,
///   encryptedData OCTET STRING } (RFC 5958 section 3). Limits are checked before anyone is asked.
std::optional<SecretBytes> decrypt_pkcs8(ByteView der, const Access& access) {
  der::Reader all(der, "encrypted private key");
  der::Reader info = all.into(der::tag::sequence);
  all.end();
  der::Reader algorithm = info.into(der::tag::sequence);
  const ByteView ciphertext = info.octet_string();
  info.end();
  const der::Oid oid = algorithm.oid();
  if (oid.to_dotted() == k_pbes2) {
    const Pbes2 scheme = read_pbes2(algorithm);
    if (scheme.cipher.outdated) {
      require_legacy_allowed(access.legacy, scheme.cipher.name);
      return decrypt_outdated_pbes2(scheme, ciphertext, access.passphrases.next().view());
    }
    return decrypt_pbes2(scheme, ciphertext, access.passphrases.next().view(), access.context.get(),
                         access.context.properties());
  }
  if (!is_pbes1(oid)) {
    throw Error(
        Errc::unsupported,
        format("the key is encrypted with the scheme {}, which is not supported", oid.to_dotted()),
        "encrypt it again where it was made, with PBES2 and AES-256");
  }
  require_legacy_allowed(access.legacy, "PBES1");
  return decrypt_pbes1(oid, algorithm, ciphertext, access.passphrases.next().view());
}

/// Reads what decryption gave: if that is not even DER, the passphrase was wrong and the padding
/// right by chance.
PrivateParts read_decrypted(Form form, const std::optional<SecretBytes>& plain) {
  if (!plain || !der::is_well_formed(plain->view())) fail_wrong_passphrase();
  return read_form(form, plain->view());
}

KeyPair read_encrypted_pkcs8(ByteView der, const Access& access) {
  const std::optional<SecretBytes> plain = decrypt_pkcs8(der, access);
  return make_key_pair(read_decrypted(Form::pkcs8, plain), access.context);
}

KeyPair read_rfc1421(Form form, const der::PemBlock& block, const Access& access) {
  require_legacy_allowed(access.legacy, "Proc-Type: 4,ENCRYPTED");
  if (form == Form::encrypted_pkcs8) {
    throw Error(Errc::malformed, "the key is encrypted twice");
  }
  const auto plain =
      decrypt_rfc1421(block.headers, block.der.view(), access.passphrases.next().view());
  return make_key_pair(read_decrypted(form, plain), access.context);
}

/// Returns the one block that is a private key.
const der::PemBlock& find_block(const std::vector<der::PemBlock>& blocks) {
  const der::PemBlock* found = nullptr;
  for (const der::PemBlock& block : blocks) {
    if (!is_private_key_label(block.label)) continue;
    if (found != nullptr) {
      throw Error(Errc::several_keys, "it holds more than one private key",
                  "put each key into a file of its own");
    }
    found = &block;
  }
  if (found == nullptr) throw Error(Errc::malformed, "it holds no private key");
  return *found;
}

/// A string of RFC 4251 section 5, taken off the beginning of `octets`; empty where it is damaged.
std::string_view take_ssh_string(ByteView& octets) {
  constexpr std::size_t k_size = 4;
  std::size_t length = 0;
  if (octets.size() < k_size) return {};
  for (std::size_t i = 0; i < k_size; ++i) length = length << 8U | octets[i];
  if (octets.size() - k_size < length) return {};
  const std::string_view text = as_text(octets.subspan(k_size, length));
  octets = octets.subspan(k_size + length);
  return text;
}

/// Returns the type of an OpenSSH key ("ssh-ed25519"), which is in clear even if it is encrypted:
/// "openssh-key-v1" NUL, string cipher, string kdf, string kdf options, uint32 number of keys,
/// string public key (OpenSSH's PROTOCOL.key).
std::string openssh_key_type(ByteView blob) {
  constexpr std::string_view k_magic("openssh-key-v1\0", 15);
  constexpr std::size_t k_count = 4;
  if (!as_text(blob).starts_with(k_magic)) return {};
  blob = blob.subspan(k_magic.size());
  for (int i = 0; i < 3; ++i) static_cast<void>(take_ssh_string(blob));
  if (blob.size() < k_count) return {};
  blob = blob.subspan(k_count);
  ByteView key = as_bytes(take_ssh_string(blob));
  return std::string(take_ssh_string(key));
}

[[noreturn]] void refuse_openssh_key(ByteView blob) {
  const std::string type = openssh_key_type(blob);
  if (type == "ssh-dss") fail_disallowed("DSA");
  const std::string_view shown = type.empty() ? std::string_view("of an unknown kind") : type;
  std::string hint =
      "convert a copy, the key itself stays: cp FILE COPY && ssh-keygen -p -m PKCS8 "
      "-f COPY";
  if (type == "ssh-ed25519") {
    hint =
        "ssh-keygen exports Ed25519 keys in no other form; make a new key: mtlsctl key generate "
        "--key-type ed25519 -o NEWFILE";
  } else if (type != "ssh-rsa" && !type.starts_with("ecdsa-sha2-nistp")) {
    hint = "make a new key: mtlsctl key generate -o NEWFILE";
  }
  throw Error(
      Errc::unsupported,
      format("it is a private key in OpenSSH's own form ({}), which is not read", printable(shown)),
      std::move(hint));
}

KeyPair read_pem_key(ByteView text, const Access& access) {
  const std::vector<der::PemBlock> blocks = der::read_pem(text);
  const der::PemBlock& block = find_block(blocks);
  const std::optional<Form> form = find_form(block.label);
  if (block.label == "DSA PRIVATE KEY") fail_disallowed("DSA");
  if (block.label == "OPENSSH PRIVATE KEY") refuse_openssh_key(block.der.view());
  if (!form) {
    throw Error(Errc::unsupported, format("a '{}' is not read", printable(block.label)),
                "what is read begins with -----BEGIN PRIVATE KEY-----, ENCRYPTED PRIVATE KEY, RSA "
                "PRIVATE KEY or EC PRIVATE KEY");
  }
  if (block.encrypted_legacy) return read_rfc1421(*form, block, access);
  if (*form == Form::encrypted_pkcs8) return read_encrypted_pkcs8(block.der.view(), access);
  return make_key_pair(read_form(*form, block.der.view()), access.context);
}

KeyPair read_der_key(ByteView der, const Access& access) {
  const std::optional<Form> form = find_der_form(der);
  if (!form || der::content_kind(der) == der::ContentKind::pkcs12) {
    const std::string_view kind = der::name(der::content_kind(der));
    throw Error(Errc::malformed,
                kind.empty() ? "it holds no private key"
                             : format("it holds no private key: it is {}", kind),
                der::conversion_hint(der, der::FileForm::der, der::Wanted::private_key));
  }
  if (*form == Form::encrypted_pkcs8) return read_encrypted_pkcs8(der, access);
  return make_key_pair(read_form(*form, der), access.context);
}

bool is_encrypted_pem(ByteView text) {
  const auto blocks = der::read_pem(text);
  return std::any_of(blocks.begin(), blocks.end(), [](const der::PemBlock& block) {
    return is_private_key_label(block.label) &&
           (block.encrypted_legacy || find_form(block.label) == Form::encrypted_pkcs8);
  });
}

}  // namespace

PrivateKey PrivateKey::from_file(ByteView text, std::string_view shown,
                                 const PassphraseSource& passphrase, LegacyKeys legacy,
                                 const ossl::Context& context) {
  return with_context(format("cannot read {}", shown), [&] {
    Passphrases passphrases(passphrase);
    const Access access{.passphrases = passphrases, .legacy = legacy, .context = context};
    for (;;) {
      try {
        KeyPair pair =
            der::looks_like_pem(text) ? read_pem_key(text, access) : read_der_key(text, access);
        return PrivateKey(std::make_shared<const Data>(std::move(pair), context));
      } catch (const Error& error) {
        if (error.code() != Errc::wrong_passphrase || passphrases.exhausted()) throw;
      }
    }
  });
}

bool is_encrypted_key(ByteView text) {
  if (!der::looks_like_pem(text)) return find_der_form(text) == Form::encrypted_pkcs8;
  try {
    return is_encrypted_pem(text);
  } catch (const Error&) {
    return false;  // malformed PEM holds no key at all; who reads it says so
  }
}

bool holds_private_key(ByteView text) {
  // By the words alone: a key beside something malformed is a key all the same.
  constexpr std::string_view k_words = "PRIVATE KEY-----";
  if (as_text(text).find(k_words) != std::string_view::npos) return true;
  std::string wide;  // in UTF-16 of either order, at any place
  for (const char c : k_words) (wide += c) += '\0';
  wide.pop_back();
  if (as_text(text).find(wide) != std::string_view::npos) return true;
  return find_der_form(text).has_value();
}

}  // namespace mtls::crypto
