//! Any source of a schema against any other, on every database: alike where they are the same schema, and where they are not, what is
//! printed leads from one to the other, keeps the rows, and leaves alone what no model can say.

use autogen_tests::servers::{self, Fresh};
use schema_core::dialect::Dialect;
use schema_core::plan::Step;
use schema_core::runner::load;
use schema_core::script::statements;

use crate::session::Session;

const STORES: &str = r#"{"rust":"m::Store","table":"stores","columns":[{"name":"id","type":"i64"},{"name":"name","type":"text","length":40,"comment":"as on the door"},{"name":"kind","type":"enum kind('shop', 'market')","default":"shop"}],"primary_key":["id"],"indexes":[{"keys":[{"column":"name"}],"unique":true,"constraint":true}]}"#;
const ITEMS: &str = r#"{"rust":"m::Item","table":"items","columns":[{"name":"id","type":"i64"},{"name":"price","type":"decimal(10, 2)","default":0},{"name":"select","type":"f64","nullable":true},{"name":"store_id","type":"i64"}],"primary_key":["id"],"indexes":[{"keys":[{"column":"store_id"}]}],"checks":[{"expression":"price >= 0","column":"price"}],"foreign_keys":[{"columns":["store_id"],"table":"stores","references":["id"],"on_delete":"cascade"}]}"#;

/// A project for one dialect, whose configured database is new.
struct Project {
    session: Session,
    dialect: &'static dyn Dialect,
    database: Fresh,
}

impl Project {
    fn new(dialect: &str) -> Option<Self> {
        let database = servers::database(dialect)?;
        let mut session = Session::new();
        let fresh = database.fresh();
        session.variable("DATABASE_URL", &fresh.url().to_string());
        let project = Project {
            session,
            dialect: database.dialect(),
            database: fresh,
        };
        project.run(&["init", "--dialect", dialect]);
        Some(project)
    }

    /// Runs the command in silence and returns its result.
    fn run(&self, arguments: &[&str]) -> String {
        let arguments: Vec<String> = std::iter::once("-q")
            .chain(arguments.iter().copied())
            .map(str::to_owned)
            .collect();
        let run = self.session.autogen(&arguments);
        assert_eq!(
            run.code,
            0,
            "{}: {arguments:?}: {}",
            self.dialect.name(),
            run.terminal
        );
        run.terminal
    }

    fn diff(&self, from: &str, to: &str, more: &[&str]) -> String {
        let arguments = ["diff", "--from", from, "--to", to, "--artifact", "app.rlib"];
        self.run(&[&arguments, more].concat())
    }

    /// Runs a script as the database's own shell does.
    fn shell(&self, script: &str) {
        let mut connection = self.database.open();
        // What has no schema to edit refuses, and needs none.
        let _ = connection.allow_schema_edits(true);
        for statement in statements(script, self.dialect.lexicon()).unwrap() {
            let Step::Execute { sql } = statement.step else {
                panic!("plain statements only")
            };
            let done = connection.execute(&sql, &[]);
            done.unwrap_or_else(|error| panic!("{}: {error}: {sql}", self.dialect.name()));
        }
    }

    fn load(&self, sql: &str) {
        load(&mut *self.database.open(), self.dialect, sql).unwrap_or_else(|error| panic!("{error}"));
    }

    fn found(&self, sql: &str) -> String {
        format!("{:?}", self.database.open().query(sql, &[]).unwrap())
    }
}

/// One schema in all its shapes differs from itself in none, and each of them makes it out of nothing.
fn alike(dialect: &str) {
    let Some(project) = Project::new(dialect) else {
        return;
    };
    project.session.models(&[], &[STORES, ITEMS].join("\n"));
    let id = "6921a1f4b07e";
    project.run(&["migrate", "--artifact", "app.rlib", "--rev-id", id]);
    project.run(&["upgrade"]);
    let name = format!("standing.{dialect}.sql");
    let sql = project.run(&["inspect", "database", "--format", "sql"]);
    project.session.write(&name, sql);
    let sources = ["models", id, "database", &name, "migrations/snapshot.json"];
    for from in sources {
        for to in sources {
            assert_eq!(
                project.diff(from, to, &["--exit-code"]),
                "",
                "{dialect}: {from} {to}"
            );
        }
    }
    let away = project.diff("database", "empty", &[]);
    for source in sources {
        project.shell(&away);
        assert_eq!(
            project.diff("database", "empty", &["--exit-code"]),
            "",
            "{dialect}: {source}"
        );
        let made = project.diff("empty", if source == "database" { id } else { source }, &[]);
        project.shell(&made);
        assert_eq!(
            project.diff("database", "models", &["--exit-code"]),
            "",
            "{dialect}: {source}"
        );
    }
}

