#include "cmd/session.hpp"

#include "base/escape.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>

namespace mtls::cmd {

Json Session::document() const { return Json{{"schema", m_parts.schema}}; }

void Session::print(const Json& document) const { out().write(to_line(document) + "\n"); }

ExitCode Session::report(const Error& error, std::string_view file) const {
  messages().error(error);
  if (json()) {
    Json document = error_document(m_parts.schema, error);
    document["file"] = file;  // escaped by who names it
    print(document);
  }
  return exit_code(error.code());
}

ExitCode Session::report(const std::vector<Error>& errors, std::string_view file) const {
  Json list = Json::array();
  ExitCode code = ExitCode::ok;
  for (const Error& error : errors) {
    messages().error(error);
    list.push_back(error_document(m_parts.schema, error)["error"]);
    code = combine(code, exit_code(error.code()));
  }
  if (json()) {
    Json document = error_document(m_parts.schema, errors.front());
    document["errors"] = std::move(list);
    document["file"] = file;
    print(document);
  }
  return code;
}

void Session::warn_once(const std::string& message, std::string_view hint) {
  if (m_warned.insert(message).second) messages().warning(message, hint);
}

const ossl::Context& Session::openssl(ossl::Configuration configuration) {
  if (!m_openssl) m_openssl.emplace(ossl::Context::process_default(configuration));
  return *m_openssl;
}

std::optional<std::string> environment(const char* name) {
  // Read before any thread is started.
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

Json error_document(std::string_view schema, const Error& error) {
  return Json{{"schema", schema},
              {"error",
               {{"code", name(error.code())},
                {"exit", static_cast<int>(exit_code(error.code()))},
                {"message", readable(error.message())},
                {"hint", readable(error.hint())}}}};
}

}  // namespace mtls::cmd
