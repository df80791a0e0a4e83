#include "cmd/find_record.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/next_command.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

namespace mtls::cmd {
namespace {

/// As many as a hint can list; one more shows that there are more.
constexpr std::size_t k_listed = 10;

std::optional<store::Record> find_by_fingerprint(const store::Ledger& ledger,
                                                 const std::string& selector) {
  const auto octets = from_hex(selector);
  crypto::Sha256 fingerprint{};
  if (!octets || octets->size() != fingerprint.size()) return std::nullopt;
  std::copy(octets->begin(), octets->end(), fingerprint.begin());
  return ledger.find_by_fingerprint(fingerprint);
}

/// How far a certificate is from one to be used: of several with one subject the least is shown.
int distance(const store::CurrentRecord& one) {
  switch (one.status) {
    case store::Status::valid:
      return one.renewed ? 1 : 0;
    case store::Status::not_yet_valid:
      return 2;
    case store::Status::expired:
      return 3;
    case store::Status::on_hold:
      return 4;
    case store::Status::revoked:
      return one.record.certificate ? 5 : 6;
    case store::Status::pending:
    case store::Status::unknown:
    case store::Status::abandoned:
      break;
  }
  return 6;
}

bool is_preferred(const store::CurrentRecord& left, const store::CurrentRecord& right) {
  const auto key = [](const store::CurrentRecord& one) {
    return std::tuple(-distance(one), one.record.validity.not_before, one.record.intent_time,
                      one.record.validity.not_after);
  };
  return key(left) > key(right);
}

/// The records that match in one way, while a list is read: the preferred one while all have one
/// subject, and the first few for a hint.
class Matches final {
 public:
  void add(const store::Record& record, store::StatusReader& reader) {
    ++m_count;
    if (m_first.size() <= k_listed) m_first.push_back(record);
    m_one_subject = m_one_subject && record.subject == m_first.front().subject;
    if (!m_one_subject) return;
    store::CurrentRecord current = reader.read(record);
    if (!m_best || is_preferred(current, *m_best)) m_best = std::move(current);
  }
  [[nodiscard]] bool empty() const noexcept { return m_count == 0; }
  [[nodiscard]] const std::vector<store::Record>& first() const noexcept { return m_first; }
  /// Nothing where there is none, or several subjects match.
  [[nodiscard]] std::optional<FoundRecord> take() && {
    if (empty() || !m_one_subject) return std::nullopt;
    return FoundRecord{.current = *std::move(m_best), .others = m_count - 1};
  }

 private:
  std::size_t m_count = 0;
  bool m_one_subject = true;
  std::vector<store::Record> m_first;
  std::optional<store::CurrentRecord> m_best;
};

/// Whether `selector` is the whole subject, or the common name that it begins with.
bool is_named(std::string_view subject, std::string_view selector) {
  constexpr std::string_view k_common_name = "CN=";
  if (subject == selector) return true;
  if (!subject.starts_with(k_common_name)) return false;
  subject.remove_prefix(k_common_name.size());
  if (!subject.starts_with(selector)) return false;
  subject.remove_prefix(selector.size());
  return subject.empty() || subject.front() == ',' || subject.front() == '+';
}

Matches find_by_subject(const RecordSearch& search, const std::string& selector,
                        store::StatusReader& reader) {
  Matches exact;
  Matches partial;
  store::Query query;
  query.issuer = search.issuer;
  query.subject_contains = selector;
  search.ledger.list(query, [&](const store::Record& record) {
    (is_named(record.subject, selector) ? exact : partial).add(record, reader);
    return store::Continue::yes;
  });
  return exact.empty() ? std::move(partial) : std::move(exact);
}

[[noreturn]] void fail_ambiguous(const std::vector<store::Record>& found,
                                 const std::string& selector, std::string_view where) {
  // Imported certificates may share a serial: then only the fingerprint tells them apart.
  const bool shared = std::any_of(found.begin() + 1, found.end(), [&found](const auto& one) {
    return one.serial == found.front().serial;
  });
  std::string names;
  for (std::size_t i = 0; i < std::min(found.size(), k_listed); ++i) {
    const bool by_fingerprint = shared && found[i].fingerprint;
    names += (i == 0 ? "" : ", ") +
             (by_fingerprint ? to_hex(*found[i].fingerprint) : found[i].serial.to_text());
  }
  if (found.size() > k_listed) names += ", …";
  throw Error(Errc::ambiguous,
              format("several certificates in {} match '{}'", where, printable(selector)),
              (shared ? "name one by its fingerprint: " : "name one by its serial: ") + names);
}

/// A serial may be revoked without a certificate (an imported CRL or index lists it).
void require_not_revoked(const store::Ledger& ledger, store::IssuerId issuer,
                         const std::string& selector, std::string_view where) {
  const auto serial = x509::SerialNumber::parse(selector);
  const auto revocation = serial ? ledger.find_revocation(issuer, *serial) : std::nullopt;
  if (!revocation) return;
  throw Error(
      Errc::not_found,
      format("{} has no certificate with serial {}, which is revoked{}", where, serial->to_text(),
             revocation->reason.empty() ? "" : format(" ({})", revocation->reason)),
      "'mtlsctl store export --format openssl-index' lists it");
}

}  // namespace

std::string subject_search(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x80) {
      escaped += c;
    } else {
      escaped += format("\\{:02X}", static_cast<unsigned>(octet));
    }
  }
  return escaped;
}

store::IssuerId issuer_of(const store::Ledger& ledger, const authority::CaDirectory& ca) {
  const x509::Certificate& own = ca.certificate();
  return ledger.find_issuer(own.subject(), own.public_key()).value_or(store::IssuerId{0});
}

FoundRecord find_record(const RecordSearch& search, const std::string& selector) {
  const store::Ledger& ledger = search.ledger;
  const store::IssuerId issuer = search.issuer;
  store::StatusReader reader(ledger, issuer, search.at, store::StatusReader::Rows::few);
  if (auto record = find_by_fingerprint(ledger, selector)) {
    if (record->issuer == issuer) return {.current = reader.read(*std::move(record))};
  }
  if (const auto serial = x509::SerialNumber::parse(selector)) {
    std::vector<store::Record> found = ledger.find_by_serial(*serial);
    const auto of_others = [issuer](const store::Record& one) { return one.issuer != issuer; };
    found.erase(std::remove_if(found.begin(), found.end(), of_others), found.end());
    if (found.size() > 1) fail_ambiguous(found, selector, search.where);
    if (!found.empty()) return {.current = reader.read(std::move(found.front()))};
  }
  Matches matches = find_by_subject(search, subject_search(selector), reader);
  const std::vector<store::Record> first = matches.first();
  if (auto found = std::move(matches).take()) return *std::move(found);
  if (!first.empty()) fail_ambiguous(first, selector, search.where);
  require_not_revoked(ledger, issuer, selector, search.where);
  throw Error(Errc::not_found,
              format("no certificate in {} matches '{}'", search.where, printable(selector)),
              "'mtlsctl cert list' shows what there is");
}

void tell_others(const FoundRecord& found, const CaOptions& ca, const Session& session) {
  if (found.others == 0) return;
  session.messages().note(format(
      "{} the same subject; list {} with: {}",
      found.others == 1 ? "another certificate has"
                        : format("{} other certificates have", found.others),
      found.others == 1 ? "both" : "all",
      command_line({"mtlsctl", "cert", "list", "--subject", readable(found.current.record.subject)},
                   ca)));
}

}  // namespace mtls::cmd
