#include "store/schema_audit.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "store/schema.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace mtls::store {
namespace {

using Key = std::pair<std::string, std::string>;  // kind and name
using Schema = std::map<Key, SchemaObject>;

constexpr std::string_view k_trial_id = "00000000000000000000000000000000";

/// What docs/ledger.md has an administrator add on a server, as PostgreSQL describes it.
struct OwnTrigger {
  std::string_view trigger;
  std::string_view function;
};
constexpr std::array<OwnTrigger, 2> k_own_triggers{
    OwnTrigger{"CREATE TRIGGER keep_certificate BEFORE UPDATE ON certificates FOR EACH ROW EXECUTE "
               "FUNCTION keep_certificate()\n",
               "mtlsctl.keep_certificate plpgsql search_path=pg_catalog : BEGIN "
               "IF OLD.certificate IS NOT NULL AND "
               "(NEW.certificate IS DISTINCT FROM OLD.certificate OR "
               "NEW.fingerprint IS DISTINCT FROM OLD.fingerprint OR "
               "NEW.issued_time IS DISTINCT FROM OLD.issued_time) THEN "
               "RAISE EXCEPTION 'a recorded certificate does not change' USING ERRCODE = '42501'; "
               "END IF; "
               "IF NEW.state IS DISTINCT FROM OLD.state AND "
               "(OLD.state IN ('revoked', 'burnt') OR "
               "(OLD.state = 'issued' AND NEW.state <> 'revoked') OR NEW.state = 'intent') THEN "
               "RAISE EXCEPTION 'a certificate does not go from % to %', OLD.state, NEW.state "
               "USING ERRCODE = '42501'; "
               "END IF; RETURN NEW; END"},
    OwnTrigger{"CREATE TRIGGER keep_head BEFORE UPDATE ON log_heads FOR EACH ROW EXECUTE FUNCTION "
               "keep_head()\n",
               "mtlsctl.keep_head plpgsql search_path=pg_catalog : BEGIN "
               "IF NEW.seq < OLD.seq THEN "
               "RAISE EXCEPTION 'a log does not go back' USING ERRCODE = '42501'; "
               "END IF; RETURN NEW; END"}};

Schema by_name(std::vector<SchemaObject> objects) {
  Schema schema;
  for (SchemaObject& object : objects) {
    schema.emplace(Key{object.kind, object.name}, std::move(object));
  }
  return schema;
}

/// The steps that made a ledger of this version.
std::span<const Migration> steps_to(std::int64_t version) {
  const auto all = migrations();
  const auto end = std::find_if(
      all.begin(), all.end(), [version](const Migration& step) { return step.version > version; });
  return all.first(static_cast<std::size_t>(end - all.begin()));
}

struct Compared {
  std::int64_t version;
  Schema wanted;
  Schema found;
};

std::optional<Compared> compare(Connection& connection) {
  const std::int64_t version = read_meta(connection).schema_version;
  const auto steps = steps_to(version);
  if (steps.empty()) return std::nullopt;
  auto wanted = connection.schema_made_by(
      [steps](Connection& trial) { create_schema(trial, steps, std::string(k_trial_id)); });
  if (!wanted) return std::nullopt;
  return Compared{version, by_name(std::move(*wanted)), by_name(connection.schema())};
}

/// The trigger of docs/ledger.md that an object is, whatever it calls.
const OwnTrigger* find_own_trigger(const SchemaObject& object) {
  const auto* const own =
      std::find_if(k_own_triggers.begin(), k_own_triggers.end(), [&object](const OwnTrigger& one) {
        return object.kind == "trigger" && object.definition.rfind(one.trigger, 0) == 0;
      });
  return own == k_own_triggers.end() ? nullptr : own;
}

/// Whether something that is no part of the schema can change or refuse rows.
bool interferes(const SchemaObject& object) {
  if (object.kind == "rule" || object.kind == "constraint") return true;
  if (object.kind == "index") return object.definition.find("UNIQUE") != std::string::npos;
  const OwnTrigger* const own = find_own_trigger(object);
  return object.kind == "trigger" &&
         (own == nullptr || object.definition.substr(own->trigger.size()) != own->function);
}

std::string describe(const SchemaObject& object) {
  const std::string name = printable(object.name);
  if (object.table == object.name) return format("the {} {}", object.kind, name);
  return format("the {} {} of {}", object.kind, name, printable(object.table));
}

void find(AuditReport& report, std::string message) {
  report.add({.flaw = Flaw::schema,
              .issuer = {},
              .entry = std::nullopt,
              .serial = {},
              .message = std::move(message)});
}

/// The statement among `steps` that makes an index; empty if there is none.
std::string_view definition_of(std::string_view index, std::span<const Migration> steps) {
  for (const Migration& step : steps) {
    for (const std::string_view statement : step.statements) {
      if (statement.find(format(" INDEX {} ON ", index)) != std::string_view::npos) {
        return statement;
      }
    }
  }
  return {};
}

}  // namespace

AuditReport audit_schema(Connection& connection) {
  AuditReport report;
  const auto compared = compare(connection);
  report.schema_compared = compared.has_value();
  if (!compared) return report;
  for (const auto& [key, object] : compared->wanted) {
    const auto found = compared->found.find(key);
    if (found == compared->found.end()) {
      find(report, format("{} is missing", describe(object)));
    } else if (found->second.definition != object.definition ||
               found->second.table != object.table) {
      find(report, format("{} is not as mtlsctl makes it", describe(found->second)));
    }
  }
  for (const auto& [key, object] : compared->found) {
    if (compared->wanted.contains(key)) continue;
    const auto later = migrations().subspan(steps_to(compared->version).size());
    if (object.kind == "index" && !definition_of(object.name, later).empty()) {
      find(report, format("{} is of a later schema than {}, which the ledger says it has",
                          describe(object), compared->version));
    }
    if (!interferes(object)) continue;
    find(report, find_own_trigger(object) == nullptr
                     ? format("{} is not mtlsctl's", describe(object))
                     : format("the function that {} calls is not the one of docs/ledger.md",
                              describe(object)));
  }
  return report;
}

void restore_indexes(Connection& connection) {
  const auto compared = compare(connection);
  if (!compared) return;
  Transaction transaction(connection, Transaction::Kind::exclusive);
  for (const auto& [key, object] : compared->wanted) {
    const std::string_view definition = definition_of(object.name, migrations());
    if (object.kind != "index" || definition.empty()) continue;
    const auto found = compared->found.find(key);
    const bool is_there = found != compared->found.end();
    if (is_there && found->second.definition == object.definition) continue;
    if (is_there) connection.execute(format("DROP INDEX {}", object.name));
    connection.define(definition);
  }
  transaction.commit();
}

}  // namespace mtls::store
