//! What may be a rename: something is gone, something is new, and only a person knows whether they are one thing.

use std::fmt;

use super::{Answers, Target, likeness, losses};
use crate::schema::{Column, Schema, Table, TableName};

/// Something is gone and something is new: is it the same thing under another name?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is gone.
    pub dropped: Target,
    /// What it may be called now, the likeliest first.
    pub candidates: Vec<Candidate>,
}

/// A new name that a thing may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The new name.
    pub target: Target,
    /// How alike the two are, from 0 to 100. It orders the candidates and decides nothing.
    pub likeness: u32,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.dropped.column.is_some() {
            "column"
        } else {
            "table"
        };
        write!(f, "{kind} `{}` is gone: was it renamed to ", self.dropped)?;
        /// More names than this would hide the question.
        const SHOWN: usize = 5;
        for (at, candidate) in self.candidates.iter().take(SHOWN).enumerate() {
            let separator = if at == 0 { "" } else { " or " };
            write!(f, "{separator}`{}`", candidate.target)?;
        }
        if let Some(more @ 1..) = self.candidates.len().checked_sub(SHOWN) {
            write!(f, " or one of {more} more")?;
        }
        f.write_str(", or dropped?")
    }
}

/// Returns what could be a rename and is not decided: neither answered nor, by `dropped`, said to be a drop.
///
/// The candidates of a question begin with the one that goes with it best, and every new name is the first candidate
/// of at most one question, so that the first candidates together are one consistent answer. They are ordered by type,
/// nullability, keys, place and likeness of name, tables by the likeness of their columns. It is the same for the
/// same schemas, always.
///
/// ```
/// # use schema_core::{diff::{Answers, Target, questions}, schema::{Column, Schema, Table, TableName, Type}};
/// let items = TableName::new("items");
/// let with = |column: &str| Schema::from_iter([Table {
///     columns: vec![Column::new(column, Type::F64)],
///     ..Table::new(items.clone())
/// }]);
/// let (from, to) = (with("price"), with("cost"));
/// let open = questions(&from, &to, &Answers::default(), &[]);
/// assert_eq!(open[0].to_string(), "column `items.price` is gone: was it renamed to `items.cost`, or dropped?");
///
/// let dropped = Target { table: items.clone(), column: Some("price".into()) };
/// assert!(questions(&from, &to, &Answers::default(), &[dropped]).is_empty());
/// ```
#[must_use]
pub fn questions(from: &Schema, to: &Schema, answers: &Answers, dropped: &[Target]) -> Vec<Question> {
    let mut open = losses(from, to, answers);
    open.retain(|target| !dropped.contains(target));
    let (tables, columns): (Vec<Target>, Vec<Target>) =
        open.into_iter().partition(|target| target.column.is_none());
    let mut questions = table_questions(from, to, answers, tables);
    for gone in columns.chunk_by(|a, b| a.table == b.table) {
        questions.extend(column_questions(from, to, answers, gone));
    }
    questions
}

fn table_questions(from: &Schema, to: &Schema, answers: &Answers, gone: Vec<Target>) -> Vec<Question> {
    let renamed = |name: &TableName| answers.renamed_tables.get(name).is_some_and(|to| to != name);
    let taken = |name: &TableName| answers.renamed_tables.values().any(|target| target == name);
    let new: Vec<&Table> = to
        .tables
        .values()
        .filter(|table| {
            (!from.tables.contains_key(&table.name) || renamed(&table.name)) && !taken(&table.name)
        })
        .collect();
    let names = new.iter().map(|table| Target {
        table: table.name.clone(),
        column: None,
    });
    let points = |target: &Target| {
        let old = from.table(&target.table);
        new.iter()
            .map(|new| old.map_or(0, |old| likeness::of_tables(old, new)))
            .collect()
    };
    asked(gone, &names.collect::<Vec<_>>(), points)
}

