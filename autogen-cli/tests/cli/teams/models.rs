//! The models of a team, as values: what someone does to them, and how version control merges them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

/// The table that there always is.
pub(super) const ANCHOR: &str = "anchors";

pub(super) const TABLES: [&str; 3] = ["apples", "birds", "coins"];
const COLUMNS: [&str; 4] = ["size", "kind", "note", "rank"];

/// A column, as far as these models differ in it. All are NULL where nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Column {
    kind: Kind,
    index: Indexed,
    /// Whether a check says what it may not hold.
    checked: bool,
}

/// Whether there is an index on a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Indexed {
    #[default]
    No,
    Plain,
    Unique,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    #[default]
    Short,
    Long,
    /// Which row of the table that there always is.
    Reference,
    /// A number that no row is without.
    Count,
}

pub(super) type Models = BTreeMap<&'static str, BTreeMap<&'static str, Column>>;

/// Returns the models that a team begins with.
pub(super) fn first() -> Models {
    let columns = [Kind::Short, Kind::Count, Kind::Long].map(|kind| Column {
        kind,
        ..Column::default()
    });
    Models::from([(TABLES[0], COLUMNS.into_iter().zip(columns).collect())])
}

/// What someone does to the models.
#[derive(Debug, Clone)]
pub(super) enum Edit {
    Table(usize),
    DropTable(Index),
    RenameTable(Index, usize),
    Column(Index, usize, Kind),
    DropColumn(Index, Index),
    RenameColumn(Index, Index, usize),
    Shorten(Index, Index),
    Index(Index, Index),
    Check(Index, Index),
}

/// Returns any change of models.
pub(super) fn edit() -> impl Strategy<Value = Edit> {
    let (index, table, column) = (any::<Index>, 0..TABLES.len(), 0..COLUMNS.len());
    let kind = prop_oneof![
        Just(Kind::Short),
        Just(Kind::Long),
        Just(Kind::Reference),
        Just(Kind::Count)
    ];
    prop_oneof![
        3 => table.clone().prop_map(Edit::Table),
        1 => index().prop_map(Edit::DropTable),
        1 => (index(), table).prop_map(|(at, to)| Edit::RenameTable(at, to)),
        4 => (index(), column.clone(), kind).prop_map(|(at, column, kind)| Edit::Column(at, column, kind)),
        2 => (index(), index()).prop_map(|(at, column)| Edit::DropColumn(at, column)),
        2 => (index(), index(), column).prop_map(|(at, column, to)| Edit::RenameColumn(at, column, to)),
        1 => (index(), index()).prop_map(|(at, column)| Edit::Shorten(at, column)),
        3 => (index(), index()).prop_map(|(at, column)| Edit::Index(at, column)),
        1 => (index(), index()).prop_map(|(at, column)| Edit::Check(at, column)),
    ]
}

/// Returns one of those that there are.
pub(super) fn pick<'a, T>(all: &'a [T], index: &Index) -> Option<&'a T> {
    (!all.is_empty()).then(|| index.get(all))
}

/// Changes the models, and returns what `migrate` has to be told of it.
pub(super) fn apply(models: &mut Models, edit: &Edit) -> Vec<String> {
    let tables: Vec<&'static str> = models.keys().copied().collect();
    let column_of = |models: &Models, at: &Index, column: &Index| {
        let table = *pick(&tables, at)?;
        let columns: Vec<&'static str> = models[table].keys().copied().collect();
        Some((table, *pick(&columns, column)?))
    };
    let told = |flag: &str, what: String| vec![flag.to_owned(), what];
    match edit {
        Edit::Table(table) => {
            models.entry(TABLES[*table]).or_default();
        }
        Edit::DropTable(at) => {
            if let Some(table) = pick(&tables, at) {
                models.remove(table);
                return told("--allow-drop", table.to_string());
            }
        }
        Edit::RenameTable(at, to) => {
            let to = TABLES[*to];
            if let (Some(table), false) = (pick(&tables, at), models.contains_key(to)) {
                let columns = models.remove(table).unwrap();
                models.insert(to, columns);
                return told("--rename", format!("{table}={to}"));
            }
        }
        Edit::Column(at, column, kind) => {
            if let Some(table) = pick(&tables, at) {
                let new = Column {
                    kind: *kind,
                    ..Column::default()
                };
                models
                    .get_mut(table)
                    .unwrap()
                    .entry(COLUMNS[*column])
                    .or_insert(new);
            }
        }
        Edit::DropColumn(at, column) => {
            if let Some((table, column)) = column_of(models, at, column) {
                models.get_mut(table).unwrap().remove(column);
                return told("--allow-drop", format!("{table}.{column}"));
            }
        }
        Edit::RenameColumn(at, column, to) => {
            if let Some((table, column)) = column_of(models, at, column) {
                let (columns, to) = (models.get_mut(table).unwrap(), COLUMNS[*to]);
                if !columns.contains_key(to) {
                    let renamed = columns.remove(column).unwrap();
                    columns.insert(to, renamed);
                    return told("--rename", format!("{table}.{column}={table}.{to}"));
                }
            }
        }
        Edit::Shorten(at, column) => {
            if let Some((table, column)) = column_of(models, at, column) {
                let column = models.get_mut(table).unwrap().get_mut(column).unwrap();
                column.kind = match column.kind {
                    Kind::Short => Kind::Long,
                    Kind::Long => Kind::Short,
                    kind @ (Kind::Reference | Kind::Count) => kind,
                };
            }
        }
        Edit::Index(at, column) => {
            if let Some((table, column)) = column_of(models, at, column) {
                let column = models.get_mut(table).unwrap().get_mut(column).unwrap();
                column.index = match (column.index, column.kind) {
                    // Rows that are there have the same number.
                    (Indexed::No, _) | (Indexed::Plain, Kind::Count) => Indexed::Plain,
                    (Indexed::Plain, _) => Indexed::Unique,
                    (Indexed::Unique, _) => Indexed::No,
                };
            }
        }
        Edit::Check(at, column) => {
            if let Some((table, column)) = column_of(models, at, column) {
                let column = models.get_mut(table).unwrap().get_mut(column).unwrap();
                column.checked = !column.checked;
            }
        }
    }
    Vec::new()
}

