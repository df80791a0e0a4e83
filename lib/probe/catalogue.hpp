// The attempts, by name: what each shows to the listener, and what must come of it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace mtls::probe {

/// P0 is the control; P1 to P9b are tried wherever they can be; N0 to N6 need a client of another
/// name of the port; E and I need an identity that only a CA, or the user, can give.
enum class Id {
  p0,
  p1,
  p2,
  p3,
  p4,
  p5,
  p6,
  p7,
  p8,
  p9a,
  p9b,
  n0,
  n1,
  n2,
  n3,
  n4,
  n5,
  n6,
  e1,
  e2,
  e3,
  e4,
  e5,
  e6,
  i1,
  i2,
  i3,
  i4,
  i5
};

enum class Need {
  control,      ///< must be accepted, or no refusal means anything
  refused,      ///< must be refused for "enforced"
  available,    ///< must be refused where an identity for it is at hand
  information,  ///< told, not judged
};

struct Entry {
  Id id;
  std::string_view name;   // "P9a"
  std::string_view title;  // "no certificate, HTTP/2": what a line of the table says
  Need need;
};

/// True for N0 to N6.
[[nodiscard]] bool is_of_neighbour(Id id) noexcept;

/// All of them, in the order of their names.
[[nodiscard]] std::span<const Entry> catalogue() noexcept;
[[nodiscard]] const Entry& entry(Id id) noexcept;
/// Compares ASCII letters without regard to case.
[[nodiscard]] bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept;
/// Reads "E1" in either case.
[[nodiscard]] std::optional<Id> find_id(std::string_view name) noexcept;

}  // namespace mtls::probe
