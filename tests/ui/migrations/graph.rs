use schema_core::{Migrations, migrations};

static TWICE: Migrations = migrations!("cases/twice");
static PARENT: Migrations = migrations!("cases/parent");
static CIRCLE: Migrations = migrations!("cases/circle");
static SQUASHED: Migrations = migrations!("cases/squashed");
static DECIDED: Migrations = migrations!("cases/decided");

fn main() {}
