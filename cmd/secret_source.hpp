// Where a secret comes from: never from the command line itself.
#pragma once

#include "base/error.hpp"
#include "base/secret.hpp"
#include "cmd/option_set.hpp"
#include "cmd/session.hpp"
#include "crypto/private_key.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mtls::cmd {

/// "file:PATH", "env:NAME", "fd:N" or "prompt", as a flag or ca.toml has it. Holds no secret.
class SecretSource final {
 public:
  enum class Kind { file, environment, descriptor, prompt };

  /// Nothing where `text` is none of the four forms.
  [[nodiscard]] static std::optional<SecretSource> parse(std::string_view text);
  [[nodiscard]] static SecretSource prompt() { return {Kind::prompt, {}, -1}; }

  [[nodiscard]] Kind kind() const noexcept { return m_kind; }
  [[nodiscard]] const std::string& name() const noexcept { return m_name; }
  [[nodiscard]] int descriptor() const noexcept { return m_descriptor; }

 private:
  SecretSource(Kind kind, std::string name, int descriptor)
      : m_kind(kind), m_name(std::move(name)), m_descriptor(descriptor) {}
  Kind m_kind;
  std::string m_name;  // of the file or the variable
  int m_descriptor;
};

/// An option's value.
[[nodiscard]] ValueType<SecretSource> secret_value();

enum class Asking {
  once,   ///< to open something: a typing error shows at once
  twice,  ///< for a new secret; the two must agree
};

/// What is wanted, in words for messages and the prompt.
struct SecretRequest {
  std::string flag;  // "--ca-passphrase", or where in ca.toml the source was named
  std::string what;  // "passphrase of ca/ca.key"
  Asking asking = Asking::once;
};

/// Reads a secret: the first line without its end (LF or CRLF), 1 to 1,023 octets without NUL. From
/// a descriptor only that line is taken, so that a second secret may follow on the next one; a
/// variable is overwritten and removed from the environment. A file that others can read gets a
/// warning. At a prompt an empty answer, and two that differ, are asked for again, three times in
/// all. Throws missing_value (a prompt without a terminal or with --no-input; a variable that is
/// not set; nothing typed), usage (too long, NUL, empty; the two did not agree), unreadable_file.
[[nodiscard]] SecretBytes read_secret(const SecretSource& source, const SecretRequest& request,
                                      Session& session);

/// How to pass a secret by `flag`, for a hint.
[[nodiscard]] std::string secret_hint(std::string_view flag);

/// Runs `work`, which opens a key whose passphrase `flag` gives, and names that flag in the hint of
/// a passphrase that is wrong or missing, unless there is a better one.
template <class Work>
decltype(auto) with_passphrase_hint(std::string_view flag, Work&& work) {
  try {
    return work();
  } catch (Error& error) {
    if (error.code() == Errc::wrong_passphrase || error.code() == Errc::missing_value) {
      if (error.hint().empty()) error.set_hint(secret_hint(flag));
    }
    throw;
  }
}

/// Asks for a new secret that may be left out: nothing where the answer is empty.
[[nodiscard]] std::optional<SecretBytes> ask_optional_secret(const SecretRequest& request,
                                                             const Session& session);

/// Returns what PrivateKey::from_file is to be given: `source` if there is one, else a prompt where
/// a person can be asked, else nothing. A wrong answer at a prompt is asked for again, three times
/// in all. `session` must outlive the result.
[[nodiscard]] crypto::PassphraseSource passphrase_source(std::optional<SecretSource> source,
                                                         SecretRequest request, Session& session);

}  // namespace mtls::cmd
