//! The hazards of each operation, given what the other operations of the step do.

mod constraint;

use std::borrow::Cow;

use super::types::keeps_values;
use super::{Code, Hazard};
use crate::diff::{Answers, questions};
use crate::operation::Operation;
use crate::schema::{Column, Default, Index, PrimaryKey, Schema, Table, TableName};

/// Points from which on a column that is dropped beside one that is added is worth a word.
const ALIKE: u32 = 60;

/// Returns the hazards of a step, in the order of its operations.
///
/// They are those of the step as it is written, whatever the database: one that has fewer types than the models may
/// find nothing to convert.
///
/// # Example
///
/// ```
/// use schema_core::diff::{Answers, diff};
/// use schema_core::hazard::{Code, hazards};
/// use schema_core::schema::{Column, Schema, Table, TableName, Type};
///
/// let mut items = Table::new(TableName::new("items"));
/// let to = Schema::from_iter([items.clone()]);
/// items.columns.push(Column::new("name", Type::Text { length: None }));
/// let from = Schema::from_iter([items]);
///
/// let answers = Answers::default();
/// let found = hazards(&diff(&from, &to, &answers), &from, &to, &answers);
/// assert_eq!(found.iter().map(|hazard| hazard.code).collect::<Vec<_>>(), [Code::D02, Code::D15]);
/// ```
#[must_use]
pub fn hazards(operations: &[Operation], from: &Schema, to: &Schema, answers: &Answers) -> Vec<Hazard> {
    let before = renamed(from, operations);
    let step = Step {
        operations,
        before: &before,
        to,
    };
    let mut found = Vec::new();
    for operation in operations {
        step.of(operation, &mut found);
    }
    found.extend(look_like_renames(from, to, answers));
    found
}

/// Returns the schema before with the names that it has after.
fn renamed<'a>(from: &'a Schema, operations: &[Operation]) -> Cow<'a, Schema> {
    let mut schema = Cow::Borrowed(from);
    for operation in operations {
        if matches!(
            operation,
            Operation::RenameTable { .. } | Operation::RenameColumn { .. }
        ) {
            // What does not fit is no rename of this step.
            let _ = operation.apply(schema.to_mut());
        }
    }
    schema
}

fn look_like_renames(from: &Schema, to: &Schema, answers: &Answers) -> Vec<Hazard> {
    let asked = questions(from, to, answers, &[]).into_iter();
    let alike = asked.filter_map(|question| {
        let candidate = question.candidates.first()?;
        let old = question
            .dropped
            .column
            .clone()
            .unwrap_or_else(|| question.dropped.table.to_string());
        (candidate.likeness >= ALIKE).then(|| Hazard {
            code: Code::D04,
            text: format!(
                "`{}` is dropped, while `{}`, which looks like it, is added without its values",
                question.dropped, candidate.target
            ),
            safe: format!("`#[model(renamed_from = {old:?})]`, if both are one thing"),
        })
    });
    alike.collect()
}

/// The operations that belong together, and the schemas on both sides of them.
struct Step<'a> {
    operations: &'a [Operation],
    before: &'a Schema,
    to: &'a Schema,
}

