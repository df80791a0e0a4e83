#include "base/format.hpp"
#include "cmd/build_info.hpp"
#include "cmd/reference.hpp"

#include <algorithm>

namespace mtls::cmd {
namespace {

/// Text of ours in roff: backslashes, minus signs (for copying), and a control character that
/// would begin a line.
std::string roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    line_start = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string dashed(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t gap = std::min(text.find("\n\n"), text.size());
    out += ".PP\n" + roff(text.substr(0, gap)) + "\n";
    text.remove_prefix(std::min(gap + 2, text.size()));
  }
  return out;
}

void append_options(std::string& page, const std::vector<OptionDoc>& options) {
  for (const OptionDoc& option : options) {
    page += ".TP\n";
    std::string names;
    for (const std::string& name : option.names) {
      names += (names.empty() ? "\\fB" : ", \\fB") + roff(name) + "\\fR";
    }
    if (!option.placeholder.empty() && option.names[0][0] == '-') {
      names += " \\fI" + roff(option.placeholder) + "\\fR";
    }
    page += names + "\n" + roff(option.help) +
            (option.repeatable && option.names[0][0] == '-' ? " (may be repeated)" : "") + ".\n";
  }
}

void append_commands(std::string& page, const CommandDoc& program) {
  page += ".SH COMMANDS\n";
  for (const CommandDoc& leaf : leaves(program)) {
    page += format(".TP\n\\fB{}\\fR(1)\n{}.\n", roff(dashed(leaf.full_name())), roff(leaf.summary));
  }
}

constexpr std::string_view k_exit_status = R"(.SH EXIT STATUS
.TP
0
Done; the answer is yes.
.TP
1
The answer is no.
.TP
2
Usage: unknown flag, missing or contradictory value.
.TP
3
The answer is no because of time.
.TP
4
The answer is no because of revocation.
.TP
5
Refused.
.TP
6
Bad input.
.TP
7
The surroundings failed; no verdict.
.TP
70
Internal error: a bug.
)";

constexpr std::string_view k_environment = R"(.SH ENVIRONMENT
.TP
\fBMTLSCTL_CA\fR
The CA directory, where \fB\-\-ca\fR is not given.
.TP
\fBMTLSCTL_STORE\fR
Where the CA's ledger is, where \fB\-\-store\fR is not given.
.TP
\fBMTLSCTL_PROFILES\fR
The directory of profiles, where \fB\-\-profiles\fR is not given.
.TP
\fBMTLSCTL_ACTOR\fR
Who is working, where \fB\-\-actor\fR is not given.
)";

}  // namespace

std::string man_page_name(const CommandDoc& command) { return dashed(command.full_name()) + ".1"; }

std::string man_page(const CommandDoc& command, const CommandDoc& program) {
  const std::string title = dashed(command.full_name());
  std::string upper = title;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  std::string page = format(
      ".\\\" Made by 'mtlsctl docs' from the program itself; do not edit.\n"
      ".TH {} 1 \"\" \"mtlsctl {}\" \"mtlsctl\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n\\fB{}\\fR\n",
      roff(upper), k_version, roff(title), roff(command.summary), roff(command.usage()));
  if (!command.description.empty()) {
    page += ".SH DESCRIPTION\n" + paragraphs(command.description);
  }
  if (!command.commands.empty()) append_commands(page, program);
  if (!command.positionals.empty()) {
    page += ".SH ARGUMENTS\n";
    append_options(page, command.positionals);
  }
  page += ".SH OPTIONS\n";
  append_options(page, command.options);
  if (command.commands.empty()) {
    page += ".SH EXIT STATUS\nSee \\fBmtlsctl\\fR(1).\n";
  } else {
    page += std::string(k_exit_status) + std::string(k_environment);
  }
  if (!command.example.empty()) {
    page += ".SH EXAMPLES\n.nf\n" + roff(command.example) + "\n.fi\n";
  }
  if (command.commands.empty()) page += ".SH SEE ALSO\n\\fBmtlsctl\\fR(1)\n";
  return page;
}

}  // namespace mtls::cmd
