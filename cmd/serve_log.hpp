// One line for each connection of `serve`: text on standard error, or documents on standard output.
#pragma once

#include "cmd/patient_output.hpp"
#include "cmd/session.hpp"
#include "tls/listener.hpp"

#include <optional>
#include <string>

namespace mtls::cmd {

/// Writes them as they come, without ever waiting for a slow reader. For one thread.
class ServeLog final {
 public:
  explicit ServeLog(Session& session);

  void listening(const std::string& url, const x509::Certificate& certificate);
  void accepted(const tls::Peer& peer);
  void refused(const tls::RefusedPeer& peer);
  /// SIGHUP came and everything was read again; or, for each file that was not, why.
  void reloaded();
  void not_reloaded(const Error& error);
  /// The listener's certificate has less than a day left; what to do about it.
  void expiring(const x509::Certificate& certificate, std::string_view remedy);
  void ended();

  void pump() { m_output.pump(); }
  /// Whether the documents of --json can still be written: they are the result.
  [[nodiscard]] bool failed() const noexcept { return m_session.json() && m_output.failed(); }

 private:
  struct Event;
  void write(const Event& event);
  Session& m_session;
  PatientOutput m_output;
};

}  // namespace mtls::cmd
