// The addresses of HAProxy's bind lines. Private to this room.
#pragma once

#include <cstdint>
#include <string_view>

namespace mtls::render {

enum class Reach { wanted, other, unknown };

/// Whether "127.0.0.1:443,[::1]:443" has the port; unknown if that depends on the environment, on
/// an inherited descriptor or on how a number is read.
[[nodiscard]] Reach reach_of(std::string_view addresses, std::uint16_t port);

}  // namespace mtls::render
