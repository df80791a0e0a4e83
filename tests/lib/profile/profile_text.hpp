// Profiles as text, made of sections of which a case replaces one.
#pragma once

#include "base/error.hpp"
#include "profile/profile.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace mtls::test {

/// A profile's sections. What is here parses; a case changes one of them.
struct ProfileText {
  std::string head = "version = 1\nname = \"test\"\n";
  std::string role = "role = \"client\"\n";
  std::string key = "default = \"ec:p256\"\nallowed = [\"ec:p256\"]\n";
  std::string validity = "default = \"90d\"\nmax = \"365d\"\n";
  std::string subject = "required = [\"CN\"]\n";
  std::string san;  // with its header
  std::string extensions =
      "key_usage = [\"digitalSignature\"]\nextended_key_usage = [\"clientAuth\"]\n";
  std::string tail;  // whatever else

  [[nodiscard]] std::string str() const {
    return head + role + "[key]\n" + key + "[validity]\n" + validity + "[subject]\n" + subject +
           san + "[extensions]\n" + extensions + tail;
  }
};

/// A CA's sections.
inline ProfileText ca_text() {
  ProfileText text;
  text.role = "role = \"intermediate-ca\"\n";
  text.extensions = "key_usage = [\"keyCertSign\", \"cRLSign\"]\n";
  return text;
}

inline profile::Profile parse(const ProfileText& text) {
  return profile::parse_profile(text.str(), "test.toml");
}

/// Returns the Error that the text is refused with, or nothing.
inline std::optional<Error> refusal(std::string_view text) {
  try {
    static_cast<void>(profile::parse_profile(text, "test.toml"));
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

/// Returns "test.toml:LINE:" of the first line of `text` that holds `snippet`.
inline std::string place_of(std::string_view text, std::string_view snippet) {
  const std::size_t at = text.find(snippet);
  REQUIRE(at != std::string_view::npos);
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(at), '\n');
  return "test.toml:" + std::to_string(line) + ":";
}

/// Whether the text is refused as a bad profile, in the line that holds `snippet`.
inline bool refused_at(const ProfileText& text, std::string_view snippet) {
  const auto error = refusal(text.str());
  if (!error) return false;
  INFO(error->message());
  CHECK(error->code() == Errc::bad_profile);
  const std::string place = place_of(text.str(), snippet);
  CHECK(error->message().substr(0, place.size()) == place);
  return error->code() == Errc::bad_profile && error->message().rfind(place, 0) == 0;
}

/// The hint of the refusal; empty where there is none.
inline std::string hint_of(const ProfileText& text) {
  const auto error = refusal(text.str());
  return error ? error->hint() : std::string();
}

}  // namespace mtls::test
