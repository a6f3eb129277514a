#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! A server can be had where none is running.

use std::path::Path;

use autogen_tests::provision::{start, start_oracle_mysql};
use autogen_tests::servers::SERVERS;
use schema_core::db::{DatabaseUrl, open};

#[test]
fn throw_away_servers_answer_and_are_gone_afterwards() {
    for server in &SERVERS {
        let running = start(server).unwrap_or_else(|why| panic!("{}: {why}", server.dialect));
        let url: DatabaseUrl = running.url.parse().unwrap();
        assert_eq!(url.dialect(), server.dialect);
        open(&url)
            .unwrap()
            .execute("CREATE TABLE a (b int)", &[])
            .unwrap();
        drop(running);
        assert!(open(&url).is_err(), "{url} is still there");
    }
}

#[test]
fn mysql_itself_can_be_had_beside_mariadb() {
    let running = match start_oracle_mysql() {
        Ok(running) => running,
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "{why}");
            println!("skipped: {why}");
            return;
        }
    };
    let url: DatabaseUrl = running.url.parse().unwrap();
    let rows = open(&url).unwrap().query("SELECT version()", &[]).unwrap();
    let version = rows[0][0].as_str().unwrap();
    assert!(!version.to_lowercase().contains("mariadb"), "{version}");
    drop(running);
    assert!(open(&url).is_err(), "{url} is still there");
}

#[test]
fn a_throw_away_server_keeps_its_temporary_files_to_itself() {
    let server = SERVERS.iter().find(|server| server.dialect == "mysql").unwrap();
    let running = start(server).unwrap_or_else(|why| panic!("{why}"));
    let url: DatabaseUrl = running.url.parse().unwrap();
    let rows = open(&url).unwrap().query("SELECT @@tmpdir", &[]).unwrap();
    let folder = Path::new(rows[0][0].as_str().unwrap());
    assert_ne!(folder, std::env::temp_dir());
    assert!(folder.starts_with(std::env::temp_dir()), "{}", folder.display());
}
