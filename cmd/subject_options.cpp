#include "cmd/subject_options.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "cmd/value_types.hpp"

#include <algorithm>

namespace mtls::cmd {
namespace {

constexpr std::size_t k_common_name = 5;

der::Oid attribute_type(std::size_t field) {
  return x509::find_attribute_type(k_subject_fields[field].attribute).value();
}

}  // namespace

void SubjectOptions::add_to(OptionSet& options) {
  options.value("--subject", subject, subject_value(),
                "Subject as CN=x,O=y,C=zz (RFC 4514) or /C=zz/O=y/CN=x");
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const SubjectField& field = k_subject_fields[i];
    options.value(std::string(field.flag), fields[i], text_value(std::string(field.attribute)),
                  std::string(field.prompt));
  }
}

bool SubjectOptions::empty() const {
  return !subject && std::none_of(fields.begin(), fields.end(),
                                  [](const auto& field) { return field.has_value(); });
}

void SubjectOptions::check() const {
  if (!subject) return;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i]) {
      refuse_together("--subject", k_subject_fields[i].flag, "put everything into --subject");
    }
  }
}

std::optional<x509::Name> SubjectOptions::compose() const {
  if (subject) return subject;
  std::vector<x509::Rdn> rdns;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i]) continue;
    rdns.push_back({with_context(k_subject_fields[i].flag, [&] {
      return x509::make_attribute(attribute_type(i), *fields[i]);
    })});
  }
  if (rdns.empty()) return std::nullopt;
  return x509::Name::make(std::move(rdns));
}

x509::Name SubjectOptions::compose_with_default(const std::string& common_name) const {
  if (subject) {
    if (subject->common_name()) return *subject;
    auto rdns = subject->rdns();
    rdns.push_back({x509::make_attribute(attribute_type(k_common_name), common_name)});
    return x509::Name::make(std::move(rdns));
  }
  SubjectOptions completed = *this;
  if (!completed.fields[k_common_name]) completed.fields[k_common_name] = common_name;
  return completed.compose().value();
}

std::optional<std::size_t> find_subject_field(const der::Oid& attribute) {
  for (std::size_t i = 0; i < k_subject_fields.size(); ++i) {
    if (attribute_type(i) == attribute) return i;
  }
  return std::nullopt;
}

void refuse_missing(const std::vector<der::Oid>& missing, std::string_view why) {
  std::string flags;
  for (const der::Oid& attribute : missing) {
    const auto field = find_subject_field(attribute);
    if (!flags.empty()) flags += ", ";
    flags += field ? std::string(k_subject_fields[*field].flag)
                   : format("{} in --subject", x509::attribute_name(attribute));
  }
  throw Error(Errc::missing_value,
              format("{}: {} missing", why, missing.size() == 1 ? flags + " is" : flags + " are"),
              "pass them, or run it on a terminal to be asked");
}

}  // namespace mtls::cmd
