//! What the table's actions do at an endpoint.

use std::time::Instant;

use liaison_identity::RawId;

use super::leg::{LegData, Recording};
use super::session::Candidate;
use super::{CallEvent, Endpoint, EndpointOutput};
use crate::table::leg::{Do, On};
use crate::{
    CallId, Description, DescriptionKind, EndReason, MediaSessionId, ProblemCode, RecordingAction,
    RecordingState, ToSwitchboard,
};

/// What an input brings along.
#[derive(Debug)]
pub(super) enum With {
    Nothing,
    Flag(bool),
    Reason(EndReason),
    Description(Description),
    Answer(Option<Description>),
    Candidate { session: MediaSessionId, revision: u32, candidate: String },
    Recording { state: RecordingState, by: RawId, announcement: u32 },
    Lobby { by: RawId, announcement: u32 },
    By(RawId),
    Problem(ProblemCode),
    Into(CallId),
    Since(Instant),
}

impl Endpoint {
    pub(super) fn act(&mut self, now: Instant, call: CallId, action: Do, with: &mut Option<With>) {
        let Some(leg) = self.legs.get_mut(&call) else { return };
        match action {
            // Handled before any action.
            Do::Refuse => {}
            Do::OpenOffer | Do::OpenAnswer => self.open(call, action == Do::OpenOffer),
            Do::GiveRemote | Do::GiveAnswer => self.give(call, with.take()),
            Do::GiveCandidate => self.give_candidate(call, with.take()),
            Do::KeepOffer | Do::KeepRemoteCandidate | Do::KeepLocalCandidate => {
                let limits = self.config.limits;
                leg.keep(action, with.take(), &limits);
            }
            Do::CloseMedia => self.close(call),
            Do::SendInvite | Do::SendAccept | Do::SendDescribe => {
                self.send_description(call, action, with.take())
            }
            Do::SendCandidate => self.send_candidate(call, with.take()),
            Do::SendKeptCandidates => self.send_kept_candidates(call),
            Do::SendRinging => self.send(ToSwitchboard::Ringing { call }),
            Do::SendReject => self.send(ToSwitchboard::Reject { call, busy: false }),
            Do::SendRejectBusy => self.send(ToSwitchboard::Reject { call, busy: true }),
            Do::SendRejectMerged => {
                // If their call is here already, the app decides about it by itself.
                if let Some(With::Into(into)) = with.take()
                    && !self.legs.contains_key(&into)
                {
                    self.ended.insert(into, ());
                    self.send(ToSwitchboard::Reject { call: into, busy: false });
                }
            }
            Do::SendCancel => self.send(ToSwitchboard::Cancel { call }),
            Do::SendHangUp => {
                let reason = leg.reason.unwrap_or(EndReason::HUNG_UP);
                self.send(ToSwitchboard::HangUp { call, reason });
            }
            Do::KeepMute => {
                if let Some(With::Flag(muted)) = *with {
                    leg.muted = muted;
                }
            }
            Do::SendMute => {
                let muted = leg.muted;
                self.send(ToSwitchboard::Mute { call, muted });
            }
            Do::SendMuteIfMuted => {
                if leg.muted {
                    self.send(ToSwitchboard::Mute { call, muted: true });
                }
            }
            Do::SendHold => self.send(ToSwitchboard::Hold { call, held: true }),
            Do::SendResume => self.send(ToSwitchboard::Hold { call, held: false }),
            Do::SendAnnounce => {
                self.send(ToSwitchboard::Recording { call, action: RecordingAction::Announce })
            }
            Do::SendEndRecording => {
                self.send(ToSwitchboard::Recording { call, action: RecordingAction::End })
            }
            Do::SendNoticeShown => {
                if let Some(announcement) = leg.show_notices() {
                    self.send(ToSwitchboard::NoticeShown { call, announcement });
                }
            }
            Do::TellIncoming => {
                leg.told = true;
                let (from, display_name) = (leg.peer.clone(), leg.display_name.clone());
                self.tell(CallEvent::Incoming { call, from, display_name });
            }
            Do::Merge => self.merge(now, call, with.take()),
            Do::NoteRecording | Do::NoteLobby => self.note_recording(call, with.take()),
            Do::NoteMediaConnected => {
                leg.timers.media_setup = None;
                if !std::mem::replace(&mut leg.media_connected, true) {
                    self.tell(CallEvent::MediaConnected { call });
                }
            }
            Do::NoteSilence => {
                if let (Some(With::Since(since)), None) = (with.take(), leg.silent_since) {
                    leg.silent_since = Some(since);
                    leg.timers.reconnect = Some(since + self.config.reconnect_after);
                    leg.timers.media_lost = Some(since + self.config.media_lost_after);
                    if leg.timers.reconnect.is_some_and(|at| at <= now) {
                        leg.timers.reconnect = None;
                        self.tell_interrupted(call);
                    }
                }
            }
            Do::NoteSound => {
                leg.silent_since = None;
                leg.timers.reconnect = None;
                leg.timers.media_lost = None;
                if std::mem::take(&mut leg.interrupted) {
                    self.tell(CallEvent::MediaRestored { call });
                }
            }
            Do::TellInterrupted => self.tell_interrupted(call),
            Do::TellWaking => self.tell(CallEvent::Waking { call }),
            Do::TellMuted | Do::TellPeerLink | Do::TellNoticeAcknowledged | Do::TellProblem => {
                self.tell_simply(call, action, with.take());
            }
            Do::StartRingTimer => {
                let due = now + self.config.no_answer + self.config.backstop;
                leg.timers.ring = leg.timers.ring.or(Some(due));
            }
            Do::StartSetupTimer => leg.timers.setup = Some(now + self.config.setup_timeout),
            Do::StopSetupTimer => leg.timers.setup = None,
            Do::Settle => {
                leg.timers.ring = None;
                leg.timers.setup = None;
                if !leg.media_connected {
                    leg.timers.media_setup = Some(now + self.config.media_setup);
                }
            }
            Do::StartLeavingTimer => {
                leg.timers = super::leg::Timers::default();
                leg.timers.leaving = Some(now + self.config.disconnecting);
            }
            Do::Because(reason) => leg.reason = Some(reason),
            Do::BecauseTold => {
                if let Some(With::Reason(reason)) = with.take() {
                    leg.reason = Some(reason);
                }
            }
            Do::BecauseNoWord => {
                let reason = if self.link_up { EndReason::SETUP_TIMEOUT } else { EndReason::OWN_OFFLINE };
                leg.reason = Some(reason);
            }
            Do::BecauseMediaFailed => {
                let was_there = leg.media_connected;
                leg.reason =
                    Some(if was_there { EndReason::MEDIA_LOST } else { EndReason::MEDIA_NOT_ESTABLISHED });
            }
        }
    }

