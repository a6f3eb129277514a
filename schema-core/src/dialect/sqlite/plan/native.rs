//! Changes that ALTER TABLE makes in place.
//!
//! Adding, dropping and renaming columns works in every SQLite of the last years; `ALTER COLUMN … SET NOT NULL`, `ADD CONSTRAINT …
//! CHECK` and `DROP CONSTRAINT` since 3.53 (<https://sqlite.org/lang_altertable.html>). It knows when SQLite refuses on a filled
//! table, and says why a table needs a rebuild instead.

use super::change::{Change, Changes, Source};
use super::guard;
use crate::dialect::sqlite::ddl::{self, Wording, create_table, quote};
use crate::dialect::sqlite::definition::{column_rewrites, same_keys};
use crate::plan::{Statement, Step};
use crate::schema::{Action, Auto, Column, Default, ForeignKey, Index, PrimaryKey, Storage, Table};

/// Returns the statements that change the table in place, or why there are none.
pub(super) fn alter(changes: &Changes, change: &Change) -> Result<Vec<Statement>, String> {
    let Change {
        before,
        after,
        renames: _,
        sources,
    } = change;
    let Table {
        name,
        columns,
        primary_key,
        indexes: _,
        foreign_keys,
        checks,
        options,
    } = after;
    if before.options != *options {
        return Err("ALTER TABLE cannot change STRICT or WITHOUT ROWID".to_owned());
    }
    let mut altered = Altered::new(&name.name);
    altered.primary_key(before.primary_key.as_ref(), primary_key.as_ref())?;
    altered.uniques(before, after)?;
    for check in before.checks.values() {
        if checks.get(&check.name) != Some(check) {
            altered.drop_constraint(before, &check.name)?;
        }
    }
    let mut new_keys: Vec<&ForeignKey> = foreign_keys
        .values()
        .filter(|key| before.foreign_keys.get(&key.name) != Some(key))
        .collect();
    // What is computed comes after what it is computed from.
    let mut in_turn: Vec<&Column> = columns.iter().collect();
    in_turn.sort_by_key(|column| after.generation(column));
    for column in in_turn {
        let source = sources
            .get(&column.name)
            .ok_or_else(|| format!("the values of `{}` come from nowhere", column.name))?;
        match &source.column {
            Some(name) if *name == column.name => {
                let standing = before
                    .column(name)
                    .ok_or_else(|| format!("`{name}` is made anew"))?;
                altered.column(change, standing, column, source.fill.as_ref())?;
                altered.map_values(before, source)?;
            }
            Some(name) => return Err(format!("`{}` takes the values of `{name}`", column.name)),
            None if before.column(&column.name).is_some() => {
                return Err(format!("`{}` is made anew", column.name));
            }
            None => altered.add_column(column, source.fill.as_ref(), &mut new_keys)?,
        }
    }
    for key in new_keys {
        altered.orphans.extend(guard::orphans(changes, change, key)?);
        altered.redefined.push(format!("the foreign key `{}`", key.name));
    }
    altered.drop_foreign_keys(before, after)?;
    let mut in_turn: Vec<&Column> = before.columns.iter().collect();
    in_turn.sort_by_key(|column| std::cmp::Reverse(before.generation(column)));
    for column in in_turn {
        if after.column(&column.name).is_none() {
            altered.drop_column(after, &column.name)?;
        }
    }
    for check in checks.values() {
        if before.checks.get(&check.name) != Some(check) {
            altered.checks.extend(guard::broken_rows(change, check));
            altered.checks.push(Statement::execute(format!(
                "{} ADD {}",
                altered.head,
                ddl::check(check)
            )));
        }
    }
    Ok(altered.finish(after))
}

/// The statements so far, by what has to come first.
struct Altered {
    table: String,
    head: String,
    dropped_constraints: Vec<Statement>,
    added_columns: Vec<Statement>,
    dropped_columns: Vec<Statement>,
    mapped_values: Vec<Statement>,
    nullability: Vec<Statement>,
    checks: Vec<Statement>,
    /// Guards that are asked once all columns are there.
    orphans: Vec<Statement>,
    /// What only another definition can change, in words.
    redefined: Vec<String>,
}

impl Altered {
    fn new(table: &str) -> Self {
        Altered {
            table: quote(table),
            head: format!("ALTER TABLE {}", quote(table)),
            dropped_constraints: Vec::new(),
            added_columns: Vec::new(),
            dropped_columns: Vec::new(),
            mapped_values: Vec::new(),
            nullability: Vec::new(),
            checks: Vec::new(),
            orphans: Vec::new(),
            redefined: Vec::new(),
        }
    }

