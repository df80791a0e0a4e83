#include "cmd/key_options.hpp"

#include "base/escape.hpp"
#include "base/file.hpp"
#include "cmd/input_file.hpp"
#include "cmd/value_types.hpp"

namespace mtls::cmd {

void KeyOptions::add_to(OptionSet& options) {
  options.value("--key-type", spec, key_spec_value(),
                "Kind of the new key (default: what the profile says)");
  options.value("--keygen", keygen,
                word_value<crypto::Keygen>({{"standard", crypto::Keygen::standard},
                                            {"provider", crypto::Keygen::provider}}),
                "Who finds RSA primes: the library on two threads, or the provider");
  options.value("--key-passphrase", passphrase, secret_value(),
                "Encrypt the new key; the passphrase's source");
}

HeldPassphrase HeldPassphrase::read(const std::optional<SecretSource>& source,
                                    const SecretRequest& request, Session& session) {
  if (!source) return {};
  HeldPassphrase held(read_secret(*source, request, session));
  if (source->kind() == SecretSource::Kind::prompt) held.m_typed = Typed::yes;
  return held;
}

std::optional<SecretBytes> HeldPassphrase::get() const {
  if (!m_secret) return std::nullopt;
  return m_secret->clone();
}

crypto::PassphraseSource HeldPassphrase::source(SecretRequest request, Session& session) const {
  return [this, ask = passphrase_source(std::nullopt, std::move(request), session)](
             crypto::Attempt attempt) -> std::optional<SecretBytes> {
    if (!m_secret) return ask(attempt);
    if (attempt == crypto::Attempt::first) return m_secret->clone();
    return m_typed == Typed::yes ? ask(attempt) : std::nullopt;
  };
}

crypto::PrivateKey read_private_key(const Path& file, const KeyReading& reading) {
  const FileContents contents = read_file(file == "-" ? Path("/dev/stdin") : file);
  const std::string shown = shown_input(file);
  // A file without a key is reported as that, not by its owner.
  if (crypto::holds_private_key(contents.bytes.view())) {
    reading.trust.require_owner(shown, contents.owner, authority::Named::explicitly);
  }
  return with_passphrase_hint(reading.flag, [&] {
    return crypto::PrivateKey::from_file(contents.bytes.view(), shown, reading.passphrase,
                                         reading.legacy, reading.context);
  });
}

}  // namespace mtls::cmd
