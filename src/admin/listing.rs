//! A page of a long list: what was asked for, and the rows that come first in that order. However many rows there are, only as many are
//! kept as the page can need.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Value as Json, json};

/// Rows of a page, unless told otherwise.
const USUAL: usize = 100;
/// Rows of a page at most.
const MOST: usize = 1_000;
/// Rows passed over at most: nobody turns more pages, and programs go on with `after`.
const FARTHEST: usize = 10_000;

/// What stands in a list.
pub(super) trait Row: Sized + 'static {
    /// The orders in which it can be listed; the first unless told otherwise.
    const SORTS: &'static [Sort<Self>];

    /// Whether each listener numbers its own.
    const NUMBERED_BY_LISTENER: bool;

    /// Its number, and its listener.
    fn key(&self) -> (u64, &str);
}

/// An order of rows. Those that are equal in it follow by their number.
pub(super) struct Sort<R> {
    pub(super) word: &'static str,
    pub(super) order: fn(&R, &R) -> Ordering,
}

/// What was asked for.
pub(super) struct Query<R: Row> {
    sort: &'static Sort<R>,
    limit: usize,
    offset: usize,
    after: Option<u64>,
    /// Only of this listener.
    pub(super) listener: Option<String>,
}

impl<R: Row> Query<R> {
    /// Reads what stands behind the `?`; `listeners` are those that there are. An error is a sentence for whoever asked.
    pub(super) fn read(text: &str, listeners: &[impl AsRef<str>]) -> Result<Self, String> {
        let mut query = Self { sort: &R::SORTS[0], limit: USUAL, offset: 0, after: None, listener: None };
        let mut seen = BTreeSet::new();
        for part in text.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            if !seen.insert(name) {
                return Err(format!("{name} is given twice"));
            }
            query.take(name, &decoded(value)?, listeners)?;
        }
        if query.after.is_some() && query.sort.word != R::SORTS[0].word {
            return Err(format!("after goes with sort={} only: use offset", R::SORTS[0].word));
        }
        if query.after.is_some() && query.listener.is_none() && R::NUMBERED_BY_LISTENER {
            return Err(
                "after goes with listener only, since each listener numbers its own: use offset".into()
            );
        }
        Ok(query)
    }

    fn take(&mut self, name: &str, value: &str, listeners: &[impl AsRef<str>]) -> Result<(), String> {
        match name {
            "sort" => self.sort = sort(value)?,
            "limit" => self.limit = number(name, value, 1, MOST)?,
            "offset" => self.offset = number(name, value, 0, FARTHEST)?,
            "after" => self.after = Some(number(name, value, 0, u64::MAX)?),
            "listener" if listeners.iter().any(|known| known.as_ref() == value) => {
                self.listener = Some(value.to_owned());
            }
            "listener" => {
                let known: Vec<_> = listeners.iter().map(AsRef::as_ref).collect();
                return Err(format!("there is no listener {value:?}; there are: {}", known.join(", ")));
            }
            _ => {
                return Err(format!(
                    "{name:?} means nothing here; there are: sort, limit, offset, after, listener"
                ));
            }
        }
        Ok(())
    }

    /// The page that is asked for of the rows that `show` shows.
    pub(super) fn page(&self, show: impl FnOnce(&mut dyn FnMut(R))) -> Page<R> {
        let keep = self.offset + self.limit;
        let order = |a: &R, b: &R| (self.sort.order)(a, b).then_with(|| a.key().cmp(&b.key()));
        let (mut rows, mut total) = (Vec::new(), 0);
        show(&mut |row| {
            total += 1;
            if self.after.is_none_or(|after| row.key().0 > after) {
                rows.push(row);
            }
            if rows.len() == 2 * keep {
                rows.select_nth_unstable_by(keep - 1, order);
                rows.truncate(keep);
            }
        });
        rows.sort_unstable_by(order);
        let rows = rows.into_iter().skip(self.offset).take(self.limit).collect();
        Page { total, sort: self.sort.word, offset: self.offset, rows }
    }
}

/// Some of many rows.
pub(super) struct Page<R> {
    total: usize,
    sort: &'static str,
    offset: usize,
    rows: Vec<R>,
}

