#include "base/trace.hpp"

namespace mtls {

void NoTrace::note(std::string_view /*event*/, std::initializer_list<Field> /*fields*/) {}

}  // namespace mtls