impl Step<'_> {
    fn of(&self, operation: &Operation, found: &mut Vec<Hazard>) {
        match operation {
            Operation::CreateTable { .. }
            | Operation::RenameTable { .. }
            | Operation::AlterTable { .. }
            | Operation::RenameColumn { .. }
            | Operation::MapValues { .. }
            | Operation::RenameIndex { .. }
            | Operation::RenameForeignKey { .. }
            | Operation::RenameCheck { .. } => {}
            Operation::DropTable { table } => found.push(Hazard {
                code: Code::D01,
                text: format!("`{}` is dropped with all its rows", self.table_name(&table.name)),
                safe: "keep a copy of the rows until nobody misses them; the way back makes an empty table"
                    .into(),
            }),
            Operation::AddColumn {
                table,
                column,
                backfill,
                ..
            } => found.extend(added(table, column, backfill.as_ref())),
            Operation::DropColumn { table, column, .. } => self.dropped(table, column, found),
            Operation::AlterColumn {
                table,
                from,
                to,
                backfill,
            } => self.altered(table, (from, to), backfill.as_ref(), found),
            Operation::AlterPrimaryKey { table, from, to } => match (from, to) {
                (from, Some(to)) => self.key(table, from.as_ref(), to, found),
                (Some(from), None) if !from.columns.iter().any(|column| self.goes(table, column)) => {
                    found.push(constraint::unguarded(table, &from.name));
                }
                (_, None) => {}
            },
            Operation::AddIndex { table, index } => found.extend(self.unique_added(table, index)),
            Operation::DropIndex { table, index } => found.extend(self.unique_dropped(table, index)),
            Operation::AddForeignKey { table, foreign_key } => {
                found.extend(self.foreign_key_added(table, foreign_key));
            }
            Operation::DropForeignKey { table, foreign_key } => {
                found.extend(self.foreign_key_dropped(table, foreign_key));
            }
            Operation::AddCheck { table, check } => found.extend(self.check_added(table, check)),
            Operation::DropCheck { table, check } => found.extend(self.check_dropped(table, check)),
        }
    }

    fn dropped(&self, table: &TableName, column: &Column, found: &mut Vec<Hazard>) {
        if column.generated.is_some() {
            return;
        }
        let name = format!("`{table}.{}`", self.column_name(table, &column.name));
        found.push(Hazard {
            code: Code::D02,
            text: format!("{name} is dropped with its values"),
            safe: "stop using it first, and drop it in a later revision; the way back brings no value back"
                .into(),
        });
        if needs_value(column) {
            found.push(Hazard {
                code: Code::D15,
                text: format!(
                    "the way back cannot add {name} to a table with rows: it is NOT NULL without a default"
                ),
                safe:
                    "make it `Option<…>` in a revision before, or edit the downgrade script to give a value"
                        .into(),
            });
        }
    }

    /// Returns the name by which a person knows a table: one that made way for another was set aside first.
    fn table_name<'b>(&'b self, name: &'b TableName) -> &'b TableName {
        let aside = self.operations.iter().find_map(|operation| {
            let Operation::RenameTable { from, to } = operation else {
                return None;
            };
            (to == name).then_some(from)
        });
        aside.unwrap_or(name)
    }

    /// Returns the name by which a person knows a column, likewise.
    fn column_name<'b>(&'b self, table: &TableName, name: &'b str) -> &'b str {
        let aside = self.operations.iter().find_map(|operation| {
            let Operation::RenameColumn { table: of, from, to } = operation else {
                return None;
            };
            (of == table && to == name).then_some(from.as_str())
        });
        aside.unwrap_or(name)
    }

    fn altered(
        &self,
        table: &TableName,
        (from, to): (&Column, &Column),
        backfill: Option<&Default>,
        found: &mut Vec<Hazard>,
    ) {
        let name = format!("`{table}.{}`", to.name);
        if from.generated.is_none() && to.generated.is_some() {
            found.push(Hazard {
                code: Code::D05,
                text: format!("{name} is computed from now on, and the values it holds are lost"),
                safe: "add the computed column beside it, compare the two, and drop the old one later".into(),
            });
        } else if from.generated.is_none() && !keeps_values(from, to) {
            found.push(Hazard {
                code: Code::D05,
                text: format!(
                    "{name} becomes {} from {}, which may not hold every value",
                    type_words(to),
                    type_words(from)
                ),
                safe: "look at the values first, or add a new column and move them in steps".into(),
            });
        }
        found.extend(self.values_gone(table, from, to));
        let filled = backfill.is_some() || to.default.is_some() || to.generated.is_some();
        if from.nullable && !to.nullable && !filled {
            found.push(Hazard {
                code: Code::F02,
                text: format!("{name} becomes NOT NULL, and fails on rows that hold NULL"),
                safe: "`#[model(backfill = …)]` gives those rows a value".into(),
            });
        }
        let unique = self.to.table(table).is_some_and(|table| {
            let by_index = table
                .indexes
                .values()
                .any(|index| index.unique && index.mentions(&to.name));
            by_index || table.is_key(&to.name)
        });
        if from.collation != to.collation && unique {
            found.push(Hazard {
                code: Code::D13,
                text: format!(
                    "{name} is unique and compares in another way, so that values may be alike now"
                ),
                safe: "look for values that differ only in what the new collation does not see".into(),
            });
        }
    }

    /// Values that an enum no longer has and that no row exchanges for others.
    fn values_gone(&self, table: &TableName, from: &Column, to: &Column) -> Option<Hazard> {
        let (old, new) = (from.ty.values()?, to.ty.values()?);
        let is_mapped = |value: &String| {
            self.operations.iter().any(|operation| {
                matches!(operation, Operation::MapValues { table: of, column, values, .. }
                    if of == table && *column == to.name && values.contains_key(value))
            })
        };
        let gone: Vec<String> = old
            .iter()
            .filter(|value| !new.contains(value) && !is_mapped(value))
            .map(|value| format!("`{value}`"))
            .collect();
        let first = gone.first()?.trim_matches('`');
        let column = &to.name;
        Some(Hazard {
            code: Code::D06,
            text: format!(
                "`{table}.{column}` has no {} any more, and fails on rows that hold it",
                gone.join(", ")
            ),
            safe: format!(
                "`--map {table}.{column}.{first}=NEW`, or `#[model(renamed_from = {first:?})]` on the variant that takes its place"
            ),
        })
    }

    fn key(&self, table: &TableName, from: Option<&PrimaryKey>, to: &PrimaryKey, found: &mut Vec<Hazard>) {
        if from.is_some_and(|from| sorted(&from.columns) == sorted(&to.columns)) {
            return;
        }
        let columns = to.columns.join(", ");
        if let Some(from) = from {
            found.push(Hazard {
                code: Code::D07,
                text: format!(
                    "the primary key of `{table}` becomes ({columns}) from ({})",
                    from.columns.join(", ")
                ),
                safe: "change what refers to the old key first; rows that are alike in the new one stop the upgrade"
                    .into(),
            });
        } else if !self.unique_before(table, &to.columns) {
            found.push(Hazard {
                code: Code::F03,
                text: format!(
                    "`{}` fails on rows of `{table}` that are alike in ({columns})",
                    to.name
                ),
                safe: duplicates(table, &to.columns),
            });
        }
        for column in &to.columns {
            if self
                .column_before(table, column)
                .is_some_and(|column| column.nullable)
            {
                found.push(Hazard {
                    code: Code::F09,
                    text: format!(
                        "`{table}.{column}` becomes part of the primary key, and fails on rows that hold NULL"
                    ),
                    safe: "make it NOT NULL, with `#[model(backfill = …)]`, in a revision before".into(),
                });
            }
        }
    }

    /// Tells whether the column, or its table, is no more after the step.
    fn goes(&self, table: &TableName, column: &str) -> bool {
        self.to
            .table(table)
            .and_then(|table| table.column(column))
            .is_none()
    }

    fn column_before(&self, table: &TableName, column: &str) -> Option<&Column> {
        self.before.table(table)?.column(column)
    }

    /// Tells whether the column is new, and NULL in every row that exists.
    fn arrives_empty(&self, table: &TableName, column: &str) -> bool {
        self.operations.iter().any(|operation| {
            matches!(operation, Operation::AddColumn { table: of, column: new, backfill: None, .. }
                if of == table && new.name == column && new.nullable && new.default.is_none() && new.generated.is_none())
        })
    }

    /// Tells whether rows could not be alike in the columns before the step.
    fn unique_before(&self, table: &TableName, columns: &[String]) -> bool {
        let Some(table) = self.before.table(table) else {
            return false;
        };
        let within = |key: &[&str]| key.iter().all(|name| columns.iter().any(|column| column == name));
        let by_key = key_columns(table).is_some_and(|key| within(&key));
        let whole = |index: &Index| index.unique && index.predicate.is_none();
        by_key
            || table
                .indexes
                .values()
                .filter(|index| whole(index))
                .any(|index| index.columns().is_some_and(|key| within(&key)))
    }
}

