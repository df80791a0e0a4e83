#include "x509/idna.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <limits>

namespace mtls::x509 {
namespace {

// RFC 3492 section 5: the parameter values of Punycode.
constexpr std::uint32_t k_base = 36;
constexpr std::uint32_t k_t_min = 1;
constexpr std::uint32_t k_t_max = 26;
constexpr std::uint32_t k_skew = 38;
constexpr std::uint32_t k_damp = 700;
constexpr std::uint32_t k_initial_bias = 72;
constexpr std::uint32_t k_initial_n = 128;
constexpr std::uint32_t k_most = std::numeric_limits<std::uint32_t>::max();

constexpr std::size_t k_label_limit = 63;

char digit(std::uint32_t value) {
  return static_cast<char>(value < 26 ? 'a' + value : '0' + (value - 26));
}

/// Section 6.1.
std::uint32_t adapted_bias(std::uint32_t delta, std::uint32_t points, bool first) {
  delta = first ? delta / k_damp : delta / 2;
  delta += delta / points;
  std::uint32_t k = 0;
  for (; delta > ((k_base - k_t_min) * k_t_max) / 2; k += k_base) delta /= k_base - k_t_min;
  return k + (k_base - k_t_min + 1) * delta / (delta + k_skew);
}

/// Appends `delta` as a generalised variable-length integer (section 3.3).
void append_delta(std::string& output, std::uint32_t delta, std::uint32_t bias) {
  for (std::uint32_t k = k_base;; k += k_base) {
    const std::uint32_t threshold =
        k <= bias ? k_t_min : std::min(k_t_max, std::max(k_t_min, k - bias));
    if (delta < threshold) break;
    output += digit(threshold + (delta - threshold) % (k_base - threshold));
    delta = (delta - threshold) / (k_base - threshold);
  }
  output += digit(delta);
}

/// Lower case of ASCII and of the regular rows of Latin-1, Greek and Cyrillic.
char32_t to_lower(char32_t c) {
  if (c >= U'A' && c <= U'Z') return c + 0x20;
  if (c >= 0x00c0 && c <= 0x00de && c != 0x00d7) return c + 0x20;
  if (c >= 0x0391 && c <= 0x03a9 && c != 0x03a2) return c + 0x20;
  if (c >= 0x0410 && c <= 0x042f) return c + 0x20;
  if (c >= 0x0400 && c <= 0x040f) return c + 0x50;
  return c;
}

/// The dots of RFC 3490 section 3.1, as input methods produce them.
bool is_dot(char32_t c) { return c == U'.' || c == 0x3002 || c == 0xff0e || c == 0xff61; }

std::optional<std::string> to_a_label(std::u32string label) {
  std::string text;
  const auto is_ascii = [](char32_t c) { return c < 0x80; };
  if (std::all_of(label.begin(), label.end(), is_ascii)) {
    for (const char32_t c : label) text += static_cast<char>(c);
  } else {
    // Punycode is never shorter than its input: what is too long is known before the work.
    if (label.size() > k_label_limit) return std::nullopt;
    std::transform(label.begin(), label.end(), label.begin(), to_lower);
    const auto encoded = punycode(label);
    if (!encoded) return std::nullopt;
    text = "xn--" + *encoded;
  }
  if (text.size() > k_label_limit) return std::nullopt;
  return text;
}

}  // namespace

std::optional<std::string> punycode(const std::u32string& label) {
  if (label.size() >= k_most) return std::nullopt;
  std::string output;
  for (const char32_t c : label) {
    if (c < k_initial_n) output += static_cast<char>(c);
  }
  const auto basic = static_cast<std::uint32_t>(output.size());
  std::uint32_t handled = basic;
  if (basic > 0) output += '-';
  std::uint32_t n = k_initial_n;
  std::uint32_t delta = 0;
  std::uint32_t bias = k_initial_bias;
  while (handled < label.size()) {
    std::uint32_t least = k_most;
    for (const char32_t c : label) {
      if (c >= n) least = std::min(least, static_cast<std::uint32_t>(c));
    }
    if (least - n > (k_most - delta) / (handled + 1)) return std::nullopt;
    delta += (least - n) * (handled + 1);
    n = least;
    for (const char32_t c : label) {
      if (c < n && ++delta == 0) return std::nullopt;
      if (c != n) continue;
      append_delta(output, delta, bias);
      bias = adapted_bias(delta, handled + 1, handled == basic);
      delta = 0;
      ++handled;
    }
    ++delta;
    ++n;
  }
  return output;
}

std::optional<std::string> to_a_labels(std::string_view host) {
  const auto points = decode_utf8(host);
  if (!points) return std::nullopt;
  std::string text;
  std::u32string label;
  for (std::size_t at = 0; at <= points->size(); ++at) {
    if (at < points->size() && !is_dot((*points)[at])) {
      label += (*points)[at];
      continue;
    }
    const auto a_label = to_a_label(label);
    if (!a_label) return std::nullopt;
    text += *a_label;
    if (at < points->size()) text += '.';
    label.clear();
  }
  return text;
}

}  // namespace mtls::x509
