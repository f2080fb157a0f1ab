//! A slab in pages: values by small numbers, in constant time. A vector that doubles would hold up to twice the memory that is used, and
//! move all of it at the moment at which it grows; pages of 64 do neither.

use std::ops::{Index, IndexMut};

/// Values in a page.
const PAGE: usize = 64;

/// Values by number. The number of a value that was removed is used again.
#[derive(Debug)]
pub struct Pages<T> {
    /// All full but the last. The first grows as vectors do, since many slabs stay small.
    all: Vec<Vec<Entry<T>>>,
    /// The first of the free entries.
    free: Option<usize>,
    len: usize,
}

#[derive(Debug)]
enum Entry<T> {
    /// Nothing here; the next free entry.
    Free(Option<u32>),
    Taken(T),
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self { all: Vec::new(), free: None, len: 0 }
    }
}

impl<T> Pages<T> {
    /// Keeps a value, and says under which number.
    pub fn insert(&mut self, value: T) -> usize {
        self.len += 1;
        if let Some(key) = self.free {
            let entry = std::mem::replace(&mut self.all[key / PAGE][key % PAGE], Entry::Taken(value));
            self.free = match entry {
                Entry::Free(next) => next.map(|next| next as usize),
                Entry::Taken(_) => None,
            };
            return key;
        }
        match self.all.last_mut() {
            Some(last) if last.len() < PAGE => last.push(Entry::Taken(value)),
            Some(_) => {
                let mut page = Vec::with_capacity(PAGE);
                page.push(Entry::Taken(value));
                self.all.push(page);
            }
            None => self.all.push(vec![Entry::Taken(value)]),
        }
        self.bound() - 1
    }

    /// Gives a value back.
    pub fn remove(&mut self, key: usize) -> Option<T> {
        let entry = self.all.get_mut(key / PAGE)?.get_mut(key % PAGE)?;
        if matches!(entry, Entry::Free(_)) {
            return None;
        }
        let next = self.free.and_then(|free| u32::try_from(free).ok());
        let Entry::Taken(value) = std::mem::replace(entry, Entry::Free(next)) else { return None };
        self.free = Some(key);
        self.len -= 1;
        if self.len == 0 {
            // The memory of a crowd that is gone is not kept.
            *self = Self::default();
        }
        Some(value)
    }

    /// The value of this number.
    #[inline]
    pub fn get(&self, key: usize) -> Option<&T> {
        match self.all.get(key / PAGE)?.get(key % PAGE)? {
            Entry::Taken(value) => Some(value),
            Entry::Free(_) => None,
        }
    }

    /// The value of this number, to be changed.
    #[inline]
    pub fn get_mut(&mut self, key: usize) -> Option<&mut T> {
        match self.all.get_mut(key / PAGE)?.get_mut(key % PAGE)? {
            Entry::Taken(value) => Some(value),
            Entry::Free(_) => None,
        }
    }

    /// All values with their numbers, in the order of these.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        let entries = self.all.iter().flatten().enumerate();
        entries.filter_map(|(key, entry)| match entry {
            Entry::Taken(value) => Some((key, value)),
            Entry::Free(_) => None,
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All numbers in use are below this one.
    pub fn bound(&self) -> usize {
        self.all.last().map_or(0, |last| (self.all.len() - 1) * PAGE + last.len())
    }
}

/// # Panics
/// When there is no value of this number.
impl<T> Index<usize> for Pages<T> {
    type Output = T;

    #[inline]
    fn index(&self, key: usize) -> &T {
        self.get(key).unwrap_or_else(|| panic!("nothing has the number {key}"))
    }
}

impl<T> IndexMut<usize> for Pages<T> {
    #[inline]
    fn index_mut(&mut self, key: usize) -> &mut T {
        self.get_mut(key).unwrap_or_else(|| panic!("nothing has the number {key}"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    proptest::proptest! {
        #[test]
        fn it_keeps_what_a_map_would(calls in proptest::collection::vec((0..3_u8, 0..300_usize), 1..600)) {
            let mut pages = Pages::default();
            let mut model = BTreeMap::new();
            for (number, (call, key)) in calls.into_iter().enumerate() {
                if call < 2 {
                    let key = pages.insert(number);
                    proptest::prop_assert!(model.insert(key, number).is_none(), "{key} was taken");
                    proptest::prop_assert!(key < model.len() + 300, "numbers stay small");
                } else {
                    proptest::prop_assert_eq!(pages.remove(key), model.remove(&key));
                }
                proptest::prop_assert_eq!(pages.len(), model.len());
                proptest::prop_assert_eq!(pages.get(key), model.get(&key));
                proptest::prop_assert!(model.last_key_value().is_none_or(|(last, _)| *last < pages.bound()));
            }
            let all: BTreeMap<_, _> = pages.iter().map(|(key, value)| (key, *value)).collect();
            proptest::prop_assert_eq!(all, model);
        }
    }
}