/// Returns the models as a compiled program has them, one a line.
pub(super) fn records(models: &Models) -> String {
    let record = |(table, columns): (&&str, &BTreeMap<&str, Column>)| {
        let mut fields = vec![r#"{"name":"id","type":"i64"}"#.to_owned()];
        fields.extend(columns.iter().map(|(name, column)| {
            let ty = match column.kind {
                Kind::Short => r#""text","length":20,"nullable":true"#,
                Kind::Long => r#""text","length":30,"nullable":true"#,
                Kind::Reference => r#""i64","nullable":true"#,
                Kind::Count => r#""i64","default":0"#,
            };
            format!(r#"{{"name":"{name}","type":{ty}}}"#)
        }));
        let references = columns
            .iter()
            .filter(|(_, column)| column.kind == Kind::Reference);
        let references: Vec<String> = references
            .map(|(name, _)| format!(r#"{{"columns":["{name}"],"table":"{ANCHOR}","references":["id"]}}"#))
            .collect();
        let indexed = columns.iter().filter_map(|(name, column)| match column.index {
            Indexed::No => None,
            Indexed::Plain => Some(format!(r#"{{"keys":[{{"column":"{name}"}}]}}"#)),
            Indexed::Unique => Some(format!(
                r#"{{"keys":[{{"column":"{name}"}}],"unique":true,"constraint":true}}"#
            )),
        });
        let indexes: Vec<String> = indexed.collect();
        let checked = columns.iter().filter(|(_, column)| column.checked);
        let checks: Vec<String> = checked.map(|(name, column)| check(name, column.kind)).collect();
        format!(
            r#"{{"rust":"m::{table}","table":"{table}","columns":[{}],"primary_key":["id"],"indexes":[{}],"foreign_keys":[{}],"checks":[{}]}}"#,
            fields.join(","),
            indexes.join(","),
            references.join(","),
            checks.join(",")
        )
    };
    // A program without a model is taken for one that was not built.
    let anchor = BTreeMap::new();
    let all = models.iter().chain([(&ANCHOR, &anchor)]);
    all.map(record).collect::<Vec<_>>().join("\n")
}

/// Returns the check of such a column.
fn check(column: &str, kind: Kind) -> String {
    let value = match kind {
        Kind::Short | Kind::Long => "'none'",
        Kind::Reference | Kind::Count => "-1",
    };
    format!(r#"{{"expression":"{column} <> {value}","column":"{column}"}}"#)
}

/// Merges one thing as version control does: what one side alone changed is as it has it. `None` is what is not there.
pub(super) fn merged<T: PartialEq + Clone>(
    base: Option<&T>,
    ours: Option<&T>,
    theirs: Option<&T>,
) -> Result<Option<T>, Option<T>> {
    match (ours == base, theirs == base) {
        (true, _) => Ok(theirs.cloned()),
        (false, true) => Ok(ours.cloned()),
        (false, false) if ours == theirs => Ok(ours.cloned()),
        (false, false) => Err(ours.cloned()),
    }
}

/// Merges models, a column at a time; where both sides changed one, ours counts.
pub(super) fn merged_models(base: &Models, ours: &Models, theirs: &Models) -> Models {
    let mut models = Models::new();
    for table in TABLES {
        let [base, ours, theirs] = [base, ours, theirs].map(|models| models.get(table));
        let there = |models: Option<&BTreeMap<_, _>>| models.map(|_| ());
        let kept = merged(there(base).as_ref(), there(ours).as_ref(), there(theirs).as_ref());
        if kept.unwrap_or_else(|ours| ours).is_none() {
            continue;
        }
        let columns = models.entry(table).or_default();
        for column in COLUMNS {
            let [base, ours, theirs] = [base, ours, theirs].map(|columns| columns?.get(column));
            if let Some(kept) = merged(base, ours, theirs).unwrap_or_else(|ours| ours) {
                columns.insert(column, kept);
            }
        }
    }
    models
}
