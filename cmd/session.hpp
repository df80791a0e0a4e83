// What a command works with: where it writes, whom it tells, what time it is. Made once a run, in
// cmd/application.cpp, and passed to the command; nothing of it is global.
#pragma once

#include "base/clock.hpp"
#include "base/trace.hpp"
#include "cmd/common_options.hpp"
#include "cmd/exit_code.hpp"
#include "cmd/json.hpp"
#include "cmd/messages.hpp"
#include "cmd/output.hpp"
#include "ossl/context.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::cmd {

/// Refers to what it was made of, which outlives it. Not for several threads at once.
class Session final {
 public:
  struct Parts {
    Output& out;
    Messages& messages;
    const Clock& clock;
    Trace& trace;
    const CommonOptions& common;
    std::string schema;
  };
  explicit Session(Parts parts) : m_parts(std::move(parts)) {}

  /// Standard output: the result and nothing else.
  [[nodiscard]] Output& out() const noexcept { return m_parts.out; }
  [[nodiscard]] Messages& messages() const noexcept { return m_parts.messages; }
  [[nodiscard]] const Clock& clock() const noexcept { return m_parts.clock; }
  [[nodiscard]] Trace& trace() const noexcept { return m_parts.trace; }
  [[nodiscard]] const CommonOptions& common() const noexcept { return m_parts.common; }
  [[nodiscard]] bool json() const noexcept { return m_parts.common.format() == Format::json; }

  /// Returns a new document with its "schema" in it ("mtlsctl/ca-init/1").
  [[nodiscard]] Json document() const;
  /// Prints a document on a line of its own.
  void print(const Json& document) const;
  /// Reports that one input of several failed, on standard error and (--json) as a document for it;
  /// `file` is its name, safe to show. Returns the exit code of it.
  [[nodiscard]] ExitCode report(const Error& error, std::string_view file) const;
  /// The same for one input with several errors, at least one: one document, whose "error" is the
  /// first and whose "errors" has them all.
  [[nodiscard]] ExitCode report(const std::vector<Error>& errors, std::string_view file) const;

  /// A warning that is shown once, however often the same file is met.
  void warn_once(const std::string& message, std::string_view hint);

  /// The process's library context, made when first asked for, configured as that first one asks.
  [[nodiscard]] const ossl::Context& openssl(ossl::Configuration configuration);

 private:
  Parts m_parts;
  std::optional<ossl::Context> m_openssl;
  std::set<std::string, std::less<>> m_warned;
};

/// Returns an environment variable; one that is empty counts as absent.
[[nodiscard]] std::optional<std::string> environment(const char* name);

/// Returns the document of a failure: {"schema", "error": {"code", "exit", "message", "hint"}}.
[[nodiscard]] Json error_document(std::string_view schema, const Error& error);

}  // namespace mtls::cmd
