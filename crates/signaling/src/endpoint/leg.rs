//! What an endpoint knows of one call.

use std::collections::BTreeMap;
use std::time::Instant;

use liaison_identity::RawId;

use super::session::Session;
use crate::table::leg::Leg;
use crate::{CallClaim, CallId, EndReason, MediaSessionId, RecordingClaim, RecordingState};

/// A recording of the call, as last told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recording {
    pub state: RecordingState,
    pub announcement: u32,
    pub notice_shown: bool,
}

impl Recording {
    pub fn runs(self) -> bool {
        matches!(self.state, RecordingState::Announced | RecordingState::Active)
    }
}

/// When what is due, if it is.
#[derive(Debug, Default)]
pub(super) struct Timers {
    pub ring: Option<Instant>,
    pub setup: Option<Instant>,
    pub media_setup: Option<Instant>,
    pub reconnect: Option<Instant>,
    pub media_lost: Option<Instant>,
    pub leaving: Option<Instant>,
}

impl Timers {
    pub fn next(&self) -> Option<Instant> {
        [self.ring, self.setup, self.media_setup, self.reconnect, self.media_lost, self.leaving]
            .into_iter()
            .flatten()
            .min()
    }
}

/// One call.
#[derive(Debug)]
pub(super) struct LegData {
    pub state: Leg,
    pub outgoing: bool,
    /// The other side.
    pub peer: RawId,
    /// How the caller wants to be shown: this side when outgoing, the other one otherwise.
    pub display_name: String,
    /// The app knows of this call.
    pub told: bool,
    pub reason: Option<EndReason>,
    pub muted: bool,
    pub sessions: BTreeMap<MediaSessionId, Session>,
    pub media_connected: bool,
    /// Nothing has arrived since then.
    pub silent_since: Option<Instant>,
    /// The app was told that media is interrupted.
    pub interrupted: bool,
    pub peer_muted: bool,
    pub peer_link_down: bool,
    /// By who announced them; at most one each.
    pub recordings: BTreeMap<RawId, Recording>,
    pub timers: Timers,
}

impl LegData {
    pub fn new(peer: RawId, outgoing: bool, display_name: String) -> Self {
        Self {
            state: Leg::New,
            outgoing,
            peer,
            display_name,
            told: false,
            reason: None,
            muted: false,
            sessions: BTreeMap::new(),
            media_connected: false,
            silent_since: None,
            interrupted: false,
            peer_muted: false,
            peer_link_down: false,
            recordings: BTreeMap::new(),
            timers: Timers::default(),
        }
    }

    pub fn main(&mut self) -> &mut Session {
        self.sessions.entry(MediaSessionId::MAIN).or_default()
    }

    /// Whether this side announced the recording of `by`. Calling oneself on another device, every recording
    /// counts as the other side's: rather one notice too many.
    pub fn is_own(&self, by: &RawId) -> bool {
        *by != self.peer
    }

    pub fn records(&self) -> bool {
        self.recordings.iter().any(|(by, recording)| self.is_own(by) && recording.runs())
    }

    /// The highest announcement of somebody else whose notice is still to be shown.
    pub fn notice_due(&self) -> Option<u32> {
        self.recordings
            .iter()
            .filter(|(by, recording)| !self.is_own(by) && recording.runs() && !recording.notice_shown)
            .map(|(_, recording)| recording.announcement)
            .max()
    }

    /// What to tell a switchboard that has lost the session. `None`: it does not know of this leg, or need not.
    pub fn claim(&self, call: CallId) -> Option<CallClaim> {
        if matches!(self.state, Leg::New | Leg::Preparing | Leg::Leaving | Leg::Over) {
            return None;
        }
        let recordings = self.recordings.iter().map(|(by, recording)| RecordingClaim {
            by: by.clone(),
            state: recording.state,
            notice_shown: recording.notice_shown,
        });
        Some(CallClaim {
            call,
            peer: self.peer.clone(),
            outgoing: self.outgoing,
            connected: self.state.joined(),
            remote_revision: self.sessions.get(&MediaSessionId::MAIN).map_or(0, Session::remote_revision),
            recordings: recordings.collect(),
        })
    }
}
