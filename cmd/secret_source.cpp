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

void require_same(const SecretBytes& first, const std::optional<SecretBytes>& second,
                  const SecretRequest& request) {
  if (second && equal(first.view(), second->view())) return;
  fail(request, Errc::usage, format("the two answers for the {} differ", request.what));
}

SecretBytes from_prompt(const SecretRequest& request, const Session& session) {
  if (session.common().no_input || !can_ask()) {
    fail(request, Errc::missing_value, format("cannot ask for the {} here", request.what),
         secret_hint(request.flag));
  }
  std::optional<SecretBytes> line = ask_line(format("Enter {}: ", request.what), Echo::off);
  if (!line || line->empty()) {
    fail(request, Errc::missing_value, format("no {} was given", request.what));
  }
  SecretBytes secret = first_line(*std::move(line), request);
  if (request.asking == Asking::twice) {
    require_same(secret, ask_line(format("Again, {}: ", request.what), Echo::off), request);
  }
  return secret;
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

std::optional<SecretBytes> ask_optional_secret(const SecretRequest& request) {
  std::optional<SecretBytes> line =
      ask_line(format("Enter {} (empty for none): ", request.what), Echo::off);
  if (!line || line->empty()) return std::nullopt;
  SecretBytes secret = first_line(*std::move(line), request);
  require_same(secret, ask_line(format("Again, {}: ", request.what), Echo::off), request);
  return secret;
}

crypto::PassphraseSource passphrase_source(std::optional<SecretSource> source,
                                           SecretRequest request, Session& session) {
  return [source = std::move(source), request = std::move(request),
          &session]() -> std::optional<SecretBytes> {
    if (source) return read_secret(*source, request, session);
    if (session.common().no_input || !can_ask()) return std::nullopt;
    return read_secret(SecretSource::prompt(), request, session);
  };
}

}  // namespace mtls::cmd
