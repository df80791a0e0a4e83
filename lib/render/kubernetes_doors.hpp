// What Kubernetes objects may have besides, and lets clients in past the listener. Private to this
// room.
#pragma once

#include "render/comparison.hpp"
#include "render/yaml_document.hpp"

#include <vector>

namespace mtls::render {

/// Reports how an object of the demo, of the kind Deployment, Service or Ingress, can be reached
/// past the listener, or by one that is not ALB's.
void check_demo_doors(Comparison& comparison, const YamlNode& object);

/// Reports, of the Services and Ingresses in `objects`, those that are none of the demo's and lead
/// to its pods all the same. `name` and `space` are the demo's; without a space any will do.
void check_further_doors(Comparison& comparison, const std::vector<YamlNode>& objects,
                         const std::string& name, const std::optional<std::string>& space);

/// Reports, of the Ingresses in `objects`, the annotations of ingress-nginx that turn off or may
/// undo its check of clients against the Secret `name`.
void check_secret_users(Comparison& comparison, const std::vector<YamlNode>& objects,
                        const std::string& name);

}  // namespace mtls::render
