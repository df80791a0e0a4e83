// What the checks of all targets share. Private to this room.
#pragma once

#include "render/check.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::render {

/// Collects differences; refers to what it was made of.
class Comparison final {
 public:
  explicit Comparison(const RenderRequest& request) : m_request(request) {}

  /// Whether settings are told with the file in which they stand.
  enum class Naming { without_file, with_file };
  /// Says that what comes stands in `file`, which outlives this or the next call.
  void look_at(const LiveFile& file, Naming naming);
  /// Says that what comes is of no file by itself.
  void look_at_all() { m_prefix.clear(); }
  /// The content of a file that the current one names. Throws as mtls::read_file does.
  [[nodiscard]] SecretBytes read(const std::string& path) const { return m_file->read(path); }

  [[nodiscard]] const RenderRequest& request() const noexcept { return m_request; }
  [[nodiscard]] const TrustFacts& facts() const noexcept { return m_request.facts; }
  [[nodiscard]] std::vector<Difference> take() { return std::move(m_differences); }

  /// Notes a difference; `found` comes from the file and is escaped here.
  void add(std::string_view setting, std::string expected, std::string_view found);
  /// Notes a setting whose effect on who is let in cannot be told; as `add` otherwise.
  void doubt(std::string_view setting, std::string expected, std::string_view found);
  /// Notes one unless `found` is `expected`.
  void expect(const std::string& setting, std::string_view expected,
              const std::optional<std::string>& found);

  /// Compares how deep chains may get. `found` is the setting's value or the program's default,
  /// which `count` makes of intermediates.
  void depth(const std::string& setting, unsigned (*count)(unsigned), const std::string& found);

  /// Compares the content of a trust store: the root, and beside it nothing but CAs of its chain.
  void trust(const std::string& setting, ByteView content);
  /// Compares CRLs. `content` is nothing where none is configured.
  void lists(const std::string& setting, std::optional<ByteView> content);
  /// The same for files that are named; nothing where none is.
  void trust_file(const std::string& setting, const std::optional<std::string>& path);
  void lists_file(const std::string& setting, const std::optional<std::string>& path);

 private:
  void from_file(const std::string& setting, const std::string& path,
                 const std::function<void(ByteView)>& compare);
  const RenderRequest& m_request;
  const LiveFile* m_file = nullptr;
  std::string m_prefix;  // "first.cfg, "
  std::vector<Difference> m_differences;
};

void check_albconfig(Comparison& comparison, std::string_view live);
void check_envoy(Comparison& comparison, std::string_view live);
void check_haproxy(Comparison& comparison, std::span<const LiveFile> live);
void check_k8s_demo(Comparison& comparison, std::string_view live);
void check_k8s_secret(Comparison& comparison, std::string_view live);
void check_nginx(Comparison& comparison, std::string_view live);

}  // namespace mtls::render
