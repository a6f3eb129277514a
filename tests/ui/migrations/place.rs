use schema_core::{Migrations, migrations};

static MISSING: Migrations = migrations!("cases/none");
static ABSOLUTE: Migrations = migrations!("/srv/app/migrations");
static EMPTY: Migrations = migrations!("");
static NO_TEXT: Migrations = migrations!(migrations);
static ODD: Migrations = migrations!("cases/a\nb");
static NO_TOML: Migrations = migrations!("cases/toml");
static NO_LIST: Migrations = migrations!("cases/tables");

fn main() {}
