//! Promise: the structure holds: no part knows what it may not, files and functions stay small, and every file says what it is.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The parts of `src`, and the parts that each may use. What is not listed here may not be used; a new part has to be added.
///
/// Nouns depend on nothing but nouns. Stages know their right-hand neighbour. `app` wires; `cli` and `serve` are the binary's.
const MAY_USE: &[(&str, &[&str])] = &[
    // Nouns.
    ("reason", &[]),
    ("tick", &[]),
    ("peer", &[]),
    ("exit", &[]),
    ("budget", &[]),
    ("pace", &["tick"]),
    ("pages", &[]),
    ("line_budget", &[]),
    ("vitals", &[]),
    ("backoff", &["reason"]),
    ("secret", &[]),
    ("settings", &["secret"]),
    ("stats", &["reason"]),
    // Core, from right to left.
    ("codec", &["reason", "settings"]),
    ("protocol", &["peer", "reason"]),
    ("client", &["peer", "protocol"]),
    ("outbox", &["reason", "settings", "tick"]),
    ("room", &["pages", "peer", "reason", "settings", "tick"]),
    ("admission", &["peer", "reason"]),
    ("handle", &["budget", "peer", "reason"]),
    ("worker", &["handle", "pages", "tick", "vitals"]),
    ("service", &["codec", "handle", "peer", "reason", "stats", "tick", "worker"]),
    (
        "relay",
        &[
            "budget", "codec", "handle", "pace", "peer", "protocol", "reason", "room", "service", "settings",
            "stats", "tick", "worker",
        ],
    ),
    (
        "session",
        &[
            "admission",
            "budget",
            "codec",
            "handle",
            "line_budget",
            "outbox",
            "pace",
            "peer",
            "reason",
            "service",
            "settings",
            "stats",
            "tick",
            "worker",
        ],
    ),
    (
        "listener",
        &[
            "admission",
            "backoff",
            "descriptors",
            "line_budget",
            "peer",
            "reason",
            "service",
            "session",
            "socket",
        ],
    ),
    // Leaves.
    ("socket", &["exit", "settings"]),
    ("descriptors", &["settings"]),
    ("lifecycle", &["vitals"]),
    ("telemetry", &["lifecycle", "reason", "settings", "stats"]),
    (
        "admin",
        &[
            "backoff",
            "descriptors",
            "lifecycle",
            "line_budget",
            "peer",
            "reason",
            "secret",
            "telemetry",
            "vitals",
        ],
    ),
    ("config", &["secret", "settings", "socket", "telemetry"]),
    // The program.
    (
        "app",
        &[
            "admin",
            "admission",
            "budget",
            "descriptors",
            "exit",
            "handle",
            "lifecycle",
            "line_budget",
            "listener",
            "peer",
            "reason",
            "relay",
            "secret",
            "service",
            "session",
            "settings",
            "socket",
            "stats",
            "telemetry",
            "tick",
            "vitals",
            "worker",
        ],
    ),
    ("tools", &["cli", "config", "descriptors", "exit", "protocol", "secret", "settings"]),
    ("serve", &["app", "cli", "config", "exit", "lifecycle", "reason", "stats", "telemetry"]),
    ("cli", &["config", "exit", "serve", "settings", "tools"]),
];

const FILE_LINES: usize = 300;
const FUNCTION_LINES: usize = 50;

