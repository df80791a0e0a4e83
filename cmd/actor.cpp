#include "cmd/actor.hpp"

#include "base/format.hpp"
#include "base/process_identity.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>

namespace mtls::cmd {
namespace {

std::string user_name() {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  const uid_t user = ::geteuid();
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return format("uid {}", user);
}

std::string actor_name(const Session& session) {
  if (session.common().actor) return *session.common().actor;
  if (auto named = environment("MTLSCTL_ACTOR")) return *std::move(named);
  return user_name();
}

}  // namespace

store::Actor make_actor(const Session& session) {
  ProcessIdentity self = this_process();
  return {.actor = actor_name(session),
          .host = std::move(self.host),
          .pid = self.pid,
          .session = std::move(self.session)};
}

}  // namespace mtls::cmd
