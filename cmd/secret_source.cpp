#include "cmd/secret_source.hpp"

#include "base/escape.hpp"
#include "base/file.hpp"
#include "base/file_events.hpp"
#include "base/format.hpp"
#include "base/system_error.hpp"
#include "base/utf16.hpp"
#include "cmd/terminal.hpp"
#include "cmd/trust_options.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace mtls::cmd {
namespace {

constexpr std::size_t k_secret_limit = 1023;
constexpr unsigned k_most_answers = 3;

[[noreturn]] void fail(const SecretRequest& request, Errc code, std::string_view why,
                       std::string_view hint = {}) {
  throw Error(code, format("{}: {}", request.flag, why), std::string(hint));
}

/// Cuts `text` to its first line, without CR, and judges it.
SecretBytes first_line(SecretBytes text, const SecretRequest& request) {
  const ByteView all = text.view();
  auto size = static_cast<std::size_t>(std::find(all.begin(), all.end(), '\n') - all.begin());
  if (size > 0 && all[size - 1] == '\r') --size;
  text.truncate(size);
  const ByteView line = text.view();
  if (line.empty()) fail(request, Errc::usage, "the secret is empty");
  if (line.size() > k_secret_limit) {
    fail(request, Errc::usage, "the secret is longer than 1,023 octets");
  }
  if (std::find(line.begin(), line.end(), 0) != line.end()) {
    fail(request, Errc::usage, "the secret holds a NUL octet",
         begins_as_utf16(line) ? "it is text in UTF-16: save it as plain ASCII or UTF-8" : "");
  }
  return text;
}

SecretBytes from_file(const std::string& path, const SecretRequest& request, Session& session) {
  const UntracedSizes untraced;
  FileContents contents = with_context(request.flag, [&path] { return read_file(path); });
  if (contents.openness == Openness::open) {
    session.messages().warning(
        format("{} can be read by others, and holds the {}", printable(path), request.what),
        format("chmod 600 {}", printable(path)));
  }
  if (const auto foreign = find_foreign_owner(printable(path), contents.owner, trusted_owners())) {
    session.messages().warning(
        format("{}, who knows the {}", *foreign, request.what),
        format("chown {} {}", user_word(trusted_owners().user()), printable(path)));
  }
  return first_line(std::move(contents.bytes), request);
}

SecretBytes from_environment(const std::string& name, const SecretRequest& request) {
  // Before any thread is started; the variable's own octets are what others could read in /proc.
  char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (value == nullptr) {
    fail(request, Errc::missing_value,
         format("the environment variable {} is not set", printable(name)));
  }
  const std::size_t size = std::strlen(value);
  SecretBytes secret(as_bytes({value, size}));
  cleanse({reinterpret_cast<std::uint8_t*>(value), size});
  ::unsetenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
  return first_line(std::move(secret), request);
}

SecretBytes from_descriptor(int fd, const SecretRequest& request) {
  SecretBytes line;
  for (;;) {
    char c = 0;
    const ssize_t count = ::read(fd, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno_reading(errno, format("{}: descriptor {}", request.flag, fd));
    if (count == 0 || c == '\n' || line.size() > k_secret_limit + 1) break;
    line.append(as_bytes({&c, 1}));
  }
  return first_line(std::move(line), request);
}

/// What a person typed; nothing at the end of input and for an empty answer. No flag is named in
/// what is wrong with it: none need have been given.
std::optional<SecretBytes> ask_secret(std::string_view question, const SecretRequest& request) {
  std::optional<SecretBytes> line = ask_line(question, Echo::off);
  if (!line) throw Error(Errc::missing_value, format("no {} was given", request.what));
  if (line->empty()) return std::nullopt;
  const ByteView octets = line->view();
  if (std::find(octets.begin(), octets.end(), 0) != octets.end()) {
    throw Error(Errc::usage, format("the {} holds a NUL octet", request.what));
  }
  return line;
}

bool repeated(const SecretBytes& first, const SecretRequest& request) {
  if (request.asking == Asking::once) return true;
  const auto second = ask_secret(format("Again, {}: ", request.what), request);
  return second && equal(first.view(), second->view());
}

enum class Empty { refused, allowed };

/// Asks up to three times; nothing only where an empty answer is allowed.
std::optional<SecretBytes> ask_thrice(const SecretRequest& request, Empty empty,
                                      const Session& session) {
  const std::string_view suffix = empty == Empty::allowed ? " (empty for none)" : "";
  const std::string question = format("Enter {}{}: ", request.what, suffix);
  for (unsigned answers = 1;; ++answers) {
    std::optional<SecretBytes> secret = ask_secret(question, request);
    if (!secret && empty == Empty::allowed) return std::nullopt;
    if (secret && repeated(*secret, request)) return secret;
    const auto refusal = [&] {
      return secret ? Error(Errc::usage, format("the two answers for the {} differ", request.what))
                    : Error(Errc::missing_value, format("no {} was given", request.what));
    };
    if (answers == k_most_answers) throw refusal();
    session.messages().error(refusal());
  }
}

SecretBytes from_prompt(const SecretRequest& request, const Session& session) {
  if (session.common().no_input || !can_ask()) {
    fail(request, Errc::missing_value, format("cannot ask for the {} here", request.what),
         secret_hint(request.flag));
  }
  return ask_thrice(request, Empty::refused, session).value();
}

}  // namespace

std::optional<SecretSource> SecretSource::parse(std::string_view text) {
  if (text == "prompt") return prompt();
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
  const std::string_view kind = text.substr(0, colon);
  const std::string value(text.substr(colon + 1));
  if (value.find('\0') != std::string::npos) return std::nullopt;
  if (kind == "file") return SecretSource(Kind::file, value, -1);
  if (kind == "env" && value.find('=') == std::string::npos) {
    return SecretSource(Kind::environment, value, -1);
  }
  if (kind != "fd") return std::nullopt;
  int fd = -1;
  const char* end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, fd);
  if (error != std::errc() || rest != end || fd < 0) return std::nullopt;
  return SecretSource(Kind::descriptor, {}, fd);
}

