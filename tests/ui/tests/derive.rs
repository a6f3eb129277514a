//! What a mistake in a model looks like. Files are grouped by kind of mistake; `TRYBUILD=overwrite` writes the expected errors.

#[test]
fn mistakes() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("derive/*/*.rs");
}
