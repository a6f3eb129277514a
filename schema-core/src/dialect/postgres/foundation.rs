//! Extensions, domains, types, sequences and functions: what tables stand on and no model makes.

use std::collections::BTreeSet;

use super::ddl::quote;
use super::reflect::{Cells, OURS};
use crate::db::{Connection, Error};
use crate::dialect::Foundation;

/// The kind, name and schema of each such thing, and the statement that makes it, or two to try. What an extension brought comes with that.
///
/// An enum that a column has is a model's, and so is the sequence of a column that it numbers. The version of an extension is the same if the other server has it. A function is made whether or not there
/// is all that it names: it may be a table.
fn query() -> String {
    let own = |class: &str, oid: &str| {
        format!(
            "NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{class}'::regclass AND e.objid = {oid} AND e.deptype = 'e')"
        )
    };
    let (own_type, own_function, own_collation, own_sequence) = (
        own("pg_type", "t.oid"),
        own("pg_proc", "p.oid"),
        own("pg_collation", "l.oid"),
        own("pg_class", "c.oid"),
    );
    format!(
        "SELECT 'EXTENSION', e.extname, n.nspname,
            format('CREATE EXTENSION IF NOT EXISTS %I SCHEMA %I VERSION %L', e.extname, n.nspname, e.extversion),
            format('CREATE EXTENSION IF NOT EXISTS %I SCHEMA %I', e.extname, n.nspname)
        FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'
        UNION ALL
        SELECT 'COLLATION', l.collname, n.nspname,
            format('CREATE COLLATION %I.%I (provider = %s, %s, deterministic = %s)', n.nspname, l.collname,
                CASE l.collprovider WHEN 'i' THEN 'icu' ELSE 'libc' END,
                CASE l.collprovider WHEN 'i'
                    THEN format('locale = %L', coalesce(to_jsonb(l) ->> 'colllocale', to_jsonb(l) ->> 'colliculocale', l.collcollate))
                    ELSE format('lc_collate = %L, lc_ctype = %L', l.collcollate, l.collctype) END,
                l.collisdeterministic), NULL
        FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
        WHERE {OURS} AND {own_collation}
        UNION ALL
        SELECT CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, t.typname, n.nspname,
            CASE t.typtype
                WHEN 'd' THEN format('CREATE DOMAIN %I.%I AS ', n.nspname, t.typname) || format_type(t.typbasetype, t.typtypmod)
                    || coalesce((SELECT format(' COLLATE %I.%I', ln.nspname, l.collname) FROM pg_collation l
                        JOIN pg_namespace ln ON ln.oid = l.collnamespace JOIN pg_type b ON b.oid = t.typbasetype
                        WHERE l.oid = t.typcollation AND t.typcollation <> b.typcollation), '')
                    || coalesce(' DEFAULT ' || t.typdefault, '') || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
                    || coalesce((SELECT string_agg(format(' CONSTRAINT %I ', k.conname) || pg_get_constraintdef(k.oid), '')
                        FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'), '')
                WHEN 'r' THEN (SELECT format('CREATE TYPE %I.%I AS RANGE (subtype = %s)', n.nspname, t.typname,
                        format_type(r.rngsubtype, NULL)) FROM pg_range r WHERE r.rngtypid = t.oid)
                WHEN 'e' THEN (SELECT format('CREATE TYPE %I.%I AS ENUM (', n.nspname, t.typname)
                        || string_agg(quote_literal(v.enumlabel), ', ' ORDER BY v.enumsortorder) || ')'
                    FROM pg_enum v WHERE v.enumtypid = t.oid)
                ELSE format('CREATE TYPE %I.%I AS (', n.nspname, t.typname)
                    || coalesce((SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
                        FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '') || ')'
            END, NULL
        FROM pg_type t
        JOIN pg_namespace n ON n.oid = t.typnamespace
        LEFT JOIN pg_class c ON c.oid = t.typrelid
        WHERE {OURS} AND {own_type} AND (t.typtype IN ('d', 'r') OR t.typtype = 'c' AND c.relkind = 'c'
            OR t.typtype = 'e' AND NOT EXISTS (
                SELECT FROM pg_attribute u JOIN pg_class o ON o.oid = u.attrelid AND o.relkind IN ('r', 'p')
                WHERE u.atttypid IN (t.oid, t.typarray) AND NOT u.attisdropped
            ))
        UNION ALL
        SELECT 'SEQUENCE', c.relname, n.nspname,
            format('CREATE SEQUENCE %I.%I AS %s', n.nspname, c.relname, format_type(s.seqtypid, NULL)), NULL
        FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND {own_sequence} AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
        )
        UNION ALL
        SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, p.proname, n.nspname,
            format('DO $autogen$BEGIN SET LOCAL check_function_bodies = off; EXECUTE %L; END$autogen$', pg_get_functiondef(p.oid)), NULL
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE {OURS} AND p.prokind IN ('f', 'p') AND {own_function}"
    )
}

/// Returns the things, and the schemas in which they are. What one needs may come after it.
///
/// # Errors
///
/// What the database reports.
pub(super) fn foundations(connection: &mut dyn Connection) -> Result<Vec<Foundation>, Error> {
    let mut schemas = BTreeSet::new();
    let mut things = Vec::new();
    connection.for_each(&query(), &[], &mut |row| {
        let mut cells = Cells::of(row);
        let (kind, name, schema) = (cells.text(), cells.text(), cells.text());
        let create = [cells.text_or_null(), cells.text_or_null()];
        if schema != "public" && !schema.starts_with("pg_") {
            schemas.insert(schema);
        }
        things.push(Foundation {
            kind,
            name,
            create: create.into_iter().flatten().collect(),
        });
        true
    })?;
    things.extend(search_path(connection, &mut schemas)?);
    let schemas = schemas.into_iter().map(|name| Foundation {
        kind: "SCHEMA".to_owned(),
        create: vec![format!("CREATE SCHEMA IF NOT EXISTS {}", quote(&name))],
        name,
    });
    Ok(schemas.chain(things).collect())
}

/// Returns the search path that sessions of this database begin with, if it is the database's own (`ALTER DATABASE … SET search_path`), and adds the
/// schemas on it: unqualified names of a script mean what is there.
fn search_path(
    connection: &mut dyn Connection,
    schemas: &mut BTreeSet<String>,
) -> Result<Option<Foundation>, Error> {
    let sql = "SELECT substr(setting, length('search_path=') + 1),
            array_to_string(ARRAY(SELECT nspname FROM pg_namespace WHERE nspname = ANY (current_schemas(false))
                AND nspname <> 'public' AND nspname !~ '^pg_'), chr(10))
        FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) AS setting
        WHERE d.datname = current_database() AND s.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = current_user))
            AND setting LIKE 'search\\_path=%'
        ORDER BY s.setrole DESC LIMIT 1";
    let rows = connection.query(sql, &[])?;
    let Some(row) = rows.into_iter().next() else {
        return Ok(None);
    };
    let mut cells = Cells::of(row);
    let (path, on_it) = (cells.text(), cells.text());
    schemas.extend(on_it.lines().map(str::to_owned));
    // What is kept is the list as SQL writes it. The session that is open begins with it, too.
    let text = super::ddl::text(&path);
    let create = format!(
        "DO $autogen$BEGIN
            EXECUTE format('ALTER DATABASE %I SET search_path = ', current_database()) || {text};
            PERFORM set_config('search_path', {text}, false);
        END$autogen$"
    );
    Ok(Some(Foundation {
        kind: "SETTING".to_owned(),
        name: "search_path".to_owned(),
        create: vec![create],
    }))
}
