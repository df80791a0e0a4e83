// Live configurations, changed, and what `check` finds in them.
#pragma once

#include "base/error.hpp"
#include "lib/render/facts.hpp"
#include "render/check.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mtls::render::test {

/// The files that a configuration names.
inline ReadFile files(std::map<std::string, std::string> contents) {
  return [contents = std::move(contents)](const std::string& path) {
    const auto found = contents.find(path);
    if (found == contents.end()) throw Error(Errc::unreadable_file, "cannot read " + path);
    return SecretBytes(as_bytes(found->second));
  };
}

inline ReadFile ca_files(std::string_view anchor, const std::string& crl = {}) {
  return files({{"/ca/ca.crt", std::string(anchor)},
                {"/ca/root.crt", std::string(anchor)},
                {"/ca/ca.crl", crl}});
}

inline std::string replace(std::string text, std::string_view from, std::string_view to) {
  const std::size_t place = text.find(from);
  REQUIRE(place != std::string::npos);
  return text.replace(place, from.size(), to);
}

/// `check` of one file.
inline std::vector<Difference> check_one(const RenderRequest& wanted, std::string_view live,
                                         const ReadFile& read) {
  return check(wanted, std::vector<LiveFile>{{.name = "live", .text = live, .read = read}});
}

/// The settings that differ, without where they stand.
inline std::vector<std::string> differing(const RenderRequest& wanted, const std::string& live,
                                          const ReadFile& read) {
  std::vector<std::string> settings;
  for (const Difference& one : check_one(wanted, live, read)) {
    const std::size_t colon = one.setting.rfind(": ");
    settings.push_back(colon == std::string::npos ? one.setting : one.setting.substr(colon + 2));
  }
  return settings;
}

using Names = std::vector<std::string>;

}  // namespace mtls::render::test
