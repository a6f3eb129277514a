//! Plans: the statements that a dialect makes of operations, each with its reason.
//!
//! A plan is what a [script](crate::script) holds: the one is written out as the other and read back. Nothing here
//! runs a statement.
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use schema_core::diff::Answers;
//! use schema_core::plan::plan;
//! use schema_core::schema::{Column, Schema, Table, TableName, Type};
//! use schema_core::{dialect, script};
//!
//! let mut items = Table::new(TableName::new("items"));
//! items.columns.push(Column::new("id", Type::I64));
//! let from = Schema::from_iter([items.clone()]);
//! items.columns.push(Column { nullable: true, ..Column::new("colour", Type::Text { length: None }) });
//! let to = Schema::from_iter([items]);
//!
//! let sqlite = dialect::by_name("sqlite").expect("this build has SQLite");
//! let plans = plan(sqlite, &from, &to, &Answers::default())?;
//! let text = script::render(&plans.upgrade, "upgrade 6b03689cd779: add items.colour");
//! assert!(text.contains(r#"ALTER TABLE "items" ADD COLUMN "colour" TEXT;"#));
//! # }
//! # Ok::<(), schema_core::dialect::Unsupported>(())
//! ```

mod concerned;

pub use concerned::{concerned, restricted};

use crate::dialect::{Dialect, Mode, Unsupported};
use crate::diff::{Answers, mapped_values, with_values};
use crate::operation::{Operation, reverse_all};
use crate::schema::Schema;

/// The statements of one script, in order.
///
/// ```
/// use schema_core::plan::{Plan, Statement};
/// use schema_core::script::{parse, render};
/// use schema_core::lexer::Lexicon;
///
/// let mut plan = Plan::default();
/// plan.mode.foreign_keys_off = true;
/// plan.statements.push(Statement::execute("DROP TABLE tags").because("nobody has any"));
///
/// let text = render(&plan, "upgrade 6b03689cd779: drop tags");
/// assert!(text.contains("-- autogen: foreign-keys-off\n"));
/// let read = parse(&text, Lexicon::STANDARD)?;
/// assert_eq!((&read.mode, &read.statements[0].step), (&plan.mode, &plan.statements[0].step));
/// # Ok::<(), schema_core::script::ScriptError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// How they want to be run.
    pub mode: Mode,
    /// The statements.
    pub statements: Vec<Statement>,
}

impl Plan {
    /// Returns the statements that are executed as they stand, without those that only the tool understands.
    pub(crate) fn executed(&self) -> impl Iterator<Item = &str> {
        self.statements
            .iter()
            .filter_map(|statement| statement.step.executed())
    }
}

/// One step of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What is done.
    pub step: Step,
    /// Why, in a few words; written as a comment. Empty where the statement speaks for itself.
    pub reason: String,
    /// The line of the script on which the step begins; 0 if it comes from no script.
    pub line: usize,
}

/// What a step of a script does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Runs one statement.
    Execute {
        /// The statement, without a final semicolon.
        sql: String,
    },
    /// Runs a query and fails, showing the rows, if it finds any.
    ExpectNoRows {
        /// The query, without a final semicolon.
        sql: String,
        /// What it means if there are rows.
        message: String,
    },
    /// Runs a query only if the next statement fails, and shows the rows that it finds: the statement checks them itself, but
    /// does not say which they are.
    ExplainFailure {
        /// The query, without a final semicolon.
        sql: String,
        /// What it means if there are rows.
        message: String,
    },
    /// Gives a standing table another definition and changes no value in it.
    RedefineTable {
        /// The definition, as the CREATE TABLE that would make such a table.
        sql: String,
    },
    /// Remembers what hangs on a table and is not in any model, such as its triggers, before the table is replaced.
    KeepDependents {
        /// The table, as the script names it.
        table: String,
    },
    /// Puts back what was remembered and is gone.
    RestoreDependents {
        /// The table, as the script names it.
        table: String,
    },
}

impl Step {
    /// Returns the statement of a step that runs one as it stands, which any shell of the database could.
    ///
    /// ```
    /// use schema_core::plan::{Statement, Step};
    ///
    /// assert_eq!(Statement::execute("DROP TABLE a").step.executed(), Some("DROP TABLE a"));
    /// assert_eq!(Step::KeepDependents { table: "a".into() }.executed(), None);
    /// ```
    #[must_use]
    pub fn executed(&self) -> Option<&str> {
        match self {
            Step::Execute { sql } => Some(sql),
            Step::ExpectNoRows { .. }
            | Step::ExplainFailure { .. }
            | Step::RedefineTable { .. }
            | Step::KeepDependents { .. }
            | Step::RestoreDependents { .. } => None,
        }
    }

    /// Returns the query of a step that only looks.
    ///
    /// ```
    /// use schema_core::plan::Step;
    ///
    /// let step = Step::ExpectNoRows {
    ///     sql: "SELECT id FROM items WHERE name IS NULL".into(),
    ///     message: "rows without a name".into(),
    /// };
    /// assert!(step.guard().is_some() && step.executed().is_none());
    /// ```
    #[must_use]
    pub fn guard(&self) -> Option<&str> {
        match self {
            Step::ExpectNoRows { sql, .. } | Step::ExplainFailure { sql, .. } => Some(sql),
            Step::Execute { .. }
            | Step::RedefineTable { .. }
            | Step::KeepDependents { .. }
            | Step::RestoreDependents { .. } => None,
        }
    }
}

