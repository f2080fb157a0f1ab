//! Promise: `docs/socket-options.md` lists exactly the options of the table in the code, in its words.

use oread::socket::{OptionRow, Scope, options};

const DOCUMENT: &str = include_str!("../docs/socket-options.md");
const HEAD: &str = "| option | what for | transports | platforms | on an accepted socket |";

fn line(row: &OptionRow) -> String {
    let OptionRow { name, why, transports, platforms, .. } = row;
    let accepted = match row.scope {
        Scope::Connection => "taken over (Linux, TCP), else set",
        Scope::Address | Scope::Listening | Scope::File => "concerns the listening one only",
    };
    format!("| `{name}` | {why} | {transports} | {platforms} | {accepted} |")
}

#[test]
fn the_document_holds_the_table_of_the_code() {
    let documented: Vec<&str> = DOCUMENT
        .lines()
        .skip_while(|line| *line != HEAD)
        .skip(2) // the head and its rule
        .take_while(|line| line.starts_with('|'))
        .collect();
    let expected: Vec<String> = options().iter().map(line).collect();
    assert_eq!(documented.join("\n"), expected.join("\n"), "docs/socket-options.md is out of date");
}
