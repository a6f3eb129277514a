//! What a PostgreSQL database holds and no model can say: views, triggers, functions, policies, partitions, domains, extensions, grants.

use std::collections::BTreeMap;

use super::reflect::{Cells, OURS};
use crate::db::{Connection, Error};
use crate::dialect::Unmanaged;
use crate::schema::TableName;

/// Every such thing with each table that it depends on: what it is, its name, the table, and whether it is part of that table.
///
/// One branch for each catalogue. `{OURS}` is about a namespace `n`; what an extension brought is left out at the end, by the catalogue and number of
/// the object.
fn query() -> String {
    format!(
        "WITH found (class, oid, kind, schema, name, tbl, part) AS (
            SELECT 'pg_class'::regclass, c.oid,
                CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                    WHEN 'p' THEN CASE WHEN c.relispartition THEN 'partition' ELSE 'partitioned table' END
                    WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'composite type' ELSE 'partition' END,
                n.nspname, c.relname, d.refobjid, false
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_rewrite r ON r.ev_class = c.oid AND c.relkind IN ('v', 'm')
            LEFT JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid
            WHERE {OURS} AND (c.relkind IN ('v', 'm', 'f', 'p', 'S', 'c') OR c.relkind = 'r' AND c.relispartition)
                AND left(c.relname, 9) <> '_autogen_'
                AND NOT EXISTS (
                    SELECT FROM pg_depend o WHERE c.relkind = 'S' AND o.classid = 'pg_class'::regclass AND o.objid = c.oid
                        AND o.deptype IN ('a', 'i')
                )
            UNION ALL
            SELECT 'pg_trigger'::regclass, t.oid, 'trigger', NULL, t.tgname, t.tgrelid, true
            FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE {OURS} AND NOT t.tgisinternal AND t.tgparentid = 0
            UNION ALL
            SELECT 'pg_rewrite'::regclass, r.oid, 'rule', NULL, r.rulename, r.ev_class, true
            FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE {OURS} AND r.rulename <> '_RETURN'
            UNION ALL
            SELECT 'pg_policy'::regclass, p.oid, 'policy', NULL, p.polname, p.polrelid, true
            FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE {OURS}
            UNION ALL
            SELECT 'pg_class'::regclass, c.oid, 'row level security of', n.nspname, c.relname, c.oid, true
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS} AND c.relrowsecurity
            UNION ALL
            SELECT 'pg_constraint'::regclass, k.oid, 'exclusion constraint', NULL, k.conname, k.conrelid, true
            FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
            WHERE {OURS} AND k.contype = 'x' AND k.conparentid = 0
            UNION ALL
            SELECT 'pg_class'::regclass, c.oid, 'inheritance of', n.nspname, c.relname, i.inhparent, false
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE {OURS} AND c.relkind = 'r' AND NOT c.relispartition
            UNION ALL
            SELECT 'pg_class'::regclass, c.oid, 'grants on', n.nspname, c.relname, c.oid, true
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE {OURS} AND c.relkind = 'r' AND c.relacl IS NOT NULL AND EXISTS (
                SELECT FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner
            )
            UNION ALL
            SELECT 'pg_proc'::regclass, p.oid, CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
                n.nspname, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', d.refobjid, false
            FROM pg_proc p
            JOIN pg_namespace n ON n.oid = p.pronamespace
            LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass
            WHERE {OURS} AND NOT EXISTS (
                SELECT FROM pg_depend o WHERE o.classid = 'pg_proc'::regclass AND o.objid = p.oid AND o.deptype = 'i'
            )
            UNION ALL
            SELECT 'pg_type'::regclass, t.oid, CASE t.typtype WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range type' ELSE 'type' END,
                n.nspname, t.typname, NULL::oid, false
            FROM pg_type t
            JOIN pg_namespace n ON n.oid = t.typnamespace
            WHERE {OURS} AND (t.typtype IN ('d', 'r') OR t.typtype = 'b' AND t.typelem = 0)
            UNION ALL
            SELECT 'pg_type'::regclass, t.oid, 'enum that no column has', n.nspname, t.typname, NULL::oid, false
            FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            WHERE {OURS} AND t.typtype = 'e' AND NOT EXISTS (
                SELECT FROM pg_attribute u JOIN pg_class c ON c.oid = u.attrelid AND c.relkind = 'r'
                WHERE u.atttypid IN (t.oid, t.typarray) AND NOT u.attisdropped
            )
            UNION ALL
            SELECT 'pg_statistic_ext'::regclass, s.oid, 'statistics', n.nspname, s.stxname, s.stxrelid, true
            FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE {OURS}
            UNION ALL
            SELECT 'pg_class'::regclass, c.oid, 'storage parameters of', n.nspname, c.relname, coalesce(i.indrelid, c.oid), true
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_index i ON i.indexrelid = c.oid
            WHERE {OURS} AND c.relkind IN ('r', 'i') AND c.reloptions IS NOT NULL AND NOT c.relispartition
            UNION ALL
            SELECT 'pg_class'::regclass, c.oid, o.clause, n.nspname, c.relname || '.' || a.attname, c.oid, true
            FROM pg_depend d
            JOIN pg_sequence s ON s.seqrelid = d.objid
            JOIN pg_class c ON c.oid = d.refobjid AND c.relkind = 'r'
            JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
            CROSS JOIN LATERAL (VALUES
                ('clause GENERATED ALWAYS of column', a.attidentity = 'a'),
                (format('clause START %s INCREMENT %s of column', s.seqstart, s.seqincrement), s.seqstart <> 1 OR s.seqincrement <> 1)
            ) o (clause, is_there)
            WHERE {OURS} AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND o.is_there
            UNION ALL
            SELECT 'pg_extension'::regclass, e.oid, 'extension', NULL, e.extname, NULL::oid, false
            FROM pg_extension e WHERE e.extname <> 'plpgsql'
            UNION ALL
            SELECT 'pg_event_trigger'::regclass, e.oid, 'event trigger', NULL, e.evtname, NULL::oid, false FROM pg_event_trigger e
            UNION ALL
            SELECT 'pg_publication'::regclass, p.oid, 'publication', NULL, p.pubname, r.prrelid, false
            FROM pg_publication p LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid
        )
        SELECT f.kind, nullif(f.schema, current_schema()), f.name, nullif(n.nspname, current_schema()), c.relname, f.part
        FROM found f
        LEFT JOIN pg_class c ON c.oid = f.tbl AND c.relkind IN ('r', 'p') AND c.oid >= 16384
        LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = f.class AND e.objid = f.oid AND e.deptype = 'e')
        ORDER BY 1, 2, 3, 4, 5"
    )
}

