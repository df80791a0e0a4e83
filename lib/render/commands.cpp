// The targets that are scripts for a shell.
#include "base/error.hpp"
#include "base/format.hpp"
#include "render/draft.hpp"

namespace mtls::render {
namespace {

bool is_this_machine(const Settings& settings) {
  if (settings.listener.hosts.empty()) return false;
  const std::string& host = settings.listener.hosts.front().text();
  return host == "localhost" || host == "::1" || host.rfind("127.", 0) == 0;
}

/// As curl's --cert takes a file's name: a colon parts it from a passphrase, unless a backslash
/// stands before it, or before the backslash.
std::string escaped_for_curl(std::string_view name) {
  std::string escaped;
  for (const char c : name) {
    if (c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// curl 7.88 takes no IPv6 address as the host of --resolve; --connect-to does.
Values resolve_values(const ResolveEntry& entry) {
  const bool is_ipv6 = entry.endpoint.host.find(':') != std::string::npos;
  if (!is_ipv6) return Values().word("option", "--resolve").text("entry", entry.text());
  return Values()
      .word("option", "--connect-to")
      .text("entry", format("{}:{}", entry.endpoint.text(),
                            host_port_text(entry.addresses.front(), entry.endpoint.port)));
}

}  // namespace

Draft draft_curl(const RenderRequest& request) {
  const Settings& settings = request.settings;
  // On the desk the listener's certificate comes from the CA directory too.
  const std::string trust = is_this_machine(settings) ? request.facts.anchor_path : "system";
  Draft draft{Dialect::shell,
              make_proof(settings, k_guide_host, settings.alb.port.value_or(443), trust),
              {},
              {}};
  const Proof& proof = draft.proof;
  std::optional<Values> trust_file;
  if (proof.server_trust != "system") trust_file = Values().text("file", proof.server_trust);
  std::optional<Values> resolve;
  if (proof.resolve) resolve = resolve_values(*proof.resolve);
  draft.values.text("url", proof.url())
      .text("certificate", escaped_for_curl(proof.client_certificate))
      .text("key", proof.client_key)
      .maybe("trust", std::move(trust_file))
      .maybe("resolve", std::move(resolve));
  draft.notices.push_back({Notice::Level::note,
                           "that no certificate is refused proves little: prove it with mtlsctl "
                           "probe",
                           {}});
  return draft;
}

Draft draft_aliyun_cli(const RenderRequest& request) {
  const Settings& settings = request.settings;
  if (settings.alb.ca_certificate_ids.size() > 1) {
    throw Error(Errc::usage,
                format("--ca-certificate-id is given {} times: a listener of ALB takes exactly one "
                       "CA certificate",
                       settings.alb.ca_certificate_ids.size()),
                "give the one of the root that all clients chain to");
  }
  Draft draft{Dialect::shell, make_alb_proof(settings), {}, {}};
  const auto id = [](const char* key, const auto& value) {
    return value ? std::optional(Values().text(key, value->text())) : std::nullopt;
  };
  std::optional<Values> upload;
  std::optional<Values> known;
  if (settings.alb.ca_certificate_ids.empty()) {
    upload =
        Values()
            .text("upload_name",
                  format("mtlsctl-{}", to_hex(request.facts.anchor().fingerprint()).substr(0, 16)))
            .lines("pem", x509::to_pem(request.facts.anchor()));
    upload->maybe("warehouse", id("warehouse_id", settings.alb.warehouse_id));
  } else {
    known = Values().text("ca_certificate_id", settings.alb.ca_certificate_ids.front().text());
    if (settings.alb.warehouse_id) {
      throw Error(Errc::usage,
                  "--warehouse-id goes with an upload, and --ca-certificate-id is given",
                  "leave one of them out");
    }
  }
  draft.values.maybe("region", id("region_id", settings.alb.region))
      .maybe("upload", std::move(upload))
      .maybe("known", std::move(known))
      .maybe("listener", id("listener_id", settings.alb.listener_id))
      .maybe("security_policy", id("policy", settings.alb.security_policy));
  draft.notices = {no_crl_notice(request.facts)};
  if (settings.alb.ca_certificate_ids.empty()) {
    draft.notices.push_back(
        {Notice::Level::warning,
         "UploadPCACert, which uploads the CA certificate, is no longer part of the public API of "
         "Alibaba Cloud and may stop being answered",
         "if it fails, upload ca.crt in the console (Certificate Management Service, a repository "
         "of type uploadCA) and render again with --ca-certificate-id ID"});
  }
  return draft;
}

}  // namespace mtls::render
