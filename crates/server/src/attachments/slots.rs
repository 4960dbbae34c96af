//! How many uploads go on at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) struct Slots {
    most: usize,
    most_each: usize,
    /// By user: those who upload.
    taken: Mutex<HashMap<String, usize>>,
}

/// One upload's place, free again when this is dropped.
pub(crate) struct Slot {
    of: Arc<Slots>,
    user: String,
}

impl Slots {
    pub(super) fn new(most: usize, most_each: usize) -> Self {
        Self { most, most_each, taken: Mutex::default() }
    }

    pub(super) fn take(this: &Arc<Self>, user: &str) -> Option<Slot> {
        let mut taken = this.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, own) = (taken.values().sum::<usize>(), taken.get(user).copied().unwrap_or(0));
        if all >= this.most || own >= this.most_each {
            return None;
        }
        taken.insert(user.to_owned(), own + 1);
        Some(Slot { of: Arc::clone(this), user: user.to_owned() })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.of.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get(&self.user).copied() {
            Some(own) if own > 1 => drop(taken.insert(self.user.clone(), own - 1)),
            _ => drop(taken.remove(&self.user)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_all_places() {
        let slots = Arc::new(Slots::new(3, 2));
        let (a, b) = (Slots::take(&slots, "ann"), Slots::take(&slots, "ann"));
        assert!(a.is_some() && b.is_some() && Slots::take(&slots, "ann").is_none());
        let c = Slots::take(&slots, "ben");
        assert!(c.is_some() && Slots::take(&slots, "cat").is_none());
        drop((a, c));
        assert!(Slots::take(&slots, "ann").is_some());
        drop(b);
        assert!(slots.taken.lock().unwrap().is_empty());
    }
}
