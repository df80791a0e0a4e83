# cmake -DOUTPUT=builtin.cpp -DFILES=a.toml|b.toml -DFROM=profiles/*.toml -DROOM=profile
#       -DTYPE=BuiltinProfile -DFUNCTION=builtin_profiles -P embed.cmake
# Writes the C++ file that holds files as string literals, octet by octet, one a line of theirs:
# the body of FUNCTION, declared in ROOM/builtin.hpp beside TYPE {name, text}. See mtls_embed.
string(REPLACE "|" ";" files "${FILES}")
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
file(WRITE "${OUTPUT}" "// Made by lib/embed.cmake out of ${FROM}.
#include \"${ROOM}/builtin.hpp\"

#include <array>

namespace mtls::${ROOM} {
namespace {
constexpr std::array<${TYPE}, ${count}> k_builtin{{
${entries}}};
}  // namespace

std::span<const ${TYPE}> ${FUNCTION}() noexcept { return k_builtin; }

}  // namespace mtls::${ROOM}
")