/// Returns the questions about columns of one table, which is called by its new name.
fn column_questions(from: &Schema, to: &Schema, answers: &Answers, gone: &[Target]) -> Vec<Question> {
    let Some(name) = gone.first().map(|target| &target.table) else {
        return Vec::new();
    };
    let old_name = answers
        .renamed_tables
        .iter()
        .find(|(_, to)| *to == name)
        .map_or(name, |(from, _)| from);
    let (Some(old), Some(new)) = (from.table(old_name), to.table(name)) else {
        return Vec::new();
    };
    let renamed = |column: &str| {
        let target = answers.renamed_column(name, column);
        target.is_some_and(|target| target != column)
    };
    let taken = |column: &str| {
        let mut renames = answers.renamed_columns.iter();
        renames.any(|((table, _), target)| table == name && target == column)
    };
    let fresh: Vec<&Column> = new
        .columns
        .iter()
        .filter(|column| {
            (old.column(&column.name).is_none() || renamed(&column.name)) && !taken(&column.name)
        })
        .collect();
    let names = fresh.iter().map(|column| Target {
        table: name.clone(),
        column: Some(column.name.clone()),
    });
    let points = |target: &Target| {
        let gone = target.column.as_ref().and_then(|column| old.column(column));
        fresh
            .iter()
            .map(|column| {
                gone.map_or(0, |gone| {
                    likeness::of_columns((old, gone), (new, column), answers)
                })
            })
            .collect()
    };
    asked(gone.to_vec(), &names.collect::<Vec<_>>(), points)
}

