// What a user says of the listener that `render` writes for.
#pragma once

#include "base/file.hpp"
#include "cmd/command.hpp"
#include "render/settings.hpp"

#include <optional>

namespace mtls::cmd {

/// The flags of all targets, under a heading for each kind. Which of them a target takes is
/// render::check_settings' to say.
struct RenderOptions {
  void add_to(Command& command);
  /// The settings as the library takes them: files on the server as absolute names, and server.crt
  /// and server.key where they stand here and `target` serves them.
  [[nodiscard]] render::Settings settings(render::Target target) const;

  render::Settings given;  // but for the files
  std::optional<Path> server_certificate;
  std::optional<Path> server_key;
  std::optional<Path> trust_file;
  std::optional<Path> crl_file;
  std::optional<Path> client_certificate;
  std::optional<Path> client_key;
};

[[nodiscard]] ValueType<render::Target> target_value();

}  // namespace mtls::cmd
