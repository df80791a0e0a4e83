// Objects of Kubernetes, as `kubectl get -o yaml` shows them: whatever the server added may be
// there.
#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/format.hpp"
#include "render/comparison.hpp"
#include "render/kubernetes_doors.hpp"
#include "render/yaml_document.hpp"

#include <algorithm>
#include <array>

namespace mtls::render {
namespace {

std::string describe(const YamlNode* node) {
  if (node == nullptr || node->kind == YamlNode::Kind::nothing) return "nothing";
  if (node->kind == YamlNode::Kind::scalar) return node->scalar;
  return node->kind == YamlNode::Kind::list ? "a list" : "a map";
}

/// The key by which an item of a list is found again, wherever it stands.
std::optional<std::string> identity(const YamlNode& item) {
  static constexpr std::array<std::string_view, 6> k_keys{"port", "vSwitchId",     "CertificateId",
                                                          "name", "containerPort", "host"};
  const auto* key = std::find_if(k_keys.begin(), k_keys.end(), [&item](std::string_view one) {
    return item.text_at(one).has_value();
  });
  if (key == k_keys.end()) return std::nullopt;
  return std::string(*key);
}

void compare(Comparison& comparison, const YamlNode& expected, const YamlNode* found,
             const std::string& where);

void compare_lists(Comparison& comparison, const YamlNode& expected, const YamlNode& found,
                   const std::string& where) {
  for (std::size_t i = 0; i < expected.items.size(); ++i) {
    const YamlNode& item = expected.items[i];
    const auto key = identity(item);
    if (!key) {
      compare(comparison, item, i < found.items.size() ? &found.items[i] : nullptr,
              format("{}[{}]", where, i));
      continue;
    }
    const std::string value = item.text_at(*key).value_or("");
    const auto same = std::find_if(found.items.begin(), found.items.end(),
                                   [&](const YamlNode& one) { return one.text_at(*key) == value; });
    const std::string place = format("{}[{}={}]", where, *key, value);
    if (same == found.items.end()) {
      const bool one_only = expected.items.size() == 1 && found.items.size() == 1;
      comparison.add(place, value,
                     one_only ? found.items.front().text_at(*key).value_or("nothing") : "nothing");
    } else {
      compare(comparison, item, &*same, place);
    }
  }
}

/// Whatever `expected` has must be in `found`; what is there besides may be.
void compare(Comparison& comparison, const YamlNode& expected, const YamlNode* found,
             const std::string& where) {
  if (found == nullptr || found->kind != expected.kind) {
    comparison.add(where, describe(&expected), describe(found));
    return;
  }
  switch (expected.kind) {
    case YamlNode::Kind::nothing:
      break;
    case YamlNode::Kind::scalar:
      comparison.expect(where, expected.scalar, found->scalar);
      break;
    case YamlNode::Kind::list:
      compare_lists(comparison, expected, *found, where);
      break;
    case YamlNode::Kind::map:
      for (std::size_t i = 0; i < expected.keys.size(); ++i) {
        const std::string& key = expected.keys[i];
        compare(comparison, expected.items[i], found->find(key),
                where.empty() ? key : format("{}.{}", where, key));
      }
      break;
  }
}

/// Compares every object that would be rendered with all those of its kind and name: of several,
/// kubectl apply takes the last. Calls `further` with each pair that is there.
template <class Further>
void compare_objects(Comparison& comparison, std::string_view live, Further&& further) {
  const std::vector<YamlNode> found = read_yaml(live);
  const Rendered rendered = render(comparison.request());
  for (const YamlNode& expected : read_yaml(as_text(rendered.text.view()))) {
    const std::string kind = expected.text_at("kind").value_or("");
    const std::string name = expected.text_at("metadata.name").value_or("");
    const auto space = expected.text_at("metadata.namespace");
    bool is_there = false;
    for (const YamlNode& object : found) {
      if (object.text_at("kind") != kind || object.text_at("metadata.name") != name) continue;
      if (space && object.text_at("metadata.namespace") != space) continue;
      is_there = true;
      further(expected, object);
    }
    if (!is_there) comparison.add(format("{} {}", kind, name), "there", "nothing");
  }
}

/// What an AlbConfig may have besides, and must not.
void refuse_open_doors(Comparison& comparison, const YamlNode& object) {
  const YamlNode* listeners = object.at("spec.listeners");
  if (object.text_at("spec.config.edition") == "Basic") {
    comparison.add("spec.config.edition", "Standard or StandardWithWaf", "Basic");
  }
  if (listeners == nullptr) return;
  const std::uint16_t port = comparison.request().settings.alb.port.value_or(443);
  const std::string where = format("spec.listeners[port={}]", port);
  std::size_t on_port = 0;
  for (const YamlNode& listener : listeners->items) {
    if (!may_be(listener.text_at("port"), port)) continue;
    ++on_port;
    const auto quic = listener.text_at("quicConfig.quicUpgradeEnabled");
    if (quic && *quic != "false") {
      comparison.add(where + ".quicConfig.quicUpgradeEnabled", "nothing", *quic);
    }
    const YamlNode* authorities = listener.find("caCertificates");
    if (authorities != nullptr && authorities->items.size() > 1) {
      comparison.add(where + ".caCertificates", "exactly one",
                     std::to_string(authorities->items.size()));
    }
  }
  if (on_port > 1) comparison.add(where, "one listener", std::to_string(on_port));
}

/// An entry of a Secret; nothing where it has none.
std::optional<SecretBytes> secret_entry(Comparison& comparison, const YamlNode& object,
                                        std::string_view key) {
  // The API server writes stringData over data.
  if (const YamlNode* data = object.find("stringData")) {
    if (const YamlNode* entry = data->find(key)) return SecretBytes(as_bytes(entry->scalar));
  }
  if (const YamlNode* data = object.find("data")) {
    if (const YamlNode* entry = data->find(key)) {
      const auto decoded = from_base64(entry->scalar);
      if (decoded) return SecretBytes(*decoded);
      comparison.add(format("data.{}", key), "base64", "something else");
    }
  }
  return std::nullopt;
}

}  // namespace

void check_albconfig(Comparison& comparison, std::string_view live) {
  compare_objects(comparison, live, [&](const YamlNode& expected, const YamlNode& object) {
    compare(comparison, expected, &object, {});
    refuse_open_doors(comparison, object);
  });
}

void check_k8s_demo(Comparison& comparison, std::string_view live) {
  compare_objects(comparison, live, [&](const YamlNode& expected, const YamlNode& object) {
    compare(comparison, expected, &object, expected.text_at("kind").value_or(""));
    check_demo_doors(comparison, object);
    if (expected.text_at("kind") != "Service") return;
    check_further_doors(comparison, read_yaml(live), expected.text_at("metadata.name").value_or(""),
                        expected.text_at("metadata.namespace"));
  });
}

void check_k8s_secret(Comparison& comparison, std::string_view live) {
  compare_objects(comparison, live, [&](const YamlNode& expected, const YamlNode& object) {
    check_secret_users(comparison, read_yaml(live), expected.text_at("metadata.name").value_or(""));
    const auto authority = secret_entry(comparison, object, "ca.crt");
    if (authority) {
      comparison.trust("data.ca.crt", authority->view());
    } else {
      comparison.trust_file("data.ca.crt", std::nullopt);
    }
    const auto lists = secret_entry(comparison, object, "ca.crl");
    comparison.lists("data.ca.crl", lists ? std::optional(lists->view()) : std::nullopt);
    const auto& server = comparison.request().server;
    if (!server) return;
    const auto certificate = secret_entry(comparison, object, "tls.crt");
    if (!certificate) {
      comparison.add("data.tls.crt", "the listener's certificate", "nothing");
    } else if (x509::read_certificates(certificate->view(), "data.tls.crt") !=
               x509::read_certificates(as_bytes(server->certificate_pem), "tls.crt")) {
      comparison.add("data.tls.crt", "the listener's certificate", "another");
    }
  });
}

}  // namespace mtls::render
