//! Whether the history leads to what the models say.

use std::path::Path;

use super::{fail, history_of};
use crate::diff::{declared, diff};
use crate::embedded::Migrations;
use crate::metadata::{self, MetadataError, Models, section};
use crate::migrator::{MigrateError, tables_of};
use crate::operation::describe_all;
use crate::schema::{Schema, Table};

/// Checks that the history leads to the models of this program: that nobody changed a struct and forgot the migration.
///
/// It is what `autogen check` does: tables that `[tables]` of `autogen.toml` excludes are left alone. Where a test links models that the command does
/// not read, such as some of its own, exclude those as well:
///
/// ```no_run
/// # static MIGRATIONS: schema_core::Migrations = schema_core::migrations!("../examples/store/migrations");
/// schema_core::testing::models_equal_history(&MIGRATIONS.with_tables(&[], &["example_*"]));
/// ```
///
/// The models are read out of the running executable, so there is nothing to list: it counts every `#[derive(Model)]` that is linked into
/// the test, those of other crates with it. A crate is linked only if the test names it (`use store as _;` is enough). To compare with some of
/// the models, list them for [`tables_equal_history`].
///
/// # Panics
///
/// If they differ, or if the executable holds no models.
#[track_caller]
pub fn models_equal_history(migrations: &Migrations) {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => fail(
            format_args!("cannot find the running executable: {error}"),
            Some("list the tables with `testing::tables_equal_history`".into()),
        ),
    };
    let models = read(&program).unwrap_or_else(|errors| {
        let hint = errors.iter().find_map(MetadataError::hint);
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        fail(
            format_args!(
                "the models of `{}` do not make a schema: {}",
                program.display(),
                errors.join("; ")
            ),
            hint,
        )
    });
    if models.schema.tables.is_empty() {
        fail(
            format_args!("`{}` holds no models", program.display()),
            Some("a crate that the test never names is not linked: add `use CRATE as _;` for the one with the models".into()),
        );
    }
    compare(migrations, models);
}

/// Checks that the history leads to these tables.
///
/// ```
/// # static MIGRATIONS: schema_core::Migrations = schema_core::migrations!("../examples/store/migrations");
/// use schema_core::{Model, testing};
///
/// #[derive(Model)]
/// struct StoreModel {
///     id: i64,
///     #[model(length = 80, unique)]
///     name: String,
/// }
///
/// let forgot_the_others = std::panic::catch_unwind(|| {
///     testing::tables_equal_history(&MIGRATIONS, [StoreModel::table()]);
/// });
/// assert!(forgot_the_others.is_err());
/// ```
///
/// # Panics
///
/// If they differ.
#[track_caller]
pub fn tables_equal_history(migrations: &Migrations, tables: impl IntoIterator<Item = Table>) {
    let models = Models {
        schema: Schema::from_iter(tables),
        ..Models::default()
    };
    compare(migrations, models);
}

#[track_caller]
fn compare(migrations: &Migrations, mut models: Models) {
    let history = history_of(migrations);
    let mut from = history
        .schema()
        .unwrap_or_else(|error| fail(&error, error.hint()));
    let tables = tables_of(migrations).unwrap_or_else(|error| {
        let error = MigrateError::Tables(error);
        fail(&error, error.hint())
    });
    tables.leave_alone(&mut models.schema);
    if let Err(error) = tables.refuse_dangling(&models.schema, &from) {
        fail(&error, Some(error.hint().into()));
    }
    tables.leave_alone(&mut from);
    let past = history
        .past(history.heads())
        .unwrap_or_else(|error| fail(&error, error.hint()));
    let operations = diff(&from, &models.schema, &declared(&models, &from, Some(&past)));
    if operations.is_empty() {
        return;
    }
    let mut text = format!(
        "the models are not what the history in `{}` leads to; a migration would have to:",
        migrations.folder()
    );
    for line in describe_all(&operations) {
        text.push_str("\n  ");
        text.push_str(&line);
    }
    fail(
        text,
        Some("write that as a revision with `autogen migrate`, or undo the change of the models".into()),
    );
}

/// Reads the models out of an executable.
#[track_caller]
fn read(program: &Path) -> Result<Models, Vec<MetadataError>> {
    let mut records: Vec<String> = Vec::new();
    let mut wrong = Vec::new();
    let found = section::for_each(program, &mut |bytes| {
        match metadata::scan(bytes) {
            Ok(found) => records.extend(found.into_iter().map(str::to_owned)),
            Err(error) => wrong.push(error),
        }
        Ok(())
    });
    if let Err(error) = found {
        fail(
            format_args!("cannot read models from `{}`: {error}", program.display()),
            Some("list the tables with `testing::tables_equal_history`".into()),
        );
    }
    if wrong.is_empty() {
        metadata::assemble(records.iter().map(String::as_str))
    } else {
        Err(wrong)
    }
}
