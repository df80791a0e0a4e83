#include "render/nginx_configuration.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <iterator>

namespace mtls::render {
namespace {

constexpr std::string_view k_heading = "# configuration file ";
constexpr std::string_view k_heading_end = ":";
constexpr std::size_t k_deepest = 16;
constexpr std::size_t k_most_includes = 10'000;

/// A file as it was printed.
struct Printed {
  std::string path;
  std::vector<NginxDirective> directives;
  std::size_t line;  // of the heading
  bool included = false;
};

/// The path in a heading; empty for another line.
std::string_view heading_path(std::string_view line) {
  if (!line.starts_with(k_heading) || !line.ends_with(k_heading_end)) return {};
  line.remove_prefix(k_heading.size());
  if (line.front() != '/') return {};
  return line.substr(0, line.size() - std::min(line.size(), k_heading_end.size()));
}

/// The files of a text that begins with a heading.
std::vector<Printed> read_printed(std::string_view text) {
  std::vector<Printed> files;
  std::size_t number = 1;
  while (!text.empty()) {
    // Up to the next heading.
    std::size_t end = 0;
    std::size_t lines = 0;
    std::string path;
    for (; end < text.size(); ++lines) {
      const std::size_t line_end = std::min(text.find('\n', end), text.size());
      const std::string_view found = heading_path(text.substr(end, line_end - end));
      if (!found.empty() && lines > 0) break;
      if (!found.empty()) path = found;
      end = std::min(line_end + 1, text.size());
    }
    files.push_back({std::move(path), read_nginx(text.substr(0, end), number), number});
    number += lines;
    text.remove_prefix(end);
  }
  return files;
}

bool is_pattern(std::string_view name) {
  return name.find_first_of("*?[") != std::string_view::npos;
}

/// glob(7) with '*' and '?', neither of which stands for a slash, nor for a dot at a name's
/// beginning.
bool matches(std::string_view pattern, std::string_view path) {
  std::size_t at = 0;
  std::size_t in_path = 0;
  std::size_t star = std::string_view::npos;
  std::size_t behind_star = 0;
  const auto is_wild = [path](std::size_t i) {
    return path[i] != '/' && (path[i] != '.' || (i > 0 && path[i - 1] != '/'));
  };
  while (in_path < path.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      behind_star = in_path;
    } else if (at < pattern.size() &&
               (pattern[at] == path[in_path] || (pattern[at] == '?' && is_wild(in_path)))) {
      ++at;
      ++in_path;
    } else if (star != std::string_view::npos && is_wild(behind_star)) {
      at = star + 1;
      in_path = ++behind_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

/// Puts files in the place of what includes them.
class Assembly final {
 public:
  Assembly(std::vector<Printed> files, std::string directory)
      : m_files(std::move(files)), m_directory(std::move(directory)) {}

  std::vector<NginxDirective> assemble() {
    auto whole = assemble(m_files.front().directives, 0);
    // A heading that is only a comment of somebody's would hide what stands behind it.
    for (auto file = m_files.begin() + 1; file != m_files.end(); ++file) {
      if (!file->included) whole.push_back({{"include", file->path}, {}, file->line});
    }
    return whole;
  }

 private:
  std::vector<NginxDirective> assemble(const std::vector<NginxDirective>& directives,
                                       std::size_t depth) {
    if (depth > k_deepest) throw Error(Errc::malformed, "files include each other too deeply");
    std::vector<NginxDirective> whole;
    for (const NginxDirective& one : directives) {
      if (one.name() == "include" && one.words.size() > 1 && take(one.words[1], depth, whole)) {
        continue;
      }
      whole.push_back({one.words, {}, one.line});
      // A block is no deeper than read_nginx lets it be; only files can go round.
      if (!one.block.empty()) whole.back().block = assemble(one.block, depth);
    }
    return whole;
  }

  /// Appends what `name` includes to `whole`. Returns whether that is known.
  bool take(const std::string& name, std::size_t depth, std::vector<NginxDirective>& whole) {
    const std::string wanted = name.starts_with('/') ? name : m_directory + "/" + name;
    bool found = false;
    for (Printed& file : m_files) {
      const bool is_it = is_pattern(wanted) ? matches(wanted, file.path) : wanted == file.path;
      if (!is_it) continue;
      found = file.included = true;
      if (++m_includes > k_most_includes) throw Error(Errc::malformed, "too many files");
      auto inner = assemble(file.directives, depth + 1);
      std::move(inner.begin(), inner.end(), std::back_inserter(whole));
    }
    // What is meant by brackets is not known here.
    return found || (is_pattern(wanted) && wanted.find('[') == std::string::npos);
  }

  std::vector<Printed> m_files;
  std::string m_directory;
  std::size_t m_includes = 0;
};

}  // namespace

NginxConfiguration read_nginx_configuration(std::string_view text) {
  if (heading_path(text.substr(0, text.find('\n'))).empty()) return {read_nginx(text), {}};
  std::vector<Printed> files = read_printed(text);
  const std::string& main = files.front().path;
  const std::string directory = main.substr(0, std::min(main.rfind('/'), main.size()));
  return {Assembly(std::move(files), directory).assemble(), directory};
}

}  // namespace mtls::render
