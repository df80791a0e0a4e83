#include "cmd/subject_options.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "cmd/prompt.hpp"
#include "cmd/value_types.hpp"
#include "x509/extension.hpp"

#include <algorithm>

namespace mtls::cmd {
namespace {

constexpr std::size_t k_common_name = 5;

der::Oid attribute_type(const SubjectQuestion& question) {
  return x509::find_attribute_type(question.attribute).value();
}

/// Text that may be a value of the attribute.
ValueType<std::string> attribute_value(const SubjectQuestion& question) {
  ValueType<std::string> type = text_value(std::string(question.attribute));
  type.parse = [question, parse = type.parse](const std::string& text) {
    std::optional<std::string> value = parse(text);
    if (value) static_cast<void>(x509::make_attribute(attribute_type(question), *value));
    return value;
  };
  return type;
}

[[noreturn]] void fail_incomplete(const std::vector<der::Oid>& missing, std::string_view how) {
  std::string names;
  std::string example;
  for (const der::Oid& type : missing) {
    const std::string name = x509::attribute_name(type);
    names += names.empty() ? name : ", " + name;
    example += (example.empty() ? "" : ",") + name + "=…";
  }
  const bool one = missing.size() == 1;
  throw Error(Errc::missing_value, format("{} {} {}", names, one ? "is" : "are", how),
              format("write the whole name: --subject '{},…'", example));
}

/// Asks until the answer may stand in a name.
std::optional<std::string> ask_field(const SubjectQuestion& question, const Session& session) {
  for (;;) {
    const std::optional<std::string> answer = ask_text(question.text);
    if (!answer) return std::nullopt;
    try {
      static_cast<void>(x509::make_attribute(attribute_type(question), *answer));
      return answer;
    } catch (const Error& error) {
      session.messages().error(error);
    }
  }
}

/// Asks until there is an answer.
std::string ask_required(const SubjectQuestion& question, const Session& session) {
  for (;;) {
    if (const auto answer = ask_field(question, session)) return *answer;
    session.messages().error(
        Error(Errc::missing_value, format("'{}' needs a value", question.text)));
  }
}

}  // namespace

void SubjectOptions::add_to(OptionSet& options) {
  options.value("--subject", subject, subject_value(),
                "Subject as CN=x,O=y,C=zz (RFC 4514) or /C=zz/O=y/CN=x");
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const SubjectQuestion& question = subject_questions()[i];
    options.value(std::string(question.flag), fields[i], attribute_value(question),
                  std::string(question.text));
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
      refuse_together("--subject", subject_questions()[i].flag, "put everything into --subject");
    }
  }
}

std::optional<x509::Name> SubjectOptions::compose() const {
  if (subject) return subject;
  std::vector<x509::Rdn> rdns;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i]) continue;
    const SubjectQuestion& question = subject_questions()[i];
    rdns.push_back({x509::make_attribute(attribute_type(question), *fields[i])});
  }
  if (rdns.empty()) return std::nullopt;
  return x509::Name::make(std::move(rdns));
}

x509::Name SubjectOptions::compose_with_default(const std::string& common_name) const {
  if (subject) {
    if (subject->common_name()) return *subject;
    auto rdns = subject->rdns();
    rdns.push_back({x509::make_attribute(x509::oids::common_name(), common_name)});
    return x509::Name::make(std::move(rdns));
  }
  SubjectOptions completed = *this;
  if (!completed.fields[k_common_name]) completed.fields[k_common_name] = common_name;
  return completed.compose().value();
}

void SubjectOptions::ask_all(const std::vector<der::Oid>& required, const Session& session) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const SubjectQuestion& question = subject_questions()[i];
    const der::Oid type = attribute_type(question);
    const bool needed = std::find(required.begin(), required.end(), type) != required.end();
    fields[i] = needed ? ask_required(question, session) : ask_field(question, session);
  }
}

void ask_missing(SubjectOptions& options, const std::vector<der::Oid>& missing,
                 const Session& session) {
  if (options.subject && !missing.empty()) fail_incomplete(missing, "missing from --subject");
  std::vector<std::string_view> flags;
  std::vector<der::Oid> without_flag;
  for (const der::Oid& attribute : missing) {
    const auto questions = subject_questions();
    const auto question = std::find_if(questions.begin(), questions.end(), [&](const auto& one) {
      return attribute_type(one) == attribute;
    });
    if (question == questions.end()) {
      without_flag.push_back(attribute);
    } else if (!may_ask(session)) {
      flags.push_back(question->flag);
    } else {
      auto& field = options.fields[static_cast<std::size_t>(question - questions.begin())];
      field = ask_required(*question, session);
    }
  }
  if (!without_flag.empty()) fail_incomplete(without_flag, "missing, without a flag of their own");
  if (!flags.empty()) throw_missing(flags);
}

}  // namespace mtls::cmd
