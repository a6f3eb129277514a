//! Probes: temporary tables that hold expressions for as long as it takes to read them back.

use std::collections::{BTreeMap, BTreeSet};

use crate::db::{Connection, Error};
use crate::dialect::postgres::ddl::{self, quote};
use crate::dialect::postgres::expression::{reported, reported_default};
use crate::dialect::postgres::reflect::Cells;
use crate::dialect::postgres::{LEXICON, types};
use crate::lexer::lex;
use crate::schema::{Column, Default, Expression, Table, TableName};

/// How many columns and constraints one table gets at most. PostgreSQL takes 1,600 columns.
const WIDEST: usize = 600;

/// What the names in the probes begin with.
const PREFIX: &str = "_autogen_stored_";

/// An expression to try, with all that its stored form depends on. What it belongs to is for errors only, and the first of
/// many alike stands for all.
#[derive(Debug, Clone)]
pub(super) struct Item {
    kind: Kind,
    text: String,
    columns: BTreeMap<String, Typed>,
    about: String,
}

/// What an expression is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The default of a column of that type.
    Default(Typed),
    /// The value of a generated column of that type.
    Generated(Typed),
    /// A check or predicate.
    Condition,
    /// A key of an index, with its collation.
    Key(Option<String>),
}

/// A column as far as expressions depend on it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Typed {
    pub(super) ty: String,
    pub(super) held: String,
    pub(super) enumeration: Option<(TableName, Vec<String>)>,
    pub(super) collation: Option<String>,
}

/// What became of an expression.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) default: Option<Default>,
    pub(super) expression: Expression,
    /// Whether the expression has the collation of its key by itself.
    pub(super) collates: bool,
}

impl Item {
    pub(super) fn new(kind: Kind, text: &str, table: &Table, about: String) -> Self {
        let expression = Expression::new(text);
        let used = |column: &&Column| match kind {
            Kind::Default(_) => false,
            Kind::Generated(_) | Kind::Condition | Kind::Key(_) => expression.mentions(&column.name),
        };
        Item {
            columns: table
                .columns
                .iter()
                .filter(used)
                .map(|column| (column.name.clone(), typed(column)))
                .collect(),
            kind,
            text: text.to_owned(),
            about,
        }
    }

    /// All that the answer depends on.
    fn key(&self) -> (&Kind, &str, &BTreeMap<String, Typed>) {
        (&self.kind, &self.text, &self.columns)
    }

    fn types(&self) -> impl Iterator<Item = &Typed> {
        let own = match &self.kind {
            Kind::Default(typed) | Kind::Generated(typed) => Some(typed),
            Kind::Condition | Kind::Key(_) => None,
        };
        self.columns.values().chain(own)
    }
}

pub(super) fn typed(column: &Column) -> Typed {
    let ty = ddl::native(&column.ty);
    Typed {
        held: types::base(&ty),
        ty,
        enumeration: types::enumeration(&column.ty).map(|(name, values)| (name, values.to_vec())),
        collation: column.collation.clone(),
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Item {}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// All that is to be tried.
#[derive(Debug, Default)]
pub(super) struct Probes {
    items: BTreeSet<Item>,
}

/// A temporary table in the making: columns that no two of its expressions understand differently.
#[derive(Default)]
struct Probe<'a> {
    columns: BTreeMap<&'a str, &'a Typed>,
    items: Vec<&'a Item>,
}

impl Probes {
    pub(super) fn add(&mut self, item: Item) {
        self.items.insert(item);
    }

    /// Puts everything through the server.
    ///
    /// # Errors
    ///
    /// An expression that the server does not take, or what the database reports.
    pub(super) fn ask(&self, connection: &mut dyn Connection) -> Result<BTreeMap<&Item, Answer>, Error> {
        if self.items.is_empty() {
            return Ok(BTreeMap::new());
        }
        let all: Vec<&Item> = self.items.iter().collect();
        match try_items(connection, &all) {
            Ok(answers) => Ok(answers),
            Err(error) => Err(self.guilty(connection).unwrap_or(error)),
        }
    }

    /// Returns the error of the first expression that fails alone, with the name of what it belongs to.
    fn guilty(&self, connection: &mut dyn Connection) -> Option<Error> {
        self.items.iter().find_map(|item| {
            let error = try_items(connection, &[item]).err()?;
            Some(Error {
                message: format!("PostgreSQL does not take {}: {}", item.about, error.message),
                ..error
            })
        })
    }
}

fn try_items<'a>(
    connection: &mut dyn Connection,
    items: &[&'a Item],
) -> Result<BTreeMap<&'a Item, Answer>, Error> {
    connection.execute("BEGIN", &[])?;
    let answers = within(connection, items);
    let ended = connection.execute("ROLLBACK", &[]);
    let answers = answers?;
    ended?;
    Ok(answers)
}

