//! A project in a directory of its own, and what a terminal shows when commands run in it.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use object::BinaryFormat;
use rusqlite::fallible_iterator::FallibleIterator;

use crate::objects;

/// A project directory.
pub(crate) struct Session {
    root: PathBuf,
    /// Removes the directory when the test is over.
    _guard: Option<tempfile::TempDir>,
    variables: Vec<(String, String)>,
}

/// What a command did.
pub(crate) struct Run {
    /// Stdout and stderr as a terminal shows them, redacted.
    pub(crate) terminal: String,
    /// The exit code.
    pub(crate) code: i32,
}

impl Session {
    /// Returns an empty project in a directory that is gone when the test is over.
    pub(crate) fn new() -> Self {
        let guard = tempfile::tempdir().unwrap();
        Session {
            root: guard.path().canonicalize().unwrap(),
            _guard: Some(guard),
            variables: Vec::new(),
        }
    }

    /// Returns an empty project in that directory: cargo knows a package by its path.
    pub(crate) fn at(directory: &Path) -> Self {
        if directory.exists() {
            fs::remove_dir_all(directory).unwrap();
        }
        fs::create_dir_all(directory).unwrap();
        Session {
            root: directory.canonicalize().unwrap(),
            _guard: None,
            variables: Vec::new(),
        }
    }

    /// Returns the project's directory.
    pub(crate) fn path(&self) -> PathBuf {
        self.root.clone()
    }

    /// Writes a file, and the directories above it.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    /// Writes `app.rlib` with the records of the named files in `tests/models`, and more, one a line.
    pub(crate) fn models(&self, names: &[&str], more: &str) {
        let mut records = records(names);
        records.extend(more.lines().map(objects::record));
        let section = objects::section(&records);
        let object = objects::object(BinaryFormat::Elf, &section);
        self.write(
            "app.rlib",
            objects::archive(&[("lib.rmeta", b"metadata"), ("app.o", &object)]),
        );
    }

    /// Sets a variable for the commands that follow.
    pub(crate) fn variable(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Runs `autogen` with the arguments; stdin is closed.
    pub(crate) fn autogen(&self, arguments: &[String]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_autogen"));
        command.args(arguments);
        self.run(command)
    }

    /// Runs `autogen` with the arguments, and returns what it writes to stdout, as it is.
    pub(crate) fn stdout(&self, arguments: &[String]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_autogen"));
        command.args(arguments);
        let output = self.prepared(&mut command).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Has a command run in the project; stdin is closed.
    fn prepared<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .current_dir(self.path())
            .env_remove("AUTOGEN_DATABASE_URL")
            .env_remove("DATABASE_URL")
            .env("CARGO_TERM_COLOR", "never")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
    }

    /// Runs a command in the project, with both streams in one file, as on a terminal.
    pub(crate) fn run(&self, mut command: Command) -> Run {
        let mut terminal = tempfile::tempfile().unwrap();
        self.prepared(&mut command)
            .stdout(terminal.try_clone().unwrap())
            .stderr(terminal.try_clone().unwrap());
        let status = command.status().unwrap();
        let mut text = String::new();
        terminal.seek(SeekFrom::Start(0)).unwrap();
        terminal.read_to_string(&mut text).unwrap();
        Run {
            terminal: self.redact(&text),
            code: status.code().expect("the command is not killed"),
        }
    }

    /// Replaces what differs from run to run.
    fn redact(&self, text: &str) -> String {
        let path = self.path();
        let text = text.replace(&path.display().to_string(), "[PROJECT]");
        let mut redacted = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('(') {
            redacted.push_str(before);
            redacted.push('(');
            let number = after
                .find(|c: char| !(c.is_ascii_digit() || c == '.'))
                .unwrap_or(after.len());
            let unit = [" ms)", " s)"]
                .iter()
                .find(|unit| after[number..].starts_with(**unit));
            rest = match unit {
                Some(unit) if number > 0 => {
                    redacted.push_str("[TIME])");
                    &after[number + unit.len()..]
                }
                _ => after,
            };
        }
        redacted.push_str(rest);
        redacted
            .lines()
            .map(|line| match line.split_once("\"milliseconds\": ") {
                Some((before, _)) => format!("{before}\"milliseconds\": [TIME]\n"),
                None => format!("{line}\n"),
            })
            .collect()
    }

    /// Returns the names of all files, sorted, one a line.
    pub(crate) fn tree(&self) -> String {
        let mut names = Vec::new();
        let root = self.path();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    names.push(path.strip_prefix(&root).unwrap().display().to_string());
                }
            }
        }
        names.sort();
        names.iter().map(|name| format!("{name}\n")).collect()
    }

    /// Runs SQL on a database file of the project and returns the rows of the last statement.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        let connection = rusqlite::Connection::open(self.path().join(database)).unwrap();
        let mut rows = String::new();
        let mut batch = rusqlite::Batch::new(&connection, sql);
        while let Some(mut statement) = batch.next().unwrap() {
            let count = statement.column_count();
            let mut found = statement.query([]).unwrap();
            while let Some(row) = found.next().unwrap() {
                let values: Vec<String> = (0..count)
                    .map(|at| match row.get_ref(at).unwrap() {
                        rusqlite::types::ValueRef::Null => "NULL".to_owned(),
                        rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                        rusqlite::types::ValueRef::Real(number) => number.to_string(),
                        rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                        rusqlite::types::ValueRef::Blob(bytes) => format!("{} bytes", bytes.len()),
                    })
                    .collect();
                rows.push_str(&values.join(" | "));
                rows.push('\n');
            }
        }
        rows
    }
}

/// Returns the records of the models described in files of `tests/models`, one a line.
pub(crate) fn records(names: &[&str]) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models");
    names
        .iter()
        .flat_map(|name| {
            let text = fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
            text.lines().map(objects::record).collect::<Vec<_>>()
        })
        .collect()
}
