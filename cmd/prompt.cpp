#include "cmd/prompt.hpp"

#include "base/format.hpp"
#include "cmd/terminal.hpp"

#include <array>

namespace mtls::cmd {
namespace {

constexpr std::array k_subject_questions{
    SubjectQuestion{"C", "--country", "Country Name (2 letter code)"},
    SubjectQuestion{"ST", "--state", "State or Province Name (full name)"},
    SubjectQuestion{"L", "--locality", "Locality Name (eg, city)"},
    SubjectQuestion{"O", "--organization", "Organization Name (eg, company)"},
    SubjectQuestion{"OU", "--unit", "Organizational Unit Name (eg, section)"},
    SubjectQuestion{"CN", "--common-name", "Common Name (e.g. server FQDN or YOUR name)"},
    SubjectQuestion{"emailAddress", "--email", "Email Address"},
};

}  // namespace

std::span<const SubjectQuestion> subject_questions() { return k_subject_questions; }

bool may_ask(const Session& session) noexcept { return !session.common().no_input && can_ask(); }

std::optional<std::string> ask_text(std::string_view text) {
  const std::optional<SecretBytes> line = ask_line(format("{} []:", text), Echo::on);
  if (!line) {
    throw Error(Errc::missing_value, format("no answer to '{}'", text),
                "the input ended; --no-input names the flags that can be given instead");
  }
  std::string_view answer = as_text(line->view());
  while (!answer.empty() && (answer.back() == ' ' || answer.back() == '\t'))
    answer.remove_suffix(1);
  while (!answer.empty() && (answer.front() == ' ' || answer.front() == '\t')) {
    answer.remove_prefix(1);
  }
  if (answer.empty()) return std::nullopt;
  if (answer.find('\0') != std::string_view::npos) {
    throw Error(Errc::usage, format("the answer to '{}' holds a NUL octet", text));
  }
  return std::string(answer);
}

void throw_missing(const std::vector<std::string_view>& flags, std::string_view hint) {
  std::string joined;
  for (const std::string_view flag : flags) joined.append(joined.empty() ? "" : ", ").append(flag);
  throw Error(Errc::missing_value,
              format("{} {} missing", joined, flags.size() == 1 ? "is" : "are"),
              std::string(hint.empty() ? "give them as flags, or run this on a terminal to be asked"
                                       : hint));
}

}  // namespace mtls::cmd
