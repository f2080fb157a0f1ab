//! The tables made readable: the commented reference file, the list of variables and the handbook's tables.

use std::fmt::Write;

use super::layers::{Variable, variables};
use super::options::{Of, Opt, SECTIONS, Section, is_of_relay};

/// Columns of a comment in the reference file.
const WIDTH: usize = 110;

const HEAD: &str = "\
# The configuration of Oread: every key, with its default. Delete what you do not change.
#
# Layers, each stronger than the one before: defaults, files in the order of their --config, environment, --set.
# The environment reaches every key but those of rooms by name: listener.echo.bind is OREAD__LISTENER__ECHO__BIND.
# `oread check` names every mistake with its place; `oread config effective` shows what is in force and why.
#
# Sizes have units: B, KiB, MiB, GiB (or KB, MB, GB for powers of 1000). So have durations: ms, s, m, h, d.
# What a reload does with a changed key stands behind it: live (at once, for all), new sessions or new rooms (those
# that begin afterwards), or restart (it needs one).
# Today a reload only reports what would change.
";

/// The listener on which the reference file shows what only a relay has.
const ROOMS: &str = "
# Another listener, a relay. It has all keys of the one above, and those that follow.
[listener.rooms]
bind = \"tcp://127.0.0.1:7001\"
service = \"relay\"
";

/// The commented reference file.
pub fn reference() -> String {
    let mut text = HEAD.to_owned();
    for section in SECTIONS {
        if section.of() == Of::Rooms {
            text.push_str(&rooms_example(section));
            continue;
        }
        let name = if is_of_relay(section.path) { "rooms" } else { "echo" };
        if section.path == "listener.*.relay" {
            text.push_str(ROOMS);
        }
        let path = section.path.replace('*', name);
        let _ = write!(text, "\n{}[{path}]\n", comment(section.about));
        for option in section.options {
            let _ = write!(text, "{}{}", comment(option.why), comment(&kind_line(option)));
            let _ = writeln!(text, "{} = {}", option.name, option.kind.quote(option.default));
        }
    }
    text
}

/// Tables that are there only where they are written: one of them, as a comment.
fn rooms_example(section: &Section) -> String {
    let path = section.path.replacen('*', "rooms", 1).replacen('*', "\"game-*\"", 1);
    format!("\n{}# [{path}]\n# linger = \"5m\"\n", comment(section.about))
}

/// The environment variables, each with the key and what it takes, with `names` as the listeners.
pub fn environment<'a>(names: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let variables = variables(names);
    let width = variables.iter().map(|variable| variable.name.len()).max().unwrap_or(0);
    let mut text = String::from(
        "# A listener's name stands in upper case, with - as _. Two underscores stand between the parts.\n\
         # Tables of rooms by name have none.\n",
    );
    for Variable { name, key, option } in &variables {
        let _ = writeln!(text, "{name:width$}  # {key}: {}", option.kind.describe());
    }
    text
}

/// The tables of `docs/configuration.md`.
pub fn handbook() -> String {
    let mut text = String::new();
    for section in SECTIONS {
        let path = section.path.replacen('*', "NAME", 1).replacen('*', "\"PATTERN\"", 1);
        let _ = write!(text, "### `[{path}]`\n\n{}\n\n", section.about);
        if section.of() == Of::Rooms {
            continue;
        }
        text.push_str("| key | takes | default | reload | why |\n|---|---|---|---|---|\n");
        for option in section.options {
            let default = option.kind.quote(option.default);
            let (takes, reload) = (option.kind.describe(), option.reload.words());
            let why = format!("{}{}", option.why, systems(option));
            let _ = writeln!(text, "| `{}` | {takes} | `{default}` | {reload} | {why} |", option.name);
        }
        text.push('\n');
    }
    text
}

fn kind_line(option: &Opt) -> String {
    format!("Takes {}. Reload: {}.{}", option.kind.describe(), option.reload.words(), systems(option))
}

fn systems(option: &Opt) -> String {
    match option.on.words() {
        "" => String::new(),
        systems => format!(" Only on {systems}."),
    }
}

/// `text` as comment lines.
fn comment(text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from("#");
    for word in text.split(' ') {
        if line.len() + 1 + word.len() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}
