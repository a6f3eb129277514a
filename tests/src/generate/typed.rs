//! Brings a generated schema into what a database with strict types takes: expressions over the right types, defaults that are values.
//!
//! SQLite compares and concatenates anything with anything; PostgreSQL does not even create a table whose default is none of
//! its type. What is fitted depends on nothing but what it replaces, so that what two schemas of a pair share stays shared.

mod mysql;

use schema_core::dialect::Dialect;
use schema_core::diff::Answers;
use schema_core::schema::{
    Column, Default, Expression, Generated, Index, IndexPart, Literal, Schema, Table, Type,
};

use super::{Pair, fit, is_integer, mend};

/// Returns the schema as the dialect's database can take it.
#[must_use]
pub fn schema(dialect: &dyn Dialect, schema: &Schema) -> Schema {
    if dialect.name() == "mysql" {
        return mysql::fitted(schema);
    }
    if !is_strict(dialect) {
        return schema.clone();
    }
    let mut typed: Schema = schema.tables.values().map(table).collect();
    let names: Vec<_> = typed.tables.keys().cloned().collect();
    while mend::drop_mismatches(&mut typed, &names) {}
    typed
}

/// Returns the pair as the dialect's database can take it.
#[must_use]
pub fn pair(dialect: &dyn Dialect, Pair { from, to, answers }: &Pair) -> Pair {
    let to = schema(dialect, to);
    Pair {
        from: schema(dialect, from),
        answers: self::answers(dialect, &to, answers),
        to,
    }
}

/// Returns the chain as the dialect's database can take it.
#[must_use]
pub fn chain(
    dialect: &dyn Dialect,
    (first, steps): &(Schema, Vec<(Schema, Answers)>),
) -> (Schema, Vec<(Schema, Answers)>) {
    let steps = steps.iter().map(|(to, answers)| {
        let to = schema(dialect, to);
        let answers = self::answers(dialect, &to, answers);
        (to, answers)
    });
    (schema(dialect, first), steps.collect())
}

fn is_strict(dialect: &dyn Dialect) -> bool {
    dialect.name() == "postgres"
}

fn answers(dialect: &dyn Dialect, to: &Schema, answers: &Answers) -> Answers {
    let mut answers = answers.clone();
    for ((table, column), value) in &mut answers.backfills {
        // What reads another column is of that one's type.
        if matches!(value, Default::Expression { .. }) {
            continue;
        }
        let column = to.table(table).and_then(|table| table.column(column));
        match column {
            Some(column) if dialect.name() == "mysql" => *value = mysql::backfill(column),
            Some(column) if is_strict(dialect) => *value = default(column, value),
            Some(_) | None => {}
        }
    }
    answers
}

fn table(table: &Table) -> Table {
    let mut table = table.clone();
    let name = table.name.to_string();
    for column in &mut table.columns {
        fit_column(&name, column);
    }
    for at in 0..table.columns.len() {
        let generated = table.columns[at].generated.clone();
        let Some(generated) = generated else { continue };
        let base = base(&table, &generated.expression).cloned();
        let base = base.filter(|base| base.generated.is_none());
        let column = &mut table.columns[at];
        match base {
            Some(base) => {
                column.ty = base.ty.clone();
                column.sql_type.clone_from(&base.sql_type);
                column.collation.clone_from(&base.collation);
                column.collations.clone_from(&base.collations);
                column.generated = Some(Generated {
                    expression: value(&base, &generated.expression),
                    storage: generated.storage,
                });
            }
            None => column.generated = None,
        }
    }
    for check in table.checks.clone().into_values() {
        let fitted = base(&table, &check.expression).map(|base| condition(base, &check.expression));
        match fitted {
            Some(expression) => drop(table.checks.insert(
                check.name.clone(),
                schema_core::schema::Check { expression, ..check },
            )),
            None => drop(table.checks.remove(&check.name)),
        }
    }
    let indexes = std::mem::take(&mut table.indexes);
    table.indexes = indexes
        .into_iter()
        .map(|(name, index)| (name, self::index(&table, index)))
        .collect();
    table
}

fn quoted(column: &Column) -> String {
    format!("\"{}\"", column.name.replace('"', "\"\""))
}

/// The column that an expression is about.
fn base<'a>(table: &'a Table, expression: &Expression) -> Option<&'a Column> {
    table
        .columns
        .iter()
        .find(|column| expression.mentions(&column.name))
}

fn is_text(column: &Column) -> bool {
    let own = column
        .sql_type
        .keys()
        .any(|dialect| dialect == "postgres" || dialect == "*");
    !own && matches!(column.ty, Type::Text { .. })
}

fn value(base: &Column, old: &Expression) -> Expression {
    let name = quoted(base);
    Expression::new(if old.0.starts_with("lower") && is_text(base) {
        format!("lower({name})")
    } else if old.0.starts_with("coalesce") {
        format!("coalesce({name},{name})")
    } else {
        name
    })
}

