//! Teams at random: developers who change models, write revisions, bring each other's into their files as version control does, squash, rebase, upgrade and
//! downgrade databases of their own, in any order. Where a command refuses, they do what it says.
//!
//! Whatever they did: once all have all, every database comes to the models, and no command failed without saying how to go on.

mod developer;
mod guided;
mod models;
mod printed;
mod rows;
mod steps;

use std::collections::BTreeSet;

use autogen_tests::dice;
use autogen_tests::servers::{Database, database};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use self::developer::{Developer, Files, Shared};
use self::models::{ANCHOR, Edit, TABLES, apply, pick, records};
use self::rows::Values;
use self::steps::{Step, step};
use crate::session::Run;

struct Team {
    shared: Shared,
    /// What they had before, the newest last.
    versions: Vec<Files>,
    developers: Vec<Developer>,
    dialect: &'static str,
    /// What has been done, for whoever reads why it failed.
    told: String,
    ids: u32,
    rows: u32,
}

impl Team {
    fn new(database: &Database) -> Self {
        let dialect = database.dialect().name();
        let mut first = Developer::new(database);
        first.models = models::first();
        first.session.models(&[], &records(&first.models));
        for arguments in [
            &["-q", "init", "--dialect", dialect][..],
            &[
                "-q",
                "migrate",
                "--artifact",
                "app.rlib",
                "--rev-id",
                "690000000000",
            ],
        ] {
            let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
            let run = first.session.autogen(&arguments);
            assert_eq!(run.code, 0, "{}", run.terminal);
        }
        let shared = Shared {
            files: first.files(),
            models: first.models,
        };
        let developers = (0..3).map(|_| {
            let mut developer = Developer::new(database);
            developer.base = shared.clone();
            developer.models = shared.models.clone();
            developer.check_out(&shared.files);
            developer
        });
        Team {
            developers: developers.collect(),
            versions: vec![shared.files.clone()],
            shared,
            dialect,
            told: String::new(),
            ids: 0,
            rows: 0,
        }
    }

    /// Runs a command, and makes sure that it ends as a command should.
    fn run(&mut self, who: usize, arguments: &[String]) -> Run {
        let before = (arguments[0] == "upgrade").then(|| Values::of(&self.developers[who]));
        let run = self.developers[who].session.autogen(arguments);
        self.told.push_str(&format!(
            "{who}$ autogen {}\n{}[exit {}]\n",
            arguments.join(" "),
            run.terminal,
            run.code
        ));
        let ends_well = (0..=2).contains(&run.code)
            && !run.terminal.contains("defect")
            && !run.terminal.contains("panicked");
        assert!(ends_well, "{}", self.told);
        if let Some(before) = before {
            self.keeps(who, &before);
        }
        run
    }

    /// Makes sure that an upgrade that drops nothing has lost nothing.
    fn keeps(&self, who: usize, before: &Values) {
        let lost = before.lost(&self.developers[who]);
        assert!(lost.is_empty(), "{}lost: {lost:?}", self.told);
    }

    fn id(&mut self) -> String {
        self.ids += 1;
        format!("69{:08x}00", self.ids)
    }

    /// Writes what a program with the models of somebody holds.
    fn compile(&self, who: usize) {
        let developer = &self.developers[who];
        developer.session.models(&[], &records(&developer.models));
    }

    /// Brings the files of somebody to their models, joining what has to be joined.
    fn migrate(&mut self, who: usize, flags: &[String]) -> bool {
        self.compile(who);
        let id = self.id();
        let mut arguments = vec!["migrate", "--artifact", "app.rlib", "--rev-id", &id];
        arguments.extend(flags.iter().map(String::as_str));
        self.persist(who, &arguments)
    }

    fn pull(&mut self, who: usize) -> bool {
        let shared = self.shared.clone();
        self.told
            .push_str(&format!("{who}: brings in what the others have\n"));
        if self.developers[who].merge(&shared) {
            self.persist(who, &["snapshot"]);
        }
        self.migrate(who, &[])
    }

    fn push(&mut self, who: usize) -> bool {
        let pulled = self.pull(who);
        if pulled {
            let developer = &mut self.developers[who];
            let shared = Shared {
                models: developer.models.clone(),
                files: developer.files(),
            };
            developer.base = shared.clone();
            self.versions.push(shared.files.clone());
            self.shared = shared;
            self.told
                .push_str(&format!("{who}: gives the others what they lack\n"));
        }
        pulled
    }

    fn reset(&mut self, who: usize) {
        self.told
            .push_str(&format!("{who}: goes to what the others have\n"));
        let shared = self.shared.clone();
        let developer = &mut self.developers[who];
        developer.check_out(&shared.files);
        developer.models = shared.models.clone();
        developer.base = shared;
    }

    /// Writes a row into each table of somebody's database.
    fn fill(&mut self, who: usize) {
        for table in TABLES {
            self.rows += 1;
            let sql = rows::row(&self.developers[who], table, self.rows);
            if let Some(sql) = sql {
                self.told.push_str(&format!("{who}: {sql}\n"));
                self.developers[who].database.open().execute(&sql, &[]).unwrap();
            }
        }
    }

    /// Changes the models of somebody, and returns what `migrate` has to be told of it.
    fn change(&mut self, who: usize, edits: &[Edit]) -> Vec<String> {
        self.told.push_str(&format!("{who}: {edits:?}\n"));
        let models = &mut self.developers[who].models;
        edits.iter().flat_map(|edit| apply(models, edit)).collect()
    }