impl Statement {
    /// Returns a statement to execute.
    ///
    /// ```
    /// use schema_core::plan::{Plan, Statement};
    ///
    /// let plan = Plan { statements: vec![Statement::execute("DELETE FROM sessions")], ..Plan::default() };
    /// assert_eq!(plan.statements[0].line, 0); // it comes from no script
    /// ```
    #[must_use]
    pub fn execute(sql: impl Into<String>) -> Self {
        Step::Execute { sql: sql.into() }.into()
    }

    /// Returns the statement with a reason.
    ///
    /// ```
    /// use schema_core::plan::Statement;
    ///
    /// let statement = Statement::execute("DELETE FROM sessions").because("they are of no use any more");
    /// assert_eq!(statement.reason, "they are of no use any more");
    /// ```
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }
}

impl From<Step> for Statement {
    fn from(step: Step) -> Self {
        Statement {
            step,
            reason: String::new(),
            line: 0,
        }
    }
}

/// The plans of one revision for one dialect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plans {
    /// The way there.
    pub upgrade: Plan,
    /// The way back.
    pub downgrade: Plan,
}

/// Plans the way between two neutral schemas, and back, for one dialect.
///
/// Each dialect's statements come from the diff of the two schemas as it can hold them. Tables that the change does not
/// [concern](concerned) are not looked at.
///
/// # Errors
///
/// What the dialect cannot hold or do.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # let sqlite = schema_core::dialect::by_name("sqlite").expect("the build has it");
/// # use schema_core::{diff::Answers, plan::plan};
/// # use schema_core::schema::{Column, Schema, Table, TableName, Type};
/// # let mut items = Table::new(TableName::new("items"));
/// # items.columns.push(Column::new("id", Type::I64));
/// # let from = Schema::from_iter([items.clone()]);
/// # items.columns.push(Column { nullable: true, ..Column::new("colour", Type::Text { length: None }) });
/// # let to = Schema::from_iter([items]);
/// let plans = plan(sqlite, &from, &to, &Answers::default())?;
/// let back = plans.downgrade.statements[0].step.executed();
/// assert_eq!(back, Some(r#"ALTER TABLE "items" DROP COLUMN "colour""#));
/// # }
/// # Ok::<(), schema_core::dialect::Unsupported>(())
/// ```
pub fn plan(
    dialect: &dyn Dialect,
    from: &Schema,
    to: &Schema,
    answers: &Answers,
) -> Result<Plans, Unsupported> {
    let mapped = mapped_values(from, to, answers);
    let tables = concerned(from, to, answers, |_| false);
    let from = dialect.normalize(&restricted(from, &tables))?;
    let to = dialect.normalize(&restricted(to, &tables))?;
    let operations = with_values(&from, &to, answers, mapped);
    Ok(Plans {
        upgrade: dialect.plan(&from, &operations)?,
        downgrade: dialect.plan(&to, &reverse_all(&operations))?,
    })
}

/// One side of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// The schema as models would say it.
    pub neutral: Schema,
    /// The schema as the database holds it.
    pub held: Schema,
}

/// What leads from one schema to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// What changes.
    pub operations: Vec<Operation>,
    /// How the dialect does it.
    pub plan: Plan,
}

/// Plans the one way between two schemas that the dialect holds already.
///
/// # Errors
///
/// What the dialect cannot do.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # let sqlite = schema_core::dialect::by_name("sqlite").expect("the build has it");
/// # use schema_core::diff::Answers;
/// # use schema_core::schema::{Column, Schema, Table, TableName, Type};
/// # let mut items = Table::new(TableName::new("items"));
/// # items.columns.push(Column::new("id", Type::I64));
/// # let from = Schema::from_iter([items.clone()]);
/// # items.columns.push(Column { nullable: true, ..Column::new("colour", Type::Text { length: None }) });
/// # let to = Schema::from_iter([items]);
/// use schema_core::plan::{Side, way};
///
/// let from = Side { held: sqlite.normalize(&from)?, neutral: from };
/// let to = Side { held: sqlite.normalize(&to)?, neutral: to };
/// let way = way(sqlite, &from, &to, &Answers::default())?;
/// assert_eq!(way.operations[0].describe(), "added column 'items.colour'");
/// assert_eq!(way.plan.statements.len(), 1);
/// # }
/// # Ok::<(), schema_core::dialect::Unsupported>(())
/// ```
pub fn way(dialect: &dyn Dialect, from: &Side, to: &Side, answers: &Answers) -> Result<Way, Unsupported> {
    let mapped = mapped_values(&from.neutral, &to.neutral, answers);
    let operations = with_values(&from.held, &to.held, answers, mapped);
    let plan = dialect.plan(&from.held, &operations)?;
    Ok(Way { operations, plan })
}
