#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/find_record.hpp"
#include "cmd/record_view.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <limits>
#include <map>
#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  std::optional<store::State> state;
  std::optional<std::string> subject;
  std::optional<std::chrono::seconds> expires_in;
  std::optional<std::string> profile;
  std::optional<std::int64_t> limit;
};

store::Query make_query(const Options& options, const Clock& clock) {
  store::Query query;
  if (options.subject) query.subject_contains = subject_search(*options.subject);
  query.profile = options.profile;
  if (options.expires_in) {
    // What has expired already is no news.
    query.valid_at = clock.now();
    query.expires_before = clock.now() + *options.expires_in;
  }
  return query;
}

/// Gives records their status. Where all rows are read in any case, it reads all revocations at
/// once.
class StatusReader final {
 public:
  enum class Rows { few, all };
  StatusReader(const store::Ledger& ledger, store::IssuerId issuer, Rows rows)
      : m_ledger(ledger), m_issuer(issuer), m_rows(rows) {}

  /// To be called for a row of a list, of whose snapshot the status is.
  [[nodiscard]] store::Record with_status(const store::Record& record) {
    if (m_rows == Rows::few) return m_ledger.with_status(record);
    if (!m_revocations) m_revocations = m_ledger.find_revocations(m_issuer);
    const auto found = m_revocations->find(record.serial);
    return store::with_status(
        record, found != m_revocations->end() ? std::optional(found->second) : std::nullopt);
  }

 private:
  const store::Ledger& m_ledger;
  store::IssuerId m_issuer;
  Rows m_rows;
  std::optional<std::map<x509::SerialNumber, store::Revocation>> m_revocations;
};

ExitCode run(const Options& options, Session& session) {
  const authority::CaDirectory ca = options.ca.open();
  const store::Ledger ledger = options.ca.read_ledger(ca, session);
  store::Query query = make_query(options, session.clock());
  query.issuer = issuer_of(ledger, ca);
  // Issued and revoked are told apart by the status, not by the row's own state.
  const bool by_status =
      options.state == store::State::issued || options.state == store::State::revoked;
  if (!by_status) {
    query.state = options.state;
    query.limit = options.limit.value_or(0);
  }
  const bool few = options.limit && options.state != store::State::revoked;
  StatusReader status(ledger, *query.issuer,
                      few ? StatusReader::Rows::few : StatusReader::Rows::all);
  std::int64_t left = options.limit.value_or(std::numeric_limits<std::int64_t>::max());
  ledger.list(query, [&](const store::Record& of_row) {
    const store::Record record = status.with_status(of_row);
    if (options.state && record.state != *options.state) return store::Continue::yes;
    if (session.json()) {
      Json document = session.document();
      put_record(document, record);
      session.print(document);
    } else {
      session.out().write(record_line(record));
    }
    return --left > 0 ? store::Continue::yes : store::Continue::no;
  });
  return ExitCode::ok;
}

}  // namespace

void add_cert_list(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "One line a certificate, the one that expires first on top: serial, state, end of validity, "
      "profile, subject. Every flag narrows the list. States: intent (being issued), issued, "
      "revoked, unknown (the run that issued it died), burnt (given up, never released).");
  OptionSet set = command.options();
  options->ca.add_to(set);
  set.value("--state", options->state,
            word_value<store::State>({{"intent", store::State::intent},
                                      {"issued", store::State::issued},
                                      {"revoked", store::State::revoked},
                                      {"unknown", store::State::unknown},
                                      {"burnt", store::State::burnt}}),
            "Only those in this state");
  set.value("--subject", options->subject, text_value("TEXT"),
            "Only those with TEXT in subject or SANs, in any case");
  set.value("--expires-in", options->expires_in, duration_value(),
            "Only those valid now that expire within DURATION");
  set.value("--profile", options->profile, text_value("PROFILE"),
            "Only those issued under this profile");
  set.value("--limit", options->limit, number_value(1, std::numeric_limits<std::int64_t>::max()),
            "At most N");
  command.example(
      "$ mtlsctl cert list --expires-in 30d\n"
      "5f1c…9a  issued   2026-02-01T11:55:00Z  mtls-client     CN=client,O=alibaba,C=cn");
  command.without_openssl_configuration();
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
