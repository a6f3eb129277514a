//! Runs that a developer has printed, and does in the database's own shell.

use autogen_tests::shell;
use schema_core::runner::Repeat;

use super::Team;

impl Team {
    /// Upgrades the database of somebody by a script. It is as an upgrade leaves it, or the script said why not.
    pub(super) fn upgrade_by_shell(&mut self, who: usize, repeat: Repeat) {
        let range = match repeat {
            Repeat::Stop => format!("{}:heads", self.place(who)),
            Repeat::PassOver => "heads".to_owned(),
        };
        let mut arguments = vec!["upgrade", &range, "--sql"];
        if repeat == Repeat::PassOver {
            arguments.push("--idempotent");
        }
        if self.by_shell(who, &arguments) {
            let check = ["check", "--database"].map(str::to_owned);
            assert_eq!(self.run(who, &check).code, 0, "{}", self.told);
        }
    }

    /// Downgrades the database of somebody by a script.
    pub(super) fn downgrade_by_shell(&mut self, who: usize, to: &str) {
        let range = format!("{}:{to}", self.place(who));
        self.by_shell(who, &["downgrade", &range, "--sql"]);
    }

    /// Returns where the database of somebody is, or one of the places.
    fn place(&mut self, who: usize) -> String {
        let run = self.run(who, &["current", "--json"].map(str::to_owned));
        let current = run.terminal.split_once("\"id\": \"");
        current.map_or("base", |(_, id)| &id[..12]).to_owned()
    }

    /// Runs what a command prints in the shell of somebody's database; returns whether all of it ran.
    fn by_shell(&mut self, who: usize, arguments: &[&str]) -> bool {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        if self.run(who, &arguments).code != 0 {
            return false;
        }
        let developer = &self.developers[who];
        let script = developer.session.stdout(&arguments);
        let database = &developer.database;
        let ran = match self.dialect {
            "postgres" => shell::psql(database.url(), &script).unwrap_or(Err("there is no shell".to_owned())),
            _ => shell::run(&mut *database.open(), developer.dialect, &script),
        };
        self.told.push_str(&format!("{who}: runs that: {ran:?}\n"));
        ran.is_ok()
    }
}
