#include "cmd/render_options.hpp"

#include "base/format.hpp"
#include "cmd/host_values.hpp"
#include "cmd/value_types.hpp"
#include "render/verify_depth.hpp"

namespace mtls::cmd {
namespace {

using render::Settings;
using render::Target;

template <class T>
ValueType<T> checked_value(std::string placeholder, std::string allowed) {
  return {std::move(placeholder), std::move(allowed),
          [](const std::string& text) { return T::parse(text); }};
}

ValueType<render::CloudId> id_value() {
  return checked_value<render::CloudId>("ID", "1 to 128 letters, digits, '_' and '-'");
}

/// A host that a certificate can be for: no '_', which host_value takes.
ValueType<render::Host> certified_host_value() {
  const auto any = host_value();
  return {any.placeholder, any.allowed, [any](const std::string& text) {
            const auto host = any.parse(text);
            return host ? render::Host::parse(*host) : std::nullopt;
          }};
}

ValueType<render::ObjectName> object_name_value() {
  return checked_value<render::ObjectName>(
      "NAME", "1 to 63 lower-case letters, digits and '-', as Kubernetes has it");
}

ValueType<unsigned> depth_value() {
  constexpr std::int64_t k_most = render::k_most_intermediates;
  return {"N", format("a number from 0 to {}", k_most), [](const std::string& text) {
            const auto parsed = number_value(0, k_most).parse(text);
            return parsed ? std::optional(static_cast<unsigned>(*parsed)) : std::nullopt;
          }};
}

void add_listener(OptionSet set, RenderOptions& options) {
  Settings& given = options.given;
  set.list("--host", given.listener.hosts, certified_host_value(),
           "The listener's name (default: localhost; behind an ALB alb.ingress.alibaba.com)");
  set.value("--listen", given.listener.listen, listen_value(PortZero::refuse),
            "Where it listens (default: 127.0.0.1:8443)");
  set.value("--server-cert", options.server_certificate, file_value(),
            "Its certificate (default: server.crt, if it is here)");
  set.value("--server-key", options.server_key, file_value(),
            "The key of it (default: server.key, if it is here)");
  set.value("--backend", given.listener.backend, host_port_value(),
            "Where requests go (default: it answers who the client is)");
  set.value("--trust-file", options.trust_file, file_value(),
            "Where the root's certificate is on the server (default: in the CA directory)");
  set.value("--verify-depth", given.listener.verify_depth, depth_value(),
            "CA certificates let pass between a client's and the root (default: the root's path "
            "length, else as the deepest known chain has, at least 3)");
  set.value("--crl-file", options.crl_file, file_value(),
            "Where the CRLs are on the server (default: ca.crl in the CA directory)");
}

void add_kubernetes(OptionSet set, RenderOptions& options) {
  Settings& given = options.given;
  set.value("--name", given.kubernetes.name, object_name_value(),
            "The object's name (default: alb-demo, https-demo or mtls)");
  set.value("--namespace", given.kubernetes.object_namespace, object_name_value(), "Its namespace");
  set.value("--image", given.kubernetes.image, text_value("IMAGE"),
            "The image of the demonstration");
  set.value("--ingress-class", given.kubernetes.ingress_class, object_name_value(),
            "The IngressClass of the AlbConfig (default: alb)");
}

void add_alb(OptionSet set, RenderOptions& options) {
  Settings& given = options.given;
  set.value("--alb-name", given.alb.name,
            checked_value<render::AlbName>(
                "NAME", "2 to 128 letters, digits, '.', '_' and '-', beginning with a letter"),
            "The ALB's name (default: as --name)");
  set.value("--address-type", given.alb.address_type,
            word_value<render::AddressType>({{"Internet", render::AddressType::internet},
                                             {"Intranet", render::AddressType::intranet}}),
            "Where it is reached from (default: Internet)");
  set.value("--edition", given.alb.edition,
            word_value<render::Edition>({{"Standard", render::Edition::standard},
                                         {"StandardWithWaf", render::Edition::standard_with_waf},
                                         {"WAF", render::Edition::standard_with_waf},
                                         {"Basic", render::Edition::basic}}),
            "Its edition; Basic has no mutual TLS");
  set.list("--vswitch", given.alb.vswitches, id_value(),
           "A vSwitch; two or more, in different zones");
  set.value("--port", given.alb.port, port_value(), "The listener's port (default: 443)");
  set.value("--protocol", given.alb.protocol,
            word_value<render::Protocol>({{"HTTPS", render::Protocol::https},
                                          {"HTTP", render::Protocol::http},
                                          {"QUIC", render::Protocol::quic}}),
            "The listener's protocol; only HTTPS has mutual TLS");
  set.flag("--quic-upgrade", given.alb.quic_upgrade,
           "Refused: it would be a door without mutual TLS");
  set.value("--server-certificate-id", given.alb.server_certificate_id, id_value(),
            "The id of the listener's own certificate");
  set.list("--ca-certificate-id", given.alb.ca_certificate_ids, id_value(),
           "The id of the uploaded CA certificate, exactly one");
  set.value("--security-policy", given.alb.security_policy, id_value(),
            "The TLS policy (tls_cipher_policy_1_2_strict_with_1_3 has TLS 1.3)");
  set.list("--client-cert-header", given.alb.client_cert_headers,
           {"subjectdn|issuerdn|fingerprint|clientverify",
            "subjectdn, issuerdn, fingerprint or clientverify, with =ALIAS or without",
            render::ClientCertHeader::parse},
           "Tell the back end this of the certificate; =ALIAS renames the header");
  set.value("--listener-id", given.alb.listener_id, id_value(),
            "The listener that aliyun-cli changes (default: $LISTENER_ID)");
  set.value("--warehouse-id", given.alb.warehouse_id, id_value(),
            "The repository that aliyun-cli uploads to (default: one is found or made)");
  set.value("--region", given.alb.region, id_value(), "The region that aliyun-cli works in");
}

void add_proof(OptionSet set, RenderOptions& options) {
  Settings& given = options.given;
  set.value("--client-cert", options.client_certificate, file_value(),
            "A client that gets in (default: client.crt)");
  set.value("--client-key", options.client_key, file_value(),
            "The key of it (default: client.key)");
  set.value("--trust", given.proof.server_trust, text_value("FILE"),
            "What the server's certificate chains to, or 'system' (default: the CA's root, behind "
            "an ALB system)");
  set.value("--resolve", given.proof.resolve, resolve_value(),
            "Connect to ADDRESS, as curl has it");
}

std::optional<std::string> absolute_name(const std::optional<Path>& path) {
  if (!path) return std::nullopt;
  return std::filesystem::absolute(*path).lexically_normal().native();
}

bool has_server_files(Target target) {
  return target == Target::nginx || target == Target::haproxy || target == Target::envoy;
}

}  // namespace

ValueType<Target> target_value() {
  std::vector<std::pair<std::string, Target>> words;
  for (const render::TargetInfo& one : render::targets()) {
    words.emplace_back(std::string(one.word), one.target);
  }
  return word_value<Target>(std::move(words));
}

void RenderOptions::add_to(Command& command) {
  add_listener(command.options("Listener"), *this);
  add_kubernetes(command.options("Kubernetes"), *this);
  add_alb(command.options("Alibaba Cloud ALB"), *this);
  add_proof(command.options("Proof"), *this);
}

Settings RenderOptions::settings(Target target) const {
  Settings settings = given;
  settings.listener.server_certificate = absolute_name(server_certificate);
  settings.listener.server_key = absolute_name(server_key);
  if (has_server_files(target) && !server_certificate && !server_key && name_exists("server.crt") &&
      name_exists("server.key")) {
    settings.listener.server_certificate = absolute_name("server.crt");
    settings.listener.server_key = absolute_name("server.key");
  }
  settings.listener.trust_file = absolute_name(trust_file);
  settings.listener.crl_file = absolute_name(crl_file);
  // These are run where they are read, not on the server: as they were typed.
  if (client_certificate) settings.proof.client_certificate = client_certificate->native();
  if (client_key) settings.proof.client_key = client_key->native();
  return settings;
}

}  // namespace mtls::cmd
