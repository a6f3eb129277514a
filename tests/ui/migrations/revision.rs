use schema_core::{Migrations, migrations};

static JSON: Migrations = migrations!("cases/json");
static FORMAT: Migrations = migrations!("cases/format");
static FIELDS: Migrations = migrations!("cases/fields");
static UTF8: Migrations = migrations!("cases/utf8");
static NAME: Migrations = migrations!("cases/name");
static LOST: Migrations = migrations!("cases/lost");

fn main() {}
