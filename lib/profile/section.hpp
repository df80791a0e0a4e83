// Reading one table of a profile. Private to this room.
#pragma once

#include "base/toml_document.hpp"
#include "profile/profile.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::profile {

/// A TOML table with its dotted name: every complaint names the key in full, where it stands, and
/// what is allowed.
class Section final {
 public:
  Section(TomlTable table, std::string name) : m_table(std::move(table)), m_name(std::move(name)) {}

  [[nodiscard]] const TomlTable& table() const noexcept { return m_table; }
  /// The dotted name of `key`, made safe to show.
  [[nodiscard]] std::string key(std::string_view key) const;
  [[nodiscard]] std::optional<Section> section(std::string_view key) const;
  [[nodiscard]] Section required_section(std::string_view key) const;
  [[nodiscard]] std::vector<Section> sections(std::string_view key, std::size_t most) const;
  [[nodiscard]] TomlString required_string(std::string_view key, std::string_view example) const;
  /// The list, at most `most` long, no text twice; empty where the key is absent.
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
  void finish() const { m_table.finish(); }

 private:
  [[noreturn]] void missing(std::string_view key, std::string_view example) const;
  TomlTable m_table;
  std::string m_name;
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

/// Each reads its section; the checks between sections are parse_profile's.
[[nodiscard]] KeyPolicy read_keys(const Section& section);
[[nodiscard]] ValidityPolicy read_validity(const Section& section);
[[nodiscard]] SubjectPolicy read_subject(const Section& section, Role role);
[[nodiscard]] SanPolicy read_san(const Section& section);
[[nodiscard]] ExtensionPolicy read_extensions(const Section& section, Role role,
                                              const KeyPolicy& keys);
/// Reads [[extensions.further]]: extensions as OID, DER and criticality.
[[nodiscard]] x509::Extensions read_further(const Section& section);

}  // namespace mtls::profile
