//! One developer: files, models and a database of their own, and what they had in common with the others last.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use autogen_tests::servers::{Database, Fresh};

use schema_core::dialect::Dialect;

use super::models::{Models, merged, merged_models};
use crate::session::Session;

/// The files under `migrations`, by name.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// What all have.
#[derive(Clone, Default)]
pub(super) struct Shared {
    pub(super) models: Models,
    pub(super) files: Files,
}

pub(super) struct Developer {
    pub(super) session: Session,
    pub(super) database: Fresh,
    pub(super) dialect: &'static dyn Dialect,
    pub(super) models: Models,
    /// What they last had in common with the others.
    pub(super) base: Shared,
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
    pub(super) fn new(database: &Database) -> Self {
        let dialect = database.dialect();
        let database = database.fresh();
        let mut session = Session::new();
        session.variable("DATABASE_URL", &database.url().to_string());
        Developer {
            session,
            database,
            dialect,
            models: Models::new(),
            base: Shared::default(),
        }
    }

    pub(super) fn files(&self) -> Files {
        read(&self.session.path().join("migrations"))
    }

    /// Puts those files in the place of all that are there.
    pub(super) fn check_out(&self, files: &Files) {
        let folder = self.session.path().join("migrations");
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        for (name, contents) in files {
            self.session.write(&format!("migrations/{name}"), contents);
        }
    }

    /// Brings in what the others have; returns whether a snapshot has to be written anew.
    pub(super) fn merge(&mut self, shared: &Shared) -> bool {
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
    pub(super) fn revisions(&self) -> Vec<String> {
        let run = self.session.autogen(&["history", "--json"].map(str::to_owned));
        let ids = run.terminal.split("\"id\": \"").skip(1);
        ids.map(|rest| rest[..12].to_owned()).collect()
    }

    /// Returns the revisions that their database has.
    pub(super) fn applied(&self) -> Vec<String> {
        let found = self
            .database
            .open()
            .query("SELECT id FROM _autogen_revisions", &[]);
        let ids = found.unwrap_or_default().into_iter().flatten();
        ids.map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    /// Returns those that nobody else has, so that they may still change.
    pub(super) fn own(&self) -> Vec<String> {
        let shared = |id: &String| self.base.files.keys().any(|name| name.contains(id));
        self.revisions().into_iter().filter(|id| !shared(id)).collect()
    }
}
