#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! A server can be had where none is running.

use autogen_tests::provision::start;
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
