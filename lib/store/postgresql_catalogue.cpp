#include "store/postgresql_catalogue.hpp"

#include "base/format.hpp"

namespace mtls::store {
namespace {

// Columns by name: their order is no part of what they mean. NOT NULL stands with them (contype n
// is how PostgreSQL 18 says it once more).
constexpr std::string_view k_objects = R"(
  WITH place AS (SELECT oid, nspname FROM pg_catalog.pg_namespace WHERE oid = {}),
  objects AS (
    SELECT CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' ELSE 'relation' END AS kind,
           c.relname AS name, c.relname AS "table",
           (SELECT coalesce(string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
              CASE WHEN a.attnotnull THEN 'NOT NULL' END, l.collname, nullif(a.attidentity, ''),
              pg_get_expr(d.adbin, d.adrelid)), ', ' ORDER BY a.attname), '')
            FROM pg_catalog.pg_attribute a
            LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
            LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
           || CASE WHEN c.relrowsecurity THEN ' ROW LEVEL SECURITY' ELSE '' END
           || CASE WHEN c.relpersistence = 'u' THEN ' UNLOGGED' ELSE '' END AS definition,
           '' AS called
    FROM pg_catalog.pg_class c JOIN place ON place.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    UNION ALL
    SELECT 'index', i.relname, t.relname, pg_get_indexdef(x.indexrelid)
           || CASE WHEN x.indisvalid AND x.indisready THEN '' ELSE ' NOT VALID' END, ''
    FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
    JOIN pg_catalog.pg_class t ON t.oid = x.indrelid JOIN place ON place.oid = t.relnamespace
    WHERE t.relkind IN ('r', 'p')
    UNION ALL
    SELECT 'constraint', k.conname, t.relname, pg_get_constraintdef(k.oid), ''
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
    JOIN place ON place.oid = t.relnamespace WHERE k.contype NOT IN ('n', 't')
    UNION ALL
    SELECT 'trigger', g.tgname, t.relname, pg_get_triggerdef(g.oid),
           (SELECT concat_ws(' ', E'\n' || n.nspname || '.' || p.proname, l.lanname,
              CASE WHEN p.prosecdef THEN 'SECURITY DEFINER' END,
              array_to_string(p.proconfig, ', '), ':',
              btrim(regexp_replace(p.prosrc, '\s+', ' ', 'g')))
            FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
            JOIN pg_catalog.pg_language l ON l.oid = p.prolang WHERE p.oid = g.tgfoid)
    FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_class t ON t.oid = g.tgrelid
    JOIN place ON place.oid = t.relnamespace WHERE NOT g.tgisinternal
    UNION ALL
    SELECT 'rule', r.rulename, t.relname, pg_get_ruledef(r.oid), ''
    FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class t ON t.oid = r.ev_class
    JOIN place ON place.oid = t.relnamespace WHERE r.rulename <> '_RETURN'
  )
  SELECT CAST(kind AS text), CAST(name AS text), CAST("table" AS text),
         CAST(replace(replace(definition, place.nspname || '.', ''), 'pg_temp.', '') || called
              AS text)
  FROM objects, place ORDER BY kind, name, "table")";

}  // namespace

std::vector<SchemaObject> read_catalogue(Connection& connection, CatalogueOf which) {
  const std::string_view place = which == CatalogueOf::ledger
                                     ? "pg_catalog.to_regnamespace('mtlsctl')"
                                     : "pg_catalog.pg_my_temp_schema()";
  const auto rows = connection.prepare(format(k_objects, place));
  std::vector<SchemaObject> objects;
  while (rows->step()) {
    objects.push_back({.kind = rows->text(0),
                       .name = rows->text(1),
                       .table = rows->text(2),
                       .definition = rows->text(3)});
  }
  return objects;
}

}  // namespace mtls::store
