//! Promise: `docs/metrics.md` lists the metrics that there are, and `docs/operations.md` explains every reason that they name.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use oread::reason::{
    AcceptFault, CloseReason, DropReason, GapReason, RefuseReason, ReloadOutcome, RequestFault,
};
use oread::stats::SessionState;
use oread::telemetry::families;

const BEGIN: &str = "<!-- reference -->\n";
const END: &str = "<!-- end of reference -->";

fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

fn table() -> String {
    let mut table = String::from("| name | kind | labels | meaning |\n|---|---|---|---|\n");
    for family in families() {
        let labels: Vec<String> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        let (kind, labels) = (family.kind.word(), labels.join(" "));
        writeln!(table, "| `{}` | {kind} | {labels} | {} |", family.name, family.help).unwrap();
    }
    table
}

#[test]
fn the_reference_is_the_catalogue() {
    let path = document("metrics.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once(BEGIN).expect("a place for the reference");
    let (found, tail) = rest.split_once(END).expect("an end of the reference");
    if std::env::var_os("OREAD_WRITE_REFERENCE").is_some() {
        return std::fs::write(path, format!("{head}{BEGIN}{}{END}{tail}", table())).unwrap();
    }
    assert_eq!(found, table(), "run OREAD_WRITE_REFERENCE=1 cargo test --test metrics_reference");
}

#[test]
fn metrics_named_in_the_text_exist() {
    let text = std::fs::read_to_string(document("metrics.md")).unwrap();
    let (prose, _) = text.split_once(BEGIN).unwrap();
    let names = prose.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let known = families();
    for name in names.filter(|name| name.starts_with("oread_")) {
        let name = name.strip_suffix("_bucket").unwrap_or(name);
        assert!(known.iter().any(|family| family.name == name), "{name}");
    }
}

#[test]
fn every_reason_is_explained_to_operators() {
    let text = std::fs::read_to_string(document("operations.md")).unwrap();
    let lists = [
        CloseReason::WORDS,
        DropReason::WORDS,
        RefuseReason::WORDS,
        AcceptFault::WORDS,
        ReloadOutcome::WORDS,
        GapReason::WORDS,
        RequestFault::WORDS,
        SessionState::WORDS,
    ];
    for word in lists.concat() {
        assert!(text.contains(&format!("| `{word}` |")), "docs/operations.md says nothing about `{word}`");
    }
}