#[test]
fn dependencies_go_one_way() {
    let allowed: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    for file in sources() {
        let part = part_of(&file);
        if part == "main" || part == "lib" {
            continue;
        }
        let Some(may_use) = allowed.get(part.as_str()) else {
            wrong.push(format!("{}: the part {part:?} is not in MAY_USE", file.display()));
            continue;
        };
        for used in used_parts(&code_of(&file)) {
            if used != part && !may_use.contains(&used.as_str()) {
                wrong.push(format!("{}: {part} may not use {used}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_two_parts_use_each_other() {
    for (part, uses) in MAY_USE {
        for used in *uses {
            let back = MAY_USE.iter().find(|(name, _)| name == used).expect("every used part is listed").1;
            // The command line runs the tools, and the tools print through the command line's one mouth.
            let known = matches!((*part, *used), ("cli", "tools" | "serve") | ("tools" | "serve", "cli"));
            assert!(known || !back.contains(part), "{part} and {used} use each other");
        }
    }
}

#[test]
fn files_and_functions_stay_small() {
    let mut wrong = Vec::new();
    for file in sources() {
        let code = code_of(&file);
        let lines = code.lines().filter(|line| is_code(line)).count();
        if lines > FILE_LINES {
            wrong.push(format!("{}: {lines} lines of code, at most {FILE_LINES}", file.display()));
        }
        for (name, lines) in functions(&code) {
            if lines > FUNCTION_LINES {
                wrong.push(format!(
                    "{}: fn {name} has {lines} lines, at most {FUNCTION_LINES}",
                    file.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<_> = ["src", "tests", "examples", "benches"]
        .into_iter()
        .flat_map(rust_files)
        .filter(|file| !first_line(file).starts_with("//!"))
        .map(|file| file.display().to_string())
        .collect();
    assert!(silent.is_empty(), "these do not open with a `//!` paragraph: {silent:?}");
}

#[test]
fn every_test_begins_with_its_promise() {
    let unsaid: Vec<_> = rust_files("tests")
        .into_iter()
        .filter(|file| file.parent().is_some_and(|folder| folder.ends_with("tests")))
        .filter(|file| !first_line(file).starts_with("//! Promise: "))
        .map(|file| file.display().to_string())
        .collect();
    assert!(unsaid.is_empty(), "these do not open with `//! Promise: `: {unsaid:?}");
}

#[test]
fn no_module_is_a_drawer_for_the_rest() {
    let banned = ["utils", "util", "common", "misc", "helper", "helpers"];
    for file in sources() {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let folder = file.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        assert!(!banned.contains(&name.as_str()) && !banned.contains(&folder.as_str()), "{}", file.display());
    }
}

/// What nobody compiles, no lint and no test looks at.
#[test]
fn every_file_is_a_module_of_its_folder() {
    for file in sources() {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let folder = file.parent().unwrap();
        if ["mod", "lib", "main"].contains(&name.as_str()) {
            continue;
        }
        let parents = [folder.join("mod.rs"), folder.join("lib.rs"), folder.with_extension("rs")]
            .map(|parent| fs::read_to_string(parent).unwrap_or_default());
        let named = parents.iter().any(|parent| {
            parent.contains(&format!("mod {name};")) || parent.contains(&format!("\"{name}.rs\""))
        });
        assert!(named, "{} is compiled by nobody: its folder's module does not name it", file.display());
    }
}

fn sources() -> Vec<PathBuf> {
    rust_files("src")
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// The file without its tests.
fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.split("\n#[cfg(test)]\n").next().unwrap().to_owned()
}

fn first_line(file: &Path) -> String {
    fs::read_to_string(file).unwrap().lines().next().unwrap_or_default().to_owned()
}

fn is_code(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with("//")
}

/// The first name below `src`: `src/codec/lines.rs` is of `codec`.
fn part_of(file: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let first = file.strip_prefix(root).unwrap().components().next().unwrap();
    Path::new(first.as_os_str()).file_stem().unwrap().to_string_lossy().into_owned()
}

/// Every `crate::part` in code; documentation may point anywhere.
fn used_parts(code: &str) -> Vec<String> {
    let lines = code.lines().filter(|line| is_code(line));
    let uses = lines.flat_map(|line| line.split("crate::").skip(1).map(str::to_owned).collect::<Vec<_>>());
    let name = |rest: String| {
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()
    };
    uses.map(name).filter(|name| !name.is_empty()).collect()
}

/// Functions with their length in lines, by the indentation that rustfmt keeps.
fn functions(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut open: Option<(String, usize, usize)> = None;
    for (number, line) in code.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        match &open {
            None if is_code(line) => {
                let Some((_, rest)) =
                    line.split_once("fn ").filter(|(before, _)| !before.contains(['"', '/', '(']))
                else {
                    continue;
                };
                let name = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if !line.trim_end().ends_with(['}', ';']) {
                    open = Some((name, indent, number));
                }
            }
            Some((name, at, start)) if indent == *at && line.trim() == "}" => {
                found.push((name.clone(), number - start - 1));
                open = None;
            }
            _ => {}
        }
    }
    found
}
