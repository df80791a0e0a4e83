// Options, declared once and for all commands in the same manner: typed at the option, one value
// per flag, a bad value named together with its flag. CLI11 stays behind this header (it is slow to
// compile, and its defaults are not ours).
#pragma once

#include "base/error.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace mtls::cmd {

/// Whether a bad value is repeated in the message about it.
enum class Repeat { yes, no };

/// How text on the command line becomes a T.
template <class T>
struct ValueType {
  /// Stands for the value in help, man pages and completions. FILE, DIR and PROFILE complete names;
  /// words joined by '|' complete themselves ("client|server|any"; of "file:PATH" the part to the
  /// colon).
  std::string placeholder;
  /// What is allowed, for the hint of a bad value.
  std::string allowed;
  /// Returns nothing for what is no such value, or throws an Error that says why. Either is exit 2,
  /// whatever the code of that Error: 5 is for what a profile denies.
  std::function<std::optional<T>(const std::string&)> parse;
  /// No: it may be a secret that was put there by mistake.
  Repeat repeat = Repeat::yes;
};

/// Returns `error`, which is about the value that `flag` has ("--san 'x'"), with the code usage.
[[nodiscard]] Error bad_value(std::string_view flag, const Error& error);

/// The options of one command under one heading. Targets must live until the command has run.
class OptionSet final {
 public:
  OptionSet(CLI::App& app, std::string heading) : m_app(&app), m_heading(std::move(heading)) {}

  /// `names` as in "-q,--quiet".
  void flag(const std::string& names, bool& target, const std::string& help);
  /// A flag that earlier versions had: usage with `hint`. Help, docs and completions omit it.
  void removed(const std::string& name, const std::string& hint);

  /// An option that may be given once.
  template <class T>
  void value(const std::string& names, T& target, ValueType<T> type, const std::string& help) {
    add(names, type.placeholder, help, Arity::one, setter(names, target, type));
  }
  template <class T>
  void value(const std::string& names, std::optional<T>& target, ValueType<T> type,
             const std::string& help) {
    add(names, type.placeholder, help, Arity::one, setter(names, target, type));
  }
  /// An option that may be repeated, with one value each time.
  template <class T>
  void list(const std::string& names, std::vector<T>& target, ValueType<T> type,
            const std::string& help) {
    add(names, type.placeholder, help, Arity::repeated, appender(names, target, type));
  }

  /// A word without a flag that must be there; `name` in capitals.
  template <class T>
  void positional(const std::string& name, T& target, ValueType<T> type, const std::string& help) {
    add(name, type.placeholder, help, Arity::required, setter(name, target, type));
  }
  /// One that may be left out.
  template <class T>
  void positional(const std::string& name, std::optional<T>& target, ValueType<T> type,
                  const std::string& help) {
    add(name, type.placeholder, help, Arity::one, setter(name, target, type));
  }
  /// The rest of the words, at least one.
  template <class T>
  void positionals(const std::string& name, std::vector<T>& target, ValueType<T> type,
                   const std::string& help) {
    add(name, type.placeholder, help, Arity::some, appender(name, target, type));
  }
  /// The rest of the words, maybe none.
  template <class T>
  void optional_positionals(const std::string& name, std::vector<T>& target, ValueType<T> type,
                            const std::string& help) {
    add(name, type.placeholder, help, Arity::any, appender(name, target, type));
  }

 private:
  enum class Arity { one, required, repeated, some, any };
  using Take = std::function<void(const std::string&)>;

  void add(const std::string& names, const std::string& placeholder, const std::string& help,
           Arity arity, Take take);
  static std::string shown(const std::string& names, const std::string& text, Repeat repeat);
  [[noreturn]] static void fail(const std::string& shown, const std::string& allowed);

  template <class T>
  static T read(const std::string& names, const ValueType<T>& type, const std::string& text) {
    try {
      if (std::optional<T> value = type.parse(text)) return *std::move(value);
    } catch (const Error& error) {
      throw bad_value(shown(names, text, type.repeat), error);
    }
    fail(shown(names, text, type.repeat), type.allowed);
  }
  template <class Target, class T>
  static Take setter(std::string names, Target& target, ValueType<T> type) {
    return [names = std::move(names), &target, type = std::move(type)](const std::string& text) {
      target = read(names, type, text);
    };
  }
  template <class T>
  static Take appender(std::string names, std::vector<T>& target, ValueType<T> type) {
    return [names = std::move(names), &target, type = std::move(type)](const std::string& text) {
      target.push_back(read(names, type, text));
    };
  }

  CLI::App* m_app;
  std::string m_heading;
};

/// Throws usage: the two flags say different things; `hint` says which one was probably meant.
[[noreturn]] void refuse_together(std::string_view one, std::string_view other,
                                  std::string_view hint);

}  // namespace mtls::cmd
