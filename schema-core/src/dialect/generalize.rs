//! The way back from what a database holds to what models say: the opposite of [`Dialect::normalize`].
//!
//! Many logical types may end as one native type, so it is a guess, but never one that changes anything: what is guessed is
//! normalized again, and where that is not what the database holds, the native type is said beside the logical one.

use std::collections::BTreeMap;

use super::Dialect;
use crate::lexer::{Kind, lex, unquote};
use crate::schema::{Auto, Column, Default, Literal, PrimaryKey, Schema, Table, Type, naming};

/// Returns the schema that models would say for one that a database of the dialect holds.
///
/// Normalizing it gives the same schema again.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use schema_core::dialect::{Dialect, generalize, sqlite::Sqlite};
/// use schema_core::schema::{Column, Schema, Table, TableName, Type};
///
/// let mut items = Table::new(TableName::new("items"));
/// items.columns.push(Column::new("name", Type::Native("VARCHAR(80)".into())));
/// let held = Schema::from_iter([items]);
///
/// let neutral = generalize(&Sqlite, &held);
/// assert_eq!(neutral.tables[&TableName::new("items")].columns[0].ty, Type::Text { length: Some(80) });
/// assert_eq!(Sqlite.normalize(&neutral), Ok(held));
/// # }
/// ```
#[must_use]
pub fn generalize(dialect: &dyn Dialect, schema: &Schema) -> Schema {
    schema.tables.values().map(|held| table(dialect, held)).collect()
}

fn table(dialect: &dyn Dialect, held: &Table) -> Table {
    let mut neutral = held.clone();
    neutral.columns = held
        .columns
        .iter()
        .map(|column| of_now(dialect, held, column, self::column(dialect, held, column)))
        .collect();
    neutral.primary_key = held.primary_key.as_ref().map(|key| key_of(dialect, held, key));
    for at in 0..neutral.columns.len() {
        if let Some(with_enum) = with_enum(dialect, held, &neutral, at) {
            neutral = with_enum;
        }
    }
    neutral
}

/// Returns a primary key under the name that models give it, where the database has one name for all of them.
fn key_of(dialect: &dyn Dialect, held: &Table, key: &PrimaryKey) -> PrimaryKey {
    let said = PrimaryKey {
        name: naming::primary_key(&held.name),
        ..key.clone()
    };
    let mut alone = Table::new(held.name.clone());
    let columns = held.columns.iter().filter(|column| held.is_key(&column.name));
    alone.columns = columns
        .map(|column| Column {
            auto: Auto::No,
            generated: None,
            ..column.clone()
        })
        .collect();
    alone.primary_key = Some(said.clone());
    let normalized = dialect.normalize(&Schema::from_iter([alone]));
    let is_same = normalized.is_ok_and(|schema| {
        let table = schema.table(&held.name);
        table.and_then(|table| table.primary_key.as_ref()) == Some(key)
    });
    if is_same { said } else { key.clone() }
}

/// Writes a default that is the present moment as models say it; a database may say with how many digits.
fn of_now(dialect: &dyn Dialect, table: &Table, held: &Column, column: Column) -> Column {
    if !matches!(&column.default, Some(Default::Expression { .. })) {
        return column;
    }
    let said = Column {
        default: Some(Default::expression("CURRENT_TIMESTAMP")),
        ..column.clone()
    };
    if is_held(dialect, table, held, &said) {
        said
    } else {
        column
    }
}

/// Returns the column with a logical type, and with the native one beside it if that does not follow from the logical one.
fn column(dialect: &dyn Dialect, table: &Table, held: &Column) -> Column {
    let Type::Native(native) = &held.ty else {
        return fitting(dialect, held.clone());
    };
    let of = |ty: Type| {
        let ty = Column { ty, ..held.clone() };
        fitting(dialect, ty)
    };
    // What has a collation must be a text to a model, or be left to the database.
    let is_same = |column: &Column| {
        let sayable = held.collation.is_none() || matches!(column.ty, Type::Text { .. });
        sayable && is_held(dialect, table, held, column)
    };
    let native_only = || {
        let text = of(held.ty.clone());
        // Whether a default in SQL is this literal again, the server may have to be asked; a text is the only literal of a type that is not known.
        let unsayable = matches!(&held.default, Some(Default::Literal(literal)) if !holds(&held.ty, literal));
        if unsayable || is_held(dialect, table, held, &text) {
            text
        } else {
            held.clone()
        }
    };
    let Some(preferred) = dialect.logical(native) else {
        let candidates = logical_types(native).into_iter().map(of);
        return candidates.into_iter().find(is_same).unwrap_or_else(native_only);
    };
    let plain = of(named(preferred, &held.name));
    if is_same(&plain) {
        return plain;
    }
    let sql_type = BTreeMap::from([(dialect.name().to_owned(), native.clone())]);
    let beside = Column { sql_type, ..plain };
    if is_same(&beside) { beside } else { native_only() }
}

