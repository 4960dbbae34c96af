//! The recordings of a call: each announcer has one, and nobody writes before everybody else has acknowledged.

use std::time::Instant;

use super::actions::With;
use super::call::Call;
use super::record::{CallPhase, LegPhase, RecordingRecord};
use super::timers::Timer;
use super::{Actor, AuditEvent, Switchboard};
use crate::table::recording::{Do, On, TABLE};
use crate::table::{Next, decide};
use crate::{CallId, LegId, ProblemCode, RecordingAction, RecordingState, ToEndpoint};

impl Call {
    pub(super) fn recording(&self, by: LegId) -> Option<&RecordingRecord> {
        self.record.recordings.iter().find(|recording| recording.by == by)
    }

    fn recording_mut(&mut self, by: LegId) -> Option<&mut RecordingRecord> {
        self.record.recordings.iter_mut().find(|recording| recording.by == by)
    }

    /// Those whose acknowledgement this recording still needs.
    fn missing(&self, recording: &RecordingRecord) -> Vec<LegId> {
        self.joined()
            .map(|leg| leg.leg)
            .filter(|leg| *leg != recording.by && !recording.acknowledged.contains(leg))
            .collect()
    }

    /// Whether a recording runs that this leg has not acknowledged.
    pub(super) fn unnoticed(&self, leg: LegId) -> bool {
        self.record.recordings.iter().any(|recording| {
            recording.state == RecordingState::Active
                && recording.by != leg
                && !recording.acknowledged.contains(&leg)
        })
    }
}

impl Switchboard {
    /// A leg announces, ends or acknowledges.
    pub(super) fn on_recording(&mut self, now: Instant, call: CallId, actor: Actor, with: Option<With>) {
        let Some(leg) = actor.leg else { return };
        match with {
            Some(With::Recording(RecordingAction::Announce)) => {
                self.recording_step(now, call, leg, On::Announce, actor);
            }
            Some(With::Recording(RecordingAction::End)) => {
                self.recording_step(now, call, leg, On::End, actor)
            }
            Some(With::Notice(announcement)) => self.notice(now, call, leg, announcement, actor),
            _ => {}
        }
    }

    /// Somebody has shown the notices of all recordings up to an announcement.
    fn notice(&mut self, now: Instant, call: CallId, leg: LegId, announcement: u32, actor: Actor) {
        let Some(known) = self.calls.get(&call) else { return };
        let shown: Vec<(LegId, On)> = known
            .record
            .recordings
            .iter()
            .filter(|recording| recording.by != leg && recording.announcement <= announcement)
            .filter(|recording| !recording.acknowledged.contains(&leg))
            .map(|recording| {
                let last = known.missing(recording).iter().all(|missing| *missing == leg);
                (recording.by, if last { On::LastNotice } else { On::Notice })
            })
            .collect();
        for (by, on) in shown {
            self.recording_step(now, call, by, on, actor);
        }
    }

    /// One step of the recording of `by`, as the table says.
    pub(super) fn recording_step(&mut self, now: Instant, call: CallId, by: LegId, on: On, actor: Actor) {
        let Some(known) = self.calls.get_mut(&call) else { return };
        if known.record.phase != CallPhase::Connected {
            return;
        }
        let state = known.recording(by).map_or(RecordingState::None, |recording| recording.state);
        let (next, actions) = decide(TABLE, state, on);
        if let Next::Go(next) = next {
            match known.recording_mut(by) {
                Some(recording) => recording.state = next,
                None => known.record.recordings.push(RecordingRecord {
                    by,
                    announcement: 0,
                    state: next,
                    acknowledged: Vec::new(),
                }),
            }
        }
        for action in actions {
            self.record(now, call, by, *action, actor);
        }
    }

    fn record(&mut self, now: Instant, call: CallId, by: LegId, action: Do, actor: Actor) {
        let Some(known) = self.calls.get_mut(&call) else { return };
        match action {
            Do::Begin => {
                let newest = known.record.recordings.iter().map(|recording| recording.announcement).max();
                if let Some(recording) = known.recording_mut(by) {
                    recording.announcement = newest.unwrap_or(0).saturating_add(1);
                    recording.acknowledged.clear();
                }
            }
            Do::MarkNoticed => {
                if let (Some(recording), Some(leg)) = (known.recording_mut(by), actor.leg) {
                    recording.acknowledged.push(leg);
                }
            }
            Do::StartNoticeTimer => {
                self.timers.set(Timer::Notice(call, by), now + self.config.notice_timeout);
            }
            Do::StopNoticeTimer => self.timers.cancel(Timer::Notice(call, by)),
            Do::Commit => self.commit(call),
            Do::Audit => {
                if let (Some(recording), Some(announcer)) = (known.recording(by), known.leg(by)) {
                    let (state, by) = (recording.state, announcer.raw_id.clone());
                    self.audit(call, AuditEvent::Recording { state, by });
                }
            }
            Do::TellAll => {
                let legs: Vec<LegId> = known.joined().map(|leg| leg.leg).collect();
                for leg in legs {
                    self.tell_recording(call, leg, by);
                }
            }
            Do::TellAnnouncer => self.tell_recording(call, by, by),
            Do::TellAcknowledged => {
                let acknowledged = actor.leg.and_then(|leg| known.leg(leg)).map(|leg| leg.raw_id.clone());
                if let Some(who) = acknowledged {
                    self.tell(call, by, ToEndpoint::NoticeAcknowledged { call, by: who });
                }
            }
            Do::OpenLobby => self.open_lobby(call),
            Do::RefuseNotAnnouncer => self.problem(call, actor, ProblemCode::NotAnnouncer),
        }
    }

    pub(super) fn tell_recording(&mut self, call: CallId, leg: LegId, by: LegId) {
        let Some(known) = self.calls.get(&call) else { return };
        let (Some(recording), Some(announcer)) = (known.recording(by), known.leg(by)) else { return };
        let (state, announcement) = (recording.state, recording.announcement);
        let by = announcer.raw_id.clone();
        self.tell(call, leg, ToEndpoint::Recording { call, state, by, announcement });
    }

    /// Those who waited in the lobby for nothing else come in, and hear how the others are.
    fn open_lobby(&mut self, call: CallId) {
        let Some(known) = self.calls.get_mut(&call) else { return };
        let lobby = known.record.legs.iter().filter(|leg| leg.phase == LegPhase::Lobby).map(|leg| leg.leg);
        let free: Vec<LegId> = lobby.filter(|leg| !known.unnoticed(*leg)).collect();
        for leg in &free {
            if let Some(leg) = known.leg_mut(*leg) {
                leg.phase = LegPhase::Joined;
            }
        }
        if free.is_empty() {
            return;
        }
        self.commit(call);
        for leg in free {
            self.tell(call, leg, ToEndpoint::LobbyLeft { call });
            self.tell_others_state(call, leg);
        }
    }

    /// How the others of a call are, for a leg that may have missed it.
    pub(super) fn tell_others_state(&mut self, call: CallId, leg: LegId) {
        let Some(known) = self.calls.get(&call) else { return };
        let others: Vec<(bool, bool)> =
            known.joined().filter(|other| other.leg != leg).map(|other| (other.muted, other.held)).collect();
        for (muted, held) in others {
            self.tell(call, leg, ToEndpoint::PeerMuted { call, muted });
            self.tell(call, leg, ToEndpoint::PeerHeld { call, held });
        }
    }
}
