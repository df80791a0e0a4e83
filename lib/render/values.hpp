// What a template is filled with.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::render {

/// Named values. How each may be written is said when it is put here, so that no template can put
/// it in raw: there is no raw form. Sections of a template are lists; an optional part is a list of
/// none or one. A name is given once.
class Values final {
 public:
  enum class Kind {
    text,     ///< quoted as the target's dialect has it
    word,     ///< stands as it is: only characters that mean nothing anywhere
    comment,  ///< one line of a comment
    list,
  };
  struct Entry {
    Kind kind;
    std::string value;
    /// Of a list: shared, so that a copy costs little.
    std::shared_ptr<const std::vector<Values>> items;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  Values& text(std::string name, std::string value);
  /// Throws internal for a value that is no such word: [A-Za-z0-9] and ._:/+=-[], and spaces
  /// within (as in the boundaries of PEM).
  Values& word(std::string name, std::string value);
  /// Throws bad_name as comment_line does.
  Values& comment(std::string name, std::string_view value);
  Values& list(std::string name, std::vector<Values> items);
  Values& maybe(std::string name, std::optional<Values> item);
  /// The lines of a PEM text, as a list of values with a word "line" each.
  Values& lines(std::string name, std::string_view pem);

  [[nodiscard]] const Entries& entries() const noexcept { return m_entries; }
  [[nodiscard]] const Entry* find(std::string_view name) const;

 private:
  Values& put(std::string name, Entry entry);
  Entries m_entries;
};

}  // namespace mtls::render