/// Returns the things of all schemas but the server's own.
///
/// # Errors
///
/// What the database reports.
pub(super) fn unmanaged(connection: &mut dyn Connection) -> Result<Vec<Unmanaged>, Error> {
    // A trigger, rule or policy has a name of its own in each table only.
    let mut found: BTreeMap<(String, TableName, Option<TableName>), Unmanaged> = BTreeMap::new();
    connection.for_each(&query(), &[], &mut |row| {
        let mut cells = Cells::of(row);
        let kind = cells.text();
        let name = TableName {
            schema: cells.text_or_null(),
            name: cells.text(),
        };
        let schema = cells.text_or_null();
        let table = cells.text_or_null().map(|name| TableName { schema, name });
        let part = cells.boolean();
        let key = (kind.clone(), name.clone(), table.clone().filter(|_| part));
        let thing = found
            .entry(key)
            .or_insert_with(|| Unmanaged::new(kind, shown(&name), []));
        if let Some(table) = table {
            if part {
                thing.part_of = Some(table.clone());
            }
            thing.depends_on.insert(table);
        }
        true
    })?;
    let mut found: Vec<Unmanaged> = found.into_values().collect();
    found.extend(peculiarities(connection)?);
    found.sort();
    Ok(found)
}

/// Every clause that makes something else of a table or a constraint: what it is, the table, whether the name is a constraint's, and its name.
///
/// A column list of ON DELETE SET NULL is known from PostgreSQL 15 on, whose catalogue is asked by way of JSON for the sake of older ones.
fn clauses() -> String {
    format!(
        "SELECT o.clause, nullif(n.nspname, current_schema()), c.relname, o.name
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        CROSS JOIN LATERAL (
            SELECT 'UNLOGGED', NULL WHERE c.relpersistence = 'u'
            UNION ALL
            SELECT CASE
                    WHEN k.contype IN ('p', 'u') THEN CASE WHEN k.condeferrable THEN 'DEFERRABLE' END
                    WHEN k.confmatchtype = 'f' THEN 'MATCH FULL'
                    WHEN to_jsonb(k) ->> 'confdelsetcols' IS NOT NULL THEN 'SET of some columns'
                END, k.conname
            FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f')
        ) o (clause, name)
        WHERE {OURS} AND c.relkind = 'r' AND o.clause IS NOT NULL AND left(c.relname, 9) <> '_autogen_'
            AND NOT EXISTS (
                SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
            )
        ORDER BY 2, 3, 1, 4"
    )
}

/// Returns the tables whose rows a crash takes (<https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-UNLOGGED>), and the
/// constraints that ask for less or more than others of their kind.
///
/// # Errors
///
/// What the database reports.
pub(super) fn peculiarities(connection: &mut dyn Connection) -> Result<Vec<Unmanaged>, Error> {
    let mut found = Vec::new();
    connection.for_each(&clauses(), &[], &mut |row| {
        let mut cells = Cells::of(row);
        let clause = cells.text();
        let table = TableName {
            schema: cells.text_or_null(),
            name: cells.text(),
        };
        let name = cells.text_or_null().unwrap_or_else(|| shown(&table));
        let (of, effect) = match clause.as_str() {
            "UNLOGGED" => ("", "its rows are gone after a crash, and no replica has them"),
            "DEFERRABLE" => (
                " constraint",
                "rows may break it until the statement or transaction ends",
            ),
            "MATCH FULL" => (
                " foreign key",
                "a row that has only some of its columns is refused",
            ),
            _set => (
                " foreign key",
                "it keeps the other columns when its row is deleted",
            ),
        };
        let clause = Unmanaged::new(format!("clause {clause} of{of}"), name, []);
        found.push(clause.part_of(table).with_effect(effect));
        true
    })?;
    Ok(found)
}

/// Returns a name for a person, who needs no quotes around the arguments of a function.
fn shown(name: &TableName) -> String {
    match &name.schema {
        Some(schema) => format!("{schema}.{}", name.name),
        None => name.name.clone(),
    }
}
