//! Real crates, built by cargo: libraries and programs, packages of a workspace, features.

use std::path::PathBuf;
use std::process::Command;

use crate::session::{Run, Session};

/// A project with a crate, built into a target directory that all tests share.
pub(crate) struct Project {
    pub(crate) session: Session,
    target: PathBuf,
}

impl Project {
    /// Returns a project with these files; `{schema-core}` in a manifest becomes the dependency.
    pub(crate) fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let session = Session::at(&scratch.join("projects").join(name));
        let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .canonicalize()
            .unwrap();
        let dependency = format!("schema-core = {{ path = {:?} }}", workspace.join("schema-core"));
        let renamed = format!(
            "other = {{ package = \"schema-core\", path = {:?} }}",
            workspace.join("schema-core")
        );
        for (path, text) in files {
            let text = text.replace("{schema-core}", &dependency);
            session.write(path, text.replace("{renamed schema-core}", &renamed));
        }
        // The same versions as here, so that nothing has to be fetched.
        std::fs::copy(workspace.join("Cargo.lock"), session.path().join("Cargo.lock")).unwrap();
        let project = Project {
            session,
            target: scratch.join("target"),
        };
        assert_eq!(project.run(&["-q", "init"]).code, 0);
        project
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.command(env!("CARGO_BIN_EXE_autogen"), arguments)
    }

    pub(crate) fn cargo(&self, arguments: &[&str]) -> Run {
        self.command(env!("CARGO"), arguments)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Run {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TARGET_DIR", &self.target);
        self.session.run(command)
    }

    /// Returns the tables that `check` would add.
    fn tables(&self, arguments: &[&str]) -> Vec<String> {
        let run = self.run(&[&["-q", "check"], arguments].concat());
        let added = run
            .terminal
            .lines()
            .filter_map(|line| line.strip_prefix("added table '"));
        let tables: Vec<String> = added.map(|rest| rest.trim_end_matches('\'').to_owned()).collect();
        assert_eq!(run.code, i32::from(!tables.is_empty()), "{}", run.terminal);
        tables
    }
}

pub(crate) const MANIFEST: &str = "\
[package]
name = \"store\"
version = \"0.1.0\"
edition = \"2021\"

[features]
tags = []

[dependencies]
{schema-core}

[workspace]
";

const MODELS: &str = "\
use schema_core::Model;

#[derive(Model)]
pub struct StoreModel {
    pub id: i64,
    #[model(length = 80, unique)]
    pub name: String,
}

#[cfg(feature = \"tags\")]
#[derive(Model)]
pub struct TagModel {
    pub id: i64,
}
";

const MAIN: &str = "\
use schema_core::Model;

#[derive(Model)]
struct UserModel {
    id: i64,
}

