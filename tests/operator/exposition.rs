//! A strict reader of Prometheus' text format 0.0.4: it panics on what `promtool check metrics` or a server would refuse.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::collections::{BTreeMap, BTreeSet};

/// A family as read.
#[derive(Debug, Default)]
pub struct Read {
    pub help: String,
    pub kind: String,
    pub samples: Vec<Sample>,
}

#[derive(Debug, Clone)]
pub struct Sample {
    /// With `_bucket`, `_sum` or `_count` in a histogram.
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

impl Sample {
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// Reads and checks a whole exposition.
pub fn read(text: &str) -> BTreeMap<String, Read> {
    assert!(text.ends_with('\n'), "the last line ends with a line feed");
    let mut families: BTreeMap<String, Read> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').expect("a help text");
            assert!(valid_name(name), "{line}");
            let new = Read { help: help.into(), ..Read::default() };
            assert!(families.insert(name.into(), new).is_none(), "one group for each family: {line}");
            current = name.into();
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a type");
            assert_eq!(name, current, "TYPE follows its HELP");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            families.get_mut(name).unwrap().kind = kind.into();
        } else {
            let family = families.get_mut(&current).unwrap_or_else(|| panic!("a family before {line}"));
            family.samples.push(sample(line, &current, &family.kind));
        }
    }
    for (name, family) in &families {
        check(name, family);
    }
    families
}

fn sample(line: &str, family: &str, kind: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("a value: {line}"));
    let (name, labels) = match series.split_once('{') {
        None => (series, BTreeMap::new()),
        Some((name, labels)) => (name, read_labels(labels.strip_suffix('}').expect("a closing brace"))),
    };
    let suffix = name.strip_prefix(family).unwrap_or_else(|| panic!("{line} stands in {family}"));
    let suffixes: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
    assert!(suffixes.contains(&suffix), "{line} stands in the {kind} {family}");
    let value = value.parse().unwrap_or_else(|_| panic!("a number: {line}"));
    Sample { name: name.into(), labels, value }
}

fn read_labels(mut text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"").expect("a label");
        assert!(valid_name(name) && !name.contains(':'), "label {name}");
        let mut value = String::new();
        let mut characters = rest.char_indices();
        let end = loop {
            match characters.next().expect("a closing quote") {
                (at, '"') => break at,
                (_, '\\') => match characters.next().expect("an escaped character").1 {
                    'n' => value.push('\n'),
                    escaped @ ('"' | '\\') => value.push(escaped),
                    other => panic!("\\{other} is no escape"),
                },
                (_, character) => value.push(character),
            }
        };
        assert!(labels.insert(name.into(), value).is_none(), "label {name} twice");
        text = rest[end + 1..].strip_prefix(',').unwrap_or(&rest[end + 1..]);
    }
    labels
}

fn check(name: &str, family: &Read) {
    assert!(!family.samples.is_empty(), "{name} has series");
    assert_eq!(name.ends_with("_total"), family.kind == "counter", "{name} is a {}", family.kind);
    let series: BTreeSet<_> = family.samples.iter().map(|s| (s.name.clone(), s.labels.clone())).collect();
    assert_eq!(series.len(), family.samples.len(), "{name} shows each series once");
    if family.kind == "histogram" {
        check_histogram(name, family);
    } else if family.kind == "counter" {
        assert!(family.samples.iter().all(|sample| sample.value >= 0.0), "{name} is not negative");
    }
}

fn check_histogram(name: &str, family: &Read) {
    let mut buckets: BTreeMap<_, Vec<(f64, f64)>> = BTreeMap::new();
    for sample in family.samples.iter().filter(|sample| sample.name.ends_with("_bucket")) {
        let mut labels = sample.labels.clone();
        let bound = labels.remove("le").expect("a bound");
        let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() };
        buckets.entry(labels).or_default().push((bound, sample.value));
    }
    for (labels, buckets) in &buckets {
        assert!(buckets.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "{name} {labels:?}: {buckets:?}");
        let count =
            family.samples.iter().find(|s| s.name.ends_with("_count") && s.labels == *labels).unwrap();
        let (last, all) = buckets.last().unwrap();
        assert!(last.is_infinite() && (all - count.value).abs() < 0.5, "{name} {labels:?}");
    }
    let counts = family.samples.iter().filter(|sample| sample.name.ends_with("_count")).count();
    let sums = family.samples.iter().filter(|sample| sample.name.ends_with("_sum")).count();
    assert_eq!((counts, sums), (buckets.len(), buckets.len()), "{name}");
}

fn valid_name(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    name.starts_with(first) && name.chars().all(|c| first(c) || c.is_ascii_digit())
}
