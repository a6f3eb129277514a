//! What somebody does who is refused something: what the command says.

use std::fs;

use super::Team;
use super::developer::Files;
use super::models::TABLES;

/// How often someone follows what a command says before they give up.
const PATIENCE: usize = 8;

impl Team {
    /// Does something until it is done, following what is said where it is refused. Returns whether it was done.
    pub(super) fn persist(&mut self, who: usize, arguments: &[&str]) -> bool {
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
                None if self.follow(who, &run.terminal, PATIENCE) => {}
                None if run.terminal.contains("rows") && arguments[0] == "upgrade" => self.clear(who),
                None => return false,
            }
        }
        false
    }

    /// Does what is said where something is refused, and if that is refused, too, what is said there. Returns whether anything was said.
    fn follow(&mut self, who: usize, told: &str, patience: usize) -> bool {
        // What an error tells of its cause may name commands, too.
        let hint = told.find("hint: ").map_or(told, |at| &told[at..]);
        let hints = quoted(hint);
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
            if run.code == 2 && patience > 0 {
                return self.follow(who, &run.terminal, patience - 1);
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

    /// Deletes the rows that are in the way of an upgrade.
    fn clear(&mut self, who: usize) {
        self.told.push_str(&format!("{who}: deletes the rows\n"));
        let mut connection = self.developers[who].database.open();
        for table in TABLES {
            let _ = connection.execute(&format!("DELETE FROM {table}"), &[]);
        }
    }
}

/// Returns what stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}
