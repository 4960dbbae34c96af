//! One media session of a call, as far as signalling goes: whose offer counts, and what waits for it.

use crate::{Description, DescriptionKind, Limits};

/// A candidate that waits.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub revision: u32,
    pub candidate: String,
}

/// The descriptions of one session.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// The media was asked to open it.
    pub open: bool,
    local_offer: u32,
    local_answered: bool,
    remote_offer: u32,
    /// The caller's newest offer, while it rings here.
    pub offer: Option<Description>,
    /// Of the other side, before the session is open.
    pub remote_candidates: Vec<Candidate>,
    /// Of this side, before the other side knows of the call.
    pub local_candidates: Vec<Candidate>,
    /// How many went out for `counted_revision`.
    local_count: usize,
    counted_revision: u32,
}

impl Session {
    /// Highest revision that came from the other side.
    pub fn remote_revision(&self) -> u32 {
        if self.local_answered { self.remote_offer.max(self.local_offer) } else { self.remote_offer }
    }

    /// This side made a description.
    pub fn note_local(&mut self, description: &Description) {
        if description.kind == DescriptionKind::Offer && description.revision > self.local_offer {
            self.local_offer = description.revision;
            self.local_answered = false;
        }
    }

    /// Takes note of the other side's description; false when it is stale.
    ///
    /// When both offer under the same revision at once, the caller's offer counts.
    pub fn note_remote(&mut self, description: &Description, we_called: bool) -> bool {
        let revision = description.revision;
        match description.kind {
            DescriptionKind::Offer => {
                let yields = revision == self.local_offer && !self.local_answered && !we_called;
                let fresh = revision > self.remote_offer && (revision > self.local_offer || yields);
                if fresh {
                    self.remote_offer = revision;
                    if yields {
                        // Our own offer will never be answered.
                        self.local_answered = true;
                    }
                }
                fresh
            }
            DescriptionKind::Answer => {
                let fresh = revision == self.local_offer && revision > 0 && !self.local_answered;
                self.local_answered |= fresh;
                fresh
            }
        }
    }

    /// Whether a candidate of the other side belongs to what it last described.
    pub fn fits_remote(&self, revision: u32) -> bool {
        revision == self.remote_offer || (self.local_answered && revision == self.local_offer)
    }

    /// The other side's new offer takes the place of the old one and of what belonged to it.
    pub fn keep_offer(&mut self, description: Description) {
        self.remote_candidates.retain(|candidate| candidate.revision >= description.revision);
        self.offer = Some(description);
    }

    /// Keeps a candidate of the other side; beyond the limit it is dropped.
    pub fn keep_remote_candidate(&mut self, candidate: Candidate, limits: &Limits) {
        if self.remote_candidates.len() < limits.candidates {
            self.remote_candidates.push(candidate);
        }
    }

    /// Keeps a candidate of this side; beyond the limit it is dropped.
    pub fn keep_local_candidate(&mut self, candidate: Candidate, limits: &Limits) {
        if self.local_candidates.len() < limits.candidates {
            self.local_candidates.push(candidate);
        }
    }

    /// Whether one more candidate may be sent.
    pub fn may_send(&mut self, revision: u32, limits: &Limits) -> bool {
        if revision != self.counted_revision {
            self.counted_revision = revision;
            self.local_count = 0;
        }
        self.local_count += 1;
        self.local_count <= limits.candidates
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MediaSessionId;

    fn description(kind: DescriptionKind, revision: u32) -> Description {
        Description { session: MediaSessionId::MAIN, revision, kind, sdp: String::new() }
    }

    fn offer(revision: u32) -> Description {
        description(DescriptionKind::Offer, revision)
    }

    fn answer(revision: u32) -> Description {
        description(DescriptionKind::Answer, revision)
    }

    #[test]
    fn only_a_newer_offer_and_the_answer_to_our_newest_count() {
        let mut session = Session::default();
        session.note_local(&offer(1));
        assert!(!session.note_remote(&answer(2), true), "never offered");
        assert!(session.note_remote(&answer(1), true));
        assert!(!session.note_remote(&answer(1), true), "a repetition");
        assert_eq!(session.remote_revision(), 1);
        assert!(!session.note_remote(&offer(1), true));
        assert!(session.note_remote(&offer(2), true));
        assert!(!session.note_remote(&offer(2), true));
        session.note_local(&offer(3));
        assert!(!session.note_remote(&answer(2), true), "the answer to an older offer");
        assert!(!session.note_remote(&offer(2), true));
        assert!(session.note_remote(&answer(3), true));
        assert_eq!(session.remote_revision(), 3);
    }

    #[test]
    fn of_two_offers_at_once_the_callers_counts() {
        let (mut caller, mut callee) = (Session::default(), Session::default());
        caller.note_local(&offer(2));
        callee.note_local(&offer(2));
        assert!(!caller.note_remote(&offer(2), true));
        assert!(callee.note_remote(&offer(2), false));
        assert!(caller.note_remote(&answer(2), true));
        assert!(!callee.note_remote(&answer(2), false));
    }

    #[test]
    fn kept_candidates_are_bounded_and_go_with_their_offer() {
        let limits = Limits { candidates: 3, ..Limits::V1 };
        let mut session = Session::default();
        for revision in [1, 1, 2, 2] {
            session.keep_remote_candidate(Candidate { revision, candidate: String::new() }, &limits);
            session.keep_local_candidate(Candidate { revision, candidate: String::new() }, &limits);
        }
        assert_eq!((session.remote_candidates.len(), session.local_candidates.len()), (3, 3));
        session.keep_offer(offer(2));
        assert_eq!(session.remote_candidates.len(), 1);
        assert_eq!((0..5).filter(|_| session.may_send(1, &limits)).count(), 3);
        assert!(session.may_send(2, &limits));
    }
}