fn type_words(column: &Column) -> String {
    if column.sql_type.is_empty() {
        return column.ty.to_string();
    }
    let native: Vec<&str> = column.sql_type.values().map(String::as_str).collect();
    native.join(" or ")
}

/// Returns the columns in an order of their own, for where theirs does not matter.
fn sorted<T: Ord + Clone>(columns: &[T]) -> Vec<T> {
    let mut columns = columns.to_vec();
    columns.sort();
    columns
}

fn key_columns(table: &Table) -> Option<Vec<&str>> {
    let key = table.primary_key.as_ref()?;
    Some(key.columns.iter().map(String::as_str).collect())
}

/// Tells whether rows that exist have no value for a new column.
fn needs_value(column: &Column) -> bool {
    !column.nullable
        && column.default.is_none()
        && column.generated.is_none()
        && column.auto == crate::schema::Auto::No
}

fn added(table: &TableName, column: &Column, backfill: Option<&Default>) -> Option<Hazard> {
    (backfill.is_none() && needs_value(column)).then(|| Hazard {
        code: Code::F01,
        text: format!(
            "`{table}.{}` is NOT NULL, and rows that exist have no value for it",
            column.name
        ),
        safe: "`#[model(default = …)]`, or `#[model(backfill = …)]` for those rows alone".into(),
    })
}

fn duplicates(table: &TableName, columns: &[String]) -> String {
    let columns = names(columns);
    format!(
        "look first: `SELECT {columns}, count(*) FROM {} GROUP BY {columns} HAVING count(*) > 1`",
        sql_name(&table.name)
    )
}

fn names(columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().map(|name| sql_name(name)).collect();
    names.join(", ")
}

fn sql_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