    /// Columns come before others go, because a table is never without one; the definition as it shall be comes last.
    fn finish(self, after: &Table) -> Vec<Statement> {
        let Altered {
            table: _,
            head: _,
            mut dropped_constraints,
            added_columns,
            dropped_columns,
            mapped_values,
            nullability,
            checks,
            orphans,
            redefined,
        } = self;
        let name = &after.name.name;
        let mut statements = Vec::new();
        dropped_constraints.extend(added_columns);
        dropped_constraints.extend(dropped_columns);
        dropped_constraints.extend(mapped_values);
        dropped_constraints.extend(nullability);
        dropped_constraints.extend(checks);
        statements.extend(dropped_constraints);
        if let Some(first) = statements.first_mut() {
            first.reason = format!("`{name}` is altered in place");
        }
        if !redefined.is_empty() {
            statements.extend(orphans);
            let sql = create_table(after, name, &Wording::default());
            let reason = format!(
                "`{name}` is redefined, its rows stay as they are: {} {}",
                redefined.join(", "),
                if redefined.len() == 1 { "changes" } else { "change" }
            );
            statements.push(Statement::from(Step::RedefineTable { sql }).because(reason));
        }
        statements
    }

    fn primary_key(&mut self, from: Option<&PrimaryKey>, to: Option<&PrimaryKey>) -> Result<(), String> {
        if from.map(|key| &key.columns) != to.map(|key| &key.columns) {
            return Err("ALTER TABLE cannot change a primary key".to_owned());
        }
        if from != to {
            self.redefined.push("the name of the primary key".to_owned());
        }
        Ok(())
    }

    fn uniques(&mut self, before: &Table, after: &Table) -> Result<(), String> {
        if !same_keys(before, after) {
            return Err("ALTER TABLE cannot add or drop a UNIQUE constraint".to_owned());
        }
        let unchanged = |index: &&Index| before.indexes.get(&index.name) != Some(index);
        for index in after
            .indexes
            .values()
            .filter(|index| index.constraint)
            .filter(unchanged)
        {
            self.redefined.push(format!("the name of `{}`", index.name));
        }
        Ok(())
    }

    /// Drops the foreign keys that go, unless the table is redefined and they keep no column from being dropped.
    fn drop_foreign_keys(&mut self, before: &Table, after: &Table) -> Result<(), String> {
        let gone = |key: &&ForeignKey| after.foreign_keys.get(&key.name) != Some(key);
        for key in before.foreign_keys.values().filter(gone) {
            let holds = key.columns.iter().any(|column| after.column(column).is_none());
            if !holds && !self.redefined.is_empty() {
                continue;
            }
            // SQLite 3.54 takes DEFAULT for the beginning of the next constraint and leaves half of this one.
            let dropped = if [key.on_delete, key.on_update].contains(&Action::SetDefault) {
                Err(format!(
                    "SQLite cannot drop `{}`, which says SET DEFAULT",
                    key.name
                ))
            } else {
                self.drop_constraint(before, &key.name)
            };
            match dropped {
                Ok(()) => {}
                Err(why) if holds => return Err(why),
                Err(_) => self.redefined.push(format!("the foreign key `{}`", key.name)),
            }
        }
        Ok(())
    }

    /// SQLite drops the first constraint of that name, so there must be one only.
    fn drop_constraint(&mut self, table: &Table, name: &str) -> Result<(), String> {
        let names = table
            .primary_key
            .iter()
            .map(|key| &key.name)
            .chain(
                table
                    .indexes
                    .values()
                    .filter(|index| index.constraint)
                    .map(|index| &index.name),
            )
            .chain(table.foreign_keys.keys())
            .chain(table.checks.keys());
        if names.filter(|other| other.eq_ignore_ascii_case(name)).count() > 1 {
            return Err(format!("more than one constraint is named `{name}`"));
        }
        self.dropped_constraints.push(Statement::execute(format!(
            "{} DROP CONSTRAINT {}",
            self.head,
            quote(name)
        )));
        Ok(())
    }

