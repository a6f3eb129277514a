//! Artifacts of every format, made by hand.

use object::BinaryFormat;
use schema_core::metadata::MAGIC;

use crate::objects::{archive, bsd_archive, object, section, universal};
use crate::session::{Session, records};

/// Runs `migrate --dry-run --json` on an artifact and returns the texts of the operations.
fn tables(name: &str, artifact: &[u8]) -> Vec<String> {
    let session = Session::new();
    session.autogen(&["init".to_owned()]);
    session.write(name, artifact);
    let arguments = ["-q", "--json", "migrate", "--dry-run", "--artifact", name].map(str::to_owned);
    let run = session.autogen(&arguments);
    assert_eq!(run.code, 0, "{}", run.terminal);
    let document: serde_json::Value = serde_json::from_str(&run.terminal).unwrap();
    let operations = document["operations"].as_array().unwrap();
    operations
        .iter()
        .map(|operation| operation["text"].as_str().unwrap().to_owned())
        .collect()
}

fn stores() -> Vec<u8> {
    section(&records(&["store"]))
}

const EXPECTED: [&str; 1] = ["added table 'stores'"];

#[test]
fn object_files_of_every_format_are_read() {
    for format in [BinaryFormat::Elf, BinaryFormat::MachO, BinaryFormat::Coff] {
        assert_eq!(
            tables("app.o", &object(format, &stores())),
            EXPECTED,
            "{format:?}"
        );
    }
}

#[test]
fn libraries_of_every_format_are_read() {
    for format in [BinaryFormat::Elf, BinaryFormat::MachO, BinaryFormat::Coff] {
        let object = object(format, &stores());
        let bitcode = b"BC\xc0\xde what LLVM makes of it";
        let members: [(&str, &[u8]); 4] = [
            ("lib.rmeta", b"\x7fELF, it seems"),
            ("app.bitcode.o", bitcode),
            ("app-9d1f2a5c77e0b3f4.app.5f1a7c-cgu.0.rcgu.o", &object),
            ("odd.o", b"odd"),
        ];
        assert_eq!(tables("libapp.rlib", &archive(&members)), EXPECTED, "{format:?}");
        assert_eq!(
            tables("libapp.rlib", &bsd_archive(&members)),
            EXPECTED,
            "{format:?}"
        );
    }
}

#[test]
fn a_universal_file_is_read_once() {
    let part = object(BinaryFormat::MachO, &stores());
    assert_eq!(tables("app", &universal([&part, &part])), EXPECTED);
}

#[test]
fn several_artifacts_are_one_set_of_models() {
    let session = Session::new();
    session.autogen(&["init".to_owned()]);
    session.write("a.o", object(BinaryFormat::Elf, &section(&records(&["store"]))));
    session.write(
        "b.o",
        object(BinaryFormat::Coff, &section(&records(&["store", "item"]))),
    );
    let arguments = ["-q", "check", "--artifact", "a.o", "--artifact", "b.o"].map(str::to_owned);
    let run = session.autogen(&arguments);
    assert_eq!(run.code, 1);
    assert!(
        run.terminal.contains("added table 'stores'\n"),
        "{}",
        run.terminal
    );
    assert!(run.terminal.contains("added table 'items'\n"), "{}", run.terminal);
}

#[test]
fn damaged_artifacts_are_refused() {
    let elf = object(BinaryFormat::Elf, &stores());
    let record = section(&records(&["store"]));
    let cut = object(BinaryFormat::Elf, &record[..record.len() / 2]);
    let mut newer = record.clone();
    newer[16] = 99;
    let newer = object(BinaryFormat::Elf, &newer);
    let cases: [(&[u8], &str); 6] = [
        (b"", "it is no executable, library or object file"),
        (b"#!/bin/sh\n", "it is no executable, library or object file"),
        (&elf[..elf.len() / 2], "the file is damaged"),
        (b"!<arch>\nnot an archive at all", "the file is damaged"),
        (&cut, "cause: "),
        (&newer, "99"),
    ];
    for (artifact, words) in cases {
        let session = Session::new();
        session.autogen(&["init".to_owned()]);
        session.write("app", artifact);
        let before = session.tree();
        let run = session.autogen(&["migrate", "--artifact", "app"].map(str::to_owned));
        assert_eq!(run.code, 2, "{}", run.terminal);
        assert!(
            run.terminal.contains("cannot read models from `app`"),
            "{}",
            run.terminal
        );
        assert!(run.terminal.contains(words), "{}", run.terminal);
        assert_eq!(session.tree(), before);
    }
}

#[test]
fn a_record_of_another_layout_is_refused() {
    let session = Session::new();
    session.autogen(&["init".to_owned()]);
    session.write(
        "app.o",
        object(BinaryFormat::Elf, &section(&["{\"odd\":1}".to_owned()])),
    );
    let run = session.autogen(&["migrate", "--artifact", "app.o"].map(str::to_owned));
    assert_eq!(run.code, 2);
    assert!(
        run.terminal
            .starts_with("error: a model cannot be read: unknown field `odd`"),
        "{}",
        run.terminal
    );
    assert!(
        run.terminal.contains("hint: use one version of `schema-core`"),
        "{}",
        run.terminal
    );
}

