#include "lib/probe/records.hpp"

namespace mtls::probe::test {

using tls::Ending;
using tls::Record;
using tls::Stage;

Record answered(unsigned status, std::string_view body) {
  Record record;
  record.stage = Stage::answered;
  record.ending = Ending::answer;
  record.certificate_requested = true;
  record.certificate_sent = true;
  record.answer.emplace().status = status;
  record.answer->body_size = body.size();
  record.answer->body_hash = crypto::sha256(as_bytes(body));
  return record;
}

Record alerted(unsigned number, Version version) {
  Record record;
  record.stage = version == Version::tls_1_2 ? Stage::handshake : Stage::established;
  record.ending = Ending::alert;
  record.alert = tls::Alert{number};
  record.certificate_requested = true;
  record.certificate_sent = true;
  return record;
}

Record ended(Ending ending, Stage stage) {
  Record record;
  record.stage = stage;
  record.ending = ending;
  return record;
}

Attempt attempt(Id id, std::optional<Version> version, Record record) {
  const bool bare = id == Id::p1 || (id >= Id::p7 && id <= Id::p9b);
  return {.id = id,
          .variant = {},
          .address = {"127.0.0.1", 443},
          .version = version,
          .with_identity = !bare,
          .record = std::move(record)};
}

std::vector<Attempt> enforced(Version version) {
  std::vector<Attempt> attempts{attempt(Id::p0, version, answered(200))};
  for (const Id id : {Id::p1, Id::p2, Id::p3, Id::p4, Id::p5, Id::p6, Id::p8, Id::p9a, Id::e6}) {
    attempts.push_back(attempt(id, version, alerted(48, version)));
  }
  attempts.push_back(attempt(Id::p9b, std::nullopt, ended(Ending::closed, Stage::established)));
  return attempts;
}

void put(std::vector<Attempt>& attempts, Id id, const Record& record) {
  for (Attempt& one : attempts) {
    if (one.id == id) one.record = record;
  }
}

Demands demands(std::vector<Version> versions) {
  return {.versions = std::move(versions),
          .strength = Strength::any,
          .revocation = false,
          .have_good = true};
}

Finding find(const std::vector<Attempt>& attempts, const Demands& demands) {
  return find_verdict(judge_all(attempts, demands), demands);
}

}  // namespace mtls::probe::test