    fn column(
        &mut self,
        change: &Change,
        from: &Column,
        to: &Column,
        fill: Option<&Default>,
    ) -> Result<(), String> {
        if let Some(what) = column_rewrites(from, to, change.after.options.strict) {
            return Err(format!("ALTER TABLE cannot change {what} of `{}`", to.name));
        }
        if from.ty != to.ty && change.written_anew(&to.name).is_some() {
            return Err(format!("the values of `{}` are written anew", to.name));
        }
        if from.ty != to.ty {
            self.redefined.push(format!("the type of `{}`", to.name));
        }
        if from.default != to.default {
            self.redefined.push(format!("the default of `{}`", to.name));
        }
        if from.nullable == to.nullable {
            return Ok(());
        }
        if to.generated.is_some() {
            return Err(format!("`{}` is computed for every row", to.name));
        }
        if !to.nullable && fill.or(to.default.as_ref()).is_some() {
            return Err(format!("rows that hold NULL in `{}` are filled", to.name));
        }
        self.nullability.extend(guard::missing_values(change, to));
        self.nullability.push(Statement::execute(format!(
            "{} ALTER COLUMN {} {} NOT NULL",
            self.head,
            quote(&to.name),
            if to.nullable { "DROP" } else { "SET" }
        )));
        Ok(())
    }

    /// Once the old check is gone and before the new one is there. A value that rows have already may come to them later in the same
    /// statement, which a unique does not wait for.
    fn map_values(&mut self, before: &Table, source: &Source) -> Result<(), String> {
        let (Some(column), Some(value)) = (&source.column, source.mapped()) else {
            return Ok(());
        };
        let exchanged = source.values.values().any(|new| source.values.contains_key(new));
        let unique = before
            .indexes
            .values()
            .any(|index| index.unique && index.mentions(column));
        if exchanged && (unique || before.is_key(column)) {
            return Err(format!(
                "values of `{column}`, which is unique, become each other"
            ));
        }
        let old: Vec<String> = source.values.keys().map(|old| ddl::text(old)).collect();
        self.mapped_values.push(Statement::execute(format!(
            "UPDATE {} SET {column} = {value} WHERE {column} IN ({})",
            self.table,
            old.join(", "),
            column = quote(column),
        )));
        Ok(())
    }

    fn add_column(
        &mut self,
        column: &Column,
        fill: Option<&Default>,
        new_keys: &mut Vec<&ForeignKey>,
    ) -> Result<(), String> {
        let name = &column.name;
        if column.auto != Auto::No {
            return Err(format!("ALTER TABLE cannot add the key `{name}`"));
        }
        match column.generated.as_ref().map(|generated| generated.storage) {
            Some(Storage::Virtual) => {
                self.added_columns.push(Statement::execute(format!(
                    "{} ADD COLUMN {}",
                    self.head,
                    ddl::column(column)
                )));
                return Ok(());
            }
            Some(Storage::Stored) => {
                return Err(format!(
                    "ALTER TABLE cannot add `{name}`: it is computed and stored"
                ));
            }
            None => {}
        }
        match &column.default {
            Some(Default::Expression { .. }) => {
                return Err(format!(
                    "ALTER TABLE cannot add `{name}`: its default is not a constant"
                ));
            }
            Some(Default::Literal(_)) => {}
            None if !column.nullable => {
                return Err(format!(
                    "ALTER TABLE cannot add `{name}`: it is NOT NULL without a default"
                ));
            }
            None => {}
        }
        if fill.is_some() && fill != column.default.as_ref() {
            return Err(format!("`{name}` is filled with other values than its default"));
        }
        let mut sql = format!("{} ADD COLUMN {}", self.head, ddl::column(column));
        let own = new_keys.iter().position(|key| key.columns == [name.as_str()]);
        if let (Some(own), None) = (own, &column.default) {
            let key = new_keys.remove(own);
            sql.push_str(&format!(
                " CONSTRAINT {} {}",
                quote(&key.name),
                ddl::references(key)
            ));
        }
        self.added_columns.push(Statement::execute(sql));
        Ok(())
    }

    fn drop_column(&mut self, after: &Table, name: &str) -> Result<(), String> {
        let mentioned = after.indexes.values().any(|index| index.mentions(name))
            || after.checks.values().any(|check| check.expression.mentions(name))
            || after.columns.iter().any(|column| {
                let generated = column.generated.as_ref();
                generated.is_some_and(|generated| generated.expression.mentions(name))
            })
            || after
                .foreign_keys
                .values()
                .any(|key| key.columns.iter().any(|column| column == name))
            || after.is_key(name);
        if mentioned {
            return Err(format!("`{name}` is used by what stays"));
        }
        self.dropped_columns.push(Statement::execute(format!(
            "{} DROP COLUMN {}",
            self.head,
            quote(name)
        )));
        Ok(())
    }
}
