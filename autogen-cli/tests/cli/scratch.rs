//! Scratch databases on servers: what they have of the configured database, and what a script makes there.

use autogen_tests::servers::{self, Fresh, unique_name};
use schema_core::db::DatabaseUrl;

use crate::session::{Run, Session};

const USERS: &str = r#"{"rust":"m::User","table":"users","columns":[{"name":"id","type":"i64"},{"name":"login","type":"text","sql_type":{"postgres":"citext"}},{"name":"mail","type":"text","sql_type":{"postgres":"email"}},{"name":"ticket","type":"i64","default":{"sql":"nextval('own.tickets')"}}],"primary_key":["id"]}"#;

const STANDS_ON: [&str; 5] = [
    "CREATE EXTENSION citext",
    "CREATE SCHEMA own",
    "CREATE SEQUENCE own.tickets",
    "CREATE FUNCTION own.is_mail(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT position(''@'' IN $1) > 0'",
    "CREATE DOMAIN email AS citext CHECK (own.is_mail(VALUE))",
];

fn autogen(session: &Session, arguments: &[&str]) -> Run {
    let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    session.autogen(&arguments)
}

/// Returns a project whose database is that one.
fn project(url: &DatabaseUrl) -> Session {
    let mut session = Session::new();
    assert_eq!(
        autogen(&session, &["-q", "init", "--dialect", "postgres"]).code,
        0
    );
    let url = url.server().map(schema_core::db::ServerUrl::with_secrets);
    session.variable("AUTOGEN_DATABASE_URL", &url.unwrap());
    session.models(&[], USERS);
    session
}

fn migrate(session: &Session, more: &[&str]) -> Run {
    let mut arguments = vec!["migrate", "--artifact", "app.rlib"];
    arguments.extend(more);
    autogen(session, &arguments)
}

/// Returns a new database, if there is a server that has the extension.
fn database() -> Option<Fresh> {
    Some(servers::database("postgres")?.fresh())
}

fn says(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{}", run.terminal);
    for words in words {
        assert!(run.terminal.contains(words), "no `{words}` in {}", run.terminal);
    }
}

#[test]
fn it_has_what_the_tables_of_the_configured_database_stand_on() {
    let Some(fresh) = database() else { return };
    let session = project(fresh.url());
    let run = migrate(&session, &[]);
    says(&run, 2, &["type \"citext\" does not exist", "hint: ", "setup = "]);
    assert!(!run.terminal.contains("defect"), "{}", run.terminal);
    assert!(!session.tree().contains("revision.json"), "{}", session.tree());

    let mut connection = fresh.open();
    for sql in STANDS_ON {
        connection.execute(sql, &[]).unwrap();
    }
    says(&migrate(&session, &[]), 0, &["proved on a scratch database"]);
    says(&autogen(&session, &["upgrade"]), 0, &[]);
    says(&autogen(&session, &["verify"]), 0, &["proved for postgres"]);
    says(
        &autogen(&session, &["check", "--database", "--artifact", "app.rlib"]),
        0,
        &[],
    );
}