impl<R: serde::Serialize> Page<R> {
    /// For a program, with its rows called `name`.
    pub(super) fn to_json(&self, name: &str) -> Json {
        json!({ "total": self.total, "sort": self.sort, "offset": self.offset, name: self.rows })
    }
}

fn sort<R: Row>(word: &str) -> Result<&'static Sort<R>, String> {
    R::SORTS.iter().find(|sort| sort.word == word).ok_or_else(|| {
        let known: Vec<_> = R::SORTS.iter().map(|sort| sort.word).collect();
        format!("there is no order {word:?}; there are: {}", known.join(", "))
    })
}

fn number<N: std::str::FromStr + PartialOrd + Copy + std::fmt::Display>(
    name: &str,
    text: &str,
    least: N,
    most: N,
) -> Result<N, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse::<N>().ok().filter(|number| digits && (least..=most).contains(number));
    number.ok_or_else(|| format!("{name} is a whole number from {least} to {most}, not {text:?}"))
}

/// Undoes percent-encoding (RFC 3986, section 2.1).
fn decoded(text: &str) -> Result<String, String> {
    let broken = || format!("{text:?} is not well encoded: a % is written %25");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else { return Err(broken()) };
        bytes.push(u8::try_from(16 * high + low).map_err(|_| broken())?);
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

/// What can be asked for, for the page of paths.
pub(super) fn help<R: Row>() -> String {
    let mut text = String::from("?sort=");
    for (nth, sort) in R::SORTS.iter().enumerate() {
        let _ = write!(text, "{}{}", if nth > 0 { "|" } else { "" }, sort.word);
    }
    text + " &limit= &offset= &after= &listener="
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Weighed(u64, u64);

    impl Row for Weighed {
        const SORTS: &'static [Sort<Self>] = &[
            Sort { word: "number", order: |a, b| a.0.cmp(&b.0) },
            Sort { word: "weight", order: |a, b| b.1.cmp(&a.1) },
        ];

        const NUMBERED_BY_LISTENER: bool = true;

        fn key(&self) -> (u64, &str) {
            (self.0, "a b")
        }
    }

    /// The numbers on the page of 5,000 rows, of which seven in a row weigh the same.
    fn numbers(query: &str) -> Result<Vec<u64>, String> {
        let query = Query::<Weighed>::read(query, &["a b"])?;
        let page = query.page(|see| (1..=5_000).rev().for_each(|number| see(Weighed(number, number / 7))));
        assert_eq!(page.total, 5_000, "all are counted");
        Ok(page.rows.iter().map(|row| row.0).collect())
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_repetition_in_every_order() {
        for sort in ["number", "weight"] {
            let whole = numbers(&format!("sort={sort}&limit=1000")).unwrap_or_default();
            let pages = (0..10).flat_map(|page| {
                numbers(&format!("sort={sort}&limit=100&offset={}", page * 100)).unwrap_or_default()
            });
            assert_eq!(pages.collect::<Vec<_>>(), whole, "{sort}");
        }
        assert_eq!(numbers("sort=weight&limit=4"), Ok(vec![4_998, 4_999, 5_000, 4_991]));
        assert_eq!(numbers("after=4997&limit=2&listener=a%20b"), Ok(vec![4_998, 4_999]));
        assert_eq!(numbers("offset=10000"), Ok(Vec::new()));
        assert_eq!(numbers("listener=a%20b&limit=1"), Ok(vec![1]));
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_can() {
        for (query, told) in [
            ("sort=colour", "there are: number, weight"),
            ("limit=0", "from 1 to 1000"),
            ("limit=1001", "from 1 to 1000"),
            ("limit=+5", "a whole number"),
            ("offset=10001", "from 0 to 10000"),
            ("limit=1&limit=2", "limit is given twice"),
            ("page=2", "there are: sort, limit, offset, after, listener"),
            ("after=5&sort=weight", "after goes with sort=number only"),
            ("after=5", "after goes with listener only"),
            ("listener=b", "there are: a b"),
            ("listener=%zz", "not well encoded"),
            ("listener=%ff", "not well encoded"),
        ] {
            let refusal = numbers(query).err().unwrap_or_default();
            assert!(refusal.contains(told), "{query}: {refusal}");
        }
    }
}
