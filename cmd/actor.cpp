#include "cmd/actor.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/process_identity.hpp"
#include "base/utf8.hpp"

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
    return decode_utf8(found->pw_name) ? found->pw_name : printable(found->pw_name);
  }
  return format("uid {}", user);
}

std::string actor_name(const Session& session) {
  if (session.common().actor) return *session.common().actor;
  if (auto named = environment("MTLSCTL_ACTOR")) {
    if (named->size() <= k_actor_limit && decode_utf8(*named)) return *std::move(named);
    throw Error(Errc::usage, "MTLSCTL_ACTOR: not a valid value",
                format("give 1 to {} octets of UTF-8", k_actor_limit));
  }
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

store::Author make_author(const Session& session) {
  store::Actor actor = make_actor(session);
  return {.actor = std::move(actor.actor),
          .host = std::move(actor.host),
          .time = session.clock().now()};
}

}  // namespace mtls::cmd
