#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/host_values.hpp"
#include "cmd/serve_answer.hpp"
#include "cmd/serve_log.hpp"
#include "cmd/serve_material.hpp"
#include "cmd/value_types.hpp"
#include "tls/listener.hpp"
#include "x509/name_matching.hpp"

#include <algorithm>
#include <memory>

namespace mtls::cmd {
namespace {

constexpr std::uint16_t k_default_port = 8443;

struct Options {
  ServeFiles files;
  HostPort listen{.host = "127.0.0.1", .port = k_default_port};
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::chrono::milliseconds> idle_timeout;
  std::optional<std::int64_t> most_connections;
};

/// The octets of an address that listen_value let pass.
Bytes octets_of(const HostPort& listen) { return x509::parse_ip(listen.host).value_or(Bytes()); }

bool is_loopback(const HostPort& listen) {
  constexpr std::size_t k_ipv4 = 4;
  constexpr std::uint8_t k_network = 127;
  const Bytes octets = octets_of(listen);
  return octets.size() == k_ipv4 ? octets.front() == k_network : octets == x509::parse_ip("::1");
}

bool is_any_address(const HostPort& listen) {
  const Bytes octets = octets_of(listen);
  return std::all_of(octets.begin(), octets.end(), [](std::uint8_t octet) { return octet == 0; });
}

void check(const ServeFiles& files) {
  if (files.certificate.has_value() != files.key.has_value()) {
    throw Error(Errc::usage, files.key ? "--key without --cert" : "--cert without --key",
                "give both, or neither and --ca DIR");
  }
  if (files.certificate && !files.names.empty()) {
    refuse_together("--cert", "--san", "--san names what the certificate that is made bears");
  }
  if (files.certificate && files.ca_passphrase) {
    refuse_together("--cert", "--ca-passphrase", "the CA key is not needed then");
  }
  if (files.key_passphrase && !files.key) {
    throw Error(Errc::usage, "--key-passphrase without --key", "give the key with --key FILE");
  }
  if (files.client_auth != tls::ClientAuth::none) return;
  const auto refuse = [](const auto& given, const char* flag) {
    if (given.empty()) return;
    refuse_together("--client-auth none", flag, "with none no client is asked for a certificate");
  };
  refuse(files.lists, "--crl");
  refuse(files.client_cas, "--client-ca");
  refuse(files.revocation_cas, "--revocation-ca");
}

/// Binds the listener's events to log and files.
class Desk final : public tls::ListenerObserver {
 public:
  Desk(ServeMaterial& material, ServeLog& log, const Clock& clock)
      : m_material(material), m_log(log), m_clock(clock) {}

  void accepted(const tls::Peer& peer) override { m_log.accepted(peer); }
  void refused(const tls::RefusedPeer& peer) override { m_log.refused(peer); }
  std::shared_ptr<const tls::ServerContext> reload() override {
    const std::vector<Error> failures = m_material.reload();
    for (const Error& error : failures) m_log.not_reloaded(error);
    try {
      // Also where a file was bad: ticket keys are rotated in any case.
      auto context = m_material.make_context();
      if (failures.empty()) m_log.reloaded();
      return context;
    } catch (const Error& error) {
      m_log.not_reloaded(error);
      return nullptr;
    }
  }
  void tick() override {
    m_log.pump();
    watch_certificate();
    if (m_log.failed()) {
      throw Error(Errc::output_failed, "cannot write the documents to standard output");
    }
  }

 private:
  /// A certificate that is made cannot be made anew from here: this process reads the network, and
  /// must not have the CA key.
  void watch_certificate() {
    constexpr std::chrono::hours k_soon{24};
    const x509::Certificate& certificate = m_material.certificate();
    const UnixTime end = certificate.validity().not_after;
    if (m_told_of == end || end >= m_clock.now() + k_soon) return;
    m_told_of = end;
    m_log.expiring(certificate, m_material.makes_certificate()
                                    ? "start mtlsctl serve anew, which has another made"
                                    : "put another in its place, and send SIGHUP");
  }

