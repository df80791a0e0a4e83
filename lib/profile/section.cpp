#include "profile/section.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"

#include <set>

namespace mtls::profile {

std::string Section::key(std::string_view key) const {
  return printable(m_name.empty() ? std::string(key) : format("{}.{}", m_name, key));
}

void Section::record(const Error& error) const {
  if (error.code() != Errc::bad_profile) throw Error(error);
  m_errors->push_back(error);
}

void Section::finish() const {
  for (const Error& error : m_table.unknown_keys()) record(error);
}

void Section::missing(std::string_view key, std::string_view example) const {
  fail_at(key, format("'{}' is missing", this->key(key)), example);
}

std::optional<Section> Section::section(std::string_view key) const {
  auto table = m_table.table(key);
  if (!table) return std::nullopt;
  return Section(*std::move(table), this->key(key), m_errors);
}

Section Section::required_section(std::string_view key) const {
  auto found = section(key);
  if (!found) missing(key, format("add a table [{}]", this->key(key)));
  return *std::move(found);
}

std::vector<Section> Section::sections(std::string_view key, std::size_t most) const {
  std::vector<Section> found;
  for (TomlTable& table : m_table.tables(key)) {
    if (found.size() == most) {
      fail_at(key, format("'{}' has more than {} tables", this->key(key), most));
    }
    found.push_back(Section(std::move(table), this->key(key), m_errors));
  }
  return found;
}

TomlString Section::required_string(std::string_view key, std::string_view example) const {
  auto value = m_table.string(key);
  if (!value) missing(key, format("for example {} = \"{}\"", key, example));
  return *std::move(value);
}

std::vector<TomlString> Section::list(std::string_view key, std::size_t most) const {
  std::vector<TomlString> values = m_table.strings(key).value_or(std::vector<TomlString>{});
  if (values.size() > most) {
    fail_at(
        key,
        format("'{}' has {} values; at most {} are allowed", this->key(key), values.size(), most),
        "take some of them away");
  }
  std::set<std::string, std::less<>> seen;
  std::vector<TomlString> different;
  for (TomlString& value : values) {
    if (seen.insert(value.text).second) {
      different.push_back(std::move(value));
      continue;
    }
    attempt([&] {
      fail(value.place, format("'{}' stands in '{}' twice", printable(value.text), this->key(key)));
    });
  }
  return different;
}

bool Section::boolean(std::string_view key, bool absent) const {
  return m_table.boolean(key).value_or(absent);
}

unsigned Section::integer(std::string_view key, unsigned absent, unsigned least,
                          unsigned most) const {
  return static_cast<unsigned>(m_table.integer(key, least, most).value_or(absent));
}

std::optional<std::chrono::seconds> Section::duration(std::string_view key,
                                                      std::chrono::seconds least,
                                                      std::chrono::seconds most) const {
  const auto value = m_table.string(key);
  if (!value) return std::nullopt;
  const auto parsed = value->text == "0s" ? std::chrono::seconds{0} : parse_duration(value->text);
  if (!parsed) {
    fail(value->place,
         format("'{}' is '{}', which is no duration", this->key(key), printable(value->text)),
         "digits and one of s, m, h, d, w, y: for example 90d");
  }
  if (*parsed < least || *parsed > most) {
    fail(value->place,
         format("'{}' is {}; it must be from {} to {}", this->key(key), value->text, to_text(least),
                to_text(most)),
         format("allowed: from {} to {}", to_text(least), to_text(most)));
  }
  return parsed;
}

std::chrono::seconds Section::required_duration(std::string_view key, std::chrono::seconds least,
                                                std::chrono::seconds most) const {
  const auto value = duration(key, least, most);
  if (!value) missing(key, format("for example {} = \"365d\"", key));
  return *value;
}

void Section::not_one_of(const TomlString& value, std::string_view key,
                         std::string_view allowed) const {
  constexpr std::size_t k_shown = 80;
  fail(value.place,
       format("'{}' cannot be '{}'", this->key(key),
              printable(std::string_view(value.text).substr(0, k_shown))),
       format("allowed: {}", allowed));
}

}  // namespace mtls::profile
