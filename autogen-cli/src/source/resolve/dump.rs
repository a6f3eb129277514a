//! Dumps: what programs write beside the SQL that a database can run.
//!
//! A line that is passed over stays as a blank one, so that errors name the lines of the file.

/// Returns the text without the lines that are for `psql`, rows included, or say what SQLite makes by itself.
pub(super) fn without_shell(text: &str, dialect: &str) -> String {
    let mut in_rows = false;
    let mut is_passed_over = |line: &str| match dialect {
        "postgres" => {
            let were_rows = in_rows;
            in_rows = (in_rows || begins_rows(line)) && line != "\\.";
            were_rows || in_rows || is_restriction(line)
        }
        "sqlite" => is_own_table(line),
        _ => false,
    };
    text.split_inclusive('\n')
        .map(|line| {
            if is_passed_over(line.trim_end()) {
                "\n"
            } else {
                line
            }
        })
        .collect()
}

/// Tells whether a line is the `\restrict TOKEN` or `\unrestrict TOKEN` that pg_dump puts around its SQL.
fn is_restriction(line: &str) -> bool {
    let token = line
        .strip_prefix("\\restrict ")
        .or_else(|| line.strip_prefix("\\unrestrict "));
    token.is_some_and(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Tells whether the lines that follow, up to `\.`, are rows, as pg_dump writes them.
fn begins_rows(line: &str) -> bool {
    line.starts_with("COPY ") && line.ends_with(" FROM stdin;")
}

/// Tells whether a line is what `.schema` of sqlite3 says of the tables that SQLite keeps for itself and nobody may create.
fn is_own_table(line: &str) -> bool {
    [
        "CREATE TABLE sqlite_sequence(name,seq);",
        "CREATE TABLE sqlite_stat1(tbl,idx,stat);",
        "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample);",
    ]
    .contains(&line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_the_shell_are_blank() {
        let dump = "\\restrict aB3\nCREATE TABLE a (b int);\n\\unrestrict aB3\n";
        assert_eq!(without_shell(dump, "postgres"), "\nCREATE TABLE a (b int);\n\n");
        assert_eq!(without_shell(dump, "mysql"), dump);
        let rows = "COPY a (b) FROM stdin;\n1\tit's\n\\.\nSELECT 1;\n";
        assert_eq!(without_shell(rows, "postgres"), "\n\n\nSELECT 1;\n");
        let other = "SELECT '\n\\restrict me not\n';\n";
        assert_eq!(without_shell(other, "postgres"), other);
        let schema = "CREATE TABLE a (b);\nCREATE TABLE sqlite_sequence(name,seq);\n";
        assert_eq!(without_shell(schema, "sqlite"), "CREATE TABLE a (b);\n\n");
    }
}
