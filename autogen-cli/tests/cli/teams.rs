//! Teams at random: developers who change models, write revisions, bring each other's into their files as version control does, squash, rebase, upgrade and
//! downgrade databases of their own, in any order. Where a command refuses, they do what it says.
//!
//! Whatever they did: once all have all, every database comes to the models, and no command failed without saying how to go on.

mod models;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use autogen_tests::dice;
use autogen_tests::servers::{Database, Fresh, database};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use self::models::{ANCHOR, Edit, Models, TABLES, apply, edit, merged, merged_models, pick, records};
use crate::session::{Run, Session};

/// How often someone follows what a command says before they give up.
const PATIENCE: usize = 8;

/// The files under `migrations`, by name.
type Files = BTreeMap<String, Vec<u8>>;

/// What someone does.
#[derive(Debug, Clone)]
enum Step {
    /// Changes models and writes a revision.
    Migrate(Vec<Edit>),
    /// Changes models and writes the newest revision again.
    Amend(Vec<Edit>),
    /// Writes something into the newest script by hand, if it has run nowhere yet.
    Edit,
    Upgrade,
    Downgrade(Index),
    /// Brings in what the others have.
    Pull,
    /// Brings in what the others have, and gives them what they lack.
    Push,
    Rebase(Index, Index),
    /// Squashes, and gives the others that.
    Squash(Index, Index),
    /// Drops all that the others do not have, as someone who goes to another branch: the database has it still.
    Reset,
    /// Writes rows.
    Fill(Index),
}

/// What all have.
#[derive(Clone, Default)]
struct Shared {
    models: Models,
    files: Files,
}

struct Developer {
    session: Session,
    database: Fresh,
    models: Models,
    /// What they last had in common with the others.
    base: Shared,
}

struct Team {
    shared: Shared,
    /// What they had before, the newest last.
    versions: Vec<Files>,
    developers: Vec<Developer>,
    dialect: &'static str,
    /// What has been done, for whoever reads why it failed.
    told: String,
    ids: u32,
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    prop_oneof![
        5 => prop::collection::vec(edit(), 1..4).prop_map(Step::Migrate),
        1 => prop::collection::vec(edit(), 1..3).prop_map(Step::Amend),
        1 => Just(Step::Edit),
        3 => Just(Step::Upgrade),
        2 => index().prop_map(Step::Downgrade),
        1 => Just(Step::Pull),
        4 => Just(Step::Push),
        1 => (index(), index()).prop_map(|(from, onto)| Step::Rebase(from, onto)),
        1 => (index(), index()).prop_map(|(from, to)| Step::Squash(from, to)),
        1 => Just(Step::Reset),
        2 => index().prop_map(Step::Fill),
    ]
}

