#include "cmd/next_command.hpp"

#include "base/format.hpp"
#include "base/utf8.hpp"

#include <algorithm>

namespace mtls::cmd {
namespace {

bool is_bare(char c) {
  constexpr std::string_view k_marks = "-_./:=@%+,";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         k_marks.find(c) != std::string_view::npos;
}

bool can_be_shown(std::string_view text) {
  const auto points = decode_utf8(text);
  return points && std::all_of(points->begin(), points->end(), [](char32_t point) {
           return point < 0x80 ? point >= 0x20 && point != 0x7f : is_visible(point);
         });
}

}  // namespace

std::string shell_word(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_bare)) return std::string(text);
  if (can_be_shown(text)) {
    std::string word = "'";
    for (const char c : text) {
      if (c == '\'') {
        word += "'\\''";
      } else {
        word += c;
      }
    }
    return word + "'";
  }
  // Octal: its three digits end by themselves.
  std::string word = "$'";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    word += is_bare(c) ? std::string(1, c) : format("\\{:03o}", static_cast<unsigned>(octet));
  }
  return word + "'";
}

std::string command_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + shell_word(word);
  return line;
}

std::string command_line(std::vector<std::string> words, const CaOptions& ca) {
  if (ca.directory) words.insert(words.end(), {"--ca", ca.directory->native()});
  if (ca.store) words.insert(words.end(), {"--store", ca.store->text()});
  return command_line(words);
}

void tell_next(const std::vector<std::string>& commands, const Session& session) {
  if (session.json()) return;
  session.out().flush();
  session.messages().next(commands);
}

}  // namespace mtls::cmd