fn within<'a>(
    connection: &mut dyn Connection,
    items: &[&'a Item],
) -> Result<BTreeMap<&'a Item, Answer>, Error> {
    // The types made here are found before those that the database may have by these names.
    let path = "SELECT set_config('search_path', concat_ws(', ', 'pg_temp', nullif(regexp_replace(\
        current_setting('search_path'), '(, )?pg_temp$', ''), '')), true)";
    connection.query(path, &[])?;
    let enums = enums(items);
    for (name, (values, temporary)) in &enums {
        debug_assert!(!name.name.is_empty(), "an enum has a name");
        let values: Vec<String> = values.iter().map(|value| ddl::text(value)).collect();
        let sql = format!(
            "CREATE TYPE pg_temp.{} AS ENUM ({})",
            quote(temporary),
            values.join(", ")
        );
        connection.execute(&sql, &[])?;
    }
    let probes = packed(items);
    for (number, probe) in probes.iter().enumerate() {
        connection.execute(&create(number, probe, &enums), &[])?;
    }
    let mut answers = BTreeMap::new();
    let sql = format!(
        "SELECT c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_class c JOIN pg_attrdef d ON d.adrelid = c.oid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum
        WHERE c.relnamespace = pg_my_temp_schema() AND left(c.relname, {length}) = '{PREFIX}'
        UNION ALL
        SELECT c.relname, k.conname, pg_get_expr(k.conbin, k.conrelid)
        FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'c'
        WHERE c.relnamespace = pg_my_temp_schema() AND left(c.relname, {length}) = '{PREFIX}'",
        length = PREFIX.len()
    );
    for row in connection.query(&sql, &[])? {
        let mut cells = Cells::of(row);
        let (table, name, text) = (cells.text(), cells.text(), cells.text());
        let at = |name: &str| name.strip_prefix(PREFIX)?.parse::<usize>().ok();
        let item = at(&table)
            .and_then(|table| probes.get(table))
            .and_then(|probe| probe.items.get(at(&name)?));
        if let Some(item) = item {
            answers.insert(*item, answer(item, &named_back(&text, &enums)));
        }
    }
    for (number, probe) in probes.iter().enumerate() {
        for item in &probe.items {
            if let (Kind::Key(Some(wanted)), Some(answer)) = (&item.kind, answers.get_mut(item)) {
                answer.collates = collation(connection, number, item)?.as_ref() == Some(wanted);
            }
        }
    }
    Ok(answers)
}

/// Returns the collation of an expression, which the server tells for values only.
fn collation(connection: &mut dyn Connection, probe: usize, item: &Item) -> Result<Option<String>, Error> {
    let sql = format!(
        "SELECT pg_collation_for({}) FROM (SELECT 1) AS one LEFT JOIN pg_temp.{} ON TRUE",
        item.text,
        quote(&format!("{PREFIX}{probe}"))
    );
    let rows = connection.query(&sql, &[])?;
    let name = rows.first().and_then(|row| row.first()?.as_str());
    // It comes as SQL names it, perhaps with its schema in front.
    Ok(name.and_then(|name| lex(name, LEXICON).last()?.name()))
}

type Enums<'a> = BTreeMap<&'a TableName, (&'a [String], String)>;

/// Returns the enums that the expressions need, each with its name among the temporary types. One in the default schema keeps its own.
fn enums<'a>(items: &[&'a Item]) -> Enums<'a> {
    let mut enums = Enums::new();
    for typed in items.iter().flat_map(|item| item.types()) {
        if let Some((name, values)) = &typed.enumeration {
            let number = enums.len();
            enums.entry(name).or_insert_with(|| {
                let temporary = match &name.schema {
                    None => name.name.clone(),
                    Some(_) => format!("{PREFIX}type_{number}"),
                };
                (values.as_slice(), temporary)
            });
        }
    }
    enums
}

