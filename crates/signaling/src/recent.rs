//! A bounded memory of what is over.

use std::collections::{BTreeMap, VecDeque};

use crate::CallId;

/// The newest calls that ended, with something about each.
#[derive(Debug)]
pub(crate) struct Recent<T> {
    limit: usize,
    order: VecDeque<CallId>,
    calls: BTreeMap<CallId, T>,
}

impl<T> Recent<T> {
    pub fn new(limit: usize) -> Self {
        Self { limit, order: VecDeque::new(), calls: BTreeMap::new() }
    }

    pub fn insert(&mut self, call: CallId, about: T) {
        if self.calls.insert(call, about).is_none() {
            self.order.push_back(call);
        }
        while self.order.len() > self.limit {
            if let Some(oldest) = self.order.pop_front() {
                self.calls.remove(&oldest);
            }
        }
    }

    pub fn get(&self, call: CallId) -> Option<&T> {
        self.calls.get(&call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut recent = Recent::new(2);
        for n in [1, 2, 1, 3] {
            recent.insert(CallId(n), n);
        }
        assert_eq!([1, 2, 3].map(|n| recent.get(CallId(n)).copied()), [None, Some(2), Some(3)]);
    }
}
