// The attempts, by name: what each shows to the listener, and what must come of it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace mtls::probe {

/// P0 is the control; P1 to P9b are tried wherever they can be; E and I need an identity that only
/// a CA, or the user, can give.
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

/// All of them, in the order of their names.
[[nodiscard]] std::span<const Entry> catalogue() noexcept;
[[nodiscard]] const Entry& entry(Id id) noexcept;
/// Reads "E1" in either case.
[[nodiscard]] std::optional<Id> find_id(std::string_view name) noexcept;

}  // namespace mtls::probe
