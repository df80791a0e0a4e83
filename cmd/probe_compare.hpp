// What changed at a listener since a stored result.
#pragma once

#include "base/file.hpp"
#include "cmd/json.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mtls::cmd {

/// One difference. `weaker`: more is let in than before, or refused less strongly.
struct Change {
  std::string what;  // "verdict", "P1 at TLS 1.3"
  std::string before;
  std::string now;
  bool weaker;
};

/// A document that `probe --json` printed.
class StoredResult final {
 public:
  /// Throws unreadable_file, malformed (no such document).
  [[nodiscard]] static StoredResult read(const Path& file);
  /// Compares a document of today with it. Attempts are the same by id, TLS version and variant;
  /// addresses may have changed.
  [[nodiscard]] std::vector<Change> compare(const Json& now) const;

 private:
  explicit StoredResult(std::shared_ptr<const Json> document) : m_document(std::move(document)) {}
  std::shared_ptr<const Json> m_document;
};

[[nodiscard]] bool got_weaker(const std::vector<Change>& changes);
[[nodiscard]] std::string changes_text(const std::vector<Change>& changes);
[[nodiscard]] Json changes_json(const std::vector<Change>& changes);

}  // namespace mtls::cmd