fn main() {
    println!(\"{} {}\", store::StoreModel::TABLE, UserModel { id: 1 }.id);
}
";

#[test]
fn a_library_and_its_program() {
    let project = Project::new(
        "store",
        &[
            ("Cargo.toml", MANIFEST),
            ("src/lib.rs", MODELS),
            ("src/main.rs", MAIN),
        ],
    );
    assert_eq!(project.tables(&[]), ["stores", "users"]);
    assert_eq!(
        project.tables(&["--features", "tags"]),
        ["stores", "tags", "users"]
    );

    // What the configuration asks for.
    let path = "migrations/autogen.toml";
    let text = std::fs::read_to_string(project.session.path().join(path)).unwrap();
    project.session.write(
        path,
        text.replace(
            "# features = [\"postgres\"]",
            "features = [\"tags\"]\nbins = false",
        ),
    );
    assert_eq!(project.tables(&[]), ["stores", "tags"]);
    project.session.write(path, text);

    // The subcommand of cargo, from a directory within the project.
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-autogen"));
    command
        .args([
            "autogen",
            "-C",
            "src",
            "migrate",
            "--offline",
            "--rev-id",
            "6921a3f4b07e",
        ])
        .env("CARGO_TARGET_DIR", &project.target);
    let run = project.session.run(command);
    assert_eq!(run.code, 0, "{}", run.terminal);
    assert_eq!(project.run(&["-q", "upgrade"]).code, 0);
    assert_eq!(
        project
            .session
            .sql("instance/database.db", "SELECT count(*) FROM stores, users"),
        "0\n"
    );

    // A feature that is off makes a model vanish; that is no consent to lose its table.
    let project_with_tags = project.run(&["-q", "migrate", "--features", "tags", "--rev-id", "6921a3f4b07f"]);
    assert_eq!(project_with_tags.code, 0, "{}", project_with_tags.terminal);
    let run = project.run(&["-q", "migrate"]);
    assert_eq!(run.code, 2, "{}", run.terminal);
    for words in [
        "dropping `tags` would lose",
        "packages: store",
        "features: default",
        "hint: if it may go: `--allow-drop tags`",
    ] {
        assert!(run.terminal.contains(words), "no `{words}` in {}", run.terminal);
    }

    // A build that fails is cargo's to explain, and changes nothing.
    let before = project.session.tree();
    project
        .session
        .write("src/lib.rs", "pub fn broken() -> u8 { \"text\" }\n");
    let run = project.run(&["migrate"]);
    assert_eq!(run.code, 2);
    assert!(
        run.terminal.contains("error[E0308]: mismatched types"),
        "{}",
        run.terminal
    );
    assert!(
        run.terminal
            .contains("error: the models were not built; nothing was written"),
        "{}",
        run.terminal
    );
    assert_eq!(project.session.tree(), before);
}

const APP: &str = "\
#[derive(schema_core::Model)]
struct Cherry {
    id: i64,
}

fn main() {
    println!(\"{} {}\", a::Apple { id: 1 }.id, Cherry { id: 2 }.id);
}
";

const WORKSPACE: &str =
    "[workspace]\nmembers = [\"a\", \"b\", \"c-app\", \"d\", \"empty\"]\nresolver = \"2\"\n";

#[test]
fn packages_of_a_workspace() {
    let member = |name: &str, edition: u32| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"{edition}\"\n\n[dependencies]\n{{schema-core}}\n"
        )
    };
    let model =
        |name: &str| format!("#[derive(schema_core::Model)]\npub struct {name} {{\n    pub id: i64,\n}}\n");
    let project = Project::new(
        "workspace",
        &[
            ("Cargo.toml", WORKSPACE),
            ("a/Cargo.toml", &member("a", 2018)),
            ("a/src/lib.rs", &model("Apple")),
            ("b/Cargo.toml", &member("b", 2015)),
            (
                "b/src/lib.rs",
                &format!("extern crate schema_core;\n\n{}", model("Banana")),
            ),
            (
                "c-app/Cargo.toml",
                &format!("{}a = {{ path = \"../a\" }}\n", member("c-app", 2024)),
            ),
            ("c-app/src/main.rs", APP),
            (
                "d/Cargo.toml",
                &member("d", 2024).replace("{schema-core}", "{renamed schema-core}"),
            ),
            (
                "d/src/lib.rs",
                "extern crate other as schema_core;\n\n#[derive(other::Model)]\npub struct Date {\n    pub id: i64,\n}\n",
            ),
            ("empty/Cargo.toml", &member("empty", 2024)),
            ("empty/src/lib.rs", ""),
        ],
    );
    assert_eq!(project.tables(&[]), ["apples", "bananas", "cherries", "dates"]);
    assert_eq!(project.tables(&["-p", "b"]), ["bananas"]);
    assert_eq!(project.tables(&["-p", "a", "-p", "empty"]), ["apples"]);

    // A program holds the models of what it depends on, and they are not its own.
    assert_eq!(project.tables(&["-p", "c-app"]), ["cherries"]);
    let run = project.run(&["-v", "check", "-p", "c-app"]);
    assert!(run.terminal.contains("Left out `a::Apple`"), "{}", run.terminal);

    // What a workspace with a package at its root builds by default is the package, unless it says otherwise.
    let root = |members: &str| {
        let package = member("root", 2024).replace("{schema-core}", "");
        project.session.write(
            "Cargo.toml",
            format!("{package}a = {{ path = \"a\" }}\n\n[workspace]\nmembers = [\"b\", \"d\"]\n{members}"),
        );
        project.session.write("src/lib.rs", "");
    };
    root("default-members = [\"a\", \"d\"]\n");
    assert_eq!(project.tables(&[]), ["apples", "dates"]);
    root("");
    let run = project.run(&["-q", "check"]);
    assert!(run.terminal.contains("packages: root"), "{}", run.terminal);
    project.session.write("Cargo.toml", WORKSPACE);

    let run = project.run(&["-q", "migrate", "-p", "empty"]);
    assert_eq!(run.code, 2);
    for words in [
        "error: no models found",
        "packages: empty",
        "features: default",
        "libempty.rlib",
        "`#[derive(Model)]`",
    ] {
        assert!(run.terminal.contains(words), "no `{words}` in {}", run.terminal);
    }
    let run = project.run(&["-q", "migrate", "-p", "nothing"]);
    assert_eq!(run.code, 2);
    assert!(run.terminal.contains("nothing was written"), "{}", run.terminal);
}
