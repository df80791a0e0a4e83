// How many CA certificates may stand between a client's certificate and the root, and how each
// program counts them.
#pragma once

#include "render/render.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mtls::render {

/// The most that can be asked for: Envoy takes 100 and counts the root too.
inline constexpr unsigned k_most_intermediates = 99;
/// The least that is rendered where nothing says how deep chains may get.
inline constexpr unsigned k_least_intermediates = 3;

/// Returns the intermediates of the deepest path from `anchor` down through the CA certificates
/// among `known`: those strictly between the anchor and a client of the lowest one, as a
/// pathLenConstraint counts (RFC 5280 section 4.2.1.9), but self-issued ones too, as all programs
/// do. Names and key identifiers say who issued whom.
[[nodiscard]] unsigned deepest_chain(const x509::Certificate& anchor,
                                     std::span<const x509::Certificate> known);

struct VerifyDepth {
  enum class Source { given, path_length, known_chains, least };
  unsigned intermediates;  // 0: only clients that the root itself issued
  Source source;
  unsigned deepest_known;  // of the CA directory's chain and what else is known

  /// Why it is what it is: "the path length of CN=root".
  std::string reason;
};

/// Returns --verify-depth, else the anchor's path length, else what the deepest known chain has,
/// and at least k_least_intermediates.
[[nodiscard]] VerifyDepth verify_depth(const RenderRequest& request);

/// Whether neither --verify-depth nor the path length of `anchor` decides.
[[nodiscard]] bool depends_on_known_chains(const Settings& settings,
                                           const x509::Certificate& anchor);

/// ssl_verify_depth, as OpenSSL 1.1.0 and later count: neither leaf nor anchor.
[[nodiscard]] unsigned nginx_depth(unsigned intermediates) noexcept;
/// max_verify_depth: without the leaf, with the anchor.
[[nodiscard]] unsigned envoy_depth(unsigned intermediates) noexcept;

/// Returns what a live configuration needs at least to let the same clients in: all that was asked
/// for or that the path length allows, else what the known chains have.
[[nodiscard]] unsigned least_depth(const VerifyDepth& depth) noexcept;

/// A note of what is let in and why, and a warning where a known chain is deeper.
[[nodiscard]] std::vector<Notice> depth_notices(const VerifyDepth& depth);

}  // namespace mtls::render
