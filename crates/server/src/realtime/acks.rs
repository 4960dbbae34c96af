//! When a client's command may be acknowledged: when it and all before it are done. An invitation is
//! done when it was decided about, not when the question was asked.

use liaison_signaling::{AdmissionRequest, EndpointId};
use std::collections::{BTreeMap, HashMap};

/// An endpoint's commands that wait.
#[derive(Debug, Default)]
struct Open {
    /// How many decisions each command waits for.
    waiting: BTreeMap<u64, usize>,
    /// The highest command that came.
    last: u64,
}

impl Open {
    /// The highest command that is done with all before it.
    fn done(&self) -> u64 {
        self.waiting.first_key_value().map_or(self.last, |(first, _)| first - 1)
    }
}

/// All endpoints that wait for a decision.
#[derive(Debug, Default)]
pub(super) struct Acks {
    open: HashMap<EndpointId, Open>,
    asked: HashMap<AdmissionRequest, (EndpointId, u64)>,
}

impl Acks {
    /// A command was taken, and led to these questions. Returns what may be acknowledged.
    pub(super) fn taken(
        &mut self,
        endpoint: EndpointId,
        sequence: u64,
        asked: &[AdmissionRequest],
    ) -> Option<u64> {
        if asked.is_empty() && !self.open.contains_key(&endpoint) {
            return Some(sequence);
        }
        let open = self
            .open
            .entry(endpoint)
            .or_insert_with(|| Open { last: sequence.saturating_sub(1), ..Open::default() });
        let before = open.done();
        open.last = sequence;
        if !asked.is_empty() {
            open.waiting.insert(sequence, asked.len());
            self.asked.extend(asked.iter().map(|request| (*request, (endpoint, sequence))));
        }
        let done = open.done();
        (done > before).then_some(done)
    }

    /// A question was answered. Returns what may be acknowledged.
    pub(super) fn decided(&mut self, request: AdmissionRequest) -> Option<(EndpointId, u64)> {
        let (endpoint, sequence) = self.asked.remove(&request)?;
        let open = self.open.get_mut(&endpoint)?;
        let left = open.waiting.get_mut(&sequence)?;
        *left -= 1;
        if *left > 0 {
            return None;
        }
        let before = open.done();
        open.waiting.remove(&sequence);
        let done = open.done();
        if open.waiting.is_empty() {
            self.open.remove(&endpoint);
        }
        (done > before).then_some((endpoint, done))
    }

    /// The endpoint's session is over: nothing of it is acknowledged any more.
    pub(super) fn forget(&mut self, endpoint: EndpointId) {
        self.open.remove(&endpoint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: EndpointId = EndpointId(1);
    const B: EndpointId = EndpointId(2);

    fn asks(numbers: &[u64]) -> Vec<AdmissionRequest> {
        numbers.iter().copied().map(AdmissionRequest).collect()
    }

    #[test]
    fn what_asks_nothing_is_done_at_once() {
        let mut acks = Acks::default();
        assert_eq!(acks.taken(A, 1, &[]), Some(1));
        assert_eq!(acks.taken(A, 2, &[]), Some(2));
        assert!(acks.open.is_empty());
    }

    #[test]
    fn an_invitation_holds_back_what_comes_after_it() {
        let mut acks = Acks::default();
        acks.taken(A, 1, &[]);
        assert_eq!(acks.taken(A, 2, &asks(&[10])), None);
        assert_eq!(acks.taken(A, 3, &[]), None);
        assert_eq!(acks.taken(A, 4, &asks(&[11, 12])), None);
        assert_eq!(acks.taken(B, 1, &[]), Some(1), "others are not held back");
        assert_eq!(acks.decided(AdmissionRequest(11)), None);
        assert_eq!(acks.decided(AdmissionRequest(12)), None, "the first one is still open");
        assert_eq!(acks.decided(AdmissionRequest(10)), Some((A, 4)));
        assert_eq!(acks.decided(AdmissionRequest(10)), None);
        assert!(acks.open.is_empty() && acks.asked.is_empty());
        assert_eq!(acks.taken(A, 5, &[]), Some(5));
    }

    #[test]
    fn a_session_that_is_over_is_forgotten() {
        let mut acks = Acks::default();
        acks.taken(A, 1, &asks(&[10]));
        acks.forget(A);
        assert_eq!(acks.decided(AdmissionRequest(10)), None);
        assert!(acks.open.is_empty() && acks.asked.is_empty());
    }
}