/// Returns the type with a name, if it is an enum of a database that gives it none; one whose texts no model can have is a text.
fn named(ty: Type, column: &str) -> Type {
    let Type::Enum { name, values } = ty else {
        return ty;
    };
    let is_said = |value: &String| {
        !value.trim().is_empty() && !value.contains(|c: char| matches!(c, '"' | '\\') || c.is_control())
    };
    if !values.iter().all(is_said) {
        return Type::Text { length: None };
    }
    let word = |c: char| if c.is_alphanumeric() { c } else { '_' };
    let name = if name.is_empty() {
        column.to_lowercase().chars().map(word).collect()
    } else {
        name
    };
    Type::Enum { name, values }
}

/// Tells whether the column, in its table, normalizes to the one that is held.
fn is_held(dialect: &dyn Dialect, table: &Table, held: &Column, column: &Column) -> bool {
    let mut alone = Table::new(table.name.clone());
    alone.columns = table
        .columns
        .iter()
        .filter(|other| other.name != held.name && table.is_key(&other.name))
        .cloned()
        .collect();
    alone.columns.push(column.clone());
    if column.generated.is_some() {
        // What a column is computed from, so that the table has something to keep.
        alone.columns = table.columns.clone();
        if let Some(place) = alone.column_mut(&held.name) {
            *place = column.clone();
        }
    }
    alone.primary_key.clone_from(&table.primary_key);
    alone.options.clone_from(&table.options);
    let mut held = held.clone();
    let is_whole_key = |name: &String| {
        let key = table.primary_key.as_ref();
        key.is_some_and(|key| key.columns == [name.clone()])
    };
    // A number that is not the whole key is a matter of the table, not of the column's type.
    for column in alone.columns.iter_mut().chain([&mut held]) {
        if !is_whole_key(&column.name) {
            column.auto = Auto::No;
        }
    }
    let normalized = dialect.normalize(&Schema::from_iter([alone]));
    normalized.is_ok_and(|schema| {
        let table = schema.table(&table.name);
        table.and_then(|table| table.column(&held.name)) == Some(&held)
    })
}

/// Returns the logical types that a native one may come from, the ones that hold most first.
fn logical_types(native: &str) -> Vec<Type> {
    let numbers: Vec<u32> = native
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect();
    let mut types = vec![
        Type::I64,
        Type::I32,
        Type::I16,
        Type::I8,
        Type::U64,
        Type::U32,
        Type::U16,
        Type::U8,
        Type::F64,
        Type::F32,
        Type::Boolean,
        Type::Decimal {
            precision: None,
            scale: None,
        },
        Type::Text { length: None },
        Type::Bytes { length: None },
        Type::Timestamp,
        Type::DateTime,
        Type::Date,
        Type::Time,
        Type::Uuid,
        Type::Json,
        Type::Inet,
        Type::Network,
    ];
    if native.ends_with("[]") {
        // No attribute says a size of an array's elements.
        return types.into_iter().map(|ty| Type::Array(Box::new(ty))).collect();
    }
    match numbers.as_slice() {
        [length] => types.extend([
            Type::Text {
                length: Some(*length),
            },
            Type::Bytes {
                length: Some(*length),
            },
            Type::Decimal {
                precision: Some(*length),
                scale: None,
            },
        ]),
        [precision, scale] => types.push(Type::Decimal {
            precision: Some(*precision),
            scale: Some(*scale),
        }),
        _ => {}
    }
    types
}

/// Writes a default that is no value of the column's type as an expression, and the number of a boolean as that.
fn fitting(dialect: &dyn Dialect, mut column: Column) -> Column {
    let Some(Default::Literal(literal)) = &column.default else {
        return column;
    };
    let boolean = match (&column.ty, literal) {
        (Type::Boolean, Literal::Integer(0)) => Some(false),
        (Type::Boolean, Literal::Integer(1)) => Some(true),
        (_, _) => None,
    };
    if let Some(value) = boolean {
        column.default = Some(Default::Literal(Literal::Boolean(value)));
    } else if !holds(&column.ty, literal) {
        column.default = Some(Default::expression(dialect.literal(literal)));
    }
    column
}

/// Tells whether a literal is a value of the type, by the rules that the derive has for defaults. A program has a native type as text.
fn holds(ty: &Type, literal: &Literal) -> bool {
    match literal {
        Literal::Boolean(_) => matches!(ty, Type::Boolean),
        Literal::Integer(number) => match range(ty) {
            Some((least, most)) => (least..=most).contains(&i128::from(*number)),
            None => is_number(ty),
        },
        Literal::Number { number } => {
            // The digits of a whole number that is too large for one are no literal of Rust.
            range(ty).is_none() && is_number(ty) && number.contains(['.', 'e'])
        }
        Literal::Text(text) => match ty {
            Type::Enum { name: _, values } => values.contains(text),
            Type::Text { .. }
            | Type::Date
            | Type::Time
            | Type::DateTime
            | Type::Timestamp
            | Type::Uuid
            | Type::Json
            | Type::Inet
            | Type::Network
            | Type::Native(_) => true,
            Type::Boolean
            | Type::I8
            | Type::I16
            | Type::I32
            | Type::I64
            | Type::U8
            | Type::U16
            | Type::U32
            | Type::U64
            | Type::F32
            | Type::F64
            | Type::Decimal { .. }
            | Type::Bytes { .. }
            | Type::Array(_) => false,
        },
        Literal::Bytes { .. } => matches!(ty, Type::Bytes { .. }),
    }
}

fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::F32 | Type::F64 | Type::Decimal { .. })
}

fn range(ty: &Type) -> Option<(i128, i128)> {
    Some(match ty {
        Type::I8 => (i8::MIN.into(), i8::MAX.into()),
        Type::I16 => (i16::MIN.into(), i16::MAX.into()),
        Type::I32 => (i32::MIN.into(), i32::MAX.into()),
        Type::I64 => (i64::MIN.into(), i64::MAX.into()),
        Type::U8 => (0, u8::MAX.into()),
        Type::U16 => (0, u16::MAX.into()),
        Type::U32 => (0, u32::MAX.into()),
        Type::U64 => (0, u64::MAX.into()),
        Type::Boolean
        | Type::F32
        | Type::F64
        | Type::Decimal { .. }
        | Type::Text { .. }
        | Type::Bytes { .. }
        | Type::Date
        | Type::Time
        | Type::DateTime
        | Type::Timestamp
        | Type::Uuid
        | Type::Json
        | Type::Inet
        | Type::Network
        | Type::Enum { .. }
        | Type::Array(_)
        | Type::Native(_) => return None,
    })
}

/// Returns the table with an enum in place of a text and the check that holds its values, if that is how the dialect holds an enum.
fn with_enum(dialect: &dyn Dialect, held: &Table, neutral: &Table, at: usize) -> Option<Table> {
    let column = &neutral.columns[at];
    if !matches!(column.ty, Type::Text { .. }) || column.collation.is_some() {
        return None;
    }
    neutral.checks.values().find_map(|check| {
        let (name, values) = listed(dialect, &check.expression.0)?;
        let mut table = neutral.clone();
        table.checks.remove(&check.name);
        let place = table.column_mut(&column.name).filter(|_| name == column.name)?;
        let nameless = Type::Enum {
            name: String::new(),
            values,
        };
        place.ty = named(nameless, &column.name);
        place.ty.values()?;
        *place = fitting(dialect, place.clone());
        let normalized = dialect.normalize(&Schema::from_iter([table.clone()])).ok()?;
        (normalized.table(&held.name) == Some(held)).then_some(table)
    })
}

/// Reads `column IN ('a', 'b')`.
fn listed(dialect: &dyn Dialect, condition: &str) -> Option<(String, Vec<String>)> {
    let tokens: Vec<_> = lex(condition, dialect.lexicon())
        .filter(|token| !token.is_trivia())
        .collect();
    let [column, word, open, list @ .., close] = tokens.as_slice() else {
        return None;
    };
    if !word.is("IN") || !open.is_symbol("(") || !close.is_symbol(")") || list.len() % 2 == 0 {
        return None;
    }
    let values = list.iter().enumerate().map(|(at, token)| match at % 2 {
        0 => (token.kind == Kind::String && token.text.starts_with('\'')).then(|| Some(unquote(token.text))),
        _ => token.is_symbol(",").then_some(None),
    });
    let values: Option<Vec<Option<String>>> = values.collect();
    Some((column.name()?, values?.into_iter().flatten().collect()))
}

#[cfg(all(test, feature = "mysql", feature = "postgres"))]
mod tests {
    use super::*;
    use crate::dialect::mysql::MySql;
    use crate::dialect::postgres::Postgres;
    use crate::schema::TableName;

    #[test]
    fn what_mysql_calls_its_own_way_is_said_as_models_say_it() {
        let tables = ["items", "stores"].map(|name| {
            let name = TableName::new(name);
            let mut table = Table::new(name.clone());
            table.columns = vec![
                Column::new("id", Type::I64),
                Column {
                    default: Some(Default::expression("CURRENT_TIMESTAMP")),
                    ..Column::new("made", Type::Timestamp)
                },
            ];
            table.primary_key = Some(PrimaryKey {
                name: naming::primary_key(&name),
                columns: vec!["id".to_owned()],
            });
            table
        });
        let models = Schema::from_iter(tables);
        let held = MySql.normalize(&models).expect("MySQL can hold it");
        assert_ne!(held, models);
        let neutral = generalize(&MySql, &held);
        assert_eq!(neutral, models);
        // Both keys have one name there, which another database has only once.
        assert_eq!(Postgres.normalize(&neutral), Postgres.normalize(&models));
    }
}
