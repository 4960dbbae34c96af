//! The events that wait for the session's owner. Bounded by what makes sense: what a later event makes pointless
//! is taken out.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::SessionEvent;

const MAX_CANDIDATES: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct EventQueue {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<SessionEvent>,
    closed: bool,
}

impl EventQueue {
    pub(crate) fn push(&self, event: SessionEvent) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.closed || !make_room(&mut state.events, &event) {
            return;
        }
        state.events.push_back(event);
        drop(state);
        self.arrived.notify_one();
    }

    /// Whoever waits gets `None`, once what is queued is taken.
    pub(crate) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.arrived.notify_one();
    }

    pub(crate) async fn next(&self) -> Option<SessionEvent> {
        loop {
            let arrived = self.arrived.notified();
            {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(event) = state.events.pop_front() {
                    return Some(event);
                }
                if state.closed {
                    // A second waiter must not sleep for ever.
                    self.arrived.notify_one();
                    return None;
                }
            }
            arrived.await;
        }
    }
}

/// Takes out what `event` makes pointless. `false`: `event` itself need not be told.
fn make_room(events: &mut VecDeque<SessionEvent>, event: &SessionEvent) -> bool {
    use SessionEvent::{Connected, Failed, Interrupted, LocalCandidate, LocalDescription, Restored};
    match event {
        LocalDescription(new) => events.retain(|old| match old {
            LocalDescription(old) => old.revision > new.revision,
            LocalCandidate { revision, .. } => *revision >= new.revision,
            _ => true,
        }),
        LocalCandidate { .. } => {
            return events.iter().filter(|old| matches!(old, LocalCandidate { .. })).count() < MAX_CANDIDATES;
        }
        Connected { .. } => events.retain(|old| !matches!(old, Connected { .. })),
        Restored => {
            // The owner has not heard of the interruption yet: it need not.
            let before = events.len();
            events.retain(|old| !matches!(old, Interrupted));
            return before == events.len();
        }
        Interrupted => {
            let before = events.len();
            events.retain(|old| !matches!(old, Restored));
            return before == events.len();
        }
        Failed(_) => {}
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Description, DescriptionKind};

    fn description(revision: u32) -> SessionEvent {
        let sdp = String::new();
        SessionEvent::LocalDescription(Description { revision, kind: DescriptionKind::Offer, sdp })
    }

    fn candidate(revision: u32) -> SessionEvent {
        SessionEvent::LocalCandidate { revision, candidate: String::new() }
    }

    #[tokio::test]
    async fn an_owner_who_sleeps_finds_what_still_matters() {
        let queue = EventQueue::default();
        for revision in 1..1000 {
            queue.push(description(revision));
            queue.push(candidate(revision));
            queue.push(SessionEvent::Interrupted);
            queue.push(SessionEvent::Restored);
        }
        for _ in 0..1000 {
            queue.push(candidate(999));
        }
        queue.push(SessionEvent::Interrupted);
        queue.close();
        queue.push(SessionEvent::Restored);
        assert_eq!(queue.next().await, Some(description(999)));
        for _ in 0..MAX_CANDIDATES {
            assert_eq!(queue.next().await, Some(candidate(999)));
        }
        assert_eq!(queue.next().await, Some(SessionEvent::Interrupted));
        assert_eq!(queue.next().await, None);
        assert_eq!(queue.next().await, None);
    }

    #[tokio::test]
    async fn a_waiting_owner_is_woken() {
        let queue = std::sync::Arc::new(EventQueue::default());
        let waiter = tokio::spawn({
            let queue = std::sync::Arc::clone(&queue);
            async move { (queue.next().await, queue.next().await) }
        });
        tokio::task::yield_now().await;
        queue.push(description(1));
        tokio::task::yield_now().await;
        queue.close();
        assert_eq!(waiter.await.expect("the waiter"), (Some(description(1)), None));
    }
}
