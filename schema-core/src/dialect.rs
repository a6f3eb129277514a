//! Dialects: all that differs from database to database, behind one trait.
//!
//! A dialect brings a schema into the nearest form its database can hold ([`Dialect::normalize`]), reads a live
//! database into that same form ([`Dialect::reflect`]), and turns operations into statements ([`Dialect::plan`]).
//! Between normalized schemas comparison is `==`, so nothing above this module knows a database's name.

mod backfill;
mod effect;
mod foundation;
mod generalize;
// Of what a script can do, fewer dialects look for less.
#[cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code, unused_imports)
)]
mod hazards;
#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(any(feature = "sqlite", feature = "mysql"))]
mod number;
mod opening;
mod patience;
mod portable;
#[cfg(feature = "postgres")]
pub mod postgres;
mod restore;
mod session;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod stock;
mod triggers;
mod unenforced;
mod unmanaged;

pub use effect::Effect;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) use effect::makes_temporary;
pub(crate) use effect::{drops_temporary, recalling, to_run_again};
pub use foundation::Foundation;
pub use generalize::generalize;
pub use hazards::{Change, Located};
pub use opening::{Opening, ShellCondition};
pub(crate) use patience::Patience;
pub use portable::portable;
pub use restore::Restore;
pub use session::{Broken, Home, Limits, Mode, Progress, Session};
pub use stock::{Stock, Within};
pub use unenforced::Unenforced;
pub use unmanaged::Unmanaged;

use crate::db::{Connection, Error};
use crate::lexer::Lexicon;
use crate::operation::Operation;
use crate::plan::Plan;
use crate::schema::{Column, Expression, Literal, Schema, TableName, Type};

