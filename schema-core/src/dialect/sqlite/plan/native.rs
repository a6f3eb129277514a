//! Changes that ALTER TABLE makes in place.
//!
//! Adding, dropping and renaming columns works in every SQLite of the last years; `ALTER COLUMN … SET NOT NULL`, `ADD CONSTRAINT …
//! CHECK` and `DROP CONSTRAINT` since 3.53 (<https://sqlite.org/lang_altertable.html>). It knows when SQLite refuses on a filled
//! table, and says why a table needs a rebuild instead.

use std::collections::BTreeMap;

use super::change::{Change, Source};
use crate::dialect::sqlite::ddl::{self, quote};
use crate::plan::Statement;
use crate::schema::{Action, Auto, Column, Default, ForeignKey, Index, Storage, Table};

/// Returns the statements that change the table in place, or why there are none.
pub(super) fn alter(change: &Change) -> Result<Vec<Statement>, String> {
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
        indexes,
        foreign_keys,
        checks,
        options,
    } = after;
    if before.options != *options {
        return Err("ALTER TABLE cannot change STRICT or WITHOUT ROWID".to_owned());
    }
    if before.primary_key != *primary_key {
        return Err("ALTER TABLE cannot change a primary key".to_owned());
    }
    if constraints(&before.indexes) != constraints(indexes) {
        return Err("ALTER TABLE cannot add or drop a UNIQUE constraint".to_owned());
    }
    let mut altered = Altered::new(&name.name);
    for key in before.foreign_keys.values() {
        if foreign_keys.get(&key.name) != Some(key) {
            if [key.on_delete, key.on_update].contains(&Action::SetDefault) {
                // SQLite 3.54 takes DEFAULT for the beginning of the next constraint and leaves half of this one.
                return Err(format!(
                    "SQLite cannot drop `{}`, which says SET DEFAULT",
                    key.name
                ));
            }
            altered.drop_constraint(before, &key.name)?;
        }
    }
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
                altered.column(standing, column, source.fill.as_ref())?;
                altered.map_values(source);
            }
            Some(name) => return Err(format!("`{}` takes the values of `{name}`", column.name)),
            None if before.column(&column.name).is_some() => {
                return Err(format!("`{}` is made anew", column.name));
            }
            None => altered.add_column(column, source.fill.as_ref(), &mut new_keys)?,
        }
    }
    if !new_keys.is_empty() {
        return Err("ALTER TABLE cannot add a foreign key to a standing column".to_owned());
    }
    let mut in_turn: Vec<&Column> = before.columns.iter().collect();
    in_turn.sort_by_key(|column| std::cmp::Reverse(before.generation(column)));
    for column in in_turn {
        if after.column(&column.name).is_none() {
            altered.drop_column(after, &column.name)?;
        }
    }
    for check in checks.values() {
        if before.checks.get(&check.name) != Some(check) {
            altered.checks.push(Statement::execute(format!(
                "{} ADD {}",
                altered.head,
                ddl::check(check)
            )));
        }
    }
    Ok(altered.finish())
}

fn constraints(indexes: &BTreeMap<String, Index>) -> Vec<&Index> {
    indexes.values().filter(|index| index.constraint).collect()
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
        }
    }

    /// Columns come before others go, because a table is never without one.
    fn finish(self) -> Vec<Statement> {
        let Altered {
            table: _,
            head: _,
            mut dropped_constraints,
            added_columns,
            dropped_columns,
            mapped_values,
            nullability,
            checks,
        } = self;
        dropped_constraints.extend(added_columns);
        dropped_constraints.extend(dropped_columns);
        dropped_constraints.extend(mapped_values);
        dropped_constraints.extend(nullability);
        dropped_constraints.extend(checks);
        dropped_constraints
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

    fn column(&mut self, from: &Column, to: &Column, fill: Option<&Default>) -> Result<(), String> {
        let same_but_null = Column {
            nullable: to.nullable,
            ..from.clone()
        };
        if same_but_null != *to {
            return Err(format!(
                "ALTER TABLE cannot change {} of `{}`",
                difference(from, to),
                to.name
            ));
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
        self.nullability.push(Statement::execute(format!(
            "{} ALTER COLUMN {} {} NOT NULL",
            self.head,
            quote(&to.name),
            if to.nullable { "DROP" } else { "SET" }
        )));
        Ok(())
    }

    /// Once the old check is gone and before the new one is there.
    fn map_values(&mut self, source: &Source) {
        let (Some(column), Some(value)) = (&source.column, source.value()) else {
            return;
        };
        if !source.mapped.is_empty() {
            let old: Vec<String> = source.mapped.keys().map(|old| ddl::text(old)).collect();
            self.mapped_values.push(Statement::execute(format!(
                "UPDATE {} SET {column} = {value} WHERE {column} IN ({})",
                self.table,
                old.join(", "),
                column = quote(column),
            )));
        }
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

/// Names the first thing in which two columns differ.
fn difference(from: &Column, to: &Column) -> &'static str {
    let Column {
        name: _,
        ty,
        sql_type: _,
        nullable: _,
        default,
        generated,
        auto,
        collation,
        comment: _,
    } = to;
    if from.ty != *ty {
        "the type"
    } else if from.default != *default {
        "the default"
    } else if from.generated != *generated {
        "the computed value"
    } else if from.collation != *collation {
        "the collation"
    } else if from.auto != *auto {
        "the numbering"
    } else {
        "the definition"
    }
}
