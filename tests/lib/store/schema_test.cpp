#include "store/schema.hpp"

#include "lib/store/child_process.hpp"
#include "lib/store/engine.hpp"
#include "lib/store/ledger_fixture.hpp"

#include <algorithm>

namespace mtls::store::test {
namespace {

using Kind = Transaction::Kind;

const std::vector<Migration> k_one{{.version = 1,
                                    .statements = {"CREATE TABLE meta (schema_version bigint NOT "
                                                   "NULL, ledger_id text NOT NULL, one smallint)",
                                                   "CREATE TABLE t (a bigint)"}}};

std::vector<Migration> three() {
  std::vector<Migration> steps = k_one;
  steps.push_back({.version = 2, .statements = {"ALTER TABLE t ADD COLUMN b text"}});
  steps.push_back(
      {.version = 3,
       .statements = {"INSERT INTO t (a, b) VALUES (1, 'three')", "CREATE TABLE u (a bigint)"}});
  return steps;
}

void create(Connection& connection, std::span<const Migration> steps) {
  Transaction transaction(connection, Kind::writing);
  create_schema(connection, steps, "id");
  transaction.commit();
}

TEST_CASE("the steps are numbered without a gap") {
  std::int64_t expected = 1;
  for (const Migration& step : migrations()) CHECK(step.version == expected++);
  CHECK(expected > 1);
}

TEST_CASE("the schema has the tables and columns of the design") {
  const SqliteOnDisk engine;
  create(*engine.connection, migrations());
  CHECK(engine.connection->tables() ==
        std::vector<std::string>{"ca_certificates", "certificates", "issuers", "log_entries",
                                 "log_heads", "meta", "revocations"});
  for (const char* sql :
       {"SELECT schema_version, ledger_id FROM meta",
        "SELECT issuer, subject_der, spki_hash FROM issuers",
        "SELECT issuer, fingerprint, certificate FROM ca_certificates",
        "SELECT issuer, serial, state, origin, tbs, request_key, profile, profile_hash, subject, "
        "sans, not_before, not_after, fingerprint, spki_hash, certificate, crl_part, replaces, "
        "actor, host, pid, session, note, intent_time, issued_time, revoked_time "
        "FROM certificates",
        "SELECT issuer, serial, not_after, time, reason, invalid_since, entry FROM revocations"}) {
    CHECK(db_code_of([&] { return engine.connection->prepare(sql); }) == std::nullopt);
  }
}

TEST_CASE("every question that a ledger asks is answered by an index") {
  const SqliteOnDisk engine;
  create(*engine.connection, migrations());
  for (const auto& [where, index] :
       {std::pair("issuer = 1 AND serial = 'a' AND origin = 'issued' AND state = 'intent'",
                  "certificates_issued_serial"),
        std::pair("serial = 'a' AND issuer = 1", "certificates_serial"),
        std::pair("serial = 'a'", "certificates_serial"),
        std::pair("fingerprint = 'a'", "certificates_fingerprint"),
        std::pair("spki_hash = 'a'", "certificates_key"),
        std::pair("issuer = 1 AND request_key = 'a' AND state IN ('intent', 'issued')",
                  "certificates_request_key"),
        std::pair("state = 'intent' AND intent_time > 0", "certificates_intent"),
        std::pair("(not_after, serial, id) > (1, 'a', 1) AND not_after < 5 "
                  "ORDER BY not_after, serial, id LIMIT 9",
                  "certificates_end"),
        std::pair("(not_after, serial, id) > (1, 'a', 1) AND state = 'issued' "
                  "ORDER BY not_after, serial, id LIMIT 9",
                  "certificates_end")}) {
    const std::string condition = where;
    CAPTURE(condition);
    const auto plan = engine.connection->prepare(
        "EXPLAIN QUERY PLAN SELECT * FROM certificates WHERE " + condition);
    std::string text;
    while (plan->step()) text += plan->text(3) + "\n";
    CHECK(text.find(std::string("SEARCH certificates USING INDEX ") + index) != std::string::npos);
    CHECK(text.find("TEMP B-TREE") == std::string::npos);
  }
  const auto newest =
      engine.connection->prepare("EXPLAIN QUERY PLAN SELECT max(changed_time) FROM certificates");
  REQUIRE(newest->step());
  CHECK(newest->text(3).find("certificates_change") != std::string::npos);
}

TEST_CASE("an older schema is brought up step by step, once") {
  const SqliteOnDisk engine;
  create(*engine.connection, k_one);
  const Meta meta = migrate(*engine.connection, three(), author());
  CHECK(meta.schema_version == 3);
  CHECK(meta.ledger_id == "id");
  CHECK(migrate(*engine.connection, three(), author()).schema_version == 3);
  CHECK(read_meta(*engine.connection).schema_version == 3);
  CHECK(number(*engine.connection, "SELECT count(*) FROM t WHERE b = 'three'") == 1);
}

TEST_CASE("a newer schema is left alone") {
  const SqliteOnDisk engine;
  create(*engine.connection, three());
  CHECK(migrate(*engine.connection, k_one, author()).schema_version == 3);
  CHECK(read_meta(*engine.connection).schema_version == 3);
}

TEST_CASE("a step that fails leaves the schema before it") {
  const SqliteOnDisk engine;
  create(*engine.connection, k_one);
  auto steps = three();
  steps.back().statements.emplace_back("CREATE TABLE t (a bigint)");
  CHECK(db_code_of([&] { return migrate(*engine.connection, steps, author()); }).has_value());
  CHECK(read_meta(*engine.connection).schema_version == 1);
  CHECK(engine.connection->tables() == std::vector<std::string>{"meta", "t"});
  CHECK(migrate(*engine.connection, three(), author()).schema_version == 3);
}

TEST_CASE("many at once bring a schema up once") {
  const mtls::test::TemporaryDirectory directory;
  const std::string file = directory.file("ca.db");
  const auto open = [&] { return open_sqlite(file, OpenMode::create, std::chrono::seconds(30)); };
  create(*open(), k_one);
  CHECK(mtls::test::run_children(16, 16,
                                 [&](int) { return migrate(*open(), three(), author()); }) == 0);
  CHECK(number(*open(), "SELECT count(*) FROM t") == 1);
}

TEST_CASE("meta holds one row") {
  const SqliteOnDisk engine;
  create(*engine.connection, migrations());
  CHECK(db_code_of([&] { engine.connection->execute("INSERT INTO meta VALUES (1, 1, 'x')"); }) ==
        DbErrc::unique);
  CHECK(db_code_of([&] { engine.connection->execute("INSERT INTO meta VALUES (2, 1, 'x')"); }) ==
        DbErrc::constraint);
  engine.connection->execute("DELETE FROM meta");
  CHECK(db_code_of([&] { return read_meta(*engine.connection); }) == DbErrc::corrupt);
}

}  // namespace
}  // namespace mtls::store::test
