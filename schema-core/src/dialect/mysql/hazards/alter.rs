//! ALTER TABLE on a table that may hold rows: what the server does at once, beside its users, or by a copy that nobody may write to.

mod copies;

use std::collections::BTreeSet;

pub(super) use self::copies::made_alone;
use self::copies::{copying, mixed};
use super::Seen;
use crate::dialect::hazards::{Clause, ClauseKind, Command, Definition, Walk, contains, find, starts};
use crate::dialect::mysql::LEXICON;
use crate::dialect::mysql::ddl::quote;
use crate::dialect::mysql::types;
use crate::hazard::Code;
use crate::plan::Step;
use crate::schema::{Auto, Column, Expression, Generated, Storage, TableName, Type};

/// Looks at each clause, then at the statement as a whole.
pub(super) fn rules(walk: &mut Walk<'_>, table: &TableName, clauses: &[Clause<'_>], seen: &mut Seen) {
    // Then the server refuses what it would copy.
    let says = |words: &str| clauses.iter().any(|clause| clause.has(words));
    let refused = ["INSTANT", "NOCOPY", "INPLACE"];
    let refused = refused
        .iter()
        .any(|way| says(&format!("ALGORITHM = {way}")) || says(&format!("ALGORITHM {way}")));
    let mut copies = BTreeSet::new();
    if let Some(why) = mixed(walk.table(table), clauses).filter(|_| !refused) {
        copies.insert(Code::L16);
        walk.found(
            Code::L16,
            format!("nobody can write to `{table}` while the server copies it, {why}"),
            "an ALTER TABLE of its own for VIRTUAL columns, which is done at once",
        );
    }
    for clause in clauses {
        silent_values(walk, table, clause);
        emptied(walk, table, clause);
        lost_parts(walk, table, clause, seen);
        if let Some((code, text, safe)) = copying(walk.table(table), table, clause, clauses) {
            if !refused && copies.insert(code) {
                walk.found(code, text, safe);
            }
        }
    }
    if !copies.is_empty() && !seen.copied.insert(table.clone()) && !walk.is_planned(table) {
        walk.found(
            Code::L13,
            format!("`{table}` is copied a second time in this script"),
            "put the clauses into one ALTER TABLE: all of them are done in one copy",
        );
    }
}

/// Notes what columns are after a statement.
pub(super) fn follow(walk: &mut Walk<'_>, table: &TableName, clauses: &[Clause<'_>]) {
    let Some(name) = walk.table(table).map(|table| table.name.clone()) else {
        return;
    };
    let Some(table) = walk.before.tables.get_mut(&name) else {
        return;
    };
    for clause in clauses {
        if let ClauseKind::AddColumn(definition) = &clause.kind {
            // What else is new holds no values that a later statement could take away, and so is not noted.
            if definition.has("AS (") && table.column(&definition.name).is_none() {
                table.columns.push(computed(definition));
            }
        } else if let ClauseKind::Redefine { column, definition } = &clause.kind {
            if let (Some(standing), Ok(ty)) =
                (table.column_mut(column), types::canonical(definition.ty, LEXICON))
            {
                standing.ty = Type::Native(ty);
                standing.nullable = !definition.has("NOT NULL");
                standing.name.clone_from(&definition.name);
            }
        }
    }
}

/// Returns a computed column that the script has added, as far as it counts for what comes after.
fn computed(definition: &Definition<'_>) -> Column {
    let mut column = Column::new(definition.name.clone(), Type::Native(definition.ty.to_owned()));
    column.generated = Some(Generated {
        expression: Expression::new(""),
        storage: if definition.has("STORED") || definition.has("PERSISTENT") {
            Storage::Stored
        } else {
            Storage::Virtual
        },
    });
    column
}

/// A new column of which nobody said what old rows have.
fn silent_values(walk: &mut Walk<'_>, table: &TableName, clause: &Clause<'_>) {
    let ClauseKind::AddColumn(definition) = &clause.kind else {
        return;
    };
    let said = ["DEFAULT", "AUTO_INCREMENT", "GENERATED", "AS"];
    if !definition.has("NOT NULL") || said.iter().any(|word| definition.has(word)) {
        return;
    }
    // A guard has seen to it that there are no rows.
    let guarded = walk
        .change
        .script
        .statements
        .iter()
        .any(|statement| matches!(&statement.step, Step::ExpectNoRows { sql, .. } if sql.contains(&quote(&table.name))));

    if !guarded {
        let name = &definition.name;
        walk.found(
            Code::F07,
            format!("rows of `{table}` get '' or 0 in `{name}`, without a word, since it is NOT NULL and has no default"),
            "say the value: `DEFAULT …`; or add it as NULL, fill it, and make it NOT NULL",
        );
    }
}

/// Rows that go with the part of the table that holds them.
fn emptied(walk: &mut Walk<'_>, table: &TableName, clause: &Clause<'_>) {
    let ways = ["DROP PARTITION", "TRUNCATE PARTITION", "DISCARD TABLESPACE"];
    let begins = |words: &&&str| starts(&clause.tokens, words);
    if let Some(way) = ways.iter().find(begins) {
        walk.found(
            Code::D08,
            format!("{way} takes rows of `{table}` with it, whichever they are"),
            "keep a copy first; or say which rows: `DELETE FROM … WHERE …`",
        );
    }
}

/// What is said of a column and left out where it is defined anew is gone.
fn lost_parts(walk: &mut Walk<'_>, table: &TableName, clause: &Clause<'_>, seen: &Seen) {
    let ClauseKind::Redefine { definition, .. } = &clause.kind else {
        return;
    };
    let name = &definition.name;
    let wanted = find(&seen.after, table).and_then(|table| table.column(name));
    // What stands only between two statements may be bare.
    let again = walk.remaining().skip(1).any(|sql| {
        let Command::AlterTable { table: of, clauses } = walk.read(sql).command else {
            return false;
        };
        of == *table
            && clauses.iter().any(|clause| {
                matches!(&clause.kind, ClauseKind::Redefine { column, .. } | ClauseKind::DropColumn(column) if column.eq_ignore_ascii_case(name))
            })
    });
    let Some(wanted) = wanted.filter(|_| !again) else {
        return;
    };
    let lost: Vec<&str> = [
        (!wanted.nullable && wanted.generated.is_none(), "NOT NULL"),
        (wanted.default.is_some(), "DEFAULT"),
        (wanted.auto != Auto::No, "AUTO_INCREMENT"),
        (wanted.comment.is_some(), "COMMENT"),
        (wanted.collation.is_some(), "COLLATE"),
    ]
    .into_iter()
    .filter(|(is_wanted, words)| *is_wanted && !contains(&clause.tokens, words))
    .map(|(_, words)| words)
    .collect();
    if !lost.is_empty() {
        walk.found(
            Code::D11,
            format!(
                "`{table}.{name}` loses {}, since it is defined anew without",
                lost.join(", ")
            ),
            "write the whole definition, as SHOW CREATE TABLE has it",
        );
    }
}
