//! Branches that somebody decides between: what a command says where it is refused leads on, and never back.

use crate::session::Session;

/// Returns the models of a table with a column of that length, and a check or none.
fn models(length: u32, check: &str) -> String {
    format!(
        r#"{{"rust":"m::Apple","table":"apples","columns":[{{"name":"id","type":"i64"}},{{"name":"size","type":"text","length":{length},"nullable":true}}],"primary_key":["id"],"checks":[{check}]}}"#
    )
}

const CHECK: &str = r#"{"expression":"size <> 'none'","column":"size"}"#;

/// One branch makes a column longer, and then adds the check that the other one adds. On SQLite the scripts of the former do not run after the latter's.
#[test]
fn a_decision_that_scripts_stand_in_the_way_of() {
    let session = Session::new();
    let autogen = |words: &str| {
        let arguments: Vec<String> = words.split(' ').map(str::to_owned).collect();
        session.autogen(&arguments)
    };
    let done = |words: &str| {
        let run = autogen(words);
        assert_eq!(run.code, 0, "{words}: {}", run.terminal);
    };
    done("-q init");
    let migrate = "-q migrate --artifact app.rlib --rev-id";
    session.models(&[], &models(20, ""));
    done(&format!("{migrate} 690000000000"));
    session.models(&[], &models(30, ""));
    done(&format!("{migrate} 690000000100"));
    session.models(&[], &models(30, CHECK));
    done(&format!("{migrate} 690000000300"));
    session.models(&[], &models(20, CHECK));
    done(&format!("{migrate} 690000000200 --head 690000000000"));
    let merge = "merge --prefer 690000000200 --rev-id 690000000400";
    let refused = autogen(merge);
    let told = &refused.terminal;
    assert_eq!(refused.code, 2, "{told}");
    assert!(
        told.contains("`autogen rebase 690000000200 --onto 690000000100`"),
        "{told}"
    );
    done("rebase 690000000200 --onto 690000000100");
    done(merge);
    session.models(&[], &models(30, CHECK));
    done("check --artifact app.rlib");
    done("upgrade");
    done("check --database");
}
