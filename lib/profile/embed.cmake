# cmake -DOUTPUT=builtin.cpp -DPROFILES=a.toml|b.toml -P embed.cmake
# Writes the C++ file that holds the profiles as string literals, one a line of TOML.
string(REPLACE "|" ";" files "${PROFILES}")
set(entries "")
foreach(file IN LISTS files)
  get_filename_component(name "${file}" NAME_WE)
  file(READ "${file}" text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\r" "\\r" text "${text}")
  string(REPLACE "\n" "\\n\"\n     \"" text "${text}")
  string(APPEND entries "    {\"${name}\",\n     \"${text}\"},\n")
endforeach()
list(LENGTH files count)
file(WRITE "${OUTPUT}" "// Made by lib/profile/embed.cmake out of profiles/*.toml.
#include \"profile/builtin.hpp\"

#include <array>

namespace mtls::profile {
namespace {
constexpr std::array<BuiltinProfile, ${count}> k_profiles{{
${entries}}};
}  // namespace

std::span<const BuiltinProfile> builtin_profiles() noexcept { return k_profiles; }

}  // namespace mtls::profile
")
