//! A bounded memory of what was used lately.

use std::collections::HashMap;
use std::hash::Hash;

/// Holds up to twice `half` entries. When the newer half is full it becomes the older one, whose
/// entries are forgotten unless they were used since.
#[derive(Debug)]
pub(crate) struct Halves<K, V> {
    half: usize,
    newer: HashMap<K, V>,
    older: HashMap<K, V>,
}

impl<K: Hash + Eq + Clone, V> Halves<K, V> {
    pub(crate) fn new(half: usize) -> Self {
        Self { half, newer: HashMap::new(), older: HashMap::new() }
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<&V> {
        if !self.newer.contains_key(key) {
            let (key, value) = self.older.remove_entry(key)?;
            self.insert(key, value);
        }
        self.newer.get(key)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.newer.len() >= self.half && !self.newer.contains_key(&key) {
            self.older = std::mem::take(&mut self.newer);
        }
        self.older.remove(&key);
        self.newer.insert(key, value);
    }

    pub(crate) fn remove(&mut self, key: &K) {
        self.newer.remove(key);
        self.older.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_bounded_and_what_is_used_stays() {
        let mut halves = Halves::new(10);
        for n in 0..1000 {
            halves.insert(n, n);
            assert_eq!(halves.get(&0), Some(&0), "{n}");
            assert_eq!(halves.get(&n), Some(&n));
            assert!(halves.newer.len() + halves.older.len() <= 20);
        }
        assert_eq!(halves.get(&500), None);
        halves.remove(&0);
        assert_eq!(halves.get(&0), None);
        halves.insert(999, 7);
        assert_eq!(halves.get(&999), Some(&7), "the newest value");
    }
}