fn condition(base: &Column, old: &Expression) -> Expression {
    let name = quoted(base);
    Expression::new(if old.0.contains("length") {
        format!("{name} IS NULL OR length(({name})::text) >= 0")
    } else if old.0.starts_with("coalesce") {
        format!("{name} IS NULL or {name}  = {name}")
    } else if old.0.starts_with("NOT") && is_text(base) {
        format!("{name} IN ('a', 'b') OR NOT ({name} IN ('a','b'))")
    } else if old.0.starts_with("NOT") {
        format!("NOT ({name} <> {name})")
    } else {
        format!("{name} IS NOT NULL OR 'a -- b; /* '' */' <> ''")
    })
}

fn index(table: &Table, mut index: Index) -> Index {
    for key in &mut index.keys {
        let mut collates = false;
        match &mut key.part {
            IndexPart::Column(name) => collates = table.column(name).is_some_and(is_text),
            IndexPart::Expression(expression) => {
                if let Some(base) = base(table, expression) {
                    collates = is_text(base);
                    *expression = if collates && index.unique {
                        Expression::new(format!("lower({})", quoted(base)))
                    } else {
                        value(base, expression)
                    };
                }
            }
        }
        key.collation = key.collation.take().filter(|_| collates).map(|_| "C".to_owned());
        key.operator_class = key.operator_class.take().filter(|_| collates);
    }
    index.include.retain(|name| {
        let key = index
            .keys
            .iter()
            .any(|key| matches!(&key.part, IndexPart::Column(key) if key == name));
        !key
    });
    index
}

fn fit_column(table: &str, column: &mut Column) {
    if column.ty == Type::Native("BLOB".to_owned()) {
        column.ty = Type::Bytes { length: None };
    }
    if let Type::Enum { name, values: _ } = &mut column.ty
        && name != fit::KEY
    {
        *name = format!("{} of {table}", column.name).replace('.', "");
    }
    for native in column.sql_type.values_mut() {
        *native = match native.as_str() {
            "CLOB" => "varchar(30)",
            "MY TYPE" => "interval",
            other => other,
        }
        .to_owned();
    }
    for name in column.collation.iter_mut().chain(column.collations.values_mut()) {
        *name = if name == "NOCASE" { "C" } else { "POSIX" }.to_owned();
    }
    if !is_text(column) {
        column.collation = None;
        column.collations.clear();
    }
    if let Some(old) = column.default.clone() {
        column.default = Some(default(column, &old));
    }
}

/// Returns a number in place of what may be something else.
fn number(old: &Default) -> Default {
    match old {
        Default::Literal(Literal::Text(_) | Literal::Bytes { .. }) => Default::Literal(Literal::Integer(5)),
        Default::Expression { .. } => Default::expression("1 + 1"),
        Default::Literal(_) => old.clone(),
    }
}

/// Returns one of the values in place of what may be none of them.
fn choice(values: &[String], old: &Default) -> Default {
    match old {
        Default::Literal(Literal::Text(value)) if values.contains(value) => old.clone(),
        Default::Literal(_) | Default::Expression { .. } => text(&values[0]),
    }
}

fn text(text: &str) -> Default {
    Default::Literal(Literal::Text(text.to_owned()))
}

/// Returns a value of the column's type in place of another one.
fn default(column: &Column, old: &Default) -> Default {
    let is_expression = matches!(old, Default::Expression { .. });
    let own = column
        .sql_type
        .get("postgres")
        .or_else(|| column.sql_type.get("*"));
    let native = own.map(String::as_str);
    match (native, &column.ty) {
        (Some("varchar(30)"), _) => text("a"),
        (Some("interval"), _) => text("1 day"),
        (Some(_), _) => Default::Literal(Literal::Integer(7)),
        (None, ty) if is_integer(ty) => number(old),
        (None, Type::F32 | Type::F64 | Type::Decimal { .. }) => number(old),
        (None, Type::Boolean) if is_expression => Default::expression("1 = 1"),
        (None, Type::Boolean) => Default::Literal(Literal::Integer(1)),
        (None, Type::Enum { name: _, values }) => choice(values, old),
        (None, Type::Text { .. }) => match old {
            Default::Literal(Literal::Text(_)) | Default::Expression { .. } => old.clone(),
            Default::Literal(_) => text("x"),
        },
        (None, Type::Bytes { .. }) => Default::Literal(Literal::Bytes {
            hex: "00FF".to_owned(),
        }),
        (None, Type::Date) if is_expression => Default::expression("CURRENT_DATE"),
        (None, Type::Date) => text("2024-1-2"),
        (None, Type::Time) => text("1:02"),
        (None, Type::DateTime | Type::Timestamp) if is_expression => Default::expression("CURRENT_TIMESTAMP"),
        (None, Type::DateTime | Type::Timestamp) => text("2024-1-2 03:04"),
        (None, Type::Uuid) if is_expression => Default::expression("gen_random_uuid()"),
        (None, Type::Uuid) => text("6921A3F4-B07E-4C2D-9E90-000000000001"),
        (None, Type::Json) => text("{\"a\":1}"),
        (None, Type::Inet) => text("10.0.0.1"),
        (None, Type::Network) => text("10.0.0.0/8"),
        (None, Type::Array(_)) => text("{1, 2}"),
        (None, _) => text("x"),
    }
}