const TENANT: &str = r#"{"rust":"common::models::TenantModel","table":"tenants","columns":[{"name":"id","type":"i64"}],"primary_key":["id"]}"#;
const JOB: &str = r#"{"rust":"worker::JobModel","table":"jobs","columns":[{"name":"id","type":"i64"},{"name":"tenant_id","type":"i64"}],"primary_key":["id"],"foreign_keys":[{"columns":["tenant_id"],"table":"tenants","references":["id"]}]}"#;

/// Runs `check` on an artifact with these records.
fn checked(toml: &str, name: &str, records: &[&str]) -> crate::session::Run {
    let session = Session::new();
    session.autogen(&["init".to_owned()]);
    session.write(
        "migrations/autogen.toml",
        format!("dialects = [\"sqlite\"]\n{toml}"),
    );
    let records: Vec<String> = records.iter().map(|text| crate::objects::record(text)).collect();
    session.write(name, object(BinaryFormat::Elf, &section(&records)));
    session.autogen(&["-q", "check", "--artifact", name].map(str::to_owned))
}

#[test]
fn of_a_program_the_models_of_the_configured_packages_count() {
    let alone = JOB.replace(
        ",\"foreign_keys\":[{\"columns\":[\"tenant_id\"],\"table\":\"tenants\",\"references\":[\"id\"]}]",
        "",
    );
    for package in ["worker", "work*"] {
        let packages = format!("[models]\npackages = [\"{package}\"]\n");
        let run = checked(&packages, "worker", &[TENANT, &alone]);
        assert_eq!((run.code, run.terminal.as_str()), (1, "added table 'jobs'\n"));
    }
    let run = checked("", "worker", &[TENANT, &alone]);
    assert_eq!(run.terminal, "added table 'jobs'\nadded table 'tenants'\n");
    // The crate of the file itself counts, whatever its package is called.
    let run = checked(
        "[models]\npackages = [\"other\"]\n",
        "target/libworker-0f3a.rlib",
        &[TENANT, &alone],
    );
    assert_eq!(run.terminal, "added table 'jobs'\n");
}

#[test]
fn a_model_in_a_package_that_is_not_read_is_named() {
    let run = checked("[models]\npackages = [\"worker\"]\n", "worker", &[TENANT, JOB]);
    assert_eq!(run.code, 2, "{}", run.terminal);
    assert!(
        run.terminal.contains("no model has the table `tenants`"),
        "{}",
        run.terminal
    );
    assert!(
        run.terminal
            .contains("hint: `common::models::TenantModel` has it: read the package of `common`, too"),
        "{}",
        run.terminal
    );
    assert!(!run.terminal.contains("derive `Model`"), "{}", run.terminal);
}

#[test]
fn one_module_in_two_programs_is_one() {
    let in_crate = |krate: &str| TENANT.replace("common::models", &format!("{krate}::models"));
    let run = checked("", "app", &[&in_crate("a"), &in_crate("b")]);
    assert_eq!(run.terminal, "added table 'tenants'\n");
    let other = in_crate("b").replace("i64", "i32");
    let run = checked("", "app", &[&in_crate("a"), &other]);
    assert!(
        run.terminal.contains("two models claim the table `tenants`"),
        "{}",
        run.terminal
    );
}

#[test]
fn a_library_of_nothing_but_bitcode_is_told() {
    let session = Session::new();
    session.autogen(&["init".to_owned()]);
    let members: [(&str, &[u8]); 2] = [
        ("lib.rmeta", b"\x7fELF, it seems"),
        (
            "app-9d1f.app.5f1a7c-cgu.0.rcgu.o",
            b"BC\xc0\xde what LLVM makes of it",
        ),
    ];
    session.write("libapp.rlib", archive(&members));
    let run = session.autogen(&["check", "--artifact", "libapp.rlib"].map(str::to_owned));
    assert_eq!(run.code, 2, "{}", run.terminal);
    for words in [
        "no models found",
        "`libapp.rlib` holds bitcode",
        "hint: read a build without it",
    ] {
        assert!(run.terminal.contains(words), "{}", run.terminal);
    }
}

#[test]
fn models_of_another_version_say_which_one_to_change() {
    for (step, words) in [
        (
            1,
            "hint: install an `autogen` as new as the program's `schema-core`",
        ),
        (
            -1,
            "hint: update the program's `schema-core` to the version of `autogen`",
        ),
    ] {
        let mut section = stores();
        let format = 8 + MAGIC.len();
        section[format] = section[format].wrapping_add_signed(step);
        let session = Session::new();
        session.autogen(&["init".to_owned()]);
        session.write("app.o", object(BinaryFormat::Elf, &section));
        let run = session.autogen(&["check", "--artifact", "app.o"].map(str::to_owned));
        assert_eq!(run.code, 2, "{}", run.terminal);
        assert!(run.terminal.contains(words), "{}", run.terminal);
    }
}
