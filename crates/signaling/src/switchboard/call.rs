//! A call while the service runs: its record, and what need not survive.

use std::collections::{BTreeMap, BTreeSet};

use liaison_identity::RawId;

use super::record::{CallPhase, CallRecord, LegPhase, LegRecord, LegRole, SessionRecord};
use super::{AdmissionRequest, EndReason};
use crate::{CallId, Description, DescriptionKind, DeviceId, LegId, Limits, MediaSessionId};

/// One call.
#[derive(Debug)]
pub(super) struct Call {
    pub record: CallRecord,
    /// The decision that is waited for.
    pub request: Option<AdmissionRequest>,
    /// Legs that were made and not told yet.
    pub untold: Vec<LegId>,
    /// Legs that lost to a faster answer and are not told yet.
    pub dismissed: Vec<LegId>,
    /// Legs whose link is down.
    pub away: BTreeSet<LegId>,
    /// Legs whose link has been down for too long.
    pub gone: BTreeSet<LegId>,
    /// Why the only device of the callee gave up, if it said.
    pub given_up: Option<EndReason>,
    /// The call that goes on instead of this one.
    pub merged_into: Option<CallId>,
    /// Both sides claimed it after the service had lost it.
    pub adopted: bool,
    /// It was written down at least once.
    pub committed: bool,
    /// The caller's candidates, for devices that are told of the call later. Bounded as they are counted.
    pub kept: Vec<(MediaSessionId, u32, String)>,
    /// How many candidates of which revision each leg has sent for a session.
    candidates: BTreeMap<(LegId, MediaSessionId), (u32, usize)>,
}

/// What a description is to its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    Offer,
    Answer,
    Stale,
    TooManySessions,
}

impl Call {
    pub fn new(record: CallRecord) -> Self {
        Self {
            record,
            request: None,
            untold: Vec::new(),
            dismissed: Vec::new(),
            away: BTreeSet::new(),
            gone: BTreeSet::new(),
            given_up: None,
            merged_into: None,
            adopted: false,
            committed: false,
            kept: Vec::new(),
            candidates: BTreeMap::new(),
        }
    }

    pub fn leg(&self, leg: LegId) -> Option<&LegRecord> {
        self.record.legs.iter().find(|known| known.leg == leg)
    }

    pub fn leg_mut(&mut self, leg: LegId) -> Option<&mut LegRecord> {
        self.record.legs.iter_mut().find(|known| known.leg == leg)
    }

    pub fn leg_of(&self, raw_id: &RawId, device: DeviceId) -> Option<&LegRecord> {
        self.record.legs.iter().find(|leg| leg.device == device && leg.raw_id == *raw_id)
    }

    pub fn caller(&self) -> Option<&LegRecord> {
        self.record.legs.iter().find(|leg| leg.role == LegRole::Caller)
    }

    /// The callee's legs that ring or were told of the call.
    pub fn ringing(&self) -> impl Iterator<Item = &LegRecord> {
        self.record.legs.iter().filter(|leg| matches!(leg.phase, LegPhase::Offered | LegPhase::Alerting))
    }

    /// The legs that are in the call; while it rings, the caller's only.
    pub fn joined(&self) -> impl Iterator<Item = &LegRecord> {
        self.record.legs.iter().filter(|leg| matches!(leg.phase, LegPhase::Joined | LegPhase::Lobby))
    }

    /// The legs that something of `leg` is passed on to.
    pub fn others(&self, leg: LegId) -> Vec<LegId> {
        let ringing = self.ringing().filter(|_| self.record.phase != CallPhase::Connected);
        self.joined().chain(ringing).map(|other| other.leg).filter(|other| *other != leg).collect()
    }

    /// The newest offer of the caller in the main session.
    pub fn offer(&self) -> Option<&Description> {
        self.record
            .sessions
            .iter()
            .find(|session| session.session == MediaSessionId::MAIN)
            .map(|session| &session.offer)
    }

    fn session(&self, session: MediaSessionId) -> Option<&SessionRecord> {
        self.record.sessions.iter().find(|known| known.session == session)
    }

    /// What this description of `leg` is. When both offer under the same revision, the caller's counts.
    pub fn freshness(&self, leg: &LegRecord, description: &Description, limits: &Limits) -> Freshness {
        let Some(session) = self.session(description.session) else {
            return match description.kind {
                DescriptionKind::Offer if self.record.sessions.len() < limits.sessions => Freshness::Offer,
                DescriptionKind::Offer => Freshness::TooManySessions,
                DescriptionKind::Answer => Freshness::Stale,
            };
        };
        let newest = session.offer.revision;
        match description.kind {
            DescriptionKind::Offer => {
                let beats = description.revision == newest
                    && leg.role == LegRole::Caller
                    && session.offered_by != leg.leg
                    && session.answer.is_none();
                if description.revision > newest || beats { Freshness::Offer } else { Freshness::Stale }
            }
            DescriptionKind::Answer => {
                let fits = description.revision == newest
                    && session.offered_by != leg.leg
                    && session.answer.is_none();
                if fits { Freshness::Answer } else { Freshness::Stale }
            }
        }
    }

    /// Keeps a fresh description.
    pub fn keep(&mut self, leg: LegId, description: Description) {
        let known = self.record.sessions.iter_mut().find(|known| known.session == description.session);
        match (known, description.kind) {
            (Some(session), DescriptionKind::Offer) => {
                self.kept.retain(|(of, revision, _)| {
                    *of != description.session || *revision == description.revision
                });
                session.offered_by = leg;
                session.offer = description;
                session.answer = None;
            }
            (Some(session), DescriptionKind::Answer) => session.answer = Some(description),
            (None, DescriptionKind::Offer) => self.record.sessions.push(SessionRecord {
                session: description.session,
                offered_by: leg,
                offer: description,
                answer: None,
            }),
            (None, DescriptionKind::Answer) => {}
        }
    }

    /// The newest description of a session that came from another leg than `leg`.
    pub fn newest_for(&self, leg: LegId, session: MediaSessionId) -> Option<&Description> {
        let session = self.session(session)?;
        if session.offered_by == leg { session.answer.as_ref() } else { Some(&session.offer) }
    }

    /// Whether the candidate belongs to the newest offer and is not one too many.
    pub fn takes_candidate(
        &mut self,
        leg: LegId,
        session: MediaSessionId,
        revision: u32,
        limits: &Limits,
    ) -> Candidacy {
        if self.session(session).is_none_or(|known| known.offer.revision != revision) {
            return Candidacy::Stale;
        }
        let (of_revision, count) = self.candidates.entry((leg, session)).or_insert((revision, 0));
        if *of_revision != revision {
            (*of_revision, *count) = (revision, 0);
        }
        *count += 1;
        if *count > limits.candidates { Candidacy::TooMany } else { Candidacy::Taken }
    }
}

/// What becomes of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Candidacy {
    Taken,
    Stale,
    TooMany,
}