#[test]
fn it_has_what_is_in_a_schema_that_the_script_makes_where_it_is_not_there() {
    let Some(fresh) = database() else { return };
    let session = project(fresh.url());
    let users = USERS.replace(r#""table":"users""#, r#""schema":"own","table":"users""#);
    session.models(&[], &users);
    let mut connection = fresh.open();
    for sql in STANDS_ON {
        connection.execute(sql, &[]).unwrap();
    }
    says(&migrate(&session, &[]), 0, &["proved on a scratch database"]);
    says(&autogen(&session, &["upgrade"]), 0, &[]);
    says(&autogen(&session, &["verify"]), 0, &["proved for postgres"]);
}

#[test]
fn what_a_script_makes_itself_is_not_in_its_way() {
    let Some(fresh) = database() else { return };
    let session = project(fresh.url());
    says(&autogen(&session, &["revision", "-m", "types"]), 0, &[]);
    let tree = session.tree();
    let script = |name: &str| tree.lines().find(|line| line.ends_with(name)).unwrap();
    let upgrade = format!("{};\n", STANDS_ON.join(";\n"));
    session.write(script("upgrade.postgres.sql"), upgrade);
    session.write(
        script("downgrade.postgres.sql"),
        "DROP DOMAIN email;\nDROP SCHEMA own CASCADE;\nDROP EXTENSION citext;\n",
    );
    says(&autogen(&session, &["upgrade"]), 0, &[]);
    says(&migrate(&session, &[]), 0, &["proved on a scratch database"]);
    says(&autogen(&session, &["upgrade"]), 0, &[]);
    says(&autogen(&session, &["verify"]), 0, &["2 revisions proved"]);
    let schema = format!("{}; CREATE TABLE a (b email);", STANDS_ON.join(";"));
    session.write("schema.postgres.sql", schema);
    says(
        &autogen(&session, &["inspect", "schema.postgres.sql"]),
        0,
        &["email"],
    );
}

#[test]
fn a_script_of_the_project_says_what_it_has() {
    let Some(fresh) = database() else { return };
    let session = project(fresh.url());
    let toml = "dialects = [\"postgres\"]\n[scratch]\npostgres = { setup = \"scratch.sql\" }\n";
    session.write("migrations/autogen.toml", toml);
    says(
        &migrate(&session, &[]),
        2,
        &["cannot set up a scratch database for postgres with `scratch.sql`"],
    );
    session.write("scratch.sql", "CREATE TABLE a (b integer);");
    says(&migrate(&session, &[]), 2, &["it makes the table `a`", "hint: "]);
    session.write(
        "scratch.sql",
        "CREATE EXTENSION citext; CREATE DOMAIN email AS nonsense;",
    );
    says(&migrate(&session, &[]), 2, &["type \"nonsense\" does not exist"]);
    session.write("scratch.sql", STANDS_ON.join(";\n"));
    says(&migrate(&session, &[]), 0, &["proved on a scratch database"]);
}

#[test]
fn a_user_who_may_not_create_databases_is_told_the_way_on() {
    let Some(database) = servers::database("postgres") else {
        return;
    };
    let fresh = database.fresh();
    let role = unique_name();
    let mut connection = fresh.open();
    connection
        .execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'secret'"), &[])
        .unwrap();
    let mut session = project(fresh.url());
    let DatabaseUrl::Postgres(server) = fresh.url() else {
        panic!()
    };
    let address = format!("{}:{}", server.host(), server.port().unwrap_or(5432));
    let name = server.database().unwrap();
    session.variable(
        "AUTOGEN_DATABASE_URL",
        &format!("postgres://{role}:secret@{address}/{name}"),
    );
    session.models(&["store"], "");
    let run = migrate(&session, &[]);
    connection.execute(&format!("DROP ROLE {role}"), &[]).unwrap();
    says(
        &run,
        0,
        &[
            "Not proved for postgres",
            "permission denied to create database",
            "hint: let that user create databases, or name another user or server under `[scratch]`",
        ],
    );
}

/// What a script names without a schema is found by the path that the database itself has.
#[test]
fn it_has_the_search_path_of_the_configured_database() {
    let Some(fresh) = database() else { return };
    let session = project(fresh.url());
    let name = fresh.url().server().unwrap().database().unwrap().to_owned();
    let mut connection = fresh.open();
    for sql in [
        "CREATE SCHEMA own",
        "CREATE SCHEMA \"Odd, one\"",
        "CREATE FUNCTION \"Odd, one\".first() RETURNS integer LANGUAGE sql AS 'SELECT 7'",
        &format!("ALTER DATABASE {name} SET search_path = public, own, \"Odd, one\""),
    ] {
        connection.execute(sql, &[]).unwrap();
    }
    session.models(&[], r#"{"rust":"m::Note","table":"notes","columns":[{"name":"id","type":"i64"},{"name":"n","type":"i32","default":{"sql":"first()"}}],"primary_key":["id"]}"#);
    says(&migrate(&session, &[]), 0, &["proved on a scratch database"]);
    says(&autogen(&session, &["upgrade"]), 0, &[]);
    says(&autogen(&session, &["check", "--database"]), 0, &[]);
}
