#include "base/base64.hpp"
#include "base/format.hpp"
#include "render/comparison.hpp"
#include "render/server_listener.hpp"
#include "render/yaml_document.hpp"

namespace mtls::render {
namespace {

/// A config.core.v3.DataSource, as far as a file can hold one.
struct DataSource {
  std::optional<std::string> content;
  std::optional<std::string> file;
};

DataSource data_source(const YamlNode* node) {
  DataSource source;
  if (node == nullptr) return source;
  source.content = node->text_at("inline_string");
  if (const auto encoded = node->text_at("inline_bytes")) {
    const auto decoded = from_base64(*encoded);
    source.content = decoded ? std::string(as_text(*decoded)) : std::string();
  }
  source.file = node->text_at("filename");
  return source;
}

void check_validation(Comparison& comparison, const YamlNode& context, const std::string& where) {
  const DataSource trusted = data_source(context.find("trusted_ca"));
  if (trusted.content) {
    comparison.trust(where + "trusted_ca", as_bytes(*trusted.content));
  } else {
    comparison.trust_file(where + "trusted_ca", trusted.file);
  }
  const DataSource crl = data_source(context.find("crl"));
  if (crl.content) {
    comparison.lists(where + "crl", as_bytes(*crl.content));
  } else {
    comparison.lists_file(where + "crl", crl.file);
  }
  if (context.text_at("trust_chain_verification") == "ACCEPT_UNTRUSTED") {
    comparison.add(where + "trust_chain_verification", "VERIFY_TRUST_CHAIN", "ACCEPT_UNTRUSTED");
  }
  if (context.text_at("allow_expired_certificate") == "true") {
    comparison.add(where + "allow_expired_certificate", "false", "true");
  }
}

void check_tls(Comparison& comparison, const YamlNode& tls, const std::string& where) {
  comparison.expect(where + "require_client_certificate", "true",
                    tls.text_at("require_client_certificate"));
  const YamlNode* context = tls.at("common_tls_context.validation_context");
  if (context == nullptr) {
    context = tls.at("common_tls_context.combined_validation_context.default_validation_context");
  }
  if (context == nullptr) {
    comparison.add(where + "validation_context", "trusted_ca", "nothing");
  } else {
    check_validation(comparison, *context, where + "validation_context.");
  }
}

/// Every filter chain of a listener: the name that a client asks for picks one.
void check_listener(Comparison& comparison, const YamlNode& listener, const std::string& where) {
  const YamlNode* chains = listener.find("filter_chains");
  if (chains == nullptr || chains->items.empty()) {
    comparison.add(where + "filter_chains", "there", "nothing");
    return;
  }
  for (std::size_t i = 0; i < chains->items.size(); ++i) {
    const std::string chain = format("{}filter_chains[{}]: ", where, i);
    const YamlNode* tls = chains->items[i].at("transport_socket.typed_config");
    if (tls == nullptr || tls->find("common_tls_context") == nullptr) {
      comparison.add(chain + "transport_socket", "DownstreamTlsContext", "nothing");
    } else {
      check_tls(comparison, *tls, chain);
    }
  }
}

}  // namespace

void check_envoy(Comparison& comparison, std::string_view live) {
  const std::string port = std::to_string(server_listener(comparison.request()).listen.port);
  const std::string where = format("listener on port {}", port);
  bool found = false;
  for (const YamlNode& document : read_yaml(live)) {
    const YamlNode* listeners = document.at("static_resources.listeners");
    if (listeners == nullptr) continue;
    for (const YamlNode& listener : listeners->items) {
      if (listener.text_at("address.socket_address.port_value") != port) continue;
      found = true;
      check_listener(comparison, listener, where + ", ");
    }
  }
  if (!found) comparison.add(where, "there", "nothing");
}

}  // namespace mtls::render