  ServeMaterial& m_material;
  ServeLog& m_log;
  const Clock& m_clock;
  std::optional<UnixTime> m_told_of;
};

tls::ListenerLimits limits(const Options& options) {
  tls::ListenerLimits limits;
  if (options.timeout) {
    limits.handshake = limits.request = limits.response = *options.timeout;
  }
  if (options.idle_timeout) limits.idle = *options.idle_timeout;
  if (options.most_connections) {
    limits.connections = static_cast<std::size_t>(*options.most_connections);
  }
  return limits;
}

ServeFiles with_listen_address(ServeFiles files, const HostPort& listen) {
  if (!files.certificate && !is_any_address(listen)) {
    files.names.push_back(x509::GeneralName::parse("ip:" + listen.host));
  }
  return files;
}

ExitCode run(const Options& options, Session& session) {
  check(options.files);
  const ServeFiles files = with_listen_address(options.files, options.listen);
  ServeMaterial material(files, session);
  for (const std::string& warning : material.warnings()) session.messages().warning(warning);
  if (!is_loopback(options.listen)) {
    session.messages().note(
        format("listening on {}: others on the network can connect", options.listen.text()));
  }
  ServeLog log(session);
  Desk desk(material, log, session.clock());
  tls::Listener listener({.address = options.listen,
                          .limits = limits(options),
                          .context = material.make_context(),
                          .handler = answer,
                          .observer = desk,
                          .clock = session.clock()});
  log.listening(format("https://{}/", listener.address().text()), material.certificate());
  listener.run();
  log.ended();
  return ExitCode::ok;
}

}  // namespace

void add_serve(Command& command) {
  auto options = std::make_shared<Options>();
  ServeFiles& files = options->files;
  command.describe(
      "Listens for TLS and lets in whom the CA certified, as the load balancer will; answers who "
      "the client is, as JSON or as a page. With --ca DIR alone it trusts that CA's root, asks its "
      "ledger what is revoked, and presents a certificate for localhost that the CA made (kept in "
      "DIR/serve). Each connection is a line on standard error, a refused one with the reason.\n\n"
      "SIGHUP reads certificates, CAs and revocation lists again, ends all sessions and drops no "
      "connection. SIGTERM and SIGINT end it. It listens on this machine alone unless --listen "
      "says otherwise.\n\n"
      "The ledger of an intermediate knows what it issued, and not whether it was revoked itself: "
      "that is in the ledger of the CA above, which --revocation-ca names. That one is where the "
      "ca.toml of that DIR says: --store and MTLSCTL_STORE are about --ca.");
  OptionSet set = command.options();
  set.value("--listen", options->listen, listen_value(PortZero::allow),
            "Where to listen (default: 127.0.0.1:8443; port 0: a free one, printed)");
  set.value("--cert", files.certificate, file_value(),
            "The listener's certificate and those between it and the root");
  set.value("--key", files.key, file_value(), "Its private key");
  set.value("--key-passphrase", files.key_passphrase, secret_value(), "Opens that key");
  set.list("--client-ca", files.client_cas, file_value(),
           "Trust the CAs in FILE for clients (default: the root of --ca)");
  set.list("--crl", files.lists, file_value(), "Refuse what the revocation lists in FILE have");
  set.list("--revocation-ca", files.revocation_cas, directory_value(),
           "Refuse what the ledger of the CA in DIR has as revoked, too (of the CA above --ca)");
  set.value("--client-auth", files.client_auth,
            word_value<tls::ClientAuth>({{"require", tls::ClientAuth::require},
                                         {"optional", tls::ClientAuth::optional},
                                         {"none", tls::ClientAuth::none}}),
            "Whether clients must have a certificate (default: require)");
  set.value("--tls-min", files.minimum,
            word_value<tls::MinimumVersion>(
                {{"1.2", tls::MinimumVersion::tls1_2}, {"1.3", tls::MinimumVersion::tls1_3}}),
            "The oldest TLS version that is spoken (default: 1.2)");
  set.list("--san", files.names, san_value(),
           "A further name of the certificate that is made, beside localhost");
  OptionSet bounds = command.options("Limits");
  bounds.value("--timeout", options->timeout, wait_value(),
               "For the handshake, for a request, for taking an answer (default: 10s)");
  bounds.value("--idle-timeout", options->idle_timeout, wait_value(),
               "Between two requests (default: 60s)");
  bounds.value("--max-connections", options->most_connections, number_value(1, 100'000),
               "At the same time; further ones are closed (default: 4096)");
  OptionSet ca = command.options("CA");
  files.ca.add_to(ca);
  ca.value("--ca-passphrase", files.ca_passphrase, secret_value(),
           "Where the passphrase of the CA key comes from, if a certificate has to be made");
  files.trust.add_to(ca);
  command.example(
      "$ mtlsctl serve --ca ca\n"
      "listening on https://127.0.0.1:8443/\n"
      "2026-01-01T00:00:00Z 127.0.0.1:50000 accepted: CN=client, serial 4f…, TLSv1.3\n"
      "2026-01-01T00:00:01Z 127.0.0.1:50002 refused: no client certificate, and one is required\n"
      "$ curl --cacert ca/ca.crt --cert client.crt --key client.key https://localhost:8443/");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
