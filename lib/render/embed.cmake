# cmake -DOUTPUT=builtin.cpp -DTEMPLATES=a.mustache|b.mustache -P embed.cmake
# Writes the C++ file that holds the templates as string literals, one a line.
string(REPLACE "|" ";" files "${TEMPLATES}")
set(entries "")
foreach(file IN LISTS files)
  get_filename_component(name "${file}" NAME_WE)
  file(READ "${file}" text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n     \"" text "${text}")
  string(APPEND entries "    {\"${name}\",\n     \"${text}\"},\n")
endforeach()
list(LENGTH files count)
file(WRITE "${OUTPUT}" "// Made by lib/render/embed.cmake out of lib/render/templates/*.mustache.
#include \"render/builtin.hpp\"

#include <array>

namespace mtls::render {
namespace {
constexpr std::array<BuiltinTemplate, ${count}> k_templates{{
${entries}}};
}  // namespace

std::span<const BuiltinTemplate> builtin_templates() noexcept { return k_templates; }

}  // namespace mtls::render
")
