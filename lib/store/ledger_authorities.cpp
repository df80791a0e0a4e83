// The CA certificates that a ledger holds: those of its issuers, and those it recorded.
#include "base/base64.hpp"
#include "base/error.hpp"
#include "store/ledger_data.hpp"

#include <algorithm>

namespace mtls::store {
namespace {

/// The certificate, if it says that it is a CA's. One that cannot be read says nothing: `store
/// check` is there for it.
std::optional<x509::Certificate> read_authority(ByteView der) {
  try {
    x509::Certificate certificate = x509::Certificate::from_der(der);
    const auto constraints = certificate.basic_constraints();
    if (!constraints || constraints->subject != x509::BasicConstraints::Subject::ca) {
      return std::nullopt;
    }
    return certificate;
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Appends the CA certificates among a statement's rows, whose only column is one in base64.
void take_authorities(Statement& rows, std::vector<x509::Certificate>& authorities) {
  while (rows.step()) {
    const auto der = from_base64(rows.text(0));
    if (!der) continue;
    const auto certificate = read_authority(*der);
    if (!certificate) continue;
    if (std::find(authorities.begin(), authorities.end(), *certificate) == authorities.end()) {
      authorities.push_back(*certificate);
    }
  }
}

/// The profiles that issued CA certificates: what a profile makes is of one kind, so that one row
/// of each says it.
std::vector<std::string> authority_profiles(Connection& connection) {
  std::vector<std::string> names;
  const auto distinct =
      connection.prepare("SELECT DISTINCT profile FROM certificates WHERE origin = 'issued'");
  while (distinct->step()) names.push_back(distinct->text(0));
  const auto makes_none = [&connection](const std::string& profile) {
    std::vector<x509::Certificate> first;
    const auto row = connection.prepare(
        "SELECT certificate FROM certificates WHERE origin = 'issued' AND profile = :profile AND "
        "certificate IS NOT NULL LIMIT 1");
    row->bind("profile", profile);
    take_authorities(*row, first);
    return first.empty();
  };
  names.erase(std::remove_if(names.begin(), names.end(), makes_none), names.end());
  return names;
}

}  // namespace

std::vector<x509::Certificate> Ledger::authorities() const {
  return m_data->guard([&] {
    Transaction snapshot(*m_data->connection, Transaction::Kind::reading);
    std::vector<x509::Certificate> found;
    take_authorities(*m_data->prepare("SELECT certificate FROM ca_certificates"), found);
    take_authorities(*m_data->prepare("SELECT certificate FROM certificates WHERE origin = "
                                      "'imported' AND certificate IS NOT NULL"),
                     found);
    for (const std::string& profile : authority_profiles(*m_data->connection)) {
      const auto rows = m_data->prepare(
          "SELECT certificate FROM certificates WHERE origin = 'issued' AND profile = :profile AND "
          "certificate IS NOT NULL");
      rows->bind("profile", profile);
      take_authorities(*rows, found);
    }
    return found;
  });
}

}  // namespace mtls::store
