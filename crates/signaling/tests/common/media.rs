//! A stand-in for the transport: it makes descriptions and knows which of them belong together.

use std::collections::BTreeMap;

use liaison_signaling::{CallId, Description, DescriptionKind, MediaEvent, MediaSessionId};

pub const MAIN: MediaSessionId = MediaSessionId::MAIN;

#[derive(Debug, Default)]
struct Session {
    /// Revision of the newest offer, either side's.
    revision: u32,
    offered_here: bool,
    answered: bool,
}

#[derive(Debug, Default)]
pub struct Media {
    sessions: BTreeMap<(CallId, MediaSessionId), Session>,
    pub remote: Vec<Description>,
    pub candidates: Vec<(CallId, String)>,
    /// It was opened so often, over all calls.
    pub opened: usize,
    /// Make nothing any more.
    pub stuck: bool,
}

impl Media {
    fn describe(call: CallId, session: MediaSessionId, revision: u32, kind: DescriptionKind) -> MediaEvent {
        let sdp = format!("v=0 {kind:?} {revision}");
        MediaEvent::LocalDescription { call, description: Description { session, revision, kind, sdp } }
    }

    pub fn open(&mut self, call: CallId, session: MediaSessionId, offerer: bool) -> Option<MediaEvent> {
        let known = self.sessions.insert((call, session), Session::default());
        assert!(known.is_none(), "opened twice");
        self.opened += 1;
        if !offerer || self.stuck {
            return None;
        }
        Some(self.offer(call, session))
    }

    /// A new offer, as after a changed network.
    pub fn offer(&mut self, call: CallId, session: MediaSessionId) -> MediaEvent {
        let known = self.sessions.get_mut(&(call, session)).expect("an open session");
        known.revision += 1;
        known.offered_here = true;
        known.answered = false;
        Self::describe(call, session, known.revision, DescriptionKind::Offer)
    }

    pub fn remote(&mut self, call: CallId, description: Description) -> Option<MediaEvent> {
        let session = description.session;
        let known = self.sessions.get_mut(&(call, session)).expect("a description for an open session");
        self.remote.push(description.clone());
        match description.kind {
            DescriptionKind::Offer => {
                known.revision = description.revision;
                known.offered_here = false;
                known.answered = true;
                (!self.stuck)
                    .then(|| Self::describe(call, session, description.revision, DescriptionKind::Answer))
            }
            DescriptionKind::Answer => {
                assert!(known.offered_here && known.revision == description.revision, "{description:?}");
                known.answered = true;
                None
            }
        }
    }

    pub fn close(&mut self, call: CallId, session: MediaSessionId) {
        self.sessions.remove(&(call, session)).expect("closed once");
    }

    pub fn matched(&self, call: CallId) -> bool {
        self.sessions.get(&(call, MAIN)).is_some_and(|session| session.answered)
    }

    pub fn revision(&self, call: CallId) -> u32 {
        self.sessions[&(call, MAIN)].revision
    }

    pub fn is_open(&self, call: CallId) -> bool {
        self.sessions.contains_key(&(call, MAIN))
    }

    pub fn is_closed(&self) -> bool {
        self.sessions.is_empty()
    }
}