    fn tell_interrupted(&mut self, call: CallId) {
        if let Some(leg) = self.legs.get_mut(&call) {
            leg.interrupted = true;
            self.tell(CallEvent::MediaInterrupted { call });
        }
    }

    /// Tells what needs no more thought; how the other side is, only when that changed.
    fn tell_simply(&mut self, call: CallId, action: Do, with: Option<With>) {
        let Some(leg) = self.legs.get_mut(&call) else { return };
        let event = match (action, with) {
            (Do::TellMuted, Some(With::Flag(muted))) if leg.peer_muted != muted => {
                leg.peer_muted = muted;
                CallEvent::RemoteMuted { call, muted }
            }
            (Do::TellPeerLink, Some(With::Flag(up))) if leg.peer_link_down == up => {
                leg.peer_link_down = !up;
                CallEvent::PeerLink { call, up }
            }
            (Do::TellNoticeAcknowledged, Some(With::By(by))) => CallEvent::NoticeAcknowledged { call, by },
            (Do::TellProblem, Some(With::Problem(code))) => CallEvent::Problem { call, code },
            _ => return,
        };
        self.tell(event);
    }

    /// Opens the main session; as the answerer, with everything of the caller's that waited for it.
    fn open(&mut self, call: CallId, offerer: bool) {
        let Some(leg) = self.legs.get_mut(&call) else { return };
        let main = leg.main();
        main.open = true;
        let offer = main.offer.take();
        let candidates = std::mem::take(&mut main.remote_candidates);
        let session = MediaSessionId::MAIN;
        self.outputs.push_back(EndpointOutput::OpenMedia { call, session, offerer });
        if let Some(description) = offer {
            let newest = description.revision;
            self.outputs.push_back(EndpointOutput::RemoteDescription { call, description });
            self.outputs.extend(candidates.into_iter().filter(|waited| waited.revision == newest).map(
                |Candidate { revision, candidate }| EndpointOutput::RemoteCandidate {
                    call,
                    session,
                    revision,
                    candidate,
                },
            ));
        }
    }

    fn give(&mut self, call: CallId, with: Option<With>) {
        let Some(leg) = self.legs.get_mut(&call) else { return };
        let description = match with {
            Some(With::Description(description)) => description,
            // The answer may belong to an offer that we have replaced meanwhile; its own answer follows.
            Some(With::Answer(Some(description))) => {
                let is_answer = description.kind == DescriptionKind::Answer;
                if !is_answer
                    || description.session != MediaSessionId::MAIN
                    || !leg.main().note_remote(&description, true)
                {
                    return;
                }
                description
            }
            _ => return,
        };
        let session = leg.sessions.entry(description.session).or_default();
        if !std::mem::replace(&mut session.open, true) {
            let session = description.session;
            self.outputs.push_back(EndpointOutput::OpenMedia { call, session, offerer: false });
        }
        self.outputs.push_back(EndpointOutput::RemoteDescription { call, description });
    }

