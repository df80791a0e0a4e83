// What a piece of code throws, as a value to assert on.
#pragma once

#include "base/error.hpp"

#include <optional>

namespace mtls::x509::test {

/// The Error that `work` throws, or nothing where it throws none.
template <class Work>
std::optional<Error> thrown(Work&& work) {
  try {
    static_cast<void>(work());
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

/// Whether `work` throws an Error of this code.
template <class Work>
bool throws(Errc code, Work&& work) {
  const auto error = thrown(work);
  return error && error->code() == code;
}

}  // namespace mtls::x509::test