    /// Writes a statement into the newest script of somebody that nobody else has, and that has not run.
    fn edit(&mut self, who: usize) {
        let developer = &self.developers[who];
        let Some(newest) = developer.own().into_iter().next() else {
            return;
        };
        if developer.applied().contains(&newest) {
            return;
        }
        let files = developer.files();
        let end = format!("upgrade.{}.sql", self.dialect);
        let is_script = |name: &&String| name.contains(&newest) && name.ends_with(&end);
        let name = files.keys().find(is_script).unwrap();
        let script = String::from_utf8_lossy(&files[name]);
        let row = match self.dialect {
            "mysql" => format!("INSERT INTO {ANCHOR} () VALUES ()"),
            _ => format!("INSERT INTO {ANCHOR} DEFAULT VALUES"),
        };
        let edited = format!("{script}\n{row};\n");
        developer.session.write(&format!("migrations/{name}"), edited);
        self.told.push_str(&format!("{who}: edits {name}\n"));
    }

    /// Returns a revision of somebody's files, or the base.
    fn target(&self, who: usize, to: &Index) -> String {
        let mut names = self.developers[who].revisions();
        names.push("base".to_owned());
        to.get(&names).clone()
    }

    fn step(&mut self, who: usize, step: &Step) {
        match step {
            Step::Migrate(edits) => {
                let flags = self.change(who, edits);
                self.migrate(who, &flags);
            }
            Step::Amend(edits) => {
                let flags = self.change(who, edits);
                if !self.developers[who].own().is_empty() {
                    self.compile(who);
                    let mut arguments = vec!["migrate", "--amend", "--artifact", "app.rlib"];
                    arguments.extend(flags.iter().map(String::as_str));
                    self.persist(who, &arguments);
                }
            }
            Step::Edit => self.edit(who),
            Step::Upgrade => {
                if self.persist(who, &["upgrade"]) {
                    let check = ["check", "--database"].map(str::to_owned);
                    assert_eq!(self.run(who, &check).code, 0, "{}", self.told);
                    self.fill(who);
                }
            }
            Step::UpgradeByShell(repeat) => self.upgrade_by_shell(who, *repeat),
            Step::Downgrade(to) => {
                let to = self.target(who, to);
                self.run(who, &["downgrade".to_owned(), to]);
            }
            Step::DowngradeByShell(to) => {
                let to = self.target(who, to);
                self.downgrade_by_shell(who, &to);
            }
            Step::Pull => {
                self.pull(who);
            }
            Step::Push => {
                self.push(who);
            }
            Step::Rebase(from, onto) => {
                let (own, all) = (self.developers[who].own(), self.developers[who].revisions());
                if let (Some(from), Some(onto)) = (pick(&own, from), pick(&all, onto)) {
                    let arguments = ["rebase", from, "--onto", onto].map(str::to_owned);
                    self.run(who, &arguments);
                }
            }
            Step::Squash(from, to) => {
                self.push(who);
                let revisions = self.developers[who].revisions();
                if let (Some(from), Some(to)) = (pick(&revisions, from), pick(&revisions, to)) {
                    let id = self.id();
                    let range = format!("{from}:{to}");
                    let arguments = ["squash", &range, "--rev-id", &id].map(str::to_owned);
                    if self.run(who, &arguments).code == 0 {
                        self.push(who);
                    }
                }
            }
            Step::Reset => self.reset(who),
            Step::Fill => self.fill(who),
        }
    }

    /// Has all come to the same, and makes sure that they do.
    fn come_together(&mut self) {
        for _ in 0..2 {
            for who in 0..self.developers.len() {
                assert!(self.push(who), "{}", self.told);
            }
        }
        let mut schemas = BTreeSet::new();
        for who in 0..self.developers.len() {
            assert!(self.pull(who), "{}", self.told);
            assert_eq!(self.developers[who].models, self.shared.models, "{}", self.told);
            assert!(self.persist(who, &["upgrade"]), "{}", self.told);
            self.compile(who);
            let checks = ["check", "--artifact", "app.rlib", "--database"].map(str::to_owned);
            assert_eq!(self.run(who, &checks).code, 0, "{}", self.told);
            let inspect = ["inspect", "database"].map(str::to_owned);
            // Columns of branches stand in the order in which a database got those.
            let schema = self.run(who, &inspect).terminal;
            let mut tables: Vec<Vec<&str>> = schema
                .split("\n\n")
                .map(|table| table.trim_end().lines().collect())
                .collect();
            tables.iter_mut().for_each(|lines| lines.sort_unstable());
            schemas.insert(format!("{tables:?}"));
        }
        assert_eq!(schemas.len(), 1, "{}", self.told);
        let verify = ["verify".to_owned()];
        assert_eq!(self.run(0, &verify).code, 0, "{}", self.told);
    }
}

/// Has so many teams work on a database of that dialect, if there is one.
fn teams(dialect: &str, cases: u32) {
    let Some(database) = database(dialect) else {
        return;
    };
    let config = Config {
        max_shrink_iters: 100,
        ..dice::config(cases)
    };
    let steps = prop::collection::vec((0..3usize, step()), 1..24);
    TestRunner::new(config)
        .run(&steps, |steps| {
            let mut team = Team::new(database);
            for (who, step) in &steps {
                team.step(*who, step);
            }
            team.come_together();
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn whatever_a_team_does_on_sqlite() {
    teams("sqlite", 8);
}

#[test]
fn whatever_a_team_does_on_postgres() {
    teams("postgres", 2);
}

#[test]
fn whatever_a_team_does_on_mysql() {
    teams("mysql", 2);
}
