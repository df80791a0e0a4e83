#include "authority/import_evidence.hpp"

#include <algorithm>

namespace mtls::authority {
namespace {

constexpr std::string_view k_hold = "certificateHold";

/// How much a reason says: one that is permanent counts before one that can be undone.
int weight(std::string_view reason) {
  if (reason == k_hold) return 0;
  return reason.empty() ? 1 : 2;
}

std::optional<UnixTime> earlier(std::optional<UnixTime> one, std::optional<UnixTime> other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

}  // namespace

SerialEvidence& ImportEvidence::at(const x509::SerialNumber& serial, const Path& file,
                                   std::optional<std::size_t> line) {
  return m_serials.try_emplace(serial, SerialEvidence{.file = file, .line = line}).first->second;
}

void ImportEvidence::revoke(SerialEvidence& evidence,
                            const store::Imported::Revocation& revocation) const {
  if (!evidence.revocation) {
    evidence.revocation = revocation;
    return;
  }
  store::Imported::Revocation& known = *evidence.revocation;
  const bool is_earlier = revocation.time.value_or(m_now) < known.time.value_or(m_now);
  const int more = weight(revocation.reason) - weight(known.reason);
  if (more > 0 || (more == 0 && is_earlier)) known.reason = revocation.reason;
  if (is_earlier) known.time = revocation.time;
  known.invalid_since = earlier(known.invalid_since, revocation.invalid_since);
}

const SerialEvidence* ImportEvidence::find(const x509::SerialNumber& serial) const {
  const auto found = m_serials.find(serial);
  return found != m_serials.end() ? &found->second : nullptr;
}

}  // namespace mtls::authority
