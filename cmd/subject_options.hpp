// The subject: in one piece, or a flag per field of the guide.
#pragma once

#include "cmd/option_set.hpp"
#include "cmd/session.hpp"
#include "der/oid.hpp"
#include "x509/name.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace mtls::cmd {

/// --subject, or the flags of the fields.
struct SubjectOptions {
  std::optional<x509::Name> subject;
  /// In the order of subject_questions (cmd/prompt.hpp): C, ST, L, O, OU, CN, emailAddress.
  std::array<std::optional<std::string>, 7> fields;

  void add_to(OptionSet& options);
  /// Throws usage for --subject together with a field's flag.
  void check() const;
  [[nodiscard]] bool empty() const;
  /// Asks for every field, as `openssl req` does, until each answer may stand in a name. An empty
  /// answer leaves its field out, unless its attribute is in `required`: that is asked for again.
  void ask_all(const std::vector<der::Oid>& required, const Session& session);
  /// The name that they spell; nothing where none was given. Throws usage.
  [[nodiscard]] std::optional<x509::Name> compose() const;
  /// The same with `common_name` where no CN was given.
  [[nodiscard]] x509::Name compose_with_default(const std::string& common_name) const;
};

/// Asks for the fields of all attributes in `missing`, where a person can be asked; otherwise, or
/// where no field has such an attribute, throws missing_value naming every flag at once.
void ask_missing(SubjectOptions& options, const std::vector<der::Oid>& missing,
                 const Session& session);

}  // namespace mtls::cmd
