// Reading one table of a profile. Private to this room.
#pragma once

#include "base/toml_document.hpp"
#include "profile/profile.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::profile {

/// A TOML table with its dotted name: every error names the key in full, its place, and what is
/// allowed. A section and those below it share one list of errors, so that one reading of a file
/// finds all that is wrong with it.
class Section final {
 public:
  /// The root of a file.
  explicit Section(TomlTable table)
      : Section(std::move(table), {}, std::make_shared<std::vector<Error>>()) {}

  /// Runs `work`, which reads one part. If the part is wrong, records the error and returns
  /// `otherwise`, so that the parts after it are read too.
  template <class T, class Work>
  T attempt(T otherwise, Work&& work) const {
    try {
      return work();
    } catch (const Error& error) {
      record(error);
    }
    return otherwise;
  }
  /// The same where the part has no value. Returns whether no error was recorded meanwhile.
  template <class Work>
  bool attempt(Work&& work) const {
    const std::size_t before = m_errors->size();
    try {
      work();
    } catch (const Error& error) {
      record(error);
    }
    return m_errors->size() == before;
  }
  /// Whether no error was recorded since this section was opened.
  [[nodiscard]] bool is_clean() const noexcept { return m_errors->size() == m_errors_before; }
  /// What was recorded, in the order of reading.
  [[nodiscard]] const std::vector<Error>& errors() const noexcept { return *m_errors; }

  [[nodiscard]] const TomlTable& table() const noexcept { return m_table; }
  /// The dotted name of `key`, made safe to show.
  [[nodiscard]] std::string key(std::string_view key) const;
  [[nodiscard]] std::optional<Section> section(std::string_view key) const;
  [[nodiscard]] Section required_section(std::string_view key) const;
  [[nodiscard]] std::vector<Section> sections(std::string_view key, std::size_t most) const;
  [[nodiscard]] TomlString required_string(std::string_view key, std::string_view example) const;
  /// The list, at most `most` long; a text that it has twice is recorded as an error and returned
  /// once. Empty where the key is absent.
  [[nodiscard]] std::vector<TomlString> list(std::string_view key, std::size_t most) const;
  [[nodiscard]] bool boolean(std::string_view key, bool absent) const;  // the value where absent
  [[nodiscard]] unsigned integer(std::string_view key, unsigned absent, unsigned least,
                                 unsigned most) const;
  /// A duration from `least` to `most`; "0s" is one where `least` is zero.
  [[nodiscard]] std::optional<std::chrono::seconds> duration(std::string_view key,
                                                             std::chrono::seconds least,
                                                             std::chrono::seconds most) const;
  [[nodiscard]] std::chrono::seconds required_duration(std::string_view key,
                                                       std::chrono::seconds least,
                                                       std::chrono::seconds most) const;
  /// Complains about a value that is not one of a list.
  [[noreturn]] void not_one_of(const TomlString& value, std::string_view key,
                               std::string_view allowed) const;
  /// Complains at `place`, or at `key`.
  [[noreturn]] void fail(std::string_view place, std::string_view message,
                         std::string_view hint = {}) const {
    m_table.fail(place, message, hint);
  }
  [[noreturn]] void fail_at(std::string_view key, std::string_view message,
                            std::string_view hint = {}) const {
    m_table.fail(m_table.place(key), message, hint);
  }
  /// Records an error for each key that was not asked for.
  void finish() const;

 private:
  Section(TomlTable table, std::string name, std::shared_ptr<std::vector<Error>> errors)
      : m_table(std::move(table)),
        m_name(std::move(name)),
        m_errors(std::move(errors)),
        m_errors_before(m_errors->size()) {}
  [[noreturn]] void missing(std::string_view key, std::string_view example) const;
  /// Throws the error again if it is not about the profile.
  void record(const Error& error) const;

  TomlTable m_table;
  std::string m_name;
  std::shared_ptr<std::vector<Error>> m_errors;
  std::size_t m_errors_before;
};

/// Runs `work`, which parses the value at `place`, and turns its bad_name and malformed into the
/// profile's error.
template <class Work>
decltype(auto) at_place(const Section& section, std::string_view place, Work&& work) {
  try {
    return work();
  } catch (const Error& error) {
    if (error.code() != Errc::bad_name && error.code() != Errc::malformed) throw;
    section.fail(place, error.message(), error.hint());
  }
}

/// Each reads its section and records what is wrong with it; the checks between sections are
/// check_profile's. No role: it could not be read, and the rules that depend on it are not checked.
[[nodiscard]] KeyPolicy read_keys(const Section& section);
[[nodiscard]] ValidityPolicy read_validity(const Section& section);
[[nodiscard]] SubjectPolicy read_subject(const Section& section, std::optional<Role> role);
[[nodiscard]] SanPolicy read_san(const Section& section);
[[nodiscard]] ExtensionPolicy read_extensions(const Section& section, std::optional<Role> role,
                                              const KeyPolicy& keys);
/// Reads [[extensions.further]]: extensions as OID, DER and criticality.
[[nodiscard]] x509::Extensions read_further(const Section& section);

}  // namespace mtls::profile
