// What the value of a subject alternative name must look like.
#pragma once

#include "profile/glob.hpp"
#include "x509/general_name.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace mtls::profile {

/// A pattern for the values of one kind of GeneralName. What it is written as depends on the kind:
/// dns, email, uri, rid and other: a Glob, whose separators are '.' for dns and rid, '@' for email
/// and other, and '/', '?', '#', '@' and ':' for uri; dns and the host of an email are compared in
/// lower case. ip: a block as ADDRESS/BITS. dn: a base, whose RDNs must come first. Immutable, safe
/// to read from threads.
class SanPattern final {
 public:
  /// Throws bad_name with the reason and, as hint, an example.
  [[nodiscard]] static SanPattern parse(x509::GeneralNameKind kind, std::string_view text);

  /// As it was written.
  [[nodiscard]] const std::string& text() const noexcept { return m_text; }
  /// Whether `name`, which must be of the pattern's kind, fits. An otherName fits only where its
  /// value is one UTF8String, IA5String or PrintableString.
  [[nodiscard]] bool matches(const x509::GeneralName& name) const;

 private:
  /// A block or a base, as a constraint spells it.
  using Form = std::variant<Glob, x509::GeneralName>;
  SanPattern(std::string text, Form form) : m_text(std::move(text)), m_form(std::move(form)) {}

  std::string m_text;
  Form m_form;
};

}  // namespace mtls::profile
