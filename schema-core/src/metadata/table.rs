//! From what a record says to a table of the IR: names by the convention, and the defaults that are not written.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::MetadataError;
use super::record::{AutoRecord, CheckRecord, ColumnRecord, ForeignKeyRecord, IndexRecord, Record};
use crate::schema::{
    Auto, Check, Column, ForeignKey, Index, IndexPart, PrimaryKey, Table, TableName, TableOptions, Type,
    naming,
};

/// Returns the table; what is wrong with it joins the errors.
pub(super) fn build(record: Record, errors: &mut Vec<MetadataError>) -> Table {
    let source = record.source();
    let Record {
        module: _,
        rust: _,
        table,
        schema,
        columns,
        primary_key,
        primary_key_name,
        indexes,
        foreign_keys,
        checks,
        comment,
        renamed_from: _,
        strict,
        without_rowid,
        engine,
        charset,
        collation,
        types,
        names: targets,
        long: _,
        renamed: _,
    } = record;
    let mut table = Table::new(TableName { schema, name: table });
    table.options = TableOptions {
        comment,
        strict,
        without_rowid,
        engine,
        charset,
        collation,
    };
    let numbered = match &primary_key[..] {
        // Without rowids there is nothing that could be numbered.
        _ if without_rowid => None,
        [key] if !foreign_keys.iter().any(|foreign| foreign.columns.contains(key)) => Some(key.as_str()),
        _ => None,
    };
    table.columns.reserve_exact(columns.len());
    for (record, ty) in columns.into_iter().zip(types) {
        let auto = numbered == Some(record.name.as_str());
        match column(record, &ty, auto, &source) {
            Ok(column) => table.columns.push(column),
            Err(error) => errors.push(error),
        }
    }
    if !primary_key.is_empty() {
        table.primary_key = Some(PrimaryKey {
            name: primary_key_name.unwrap_or_else(|| naming::primary_key(&table.name)),
            columns: primary_key,
        });
    }
    let mut names = Names {
        model: &source,
        errors,
    };
    for record in indexes {
        let index = index(&table.name, record);
        names.insert("index", &mut table.indexes, index.name.clone(), index);
    }
    let mut targets = targets.into_iter();
    for record in foreign_keys {
        let key = foreign_key(&table.name, record, &mut targets);
        names.insert("foreign key", &mut table.foreign_keys, key.name.clone(), key);
    }
    for record in checks {
        let check = check(&table, record);
        names.insert("check", &mut table.checks, check.name.clone(), check);
    }
    table
}

/// Puts things under their names, each of which may be given once.
struct Names<'a> {
    model: &'a str,
    errors: &'a mut Vec<MetadataError>,
}

impl Names<'_> {
    fn insert<T>(&mut self, what: &'static str, into: &mut BTreeMap<String, T>, name: String, value: T) {
        match into.entry(name) {
            Entry::Vacant(place) => {
                place.insert(value);
            }
            Entry::Occupied(taken) => self.errors.push(MetadataError::DuplicateName {
                what,
                name: taken.key().clone(),
                model: self.model.to_owned(),
            }),
        }
    }
}

fn column(record: ColumnRecord, ty: &str, numbered: bool, model: &str) -> Result<Column, MetadataError> {
    let ColumnRecord {
        name,
        _field: _,
        length,
        precision,
        scale,
        sql_type,
        auto,
        default,
        backfill: _,
        generated,
        collation,
        collations,
        comment,
        renamed_from: _,
    } = record;
    let (notation, nullable) = match ty.strip_suffix('?') {
        Some(notation) => (notation, true),
        None => (ty, false),
    };
    let native = sql_type.get("*").filter(|_| notation.is_empty());
    let Some(parsed) = native.map_or_else(
        || notation.parse().ok(),
        |native| Some(Type::Native(native.clone())),
    ) else {
        return Err(MetadataError::Type {
            model: model.to_owned(),
            column: name,
            notation: notation.to_owned(),
        });
    };
    let auto = match auto {
        Some(AutoRecord::No) => Auto::No,
        Some(AutoRecord::Auto) => Auto::Auto,
        Some(AutoRecord::NeverReused) => Auto::NeverReused,
        None if numbered && is_whole_number(&parsed) && default.is_none() && sql_type.is_empty() => {
            Auto::Auto
        }
        None => Auto::No,
    };
    Ok(Column {
        name,
        ty: sized(parsed, length, precision, scale),
        sql_type,
        nullable,
        default,
        generated,
        auto,
        collation,
        collations,
        comment,
    })
}

fn is_whole_number(ty: &Type) -> bool {
    matches!(
        ty,
        Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::U8 | Type::U16 | Type::U32 | Type::U64
    )
}

/// Returns the type with the sizes that attributes give. The derive has checked that it can have them.
fn sized(mut ty: Type, length: Option<u32>, precision: Option<u32>, scale: Option<u32>) -> Type {
    if let Type::Text { length: own } | Type::Bytes { length: own } = &mut ty {
        *own = length.or(*own);
    }
    if let Type::Decimal {
        precision: digits,
        scale: fraction,
    } = &mut ty
    {
        *digits = precision.or(*digits);
        *fraction = scale.or(*fraction);
    }
    ty
}

fn index(table: &TableName, record: IndexRecord) -> Index {
    let IndexRecord {
        keys,
        name,
        unique,
        constraint,
        predicate,
        using,
        include,
        nulls_not_distinct,
    } = record;
    let name = name.unwrap_or_else(|| {
        let parts: Vec<&str> = keys
            .iter()
            .map(|key| match &key.part {
                IndexPart::Column(column) => column.as_str(),
                IndexPart::Expression(expression) => expression.0.as_str(),
            })
            .collect();
        if unique {
            naming::unique(table, &parts)
        } else {
            naming::index(table, &parts)
        }
    });
    Index {
        name,
        keys,
        unique,
        constraint,
        predicate,
        using,
        include,
        nulls_not_distinct,
    }
}

fn foreign_key(
    table: &TableName,
    record: ForeignKeyRecord,
    targets: &mut impl Iterator<Item = String>,
) -> ForeignKey {
    let ForeignKeyRecord {
        columns,
        target,
        name,
        on_delete,
        on_update,
        deferrable,
    } = record;
    let (target, references) = match target {
        Some((schema, table, columns)) => (TableName { schema, name: table }, columns),
        None => {
            let schema = targets.next().filter(|schema| !schema.is_empty());
            let name = targets.next().unwrap_or_default();
            (TableName { schema, name }, targets.take(columns.len()).collect())
        }
    };
    let name = name.unwrap_or_else(|| {
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        naming::foreign_key(table, &columns, &target)
    });
    ForeignKey {
        name,
        columns,
        references: target,
        referenced_columns: references,
        on_delete,
        on_update,
        deferrable,
    }
}

/// Returns a check. Two conditions may have the same words (`price > 0`, `price < 0`): the later gets a number.
fn check(table: &Table, record: CheckRecord) -> Check {
    let CheckRecord {
        expression,
        name,
        column,
    } = record;
    let name = name.unwrap_or_else(|| {
        let about = column.as_deref().unwrap_or(&expression.0);
        let first = naming::check(&table.name, about);
        let numbered = (2_u32..).map(|number| naming::check(&table.name, &format!("{about} {number}")));
        std::iter::once(first)
            .chain(numbered)
            .find(|name| !table.checks.contains_key(name))
            .expect("there are more numbers than checks")
    });
    Check { name, expression }
}