/// One database's rules.
///
/// From a schema to a database and back to the schema, whichever the dialect is:
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # let sqlite = schema_core::dialect::by_name("sqlite").expect("the build has it");
/// # let mut connection = schema_core::db::sqlite::SqliteConnection::in_memory()?;
/// use schema_core::operation::create_all;
/// use schema_core::schema::{Column, Schema, Table, TableName, Type};
///
/// let mut items = Table::new(TableName::new("items"));
/// items.columns.push(Column::new("price", Type::Decimal { precision: Some(10), scale: Some(2) }));
/// let models = Schema::from_iter([items]);
///
/// let held = sqlite.normalize(&models)?;
/// let plan = sqlite.plan(&Schema::default(), &create_all(&held))?;
/// schema_core::runner::create(&mut connection, sqlite, &held)?; // runs such a plan
/// assert_eq!(sqlite.reflect(&mut connection)?, held);
///
/// assert_eq!(sqlite.quote("a \" b"), r#""a "" b""#);
/// assert_eq!(sqlite.literal(&schema_core::schema::Literal::Text("it's".into())), "'it''s'");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Dialect: Send + Sync {
    /// Returns the name used in script names and configuration: `sqlite`.
    fn name(&self) -> &'static str;

    /// Returns how the database's SQL is cut into tokens.
    fn lexicon(&self) -> Lexicon;

    /// Returns a name as the database's SQL writes it, whatever is in it.
    fn quote(&self, name: &str) -> String;

    /// Returns a constant as the database's SQL writes it.
    fn literal(&self, literal: &Literal) -> String;

    /// Returns a text as a constant that means the same whatever a script has set in its session: the rules of escaping, the encoding.
    fn steady_literal(&self, text: &str) -> String {
        self.literal(&Literal::Text(text.to_owned()))
    }

    /// Returns the nearest schema that the database can hold.
    ///
    /// # Errors
    ///
    /// What the schema asks for and the database cannot do.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # let sqlite = schema_core::dialect::by_name("sqlite").expect("the build has it");
    /// # use schema_core::schema::{Column, Schema, Table, TableName, Type};
    /// let mut items = Table::new(TableName::new("items"));
    /// items.columns.push(Column::new("price", Type::U32));
    /// let held = sqlite.normalize(&Schema::from_iter([items.clone()]))?;
    /// assert_eq!(held.tables[&items.name].columns[0].ty, Type::Native("BIGINT".into()));
    /// assert_eq!(sqlite.normalize(&held)?, held); // nothing is nearer than that
    /// # }
    /// # Ok::<(), schema_core::dialect::Unsupported>(())
    /// ```
    fn normalize(&self, schema: &Schema) -> Result<Schema, Unsupported>;

    /// Returns the statements that take a database from the normalized schema `from` through the operations.
    ///
    /// # Errors
    ///
    /// An operation that the database cannot do.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # let sqlite = schema_core::dialect::by_name("sqlite").expect("the build has it");
    /// # use schema_core::diff::{Answers, diff};
    /// # use schema_core::schema::{Column, Schema, Table, TableName, Type};
    /// # let mut items = Table::new(TableName::new("items"));
    /// # items.columns.push(Column::new("id", Type::I64));
    /// # let from = Schema::from_iter([items.clone()]);
    /// # items.columns.push(Column { nullable: true, ..Column::new("colour", Type::Text { length: None }) });
    /// # let to = Schema::from_iter([items]);
    /// let (from, to) = (sqlite.normalize(&from)?, sqlite.normalize(&to)?);
    /// let plan = sqlite.plan(&from, &diff(&from, &to, &Answers::default()))?;
    /// assert_eq!(plan.statements[0].step.executed(), Some(r#"ALTER TABLE "items" ADD COLUMN "colour" TEXT"#));
    /// # }
    /// # Ok::<(), schema_core::dialect::Unsupported>(())
    /// ```
    fn plan(&self, from: &Schema, operations: &[Operation]) -> Result<Plan, Unsupported>;

    /// Returns the hazards that a script has on such a database: whom it keeps waiting, what it breaks for programs that still run, and what a person
    /// wrote into it that no plan does. What [`hazard::hazards`](crate::hazard::hazards) says of the operations is not said again.
    fn hazards(&self, change: &Change<'_>) -> Vec<Located>;

    /// Returns what of the tables that a revision leaves behind had better be otherwise on such a database: the hazards whose codes
    /// [are asked for](crate::hazard::Code::is_asked_for). What was so before is not said.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # let sqlite = schema_core::dialect::by_name("sqlite").expect("the build has it");
    /// use schema_core::{dialect::Change, schema::Schema};
    /// let script = schema_core::script::parse("CREATE TABLE \"order\" (id INTEGER PRIMARY KEY);\n", sqlite.lexicon())?;
    /// let found = sqlite.quality(&Change { script: &script, operations: &[], from: &Schema::default(), to: &Schema::default() });
    /// assert_eq!(found[0].hazard.code.as_str(), "S10"); // a reserved word
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn quality(&self, change: &Change<'_>) -> Vec<Located>;

    /// Reads the tables of a live database, in the form that [`normalize`](Dialect::normalize) gives.
    ///
    /// Tables that the tool or the database keeps for itself are left out.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn reflect(&self, connection: &mut dyn Connection) -> Result<Schema, Error>;

    /// Returns a [normalized](Dialect::normalize) schema with its expressions as this database keeps them: defaults, checks,
    /// generated columns, keys and conditions of indexes. What [`reflect`](Dialect::reflect) finds can be compared with it by `==`.
    ///
    /// Servers write expressions anew as they store them, so the schema goes through the engine and is reflected by the same
    /// code: compared is what the engine made of both, never text with text. Nothing stays behind of it.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn stored(&self, connection: &mut dyn Connection, schema: Schema) -> Result<Schema, Error>;

    /// Returns a [normalized](Dialect::normalize) schema as this database keeps it, but for its expressions, which stay as they are said.
    ///
    /// It is what [`stored`](Dialect::stored) can tell by reading alone, for sessions that may do no more than read.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn stored_unprobed(&self, connection: &mut dyn Connection, schema: Schema) -> Result<Schema, Error>;

    /// Returns how this database calls a table that scripts call by some name: some servers keep them all in lower case. What
    /// [`stored`](Dialect::stored) returns is called so.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn table_names(&self, _connection: &mut dyn Connection) -> Result<Naming, Error> {
        Ok(Box::new(TableName::clone))
    }

    /// Tells whether this database keeps the default of a normalized column in just the words in which it is said, so that nothing has to be tried out.
    fn keeps_default(&self, column: &Column) -> bool;

    /// Returns what a live database holds and no [`Schema`] can say, for a person to know that it is left alone.
    ///
    /// All of it: views, triggers, functions, policies, partitions, domains, extensions, grants, virtual tables, clauses of a table.
    /// Left out is what [`reflect`](Dialect::reflect) reads, what the database or the tool keeps for itself, and what an extension
    /// or another of these things brings with it. `depends_on` names the tables that the thing reads, writes or stands on, as the catalogue
    /// tells; one that goes with its table (a trigger, a policy, a partition) is [`part_of`](Unmanaged::part_of) it. No statement
    /// that [`plan`](Dialect::plan) gives may break such a thing without an error of the database.
    ///
    /// # Errors
    ///
    /// What the database reports.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # let sqlite = schema_core::dialect::by_name("sqlite").expect("the build has it");
    /// # use schema_core::db::{Connection, sqlite::SqliteConnection};
    /// # let mut connection = SqliteConnection::in_memory()?;
    /// connection.execute("CREATE TABLE items (id INTEGER PRIMARY KEY)", &[])?;
    /// connection.execute("CREATE VIEW cheap AS SELECT id FROM items", &[])?;
    /// let things = sqlite.unmanaged(&mut connection)?;
    /// assert_eq!(things[0].to_string(), "view `cheap`");
    /// # }
    /// # Ok::<(), schema_core::db::Error>(())
    /// ```
    fn unmanaged(&self, connection: &mut dyn Connection) -> Result<Vec<Unmanaged>, Error>;

    /// Returns, of what is [unmanaged](Dialect::unmanaged), that which makes a table or an index something else than it seems to be by what
    /// [`reflect`](Dialect::reflect) reads, each with its [effect](Unmanaged::effect): rows that a crash takes, an index that no query uses.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn peculiarities(&self, _connection: &mut dyn Connection) -> Result<Vec<Unmanaged>, Error> {
        Ok(Vec::new())
    }

    /// Returns the constraints of a live database that may not hold, though [`reflect`](Dialect::reflect) reads them as any other. A database that
    /// holds its rows to all that it has, has none.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn unenforced(&self, _connection: &mut dyn Connection) -> Result<Vec<Unenforced>, Error> {
        Ok(Vec::new())
    }

    /// Returns what tables of this database may stand on and no model makes, such as extensions, domains and functions; what one of them needs may come
    /// after it. A database that knows no such things has none.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn foundations(&self, _connection: &mut dyn Connection) -> Result<Vec<Foundation>, Error> {
        Ok(Vec::new())
    }

    /// Returns statements that create, in an empty database, all that this one holds but its rows and the tool's own tables, and what
    /// the database does not tell; or nothing.
    ///
    /// On such a copy a plan is tried that must not break what no schema can say. What a statement needs may come after it.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn structure(&self, _connection: &mut dyn Connection) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    /// Returns a plan that does in any shell of the database what the runner does with this one: it holds the transaction, and its
    /// guards fail by themselves.
    ///
    /// Without an implementation the guards stay queries, each under the comment that says what rows would mean.
    fn standalone(&self, plan: &Plan) -> Plan {
        plan.clone()
    }

    /// Returns a plan that does what [`standalone`](Dialect::standalone) makes of this one if the condition holds, and else nothing; `None` if no
    /// statement of the database can be run on a condition.
    fn once(&self, _condition: &str, _plan: &Plan) -> Option<Plan> {
        None
    }

    /// Returns the lines around a part of a printed script by which the shell runs it only if the condition holds, for what [`once`](Dialect::once)
    /// cannot do; `None` if the shell knows no conditions.
    fn once_in_shell(&self, _condition: &str) -> Option<ShellCondition> {
        None
    }

    /// Returns what a printed script begins with, given all that it will do.
    fn opening(&self, _plans: &[&Plan]) -> Opening {
        Opening::default()
    }

    /// Returns the plans with each `redefine-table` in the order in which a database stores the table that has gone through the plans before,
    /// and through these; `None` if that cannot be known without the database, or is of no matter to it.
    fn in_stored_order(&self, _before: &[Plan], _plans: &[Plan]) -> Option<Vec<Plan>> {
        None
    }

    /// Returns the expression of the present moment, as RFC 3339 writes it, in UTC and to the second.
    fn now(&self) -> &'static str {
        "CURRENT_TIMESTAMP"
    }

    /// Returns the type by which a program should read a column of that native type, where it is not the first of the logical types
    /// that [`normalize`](Dialect::normalize) makes this one of.
    ///
    /// It never holds fewer values than the column can.
    ///
    /// ```
    /// # #[cfg(feature = "postgres")] {
    /// # use schema_core::{dialect::{Dialect, postgres::Postgres}, schema::Type};
    /// assert_eq!(Postgres.logical("citext"), Some(Type::Text { length: None }));
    /// assert_eq!(Postgres.logical("interval"), None); // nothing is like it
    /// # }
    /// ```
    fn logical(&self, _native: &str) -> Option<Type> {
        None
    }

    /// Returns an expression as this database reports it in words that other databases have, too, as far as there are such.
    fn portable(&self, expression: &Expression) -> Expression {
        expression.clone()
    }

    /// Returns what runs scripts on such a database.
    fn session(&self) -> &dyn Session;
}

