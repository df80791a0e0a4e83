#include "probe/attempt_order.hpp"

#include <algorithm>
#include <tuple>

namespace mtls::probe {

bool operator<(const AttemptKey& left, const AttemptKey& right) {
  return std::tie(left.id, left.version, left.variant) <
         std::tie(right.id, right.version, right.variant);
}

AttemptKey key_of(const Attempt& attempt) {
  return {.id = attempt.id, .version = attempt.version, .variant = attempt.variant};
}

void sort_by_key(std::vector<Judged>& judged) {
  std::sort(judged.begin(), judged.end(), [](const Judged& left, const Judged& right) {
    return key_of(left.attempt) < key_of(right.attempt);
  });
}

void InOrder::expect(AttemptKey key) { m_expected.insert(std::move(key)); }

void InOrder::settle(const AttemptKey& key) { m_expected.erase(key); }

std::vector<Judged> InOrder::take(std::vector<Judged> judged) {
  sort_by_key(judged);
  std::vector<Judged> ready;
  for (Judged& one : judged) {
    AttemptKey key = key_of(one.attempt);
    if (!m_expected.empty() && *m_expected.begin() < key) break;
    if (m_reported.insert(std::move(key)).second) ready.push_back(std::move(one));
  }
  return ready;
}

}  // namespace mtls::probe
