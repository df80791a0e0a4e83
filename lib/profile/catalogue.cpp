#include "profile/catalogue.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/nearest.hpp"
#include "base/system_error.hpp"
#include "profile/builtin.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace mtls::profile {
namespace {

namespace fs = std::filesystem;

/// More files than anyone has profiles: the wrong directory.
constexpr std::size_t k_most_files = 1000;

[[noreturn]] void cannot_list(const Path& directory, std::string_view why) {
  throw Error(Errc::unreadable_file,
              format("cannot read the profiles in {}: {}", printable(directory.string()), why),
              "name a directory that holds NAME.toml files");
}

std::map<std::string, Path, std::less<>> find_files(const Path& directory) {
  std::map<std::string, Path, std::less<>> files;
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const Path& path = entry->path();
    if (path.extension() != ".toml") continue;
    if (files.size() == k_most_files) {
      cannot_list(directory, format("it holds more than {} .toml files", k_most_files));
    }
    files.emplace(path.stem().string(), path);
  }
  if (error) cannot_list(directory, system_words(error.value()));
  return files;
}

struct Reserved {
  std::string_view name;
  ProfileUse use;
  std::string_view command;
};

/// `probe-ca` also signs for mtlsctl probe, but only what that command makes of it by itself.
constexpr std::array k_reserved{
    Reserved{"probe", ProfileUse::probe, "mtlsctl probe"},
    Reserved{"probe-ca", ProfileUse::ca_init, "mtlsctl ca init"},
    Reserved{"serve", ProfileUse::serve, "mtlsctl serve"},
};

const Reserved* find_reserved(std::string_view name) noexcept {
  const auto* const found = std::find_if(k_reserved.begin(), k_reserved.end(),
                                         [name](const Reserved& one) { return one.name == name; });
  return found == k_reserved.end() ? nullptr : found;
}

const BuiltinProfile* find_builtin(std::string_view name) noexcept {
  const auto all = builtin_profiles();
  const auto found = std::find_if(all.begin(), all.end(), [name](const BuiltinProfile& profile) {
    return profile.name == name;
  });
  return found == all.end() ? nullptr : &*found;
}

[[noreturn]] void not_found(std::string_view name, const std::vector<std::string>& known) {
  std::string hint;
  if (const std::string_view close = nearest(name, known); !close.empty()) {
    hint = format("did you mean {}?", printable(close));
  } else {
    for (const std::string& one : known) hint += (hint.empty() ? "" : ", ") + printable(one);
    hint.insert(0, "known: ");
  }
  throw Error(Errc::not_found, format("there is no profile {}", printable(name)), hint);
}

}  // namespace

std::optional<std::string_view> reserved_for(std::string_view name) noexcept {
  const Reserved* const reserved = find_reserved(name);
  return reserved == nullptr ? std::nullopt : std::optional(reserved->command);
}

void require_use(std::string_view name, ProfileUse use) {
  const Reserved* const reserved = find_reserved(name);
  if (reserved == nullptr || use == ProfileUse::showing || use == reserved->use) return;
  throw Error(Errc::denied_by_profile,
              format("profile '{}' is only for {}", name, reserved->command),
              "choose another one: mtlsctl profile list");
}

Catalogue::Catalogue(const Path& directory) : m_files(find_files(directory)) {
  for (const Reserved& reserved : k_reserved) {
    if (auto file = m_files.extract(std::string(reserved.name))) {
      m_unused_files.insert(std::move(file));
    }
  }
}

Profile Catalogue::load(std::string_view name, ProfileUse use) const {
  require_use(name, use);
  if (const auto file = m_files.find(name); file != m_files.end()) {
    return load_profile(file->second);
  }
  if (const BuiltinProfile* builtin = find_builtin(name)) {
    return parse_profile(builtin->text, k_built_in);
  }
  not_found(name, names());
}

std::vector<std::string> Catalogue::names() const {
  std::set<std::string> sorted;
  for (const BuiltinProfile& profile : builtin_profiles()) sorted.emplace(profile.name);
  for (const auto& [name, path] : m_files) sorted.insert(name);
  return {sorted.begin(), sorted.end()};
}

ProfileCheck check_profile_file(const Path& path) {
  const FileContents file = read_file(path);
  ProfileCheck check = check_profile(as_text(file.bytes.view()), path.string());
  const std::string& name = check.name;
  if (name.empty()) return check;
  if (const auto command = reserved_for(name)) {
    check.errors.emplace_back(
        Errc::bad_profile,
        format("{}: the name {} is reserved: that profile is built in, for {} alone",
               printable(path.string()), name, *command),
        "change 'name', and the file's name with it");
  } else if (path.extension() == ".toml" && path.stem().string() != name) {
    check.errors.emplace_back(
        Errc::bad_profile,
        format("{}: its name is {}, which is not its file's", printable(path.string()), name),
        format("rename the file to {}.toml, or change 'name'", name));
  }
  if (!check.errors.empty()) check.profile.reset();
  return check;
}

Profile load_profile(const Path& path) {
  ProfileCheck check = check_profile_file(path);
  if (!check.profile) throw Error(check.errors.front());
  return *std::move(check.profile);
}

}  // namespace mtls::profile
