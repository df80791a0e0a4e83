#include "store/status_reader.hpp"

#include <set>

namespace mtls::store {

CurrentRecord StatusReader::read(Record record) {
  constexpr std::size_t k_few = 32;
  if (m_rows == Rows::few && ++m_lookups > k_few) m_rows = Rows::all;
  const auto revocation = revocation_of(record.serial);
  const Status status = status_at(record.state, revocation, record.validity, m_at);
  CurrentRecord current{.record = store::with_status(std::move(record), revocation),
                        .status = status,
                        .revocation = revocation,
                        .replaced_by = {}};
  bool replaced = false;
  for (Replacement& one : replacements_of(current.record.serial)) {
    replaced = true;
    // An intent that came to nothing replaced nothing.
    if (one.state != State::issued && one.state != State::revoked) continue;
    current.replaced_by.push_back(std::move(one.serial));
  }
  current.renewed = replaced && is_renewed(current.record.serial);
  return current;
}

std::optional<Revocation> StatusReader::revocation_of(const x509::SerialNumber& serial) {
  if (m_rows == Rows::few) return m_ledger.find_revocation(m_issuer, serial);
  if (!m_revocations) m_revocations = m_ledger.find_revocations(m_issuer);
  const auto found = m_revocations->find(serial);
  if (found == m_revocations->end()) return std::nullopt;
  return found->second;
}

std::vector<Replacement> StatusReader::replacements_of(const x509::SerialNumber& serial) {
  if (m_rows == Rows::few) return m_ledger.find_replacements(m_issuer, serial);
  if (!m_replacements) m_replacements = m_ledger.find_replacements(m_issuer);
  const auto found = m_replacements->find(serial);
  if (found == m_replacements->end()) return {};
  return found->second;
}

bool StatusReader::is_renewed(const x509::SerialNumber& serial) {
  std::vector<x509::SerialNumber> open{serial};
  // Each one that was reached, and from where. Rows altered by hand may go in a circle.
  std::map<x509::SerialNumber, x509::SerialNumber> reached{{serial, serial}};
  while (!open.empty()) {
    x509::SerialNumber one = std::move(open.back());
    open.pop_back();
    const auto known = m_renewed.find(one);
    bool renewed = known != m_renewed.end() && known->second;
    if (known == m_renewed.end()) {
      for (const Replacement& by : replacements_of(one)) {
        const auto revocation = revocation_of(by.serial);
        renewed |= status_at(by.state, revocation, by.validity, m_at) == Status::valid;
        if (reached.emplace(by.serial, one).second) open.push_back(by.serial);
      }
    }
    if (!renewed) continue;
    for (;; one = reached.at(one)) {
      m_renewed[one] = true;
      if (one == serial) return true;
    }
  }
  for (const auto& [one, from] : reached) m_renewed[one] = false;
  return false;
}

}  // namespace mtls::store
