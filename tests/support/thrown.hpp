// What an expression throws, as a value: tests assert codes and places, never whole texts.
#pragma once

#include "base/error.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

namespace doctest {
template <>
struct StringMaker<mtls::Errc> {
  static String convert(mtls::Errc code) {
    const std::string_view word = mtls::name(code);
    return {word.data(), static_cast<unsigned>(word.size())};
  }
};
template <>
struct StringMaker<std::optional<mtls::Errc>> {
  static String convert(const std::optional<mtls::Errc>& code) {
    return code ? StringMaker<mtls::Errc>::convert(*code) : String("no error");
  }
};
}  // namespace doctest

namespace mtls::test {

/// Runs `work` and returns the Error that leaves it; nothing where none does.
template <class Work>
[[nodiscard]] std::optional<Error> thrown_by(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

/// The same, its code alone.
template <class Work>
[[nodiscard]] std::optional<Errc> code_of(Work&& work) {
  const auto error = thrown_by(work);
  if (!error) return std::nullopt;
  return error->code();
}

}  // namespace mtls::test
