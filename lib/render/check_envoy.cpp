#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "render/comparison.hpp"
#include "render/envoy_fields.hpp"
#include "render/server_listener.hpp"
#include "render/verify_depth.hpp"
#include "render/yaml_document.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

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

/// protobuf's JSON has each name in two forms, require_client_certificate and
/// requireClientCertificate: here the first. Both in one map are malformed.
// NOLINTNEXTLINE(misc-no-recursion): read_yaml bounds the depth
void use_one_form(YamlNode& node) {
  for (std::string& key : node.keys) {
    std::string other;
    for (const char c : key) {
      const bool upper = c >= 'A' && c <= 'Z';
      if (upper) other += '_';
      other += upper ? static_cast<char>(c + 32) : c;
    }
    if (other == key) continue;
    if (node.find(other) != nullptr) {
      throw Error(Errc::malformed,
                  format("{} and {} stand in one map", printable(other), printable(key)));
    }
    key = std::move(other);
  }
  for (YamlNode& item : node.items) use_one_form(item);
}

/// Expects that `key` is as it is by default: absent, or one of the forms of that value.
void expect_default(Comparison& comparison, const YamlNode& map, const std::string& key,
                    std::initializer_list<std::string_view> forms, const std::string& where) {
  const YamlNode* node = map.find(key);
  if (node == nullptr || node->kind == YamlNode::Kind::nothing) return;
  const std::string found = node->kind == YamlNode::Kind::scalar ? node->scalar : "there";
  if (std::find(forms.begin(), forms.end(), found) != forms.end()) return;
  comparison.add(where + key, forms.size() == 0 ? "nothing" : std::string(*forms.begin()), found);
}

/// Fields that are read here, or only restrict whom Envoy accepts. Any other may do the opposite.
template <std::size_t size>
void expect_known(Comparison& comparison, const YamlNode& map,
                  const std::array<std::string_view, size>& known, const std::string& where) {
  for (std::size_t i = 0; i < map.keys.size(); ++i) {
    if (std::find(known.begin(), known.end(), map.keys[i]) != known.end()) continue;
    if (map.items[i].kind == YamlNode::Kind::nothing) continue;
    comparison.doubt(where + map.keys[i], "no field whose effect is unknown", "there");
  }
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
  expect_known(comparison, context, k_validation_fields, where);
  comparison.depth(where + "max_verify_depth", envoy_depth,
                   context.text_at("max_verify_depth").value_or("100"));
  expect_default(comparison, context, "trust_chain_verification", {"VERIFY_TRUST_CHAIN", "0"},
                 where);
  for (const char* key : {"allow_expired_certificate", "only_verify_leaf_cert_crl"}) {
    expect_default(comparison, context, key, {"false"}, where);
  }
  // Whoever else would judge, or be trusted.
  for (const char* key :
       {"custom_validator_config", "system_root_certs", "ca_certificate_provider_instance"}) {
    expect_default(comparison, context, key, {}, where);
  }
}

void check_tls(Comparison& comparison, const YamlNode& tls, const std::string& where) {
  comparison.expect(where + "require_client_certificate", "true",
                    tls.text_at("require_client_certificate"));
  const auto type = tls.text_at("@type");
  if (!type || !type->ends_with(".DownstreamTlsContext")) {
    comparison.doubt(where + "@type", "DownstreamTlsContext", type.value_or("nothing"));
  }
  expect_known(comparison, tls, k_downstream_fields, where);
  expect_known(comparison, *tls.find("common_tls_context"), k_common_fields,
               where + "common_tls_context.");
  const YamlNode* context = tls.at("common_tls_context.validation_context");
  if (const YamlNode* both = tls.at("common_tls_context.combined_validation_context")) {
    context = both->find("default_validation_context");
    expect_default(comparison, *both, "validation_context_sds_secret_config", {}, where);
  }
  if (context == nullptr) {
    comparison.add(where + "validation_context", "trusted_ca", "nothing");
  } else {
    check_validation(comparison, *context, where + "validation_context.");
  }
  if (!comparison.facts().crl) return;
  // A session that is resumed is not checked against the CRL again.
  for (const char* key :
       {"disable_stateless_session_resumption", "disable_stateful_session_resumption"}) {
    comparison.expect(where + key, "true", tls.text_at(key));
  }
}

