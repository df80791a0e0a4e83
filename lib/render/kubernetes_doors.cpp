#include "render/kubernetes_doors.hpp"

#include "base/format.hpp"

#include <algorithm>

namespace mtls::render {
namespace {

std::string named(const YamlNode& object) {
  return format("{} {}", object.text_at("kind").value_or(""),
                object.text_at("metadata.name").value_or(""));
}

bool has_entries(const YamlNode* node) { return node != nullptr && !node->items.empty(); }

/// Annotations of an Ingress that change the check of ingress-nginx, whatever prefix it was started
/// with.
void check_annotations(Comparison& comparison, const YamlNode& ingress) {
  const YamlNode* annotations = ingress.at("metadata.annotations");
  if (annotations == nullptr) return;
  for (std::size_t i = 0; i < annotations->keys.size(); ++i) {
    const std::string& key = annotations->keys[i];
    const std::string& value = annotations->items[i].scalar;
    const std::string_view last = std::string_view(key).substr(key.find('/') + 1);
    const std::string setting = format("{}: metadata.annotations.{}", named(ingress), key);
    if (last == "auth-tls-verify-client") {
      comparison.expect(setting, "on", value);
    } else if (last == "auth-tls-error-page" || last.ends_with("-snippet") ||
               last == "ssl-passthrough") {
      comparison.doubt(setting, "nothing that may answer instead of a refusal", value);
    }
  }
}

/// The annotation goes before ingressClassName, or contradicts it.
void check_class(Comparison& comparison, const YamlNode& ingress) {
  const YamlNode* annotations = ingress.at("metadata.annotations");
  if (annotations == nullptr) return;
  // Not by `at`: its name has a dot.
  const YamlNode* other = annotations->find("kubernetes.io/ingress.class");
  if (other == nullptr) return;
  comparison.add(named(ingress) + ": metadata.annotations.kubernetes.io/ingress.class", "nothing",
                 other->scalar);
}

void check_pods(Comparison& comparison, const YamlNode& deployment) {
  const YamlNode* pod = deployment.at("spec.template.spec");
  if (pod == nullptr) return;
  if (const auto host = pod->text_at("hostNetwork"); host && *host != "false") {
    comparison.add(named(deployment) + ": spec.template.spec.hostNetwork", "nothing", *host);
  }
  const YamlNode* containers = pod->find("containers");
  if (containers == nullptr) return;
  for (const YamlNode& container : containers->items) {
    const YamlNode* ports = container.find("ports");
    if (ports == nullptr) continue;
    for (const YamlNode& port : ports->items) {
      const auto host = port.text_at("hostPort");
      if (!host || *host == "0") continue;
      comparison.add(named(deployment) + ": ports.hostPort", "nothing", *host);
    }
  }
}

/// Whether a Service is reached from outside the cluster by itself.
std::optional<std::string> exposure(const YamlNode& service) {
  if (has_entries(service.at("spec.externalIPs"))) return "externalIPs";
  const auto type = service.text_at("spec.type");
  if (!type || *type == "ClusterIP") return std::nullopt;
  return type;
}

bool is_of(const YamlNode& object, const std::optional<std::string>& space) {
  const auto own = object.text_at("metadata.namespace");
  return !space || !own || *own == *space;
}

/// Anywhere in it; read_yaml bounds the depth.
bool names_service(const YamlNode& node, const std::string& name) {
  const YamlNode* service = node.find("service");
  if (service != nullptr && service->text_at("name") == name) return true;
  if (node.text_at("serviceName") == name) return true;  // as networking.k8s.io/v1beta1 has it
  return std::any_of(node.items.begin(), node.items.end(),
                     [&name](const YamlNode& one) { return names_service(one, name); });
}

}  // namespace

void check_demo_doors(Comparison& comparison, const YamlNode& object) {
  const auto kind = object.text_at("kind");
  if (kind == "Deployment") check_pods(comparison, object);
  if (kind == "Service" && has_entries(object.at("spec.externalIPs"))) {
    comparison.add(named(object) + ": spec.externalIPs", "nothing", "there");
  }
  if (kind != "Ingress") return;
  check_annotations(comparison, object);
  check_class(comparison, object);
}

void check_further_doors(Comparison& comparison, const std::vector<YamlNode>& objects,
                         const std::string& name, const std::optional<std::string>& space) {
  for (const YamlNode& object : objects) {
    const auto kind = object.text_at("kind");
    if (object.text_at("metadata.name") == name || !is_of(object, space)) continue;
    if (kind == "Service" && object.text_at("spec.selector.app") == name) {
      if (const auto how = exposure(object)) {
        comparison.add(named(object) + ": spec.type", "ClusterIP", *how);
      }
    }
    if (kind == "Ingress" && names_service(object, name)) {
      comparison.doubt(named(object), "no other way to the Service", "there");
    }
  }
}

void check_secret_users(Comparison& comparison, const std::vector<YamlNode>& objects,
                        const std::string& name) {
  for (const YamlNode& object : objects) {
    const YamlNode* annotations = object.at("metadata.annotations");
    if (object.text_at("kind") != "Ingress" || annotations == nullptr) continue;
    for (std::size_t i = 0; i < annotations->keys.size(); ++i) {
      const std::string& value = annotations->items[i].scalar;
      const bool is_user = annotations->keys[i].ends_with("/auth-tls-secret") &&
                           value.substr(value.find('/') + 1) == name;
      if (is_user) check_annotations(comparison, object);
    }
  }
}

}  // namespace mtls::render
