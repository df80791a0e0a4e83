// The one logging seam: what happened, as data, for --trace.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace mtls {

/// Receives events. Safe to call from several threads. Fields never hold a secret: no passphrase,
/// no private part of a key, no password of a URL.
class Trace {
 public:
  using Field = std::pair<std::string_view, std::string>;
  Trace() = default;
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;
  virtual ~Trace() = default;
  /// `event` is a dotted word, "ledger.intent"; fields are text.
  virtual void note(std::string_view event, std::initializer_list<Field> fields) = 0;
};

/// Throws everything away.
class NoTrace final : public Trace {
 public:
  void note(std::string_view event, std::initializer_list<Field> fields) override;
};

}  // namespace mtls