void check_chain(Comparison& comparison, const YamlNode& chain, const std::string& where) {
  const YamlNode* tls = chain.at("transport_socket.typed_config");
  if (tls == nullptr || tls->find("common_tls_context") == nullptr) {
    comparison.add(where + "transport_socket", "DownstreamTlsContext", "nothing");
  } else {
    check_tls(comparison, *tls, where);
  }
}

/// Every filter chain of a listener: the name that a client asks for picks one.
void check_listener(Comparison& comparison, const YamlNode& listener, const std::string& where) {
  expect_default(comparison, listener, "fcds_config", {}, where);  // chains that are sent
  // It hands connections on to other listeners.
  expect_default(comparison, listener, "use_original_dst", {"false"}, where);
  const YamlNode* chains = listener.find("filter_chains");
  const YamlNode* others = listener.find("default_filter_chain");
  if (others != nullptr) check_chain(comparison, *others, where + "default_filter_chain: ");
  if (chains == nullptr || chains->items.empty()) {
    if (others == nullptr) comparison.add(where + "filter_chains", "there", "nothing");
    return;
  }
  for (std::size_t i = 0; i < chains->items.size(); ++i) {
    check_chain(comparison, chains->items[i], format("{}filter_chains[{}]: ", where, i));
  }
}

/// Listeners that others send, whether through a file, a server of their own (LDS) or the one for
/// everything (ADS): what they let in stands elsewhere. Clusters that are sent let nobody in.
void refuse_other_sources(Comparison& comparison, const YamlNode& document) {
  const YamlNode* sources = document.find("dynamic_resources");
  if (sources == nullptr) return;
  for (std::size_t i = 0; i < sources->keys.size(); ++i) {
    const std::string& key = sources->keys[i];
    const bool only_clusters = key == "cds_config" || key == "cds_resources_locator";
    if (only_clusters || sources->items[i].kind == YamlNode::Kind::nothing) continue;
    comparison.doubt("dynamic_resources." + key,
                     "nothing: listeners that are sent are not seen here", "there");
  }
}

bool listens_on(const YamlNode& listener, std::uint16_t port) {
  const auto has_it = [port](const YamlNode& one) {
    const YamlNode* address = one.at("address.socket_address");
    if (address == nullptr) return false;
    return address->find("named_port") != nullptr || may_be(address->text_at("port_value"), port);
  };
  const YamlNode* more = listener.find("additional_addresses");
  return has_it(listener) ||
         (more != nullptr && std::any_of(more->items.begin(), more->items.end(), has_it));
}

}  // namespace

void check_envoy(Comparison& comparison, std::string_view live) {
  const std::uint16_t port = server_listener(comparison.request()).listen.port;
  const std::string where = format("listener on port {}", port);
  bool found = false;
  for (YamlNode& document : read_yaml(live)) {
    use_one_form(document);
    refuse_other_sources(comparison, document);
    const YamlNode* admin = document.find("admin");
    if (admin != nullptr && listens_on(*admin, port)) {
      comparison.add("admin.address", "another port", "plain HTTP");
    }
    const YamlNode* listeners = document.at("static_resources.listeners");
    if (listeners == nullptr) continue;
    for (const YamlNode& listener : listeners->items) {
      if (!listens_on(listener, port)) continue;
      found = true;
      check_listener(comparison, listener, where + ", ");
    }
  }
  if (!found) comparison.add(where, "there", "nothing");
}

}  // namespace mtls::render