ValueType<SecretSource> secret_value() {
  return {"file:PATH|env:NAME|fd:N|prompt",
          "file:PATH, env:NAME, fd:N or prompt; the secret itself never stands on a command line",
          [](const std::string& text) { return SecretSource::parse(text); }, Repeat::no};
}

SecretBytes read_secret(const SecretSource& source, const SecretRequest& request,
                        Session& session) {
  switch (source.kind()) {
    case SecretSource::Kind::file:
      return from_file(source.name(), request, session);
    case SecretSource::Kind::environment:
      return from_environment(source.name(), request);
    case SecretSource::Kind::descriptor:
      return from_descriptor(source.descriptor(), request);
    case SecretSource::Kind::prompt:
      break;
  }
  return from_prompt(request, session);
}

std::string secret_hint(std::string_view flag) {
  return format("pass it with {} file:PATH, env:NAME or fd:N", flag);
}

std::optional<SecretBytes> ask_optional_secret(const SecretRequest& request,
                                               const Session& session) {
  return ask_thrice(request, Empty::allowed, session);
}

crypto::PassphraseSource passphrase_source(std::optional<SecretSource> source,
                                           SecretRequest request, Session& session) {
  return [source = std::move(source), request = std::move(request), &session,
          answers = 1U](crypto::Attempt attempt) mutable -> std::optional<SecretBytes> {
    const bool first = attempt == crypto::Attempt::first;
    const bool typed = !source || source->kind() == SecretSource::Kind::prompt;
    if (!typed) return first ? std::optional(read_secret(*source, request, session)) : std::nullopt;
    if (!source && (session.common().no_input || !can_ask())) return std::nullopt;
    if (!first && answers == k_most_answers) {
      throw Error(Errc::wrong_passphrase, "wrong passphrase, three times",
                  "run the command again; is it the right key?");
    }
    if (!first) session.messages().error(Error(Errc::wrong_passphrase, "wrong passphrase"));
    answers = first ? 1 : answers + 1;
    return from_prompt(request, session);
  };
}

}  // namespace mtls::cmd
