#include "store/status_reader.hpp"

#include <set>

namespace mtls::store {

CurrentRecord StatusReader::read(Record record) {
  const auto revocation = revocation_of(record.serial);
  const Status status = status_at(record.state, revocation, record.validity, m_at);
  CurrentRecord current{.record = store::with_status(std::move(record), revocation),
                        .status = status,
                        .revocation = revocation,
                        .replaced_by = {}};
  for (Replacement& one : replacements_of(current.record.serial)) {
    current.replaced_by.push_back(std::move(one.serial));
  }
  current.renewed = !current.replaced_by.empty() && is_renewed(current.record.serial);
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
  std::set<x509::SerialNumber> seen{serial};  // rows altered by hand may go in a circle
  while (!open.empty()) {
    const x509::SerialNumber one = std::move(open.back());
    open.pop_back();
    for (const Replacement& by : replacements_of(one)) {
      if (!seen.insert(by.serial).second) continue;
      if (status_at(by.state, revocation_of(by.serial), by.validity, m_at) == Status::valid) {
        return true;
      }
      open.push_back(by.serial);
    }
  }
  return false;
}

}  // namespace mtls::store