fn read(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

impl Developer {
    fn new(database: &Database) -> Self {
        let database = database.fresh();
        let mut session = Session::new();
        session.variable("DATABASE_URL", &database.url().to_string());
        Developer {
            session,
            database,
            models: Models::new(),
            base: Shared::default(),
        }
    }

    fn files(&self) -> Files {
        read(&self.session.path().join("migrations"))
    }

    /// Puts those files in the place of all that are there.
    fn check_out(&self, files: &Files) {
        let folder = self.session.path().join("migrations");
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        for (name, contents) in files {
            self.session.write(&format!("migrations/{name}"), contents);
        }
    }

    /// Brings in what the others have; returns whether a snapshot has to be written anew.
    fn merge(&mut self, shared: &Shared) -> bool {
        let ours = self.files();
        let names: BTreeSet<&String> = self
            .base
            .files
            .keys()
            .chain(ours.keys())
            .chain(shared.files.keys())
            .collect();
        let mut files = Files::new();
        let mut clash = false;
        for name in names {
            let (base, theirs) = (self.base.files.get(name), shared.files.get(name));
            let kept = merged(base, ours.get(name), theirs).unwrap_or_else(|_| {
                assert_eq!(name, "snapshot.json", "two write the same file");
                clash = true;
                theirs.cloned()
            });
            files.extend(kept.map(|kept| (name.clone(), kept)));
        }
        self.check_out(&files);
        self.models = merged_models(&self.base.models, &self.models, &shared.models);
        self.base = shared.clone();
        clash
    }

    /// Returns the ids of the revisions in the files, the newest first.
    fn revisions(&self) -> Vec<String> {
        let run = self.session.autogen(&["history", "--json"].map(str::to_owned));
        let ids = run.terminal.split("\"id\": \"").skip(1);
        ids.map(|rest| rest[..12].to_owned()).collect()
    }

    /// Returns the revisions that their database has.
    fn applied(&self) -> Vec<String> {
        let found = self
            .database
            .open()
            .query("SELECT id FROM _autogen_revisions", &[]);
        let ids = found.unwrap_or_default().into_iter().flatten();
        ids.map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    /// Returns those that nobody else has, so that they may still change.
    fn own(&self) -> Vec<String> {
        let shared = |id: &String| self.base.files.keys().any(|name| name.contains(id));
        self.revisions().into_iter().filter(|id| !shared(id)).collect()
    }
}

impl Team {
    fn new(database: &Database) -> Self {
        let dialect = database.dialect().name();
        let first = Developer::new(database);
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
            models: Models::new(),
            files: first.files(),
        };
        let developers = (0..3).map(|_| {
            let mut developer = Developer::new(database);
            developer.base = shared.clone();
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
        }
    }

    /// Runs a command, and makes sure that it ends as a command should.
    fn run(&mut self, who: usize, arguments: &[String]) -> Run {
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
        run
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

    /// Does something until it is done, following what is said where it is refused. Returns whether it was done.
    fn persist(&mut self, who: usize, arguments: &[&str]) -> bool {
        let mut arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        for _ in 0..PATIENCE {
            let run = self.run(who, &arguments);
            if run.code == 0 {
                return true;
            }
            let hints = quoted(&run.terminal);
            let flag = hints
                .iter()
                .find(|hint| hint.starts_with("--allow-drop ") || hint.starts_with("--prefer "));
            match flag {
                Some(flag) => arguments.extend(flag.split(' ').map(str::to_owned)),
                None if self.follow(who, &run.terminal) => {}
                None => return false,
            }
        }
        false
    }

    /// Does what is said where something is refused, and if that is refused, too, what is said there. Returns whether anything was said.
    fn follow(&mut self, who: usize, told: &str) -> bool {
        let hints = quoted(told);
        let command = hints.iter().find_map(|hint| hint.strip_prefix("autogen "));
        if told.contains("check out a version from before the squash") {
            self.go_before(who, &hints);
        } else if let Some((_, rest)) = told.split_once("put the folder") {
            let (named, _) = rest.split_once(" aside").unwrap();
            let back = hints
                .iter()
                .rev()
                .find_map(|hint| hint.strip_prefix("autogen downgrade "));
            self.put_aside(who, &quoted(named), back.unwrap());
        } else if let Some(command) = command.filter(|command| !command.contains("REV")) {
            let command: Vec<&str> = command.split(' ').collect();
            let command = self.completed(&command);
            let run = self.run(who, &command);
            if run.code == 2 && run.terminal.contains("put the folder") {
                return self.follow(who, &run.terminal);
            }
        } else {
            return false;
        }
        true
    }

    /// Takes revisions of somebody's own out of the files, and out of the database if it has them.
    fn put_aside(&mut self, who: usize, ids: &[&str], back: &str) {
        let applied = self.developers[who].applied();
        if applied.iter().any(|applied| ids.contains(&applied.as_str())) {
            let to = back.split(' ').map(str::to_owned);
            let arguments: Vec<String> = std::iter::once("downgrade".to_owned()).chain(to).collect();
            self.run(who, &arguments);
        }
        let developer = &self.developers[who];
        let mut files = developer.files();
        files.retain(|name, _| !ids.iter().any(|id| name.contains(id)));
        developer.check_out(&files);
        self.told.push_str(&format!("{who}: puts {ids:?} aside\n"));
    }

    /// Finishes what was squashed meanwhile with the files from before; what no version has with it is taken back.
    fn go_before(&mut self, who: usize, hints: &[&str]) {
        let commands = |name: &str| {
            let command = hints.iter().find(|hint| hint.starts_with(name));
            command.map(|command| command.split(' ').skip(1).map(str::to_owned).collect::<Vec<_>>())
        };
        let upgrade = commands("autogen upgrade").unwrap();
        if let Some(downgrade) = commands("autogen downgrade") {
            self.run(who, &downgrade);
        }
        let has = |files: &&Files| files.keys().any(|name| name.contains(&upgrade[1]));
        let before = self.versions.iter().rev().find(has).unwrap().clone();
        for (name, contents) in &before {
            self.developers[who]
                .session
                .write(&format!("before/{name}"), contents);
        }
        let arguments = [&["--migrations".to_owned(), "before".to_owned()], &upgrade[..]].concat();
        self.run(who, &arguments);
        fs::remove_dir_all(self.developers[who].session.path().join("before")).unwrap();
    }

    /// Returns a command that somebody is told to run, with what it wants besides.
    fn completed(&mut self, command: &[&str]) -> Vec<String> {
        let mut command: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
        if ["migrate", "merge"].contains(&command[0].as_str()) {
            command.extend(["--rev-id".to_owned(), self.id()]);
        }
        if ["migrate", "check"].contains(&command[0].as_str()) {
            command.extend(["--artifact", "app.rlib"].map(str::to_owned));
        }
        command
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

    /// Writes a row, if the table is there.
    fn fill(&mut self, who: usize, table: &Index) {
        let table = table.get(&TABLES);
        let mut connection = self.developers[who].database.open();
        let _ = connection.execute(&self.row(table), &[]);
    }

    /// Returns the statement that writes a row of nothing.
    fn row(&self, table: &str) -> String {
        match self.dialect {
            "mysql" => format!("INSERT INTO {table} () VALUES ()"),
            _ => format!("INSERT INTO {table} DEFAULT VALUES"),
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
        let edited = format!("{script}\n{};\n", self.row(ANCHOR));
        developer.session.write(&format!("migrations/{name}"), edited);
        self.told.push_str(&format!("{who}: edits {name}\n"));
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
                }
            }
            Step::Downgrade(to) => {
                let revisions = self.developers[who].revisions();
                let names: Vec<&str> = revisions.iter().map(String::as_str).chain(["base"]).collect();
                let to = pick(&names, to).unwrap();
                self.run(who, &["downgrade", to].map(str::to_owned));
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
            Step::Fill(table) => self.fill(who, table),
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

/// Returns what stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Has so many teams work on a database of that dialect, if there is one.
fn teams(dialect: &str, cases: u32) {
    let Some(database) = database(dialect) else {
        return;
    };
    let config = Config {
        max_shrink_iters: 200,
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
