use schema_core::{Migrations, migrations};

static LINKED: Migrations = migrations!("cases/linked");
static SCRIPT: Migrations = migrations!("cases/linked_script");
static CONTROL: Migrations = migrations!("cases/control");
static BYTES: Migrations = migrations!("cases/bytes");

fn main() {}