/// Returns a question for everything that is gone, with all that is new in the order of its points.
fn asked(gone: Vec<Target>, new: &[Target], points: impl Fn(&Target) -> Vec<u32>) -> Vec<Question> {
    if new.is_empty() {
        return Vec::new();
    }
    let points: Vec<Vec<u32>> = gone.iter().map(points).collect();
    let ranked = likeness::ranked(&points);
    gone.into_iter()
        .zip(points.iter().zip(ranked))
        .map(|(dropped, (points, order))| Question {
            dropped,
            candidates: order
                .into_iter()
                .map(|at| Candidate {
                    target: new[at].clone(),
                    likeness: points[at],
                })
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ForeignKey, Index, IndexKey, PrimaryKey, Type};

    const TEXT: Type = Type::Text { length: None };

    fn table(name: &str, columns: &[(&str, Type)]) -> Table {
        let mut table = Table::new(TableName::new(name));
        for (name, ty) in columns {
            table.columns.push(Column::new(*name, ty.clone()));
        }
        if table.column("id").is_some() {
            table.primary_key = Some(PrimaryKey {
                name: format!("pk_{name}"),
                columns: vec!["id".to_owned()],
            });
        }
        table
    }

    /// Returns each question as `dropped: first, second, …`.
    fn asked_about(from: Vec<Table>, to: Vec<Table>, answers: &Answers) -> Vec<String> {
        let (from, to) = (Schema::from_iter(from), Schema::from_iter(to));
        let questions = questions(&from, &to, answers, &[]);
        let line = |question: &Question| {
            let names: Vec<String> = question
                .candidates
                .iter()
                .map(|candidate| candidate.target.to_string())
                .collect();
            format!("{}: {}", question.dropped, names.join(", "))
        };
        questions.iter().map(line).collect()
    }

    fn columns(from: &[(&str, Type)], to: &[(&str, Type)]) -> Vec<String> {
        asked_about(vec![table("t", from)], vec![table("t", to)], &Answers::default())
    }

    #[test]
    fn the_likeliest_column_is_asked_about_first() {
        assert_eq!(
            columns(
                &[("id", Type::I64), ("descr", TEXT)],
                &[("id", Type::I64), ("price", Type::I64), ("description", TEXT)]
            ),
            ["t.descr: t.description, t.price"]
        );
        // A type that is the same tells more than a place that is.
        assert_eq!(
            columns(
                &[("id", Type::I64), ("label", TEXT)],
                &[("id", Type::I64), ("weight", Type::F64), ("caption", TEXT)]
            ),
            ["t.label: t.caption, t.weight"]
        );
    }

    #[test]
    fn no_two_questions_have_one_first_candidate() {
        // Either could be `first_name`; the one that is more like it gets it.
        assert_eq!(
            columns(
                &[("name", TEXT), ("first", TEXT)],
                &[("first_name", TEXT), ("last_name", TEXT)]
            ),
            [
                "t.name: t.last_name, t.first_name",
                "t.first: t.first_name, t.last_name"
            ]
        );
    }

    #[test]
    fn a_foreign_key_is_told_by_what_it_refers_to() {
        let parent = |name| table(name, &[("id", Type::I64)]);
        let child = |columns: &[&str]| {
            let columns: Vec<_> = columns.iter().map(|name| (*name, Type::I64)).collect();
            let mut child = table("child", &columns);
            for (column, _) in columns {
                let parent = TableName::new(if column.starts_with('a') { "a" } else { "b" });
                child.add_foreign_key(ForeignKey::new(format!("fk_{column}"), [column], parent, ["id"]));
            }
            child
        };
        assert_eq!(
            asked_about(
                vec![parent("a"), parent("b"), child(&["a1", "b1"])],
                vec![parent("a"), parent("b"), child(&["b22", "a22"])],
                &Answers::default()
            ),
            ["child.a1: child.a22, child.b22", "child.b1: child.b22, child.a22"]
        );
    }

    #[test]
    fn uniqueness_tells_two_texts_apart() {
        let unique = |mut table: Table, column: &str| {
            let index = Index {
                unique: true,
                constraint: true,
                ..Index::new(format!("uq_{column}"), vec![IndexKey::column(column)])
            };
            table.add_index(index);
            table
        };
        let from = table("t", &[("login", TEXT), ("id", Type::I64), ("z", TEXT)]);
        let to = table("t", &[("id", Type::I64), ("z", TEXT), ("x", TEXT), ("y", TEXT)]);
        let asked = |from, to| asked_about(vec![from], vec![to], &Answers::default());
        assert_eq!(asked(from.clone(), to.clone()), ["t.login: t.x, t.y"]);
        assert_eq!(
            asked(unique(from, "login"), unique(to, "y")),
            ["t.login: t.y, t.x"]
        );
    }

    #[test]
    fn tables_are_told_by_their_columns_before_their_names() {
        let from = vec![table(
            "items",
            &[("id", Type::I64), ("sku", TEXT), ("price", Type::F64)],
        )];
        let to = vec![
            table("item_log", &[("at", Type::Timestamp), ("what", TEXT)]),
            table(
                "wares",
                &[
                    ("id", Type::I64),
                    ("sku", TEXT),
                    ("price", Type::F64),
                    ("tax", Type::F64),
                ],
            ),
        ];
        assert_eq!(
            asked_about(from, to, &Answers::default()),
            ["items: wares, item_log"]
        );
    }

    #[test]
    fn an_answer_takes_its_names_out_of_the_other_questions() {
        let from = vec![table("t", &[("a", TEXT), ("b", TEXT)])];
        let to = vec![table("t", &[("b", TEXT), ("c", TEXT)])];
        let mut answers = Answers::default();
        assert_eq!(asked_about(from.clone(), to.clone(), &answers), ["t.a: t.c"]);
        answers
            .renamed_columns
            .insert((TableName::new("t"), "b".to_owned()), "c".to_owned());
        // `b` went on to `c`, so the `b` that is there is new.
        assert_eq!(asked_about(from, to, &answers), ["t.a: t.b"]);
    }

    #[test]
    fn nothing_new_is_nothing_to_ask() {
        assert!(columns(&[("a", TEXT), ("b", TEXT)], &[("a", TEXT)]).is_empty());
    }
}