/// How a database calls a table.
pub type Naming = Box<dyn Fn(&TableName) -> TableName>;

/// What a database cannot do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{dialect} cannot hold {what}: {why}")]
pub struct Unsupported {
    /// The dialect's name.
    pub dialect: &'static str,
    /// What was asked for, with the name of the table or column.
    pub what: String,
    /// Why it cannot be had.
    pub why: String,
}

/// Returns what of a schema a dialect cannot hold: the first thing of each table, whatever the others have.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # let sqlite = schema_core::dialect::by_name("sqlite").expect("the build has it");
/// use schema_core::dialect::refusals;
/// use schema_core::schema::{Schema, Table, TableName};
///
/// let table = |name: &str| Table::new(TableName { schema: Some("sales".into()), ..TableName::new(name) });
/// let refused = refusals(sqlite, &Schema::from_iter([table("items"), table("orders")]));
/// assert_eq!(refused.len(), 2);
/// assert!(refused[0].to_string().starts_with("sqlite cannot hold "), "{}", refused[0]);
/// # }
/// ```
#[must_use]
pub fn refusals(dialect: &dyn Dialect, schema: &Schema) -> Vec<Unsupported> {
    let Err(first) = dialect.normalize(schema) else {
        return Vec::new();
    };
    let alone = schema
        .tables
        .values()
        .map(|table| Schema::from_iter([table.clone()]));
    let mut refusals: Vec<Unsupported> = alone
        .filter_map(|table| dialect.normalize(&table).err())
        .collect();
    // It may be between tables.
    if !refusals.contains(&first) {
        refusals.insert(0, first);
    }
    refusals
}

/// Returns the dialect of that name, if this build has it.
///
/// ```
/// use schema_core::dialect;
///
/// # #[cfg(feature = "sqlite")]
/// assert_eq!(dialect::by_name("sqlite").unwrap().name(), "sqlite");
/// assert!(dialect::by_name("oracle").is_none());
/// ```
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Dialect> {
    all().iter().copied().find(|dialect| dialect.name() == name)
}

/// Returns the dialects that this build has.
///
/// ```
/// let names: Vec<&str> = schema_core::dialect::all().iter().map(|dialect| dialect.name()).collect();
/// println!("this build knows {}", names.join(", "));
/// # #[cfg(feature = "sqlite")]
/// assert!(names.contains(&"sqlite"));
/// ```
#[must_use]
pub fn all() -> &'static [&'static dyn Dialect] {
    &[
        #[cfg(feature = "sqlite")]
        &sqlite::Sqlite,
        #[cfg(feature = "postgres")]
        &postgres::Postgres,
        #[cfg(feature = "mysql")]
        &mysql::MySql,
    ]
}
