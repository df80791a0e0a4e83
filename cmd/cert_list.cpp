#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/find_record.hpp"
#include "cmd/record_view.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <limits>
#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  std::optional<store::State> state;
  std::optional<store::Status> status;
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

/// Whether a record is among those asked for. What is not valid, or renewed already, is not due.
bool is_wanted(const store::CurrentRecord& current, const Options& options) {
  if (options.state && current.record.state != *options.state) return false;
  if (options.status && current.status != *options.status) return false;
  return !options.expires_in || (current.status == store::Status::valid && !current.renewed);
}

ExitCode run(const Options& options, Session& session) {
  const authority::CaDirectory ca = options.ca.open();
  const store::Ledger ledger = options.ca.read_ledger(ca, session);
  store::Query query = make_query(options, session.clock());
  query.issuer = issuer_of(ledger, ca);
  // Issued and revoked are told apart by the status, not by the row's own state.
  const bool by_status = options.state == store::State::issued ||
                         options.state == store::State::revoked || options.status ||
                         options.expires_in;
  if (!by_status) {
    query.state = options.state;
    query.limit = options.limit.value_or(0);
  }
  const bool few = options.limit && !by_status;
  store::StatusReader reader(ledger, *query.issuer, session.clock().now(),
                             few ? store::StatusReader::Rows::few : store::StatusReader::Rows::all);
  std::int64_t left = options.limit.value_or(std::numeric_limits<std::int64_t>::max());
  ledger.list(query, [&](const store::Record& record) {
    const store::CurrentRecord current = reader.read(record);
    if (!is_wanted(current, options)) return store::Continue::yes;
    if (session.json()) {
      Json document = session.document();
      put_record(document, current);
      session.print(document);
    } else {
      session.out().write(record_line(current));
    }
    return --left > 0 ? store::Continue::yes : store::Continue::no;
  });
  return ExitCode::ok;
}

}  // namespace

void add_cert_list(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "One line per certificate, the one that expires first on top: serial, status, end of "
      "validity, profile, subject, and the serial that replaces it. Every flag narrows the list. "
      "--status is what a certificate is now; --state is what the ledger recorded: intent (being "
      "issued), issued, revoked, unknown (the run that issued it died), burnt (given up, never "
      "released).");
  OptionSet set = command.options();
  options->ca.add_to(set);
  set.value("--state", options->state,
            word_value<store::State>({{"intent", store::State::intent},
                                      {"issued", store::State::issued},
                                      {"revoked", store::State::revoked},
                                      {"unknown", store::State::unknown},
                                      {"burnt", store::State::burnt}}),
            "Only those in this state");
  set.value("--status", options->status,
            word_value<store::Status>({{"valid", store::Status::valid},
                                       {"not_yet_valid", store::Status::not_yet_valid},
                                       {"expired", store::Status::expired},
                                       {"on_hold", store::Status::on_hold},
                                       {"revoked", store::Status::revoked},
                                       {"pending", store::Status::pending},
                                       {"unknown", store::Status::unknown},
                                       {"abandoned", store::Status::abandoned}}),
            "Only those that are so now");
  set.value("--subject", options->subject, text_value("TEXT"),
            "Only those with TEXT in subject or SANs, in any case");
  set.value("--expires-in", options->expires_in, duration_value(),
            "Only those due: valid now, expiring within DURATION, not renewed");
  set.value("--profile", options->profile, text_value("PROFILE"),
            "Only those issued under this profile");
  set.value("--limit", options->limit, number_value(1, std::numeric_limits<std::int64_t>::max()),
            "At most N");
  command.example(
      "$ mtlsctl cert list --expires-in 30d\n"
      "5f1c…9a  valid    2026-02-01T11:55:00Z  mtls-client     CN=client,O=alibaba,C=cn");
  command.without_openssl_configuration();
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
