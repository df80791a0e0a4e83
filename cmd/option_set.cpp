#include "cmd/option_set.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"

#include <CLI/CLI.hpp>

namespace mtls::cmd {
namespace {

/// The long name out of "-q,--quiet", or a positional's name.
std::string_view shown_name(std::string_view names) {
  const std::size_t at = names.find("--");
  return at == std::string_view::npos ? names : names.substr(at, names.find(',', at) - at);
}

/// A value in a message: escaped, and never long.
std::string shown_value(std::string_view text) {
  constexpr std::size_t k_longest = 80;
  if (text.size() <= k_longest) return readable(text);
  return readable(text.substr(0, k_longest)) + "…";
}

}  // namespace

void OptionSet::flag(const std::string& names, bool& target, const std::string& help) {
  m_app->add_flag(names, target, help)->group(m_heading);
}

void OptionSet::removed(const std::string& name, const std::string& hint) {
  const auto refuse = [name, hint](std::int64_t /*count*/) {
    throw Error(Errc::usage, format("{} was removed", name), hint);
  };
  m_app->add_flag_function(name, refuse)->group("");  // CLI11 does not list what is in ""
}

void OptionSet::add(const std::string& names, const std::string& placeholder,
                    const std::string& help, Arity arity, Take take) {
  const CLI::callback_t callback = [take = std::move(take)](const CLI::results_t& texts) {
    for (const std::string& text : texts) take(text);
    return true;
  };
  CLI::Option* option = m_app->add_option(names, callback, help);
  option->group(m_heading)->type_name(placeholder)->type_size(1);
  switch (arity) {
    case Arity::one:
    case Arity::required:
      option->expected(1);
      break;
    case Arity::repeated:
      // CLI11's lists take every word up to the next flag, positionals too: not here.
      option->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
      break;
    case Arity::some:
    case Arity::any:
      option->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args(true);
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
      break;
  }
  option->required(arity == Arity::required || arity == Arity::some);
}

std::string OptionSet::shown(const std::string& names, const std::string& text, Repeat repeat) {
  if (repeat == Repeat::no) return std::string(shown_name(names));
  return format("{} '{}'", shown_name(names), shown_value(text));
}

void OptionSet::fail(const std::string& shown, const std::string& allowed) {
  throw Error(Errc::usage, shown + ": not a valid value", "give " + allowed);
}

Error bad_value(std::string_view flag, const Error& error) {
  return {Errc::usage, format("{}: {}", flag, error.message()), error.hint()};
}

void refuse_together(std::string_view one, std::string_view other, std::string_view hint) {
  throw Error(Errc::usage, format("{} and {} cannot be given together", one, other),
              std::string(hint));
}

}  // namespace mtls::cmd