    fn give_candidate(&mut self, call: CallId, with: Option<With>) {
        let Some(With::Candidate { session, revision, candidate }) = with else { return };
        let Some(leg) = self.legs.get(&call) else { return };
        if leg.sessions.get(&session).is_some_and(|known| known.open && known.fits_remote(revision)) {
            self.outputs.push_back(EndpointOutput::RemoteCandidate { call, session, revision, candidate });
        }
    }

    fn close(&mut self, call: CallId) {
        let Some(leg) = self.legs.get_mut(&call) else { return };
        for (session, known) in &mut leg.sessions {
            if std::mem::take(&mut known.open) {
                self.outputs.push_back(EndpointOutput::CloseMedia { call, session: *session });
            }
        }
    }

    fn send_description(&mut self, call: CallId, action: Do, with: Option<With>) {
        let Some(With::Description(description)) = with else { return };
        let Some(leg) = self.legs.get(&call) else { return };
        let message = match action {
            Do::SendInvite => ToSwitchboard::Invite {
                call,
                to: leg.peer.clone(),
                display_name: leg.display_name.clone(),
                description,
            },
            Do::SendAccept => ToSwitchboard::Accept { call, description },
            _ => ToSwitchboard::Describe { call, description },
        };
        self.send(message);
    }

    fn send_candidate(&mut self, call: CallId, with: Option<With>) {
        let Some(With::Candidate { session, revision, candidate }) = with else { return };
        let limits = self.config.limits;
        let known = self.legs.get_mut(&call).and_then(|leg| leg.sessions.get_mut(&session));
        if known.is_some_and(|known| known.may_send(revision, &limits)) {
            self.send(ToSwitchboard::Candidate { call, session, revision, candidate });
        }
    }

    fn send_kept_candidates(&mut self, call: CallId) {
        let Some(leg) = self.legs.get_mut(&call) else { return };
        let session = MediaSessionId::MAIN;
        for Candidate { revision, candidate } in std::mem::take(&mut leg.main().local_candidates) {
            self.send_candidate(call, Some(With::Candidate { session, revision, candidate }));
        }
    }

    /// The app's call goes on as `into`, which is answered without asking: both sides wanted to talk.
    fn merge(&mut self, now: Instant, call: CallId, with: Option<With>) {
        let Some(With::Into(into)) = with else { return };
        let muted = match self.legs.get_mut(&call) {
            Some(leg) => {
                // `Replaced` is its last word.
                leg.told = false;
                leg.muted
            }
            None => return,
        };
        let Some(leg) = self.legs.get_mut(&into) else { return };
        leg.told = true;
        leg.muted |= muted;
        self.tell(CallEvent::Replaced { call, by: into });
        self.quietly(now, into, On::MergedInto, With::Nothing);
    }

    fn note_recording(&mut self, call: CallId, with: Option<With>) {
        let Some(leg) = self.legs.get_mut(&call) else { return };
        let (by, state, announcement, asked_again) = match with {
            Some(With::Recording { state, by, announcement }) => (by, state, announcement, false),
            Some(With::Lobby { by, announcement }) => (by, RecordingState::Active, announcement, true),
            _ => return,
        };
        let limit = self.config.limits.sessions;
        if leg.recordings.len() >= limit && !leg.recordings.contains_key(&by) {
            return;
        }
        let before = leg.recordings.get(&by).copied();
        let same_announcement = before.is_some_and(|before| before.announcement == announcement);
        let recording = Recording {
            state,
            announcement,
            notice_shown: same_announcement
                && !asked_again
                && before.is_some_and(|before| before.notice_shown),
        };
        leg.recordings.insert(by.clone(), recording);
        let repeated = same_announcement && before.is_some_and(|before| before.state == state);
        let notice_due = !leg.is_own(&by) && recording.runs() && !recording.notice_shown;
        if !repeated {
            self.tell(CallEvent::Recording { call, state, by: by.clone() });
        }
        let newly_announced = state == RecordingState::Announced && !repeated;
        if notice_due && (newly_announced || asked_again) {
            self.tell(CallEvent::NoticeRequired { call, by });
        }
    }
}

impl LegData {
    /// Keeps what cannot be passed on yet.
    fn keep(&mut self, action: Do, with: Option<With>, limits: &crate::Limits) {
        match (action, with) {
            (Do::KeepOffer, Some(With::Description(description)))
                if description.session == MediaSessionId::MAIN =>
            {
                self.main().keep_offer(description);
            }
            (_, Some(With::Candidate { session, revision, candidate }))
                if session == MediaSessionId::MAIN =>
            {
                let candidate = Candidate { revision, candidate };
                if action == Do::KeepRemoteCandidate {
                    self.main().keep_remote_candidate(candidate, limits);
                } else {
                    self.main().keep_local_candidate(candidate, limits);
                }
            }
            _ => {}
        }
    }

    /// Notes that all notices were shown; gives the highest announcement among them.
    fn show_notices(&mut self) -> Option<u32> {
        let due = self.notice_due();
        let peer = self.peer.clone();
        for (by, recording) in &mut self.recordings {
            if *by == peer && recording.runs() {
                recording.notice_shown = true;
            }
        }
        due
    }
}
