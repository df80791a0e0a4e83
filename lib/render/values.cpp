#include "render/values.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "render/quoting.hpp"

#include <algorithm>

namespace mtls::render {
namespace {

bool is_word(std::string_view text) {
  static constexpr std::string_view k_harmless = "._:/+=-[] ";
  return !text.empty() && text.front() != ' ' && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  k_harmless.find(c) != std::string_view::npos;
         });
}

}  // namespace

Values& Values::text(std::string name, std::string value) {
  return put(std::move(name), {Kind::text, std::move(value), {}});
}

Values& Values::word(std::string name, std::string value) {
  if (!is_word(value)) {
    throw Error(Errc::internal, format("the value of {} is to stand unquoted and may not: '{}'",
                                       name, printable(value)));
  }
  return put(std::move(name), {Kind::word, std::move(value), {}});
}

Values& Values::comment(std::string name, std::string_view value) {
  return put(std::move(name), {Kind::comment, comment_line(value), {}});
}

Values& Values::list(std::string name, std::vector<Values> items) {
  return put(std::move(name),
             {Kind::list, {}, std::make_shared<const std::vector<Values>>(std::move(items))});
}

Values& Values::maybe(std::string name, std::optional<Values> item) {
  std::vector<Values> items;
  if (item) items.push_back(*std::move(item));
  return list(std::move(name), std::move(items));
}

Values& Values::lines(std::string name, std::string_view pem) {
  std::vector<Values> items;
  while (!pem.empty()) {
    const std::size_t end = std::min(pem.find('\n'), pem.size());
    if (end > 0) items.push_back(Values().word("line", std::string(pem.substr(0, end))));
    pem.remove_prefix(std::min(end + 1, pem.size()));
  }
  return list(std::move(name), std::move(items));
}

const Values::Entry* Values::find(std::string_view name) const {
  const auto found = m_entries.find(name);
  return found == m_entries.end() ? nullptr : &found->second;
}

Values& Values::put(std::string name, Entry entry) {
  const auto [place, is_new] = m_entries.emplace(std::move(name), std::move(entry));
  if (!is_new) throw Error(Errc::internal, format("the value {} is given twice", place->first));
  return *this;
}

}  // namespace mtls::render
