//! The statements that create all that a database holds.

use super::foundation::foundations;
use super::plan;
use super::reflect::{self, OURS};
use crate::db::{Connection, Error, ErrorKind};
use crate::operation::create_all;
use crate::schema::Schema;

/// Views, triggers and rules, as the server writes them itself. What an extension brought comes with it.
fn query() -> String {
    format!(
        "SELECT 'CREATE SCHEMA IF NOT EXISTS ' || quote_ident(n.nspname) FROM pg_namespace n WHERE {OURS}
        UNION ALL
        SELECT CASE c.relkind WHEN 'm' THEN 'CREATE MATERIALIZED VIEW ' ELSE 'CREATE VIEW ' END
            || format('%I.%I', n.nspname, c.relname) || ' AS ' || rtrim(pg_get_viewdef(c.oid), ';')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND c.relkind IN ('v', 'm')
            AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
        UNION ALL
        SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t
        JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND NOT t.tgisinternal AND t.tgparentid = 0
        UNION ALL
        SELECT rtrim(pg_get_ruledef(r.oid), ';') FROM pg_rewrite r
        JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND r.rulename <> '_RETURN'"
    )
}

/// Returns the statements that create the tables and their types, and all else for which the server has a statement. What one of them
/// needs may come after it.
///
/// # Errors
///
/// What the database reports.
pub(super) fn structure(connection: &mut dyn Connection) -> Result<Vec<String>, Error> {
    let schema = reflect::reflect(connection)?;
    let tables = plan::plan(&Schema::default(), &create_all(&schema)).map_err(|error| Error {
        kind: ErrorKind::Statement,
        message: error.to_string(),
        offset: None,
    })?;
    let mut statements: Vec<String> = tables.executed().map(str::to_owned).collect();
    statements.extend(
        foundations(connection)?
            .into_iter()
            .flat_map(|thing| thing.create),
    );
    let rows = connection.query(&query(), &[])?;
    let own = rows
        .into_iter()
        .filter_map(|row| row.first()?.as_str().map(str::to_owned));
    statements.extend(own);
    Ok(statements)
}
