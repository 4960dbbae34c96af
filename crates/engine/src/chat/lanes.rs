//! Which command goes next: changes of one thread one after another, everything else side by side.

use std::collections::{BTreeSet, VecDeque};

use liaison_chat::ThreadId;

/// Requests at a time.
pub(super) const MAX_REQUESTS: usize = 8;

/// Waiting commands, in the order they were asked for.
pub(super) struct Lanes<J> {
    waiting: VecDeque<(Option<ThreadId>, J)>,
    busy: BTreeSet<ThreadId>,
    under_way: usize,
}

impl<J> Default for Lanes<J> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), busy: BTreeSet::new(), under_way: 0 }
    }
}

impl<J> Lanes<J> {
    /// `lane`: the thread it changes; `None` when it need not keep an order.
    pub(super) fn push(&mut self, lane: Option<ThreadId>, job: J) {
        self.waiting.push_back((lane, job));
    }

    /// The next to begin now; [`done`](Self::done) follows for each.
    pub(super) fn next(&mut self) -> Option<(Option<ThreadId>, J)> {
        if self.under_way == MAX_REQUESTS {
            return None;
        }
        let free =
            |(lane, _): &(Option<ThreadId>, J)| lane.as_ref().is_none_or(|lane| !self.busy.contains(lane));
        let at = self.waiting.iter().position(free)?;
        let (lane, job) = self.waiting.remove(at)?;
        self.busy.extend(lane.clone());
        self.under_way += 1;
        Some((lane, job))
    }

    /// One that was begun has ended.
    pub(super) fn done(&mut self, lane: Option<ThreadId>) {
        self.under_way = self.under_way.saturating_sub(1);
        if let Some(lane) = lane {
            self.busy.remove(&lane);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_changed_in_order_and_others_do_not_wait_for_it() {
        let [a, b] = [1, 2].map(ThreadId::from_random);
        let mut lanes = Lanes::default();
        for (lane, job) in [(Some(&a), 1), (Some(&a), 2), (None, 3), (Some(&b), 4), (Some(&a), 5)] {
            lanes.push(lane.cloned(), job);
        }
        let mut begun = || std::iter::from_fn(|| lanes.next()).map(|(_, job)| job).collect::<Vec<_>>();
        assert_eq!(begun(), [1, 3, 4]);
        lanes.done(Some(b));
        lanes.done(None);
        assert_eq!(lanes.next(), None);
        lanes.done(Some(a.clone()));
        assert_eq!(lanes.next(), Some((Some(a.clone()), 2)));
        assert_eq!(lanes.next(), None);
        lanes.done(Some(a.clone()));
        assert_eq!(lanes.next(), Some((Some(a), 5)));
    }

    #[test]
    fn no_more_than_so_many_at_a_time() {
        let mut lanes = Lanes::default();
        (0..20).for_each(|job| lanes.push(None, job));
        assert_eq!(std::iter::from_fn(|| lanes.next()).count(), MAX_REQUESTS);
        lanes.done(None);
        assert_eq!(std::iter::from_fn(|| lanes.next()).count(), 1);
    }
}