/// Writes the enums that had to have other names by their own.
fn named_back(text: &str, enums: &Enums<'_>) -> String {
    let mut text = text.to_owned();
    for (name, (_, temporary)) in enums.iter().filter(|(name, _)| name.schema.is_some()) {
        let schema = name.schema.as_deref().unwrap_or_default();
        let own = format!("{}.{}", as_needed(schema), as_needed(&name.name));
        text = text.replace(temporary, &own);
    }
    text
}

/// Quotes a name where the server would.
fn as_needed(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { name.to_owned() } else { quote(name) }
}

fn packed<'a>(items: &[&'a Item]) -> Vec<Probe<'a>> {
    let mut probes: Vec<Probe<'a>> = Vec::new();
    for item in items {
        let fits = |probe: &&mut Probe<'a>| {
            probe.columns.len() + probe.items.len() + item.columns.len() < WIDEST
                && item.columns.iter().all(|(name, typed)| {
                    probe
                        .columns
                        .get(name.as_str())
                        .is_none_or(|other| *other == typed)
                })
        };
        let probe = match probes.iter_mut().find(fits) {
            Some(probe) => probe,
            None => {
                probes.push(Probe::default());
                let Some(probe) = probes.last_mut() else { continue };
                probe
            }
        };
        let columns = item.columns.iter().map(|(name, typed)| (name.as_str(), typed));
        probe.columns.extend(columns);
        probe.items.push(item);
    }
    probes
}

fn create(number: usize, probe: &Probe<'_>, enums: &Enums<'_>) -> String {
    let column = |name: &str, typed: &Typed| {
        let ty = match &typed.enumeration {
            None => typed.ty.clone(),
            Some((name, _)) => {
                let temporary = enums
                    .get(name)
                    .map_or(name.name.as_str(), |(_, temporary)| temporary);
                let array = if typed.ty.ends_with("[]") { "[]" } else { "" };
                format!("pg_temp.{}{array}", quote(temporary))
            }
        };
        let collation = typed.collation.as_deref().map(ddl::collation);
        let collation = collation.map_or_else(String::new, |collation| format!(" COLLATE {collation}"));
        format!("{} {ty}{collation}", quote(name))
    };
    let mut lines: Vec<String> = probe
        .columns
        .iter()
        .map(|(name, typed)| column(name, typed))
        .collect();
    for (at, item) in probe.items.iter().enumerate() {
        let name = format!("{PREFIX}{at}");
        let text = &item.text;
        lines.push(match &item.kind {
            Kind::Default(typed) => format!("{} DEFAULT {text}", column(&name, typed)),
            Kind::Generated(typed) => {
                format!("{} GENERATED ALWAYS AS ({text}) STORED", column(&name, typed))
            }
            Kind::Condition => format!("CONSTRAINT {} CHECK ({text})", quote(&name)),
            // Any value can be asked whether it is there.
            Kind::Key(_) => format!("CONSTRAINT {} CHECK (({text}) IS NOT NULL)", quote(&name)),
        });
    }
    format!(
        "CREATE TEMPORARY TABLE {} (\n    {}\n)",
        quote(&format!("{PREFIX}{number}")),
        lines.join(",\n    ")
    )
}

fn answer(item: &Item, text: &str) -> Answer {
    match &item.kind {
        Kind::Default(typed) => Answer {
            default: Some(reported_default(text, &typed.held)),
            expression: reported(text),
            collates: false,
        },
        Kind::Generated(_) | Kind::Condition => Answer {
            default: None,
            expression: reported(text),
            collates: false,
        },
        Kind::Key(_) => {
            let inner = text
                .strip_prefix('(')
                .and_then(|text| text.strip_suffix(" IS NOT NULL)"));
            Answer {
                default: None,
                expression: reported(inner.unwrap_or(text)),
                collates: false,
            }
        }
    }
}
