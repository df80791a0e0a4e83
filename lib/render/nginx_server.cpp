#include "render/nginx_server.hpp"

#include "base/format.hpp"

#include <algorithm>

namespace mtls::render {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Whether an address of `listen` has the port: one without a port has 80.
bool listens_to(std::string_view address, std::uint16_t port) {
  if (address.starts_with("unix:")) return false;
  const std::string_view behind_brackets = address.substr(address.rfind(']') + 1);
  const bool has_none =
      behind_brackets.find(':') == std::string_view::npos &&
      (address.starts_with('[') || !is_number(address.substr(0, address.find('-'))));
  return has_none ? port == 80 : has_port(address, port);
}

std::string describe_place(const NginxDirective& server, std::size_t line, std::string_view name) {
  const NginxDirective* names = last_directive(server.block, "server_name");
  const std::string_view first =
      names != nullptr && names->words.size() > 1 ? std::string_view(names->words[1]) : "_";
  return format("server {}, line {}: {}", first, line, name);
}

}  // namespace

const NginxDirective* last_directive(const NginxDirectives& directives, std::string_view name) {
  const auto found = std::find_if(directives.rbegin(), directives.rend(),
                                  [name](const NginxDirective& one) { return one.name() == name; });
  return found == directives.rend() ? nullptr : &*found;
}

std::vector<const NginxDirective*> all_directives(const NginxDirectives& directives,
                                                  std::string_view name) {
  std::vector<const NginxDirective*> found;
  for (const NginxDirective& one : directives) {
    if (one.name() == name) found.push_back(&one);
  }
  return found;
}

bool has_word(const NginxDirective& directive, std::string_view word) {
  return std::find(directive.words.begin(), directive.words.end(), word) != directive.words.end();
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

bool returns_refusal(const NginxDirective& directive) {
  const auto& words = directive.words;
  return directive.name() == "return" && words.size() > 1 && words[1].size() == 3 &&
         is_number(words[1]) && (words[1].front() == '4' || words[1].front() == '5');
}

const NginxDirective* NginxServer::directive(std::string_view name) const {
  const NginxDirective* own = last_directive(server.block, name);
  return own != nullptr ? own : last_directive(around, name);
}

std::vector<const NginxDirective*> NginxServer::directives(std::string_view name) const {
  auto own = all_directives(server.block, name);
  return own.empty() ? all_directives(around, name) : own;
}

std::optional<std::string> NginxServer::value(std::string_view name) const {
  const NginxDirective* found = directive(name);
  if (found == nullptr || found->words.size() < 2) return std::nullopt;
  return found->words[1];
}

std::optional<std::string> NginxServer::file(std::string_view name) const {
  auto path = value(name);
  if (path && !directory.empty() && !path->starts_with('/')) path = directory + "/" + *path;
  return path;
}

std::vector<const NginxDirective*> NginxServer::listens(std::uint16_t port) const {
  auto found = all_directives(server.block, "listen");
  const auto other = [port](const NginxDirective* one) {
    return one->words.size() < 2 || !listens_to(one->words[1], port);
  };
  found.erase(std::remove_if(found.begin(), found.end(), other), found.end());
  return found;
}

bool NginxServer::listens_by_default(std::uint16_t port) const {
  return (port == 80 || port == 8000) && last_directive(server.block, "listen") == nullptr;
}

std::string NginxServer::place(std::string_view name) const {
  const NginxDirective* found = directive(name);
  if (found != nullptr) return place(*found);
  return describe_place(server, server.line, name);
}

std::string NginxServer::place(const NginxDirective& directive) const {
  return describe_place(server, directive.line, directive.name());
}

}  // namespace mtls::render