/// What is printed for a database with rows and with what no model can say keeps both.
fn kept(dialect: &str, before: &str, after: &str, others: &[(&str, &str)]) {
    let Some(project) = Project::new(dialect) else {
        return;
    };
    project.session.models(&[], STORES);
    project.load(before);
    let name = format!("after.{dialect}.sql");
    project.session.write(&name, after);
    let rename = ["--rename", "items.descr=items.description"];
    let arguments = ["diff", "--from", "database", "--to", &name, "--format", "text"];
    let arguments = [&arguments[..], &rename].concat();
    let told = project
        .session
        .autogen(&arguments.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
    for (what, _) in others {
        let line = format!("Left alone: {what}");
        assert!(
            told.terminal.contains(&line),
            "{dialect}: {line} in {}",
            told.terminal
        );
    }
    let script = project.diff("database", &name, &rename);
    project.shell(&script);
    assert_eq!(project.diff("database", &name, &["--exit-code"]), "", "{dialect}");
    assert_eq!(project.diff(&name, "database", &["--exit-code"]), "", "{dialect}");
    assert_eq!(
        project.found("SELECT id, description, store_id, sold FROM items ORDER BY id"),
        project.found(
            "SELECT 1 AS id, 'it''s; new' AS description, 7 AS store_id, 3 AS sold UNION ALL SELECT 2, NULL, 7, 3 ORDER BY id"
        ),
        "{dialect}"
    );
    for (what, works) in others {
        assert_eq!(
            project.found(works),
            project.found("SELECT 1"),
            "{dialect}: {what}"
        );
    }
}

#[test]
fn alike_on_sqlite() {
    alike("sqlite");
}

#[test]
fn alike_on_postgres() {
    alike("postgres");
}

#[test]
fn alike_on_mysql() {
    alike("mysql");
}

#[test]
fn kept_on_sqlite() {
    let before = "
        CREATE TABLE stores (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE);
        CREATE TABLE items (id INTEGER PRIMARY KEY, descr TEXT, price REAL, store_id INTEGER NOT NULL REFERENCES stores (id) ON DELETE CASCADE);
        CREATE VIEW cheap AS SELECT id FROM items WHERE price < 10;
        CREATE TRIGGER touched AFTER UPDATE OF price ON items BEGIN UPDATE stores SET name = 'touched'; END;
        INSERT INTO stores VALUES (7, 'main');
        INSERT INTO items VALUES (1, 'it''s; new', 5, 7), (2, NULL, 50, 7);";
    let after = "
        CREATE TABLE stores (id INTEGER PRIMARY KEY, name VARCHAR(60) NOT NULL UNIQUE);
        CREATE TABLE items (id INTEGER PRIMARY KEY, description TEXT, price REAL DEFAULT 0, store_id INTEGER NOT NULL REFERENCES stores (id), sold INTEGER NOT NULL DEFAULT 3, CHECK (price < 100));
        CREATE INDEX by_store ON items (store_id);
        CREATE TABLE tags (id INTEGER PRIMARY KEY);";
    let others = [
        ("view `cheap`", "SELECT id FROM cheap"),
        (
            "trigger `touched`",
            "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'",
        ),
    ];
    kept("sqlite", before, after, &others);
}

#[test]
fn kept_on_postgres() {
    let before = "
        CREATE TABLE stores (id bigint PRIMARY KEY, name varchar(40) NOT NULL UNIQUE);
        CREATE TABLE items (id bigint PRIMARY KEY, descr text, price double precision, store_id bigint NOT NULL REFERENCES stores (id) ON DELETE CASCADE);
        CREATE VIEW cheap AS SELECT id FROM items WHERE price < 10;
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
        CREATE TRIGGER touched BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION touch();
        INSERT INTO stores VALUES (7, 'main');
        INSERT INTO items VALUES (1, 'it''s; new', 5, 7), (2, NULL, 50, 7);";
    let after = "
        CREATE TABLE stores (id bigint PRIMARY KEY, name varchar(60) NOT NULL UNIQUE);
        CREATE TABLE items (id bigint PRIMARY KEY, description text, price double precision DEFAULT 0, store_id bigint NOT NULL REFERENCES stores (id), sold integer NOT NULL DEFAULT 3, CHECK (price < 100));
        CREATE INDEX by_store ON items (store_id);
        CREATE TABLE tags (id bigint PRIMARY KEY);";
    let others = [
        ("view `cheap`", "SELECT id::int FROM cheap"),
        (
            "trigger `touched`",
            "SELECT count(*)::int FROM pg_trigger WHERE tgname = 'touched'",
        ),
        (
            "function `touch",
            "SELECT count(*)::int FROM pg_proc WHERE proname = 'touch'",
        ),
    ];
    kept("postgres", before, after, &others);
}

#[test]
fn kept_on_mysql() {
    let before = "
        CREATE TABLE stores (id bigint PRIMARY KEY, name varchar(40) NOT NULL UNIQUE);
        CREATE TABLE items (id bigint PRIMARY KEY, descr varchar(90), price double, store_id bigint NOT NULL, FOREIGN KEY (store_id) REFERENCES stores (id) ON DELETE CASCADE);
        CREATE VIEW cheap AS SELECT id FROM items WHERE price < 10;
        CREATE TRIGGER touched BEFORE UPDATE ON items FOR EACH ROW SET new.price = 1;
        INSERT INTO stores VALUES (7, 'main');
        INSERT INTO items VALUES (1, 'it''s; new', 5, 7), (2, NULL, 50, 7);";
    let after = "
        CREATE TABLE stores (id bigint PRIMARY KEY, name varchar(60) NOT NULL UNIQUE);
        CREATE TABLE items (id bigint PRIMARY KEY, description varchar(90), price double DEFAULT 0, store_id bigint NOT NULL, sold int NOT NULL DEFAULT 3, INDEX by_store (store_id), CHECK (price < 100), FOREIGN KEY (store_id) REFERENCES stores (id));
        CREATE TABLE tags (id bigint PRIMARY KEY);";
    let others = [
        ("view `cheap`", "SELECT id FROM cheap"),
        (
            "trigger `touched`",
            "SELECT count(*) FROM information_schema.triggers WHERE trigger_schema = database()",
        ),
    ];
    kept("mysql", before, after, &others);
}

#[test]
fn what_a_dump_sets_for_its_session_is_not_how_it_is_read() {
    let Some(project) = Project::new("postgres") else {
        return;
    };
    let dump = "\\restrict aB3\nSELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.a (id bigint NOT NULL);\n\\unrestrict aB3\n";
    project.session.write("dump.postgres.sql", dump);
    let plain = "CREATE TABLE a (id bigint NOT NULL);\n";
    project.session.write("plain.postgres.sql", plain);
    assert_eq!(project.diff("dump.postgres.sql", "plain.postgres.sql", &[]), "");
}

#[test]
fn the_schema_that_the_shell_of_sqlite_prints_is_read() {
    let Some(project) = Project::new("sqlite") else {
        return;
    };
    let table = "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT);\n";
    project.session.write(
        "schema.sqlite.sql",
        format!("{table}CREATE TABLE sqlite_sequence(name,seq);\n"),
    );
    project.session.write("plain.sqlite.sql", table);
    assert_eq!(project.diff("schema.sqlite.sql", "plain.sqlite.sql", &[]), "");
}

/// What a database of another kind has is made here, expressions included, and is the same from then on.
#[test]
fn across_databases() {
    let columns = "id bigint PRIMARY KEY, nick varchar(20) NOT NULL, status varchar(10) NOT NULL, price numeric(10, 2) NOT NULL, email varchar(90), loud varchar(20) GENERATED ALWAYS AS (upper(nick)) STORED";
    let checks = [
        ("ck_nick", "nick <> ''"),
        ("ck_status", "status IN ('new', 'it''s paid')"),
        ("ck_price", "price > 0 AND price <> -1"),
        ("ck_email", "email LIKE '%@%' OR lower(email) NOT LIKE 'x'"),
    ];
    let checks = checks.map(|(name, condition)| format!(", CONSTRAINT {name} CHECK ({condition})"));
    let table = format!("CREATE TABLE people ({columns}{})", checks.concat());
    let dialects = ["sqlite", "postgres", "mysql"];
    for other in dialects.iter().filter_map(|other| servers::database(other)) {
        let there = other.fresh();
        there.open().execute(&table, &[]).unwrap();
        let there = there.url().to_string();
        for dialect in dialects
            .into_iter()
            .filter(|dialect| *dialect != other.dialect().name())
        {
            let Some(project) = Project::new(dialect) else {
                continue;
            };
            project.shell(&project.diff("empty", &there, &["--dialect", dialect]));
            project.load(
                "INSERT INTO people (id, nick, status, price, email) VALUES (1, 'ann', 'new', 2, 'a@b');",
            );
            let loud = project.found("SELECT loud FROM people");
            assert!(loud.contains("ANN"), "{dialect}: {loud}");
            let refused = "INSERT INTO people (id, nick, status, price) VALUES (2, 'ann', 'sold', 2)";
            assert!(project.database.open().execute(refused, &[]).is_err());
            assert_eq!(
                project.diff("database", &there, &["--exit-code"]),
                "",
                "{dialect}"
            );
        }
    }
}
