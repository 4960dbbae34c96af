//! The calls: between the app's handles and the signalling core.

use std::time::Instant;

use liaison_identity::RawId;
use liaison_link::{Body, CommandId};
use liaison_media::DtmfTones;
use liaison_signaling::{
    CallEvent, CallId, CallState, Command, EndReason, EndpointInput, EndpointOutput, RecordingState as Wire,
};

use super::CallCommand;
use super::run::Control;
use crate::event::{CallHandle, Event, MediaState, OperationError, OperationId, RecordingState};
use crate::media_thread::Change;
use crate::recording::Recorder;
use crate::registry::CallDirection;

pub(super) struct CallEntry {
    pub(super) handle: CallHandle,
    /// The other side, so that a recording of its own is told from one of ours.
    remote: String,
    /// When this side started or accepted the call.
    pub(super) started: Instant,
    pub(super) muted: bool,
    pub(super) held: bool,
    announcement: Option<OperationId>,
    /// Waits for everyone's acknowledgement, and then for the sound.
    recorder: Option<Box<Recorder>>,
    /// Everyone has acknowledged our recording.
    recording: bool,
    /// Its last word, kept back until its media has been closed and its figures are known.
    ended: Option<Option<EndReason>>,
}

impl CallEntry {
    fn new(handle: CallHandle, remote: &RawId, now: Instant) -> Self {
        Self {
            handle,
            remote: remote.to_string(),
            started: now,
            muted: false,
            held: false,
            announcement: None,
            recorder: None,
            recording: false,
            ended: None,
        }
    }
}

impl Control {
    pub(super) fn start_call(&mut self, now: Instant, handle: CallHandle, to: RawId) {
        let call = self.endpoint.next_call_id();
        self.calls.insert(call, CallEntry::new(handle, &to, now));
        let start = Command::Start { call, to, display_name: String::new() };
        if let Err(error) = self.endpoint.handle(now, EndpointInput::App(start)) {
            tracing::warn!(%error, "the call could not be started");
            self.ended(call, Some(EndReason::TOO_MANY_CALLS));
        }
    }

    pub(super) fn carry_out(
        &mut self,
        now: Instant,
        call: CallId,
        operation: OperationId,
        command: CallCommand,
    ) {
        let core = match &command {
            CallCommand::Accept => Command::Accept { call },
            CallCommand::Reject => Command::Reject { call },
            CallCommand::HangUp => Command::HangUp { call },
            CallCommand::Mute(muted) => Command::Mute { call, muted: *muted },
            CallCommand::Hold => Command::Hold { call },
            CallCommand::Resume => Command::Resume { call },
            CallCommand::AnnounceRecording(_) => Command::AnnounceRecording { call },
            CallCommand::EndRecording => Command::EndRecording { call },
            CallCommand::NoticeShown => Command::NoticeShown { call },
            CallCommand::SendDtmf(tones) => {
                let result = self.send_keys(call, *tones);
                self.done(operation, result);
                return;
            }
        };
        if let Err(error) = self.endpoint.handle(now, EndpointInput::App(core)) {
            tracing::info!(%error, command = command.name(), "refused");
            self.done(operation, Err(OperationError::WrongState(error.to_string())));
            return;
        }
        let Some(entry) = self.calls.get_mut(&call) else { return };
        match command {
            CallCommand::Accept => entry.started = now,
            CallCommand::Mute(muted) => {
                entry.muted = muted;
                let handle = entry.handle;
                self.shared.registry.update(handle, |snapshot| snapshot.muted = muted);
                self.change_streams(call, || Change::Muted(muted));
            }
            CallCommand::AnnounceRecording(file) => {
                entry.recorder = file;
                // Done when everyone has acknowledged.
                if let Some(before) = entry.announcement.replace(operation) {
                    self.done(before, Err(OperationError::Cancelled));
                }
                return;
            }
            CallCommand::EndRecording => {
                entry.recording = false;
                self.stop_recorder(call);
            }
            _ => {}
        }
        self.done(operation, Ok(()));
    }

    fn send_keys(&self, call: CallId, tones: DtmfTones) -> Result<(), OperationError> {
        if !self.takes_keys(call) {
            let why = "no tones can be sent: the call is not connected, or the other side takes none";
            return Err(OperationError::WrongState(why.into()));
        }
        self.change_streams(call, || Change::Dtmf(tones));
        Ok(())
    }

    pub(super) fn endpoint_output(&mut self, now: Instant, output: EndpointOutput) {
        match output {
            EndpointOutput::Send { command, message } => {
                let sent = Body::new(&message).map_err(|error| error.to_string()).and_then(|body| {
                    self.wire.submit(now, CommandId(command), body).map_err(|error| error.to_string())
                });
                if let Err(error) = sent {
                    tracing::warn!(%error, "a message to the service was not taken");
                }
            }
            EndpointOutput::OpenMedia { call, session, offerer } => {
                self.open_media(now, call, session, offerer)
            }
            EndpointOutput::RemoteDescription { call, description } => {
                self.remote_description(call, description)
            }
            EndpointOutput::RemoteCandidate { call, session, revision, candidate } => {
                if let Some(entry) = self.media_of(call, session) {
                    entry.handle.add_candidate(revision, candidate);
                }
            }
            EndpointOutput::CloseMedia { call, session } => self.close_media(call, Some(session)),
            EndpointOutput::Event(event) => self.call_event(now, event),
            other => tracing::error!(?other, "an output this engine does not know"),
        }
    }

    fn call_event(&mut self, now: Instant, event: CallEvent) {
        match event {
            CallEvent::Incoming { call, from, display_name } => self.incoming(now, call, &from, display_name),
            CallEvent::State { call, state: CallState::Disconnected, reason } => self.ended(call, reason),
            CallEvent::State { call, state, reason } => self.state(call, state, reason),
            CallEvent::Replaced { call, by } => {
                // The app keeps its handle; the call goes on under the other id.
                if let Some(entry) = self.calls.remove(&call) {
                    self.calls.insert(by, entry);
                }
            }
            CallEvent::RemoteMuted { call, muted } => {
                self.tell_app(call, |call| Event::RemoteMuted { call, muted });
            }
            CallEvent::NoticeRequired { call, by } => {
                let by = by.to_string();
                self.tell_app(call, |call| Event::NoticeRequired { call, by });
            }
            CallEvent::Recording { call, state, by } => self.recording(call, state, by.to_string()),
            CallEvent::MediaConnected { call } => self.media_state(call, MediaState::Connected),
            CallEvent::MediaInterrupted { call } => self.media_state(call, MediaState::Interrupted),
            CallEvent::MediaRestored { call } => self.media_state(call, MediaState::Restored),
            // Without the scope for calls the sign-in stands: there may be others.
            CallEvent::Registered | CallEvent::NotRegistered { .. } => self.signed_in(),
            CallEvent::Problem { call, code } => {
                tracing::warn!(?code, "the service could not do what was asked of a call");
                self.fail_announcement(call, OperationError::WrongState("the service refused it".into()));
            }
            _ => {}
        }
    }

    pub(super) fn tell_app(&self, call: CallId, event: impl FnOnce(CallHandle) -> Event) {
        if let Some(entry) = self.calls.get(&call) {
            self.shared.queue.push(event(entry.handle));
        }
    }

    fn media_state(&self, call: CallId, state: MediaState) {
        self.tell_app(call, |call| Event::Media { call, state });
    }

    fn incoming(&mut self, now: Instant, call: CallId, from: &RawId, display_name: String) {
        let added = self.shared.registry.add(CallDirection::Incoming, from.to_string(), display_name.clone());
        let Some(handle) = added else {
            self.tell(now, EndpointInput::App(Command::Reject { call }));
            return;
        };
        self.calls.insert(call, CallEntry::new(handle, from, now));
        self.shared.queue.push(Event::IncomingCall { call: handle, caller: from.to_string(), display_name });
    }

    fn state(&mut self, call: CallId, state: CallState, reason: Option<EndReason>) {
        let Some(entry) = self.calls.get_mut(&call) else { return };
        let handle = entry.handle;
        let held = matches!(state, CallState::LocalHold | CallState::RemoteHold | CallState::InLobby);
        let changed = std::mem::replace(&mut entry.held, held) != held;
        self.shared.registry.update(handle, |snapshot| snapshot.state = state);
        self.shared.queue.push(Event::CallState { call: handle, state, reason });
        if changed {
            self.change_streams(call, || Change::Held(held));
        }
    }

    /// The call is over; the app hears of it once its media is closed.
    pub(super) fn ended(&mut self, call: CallId, reason: Option<EndReason>) {
        let Some(entry) = self.calls.get_mut(&call) else { return };
        entry.ended = Some(reason);
        if let Some(recorder) = entry.recorder.take() {
            // Announced but never active: nothing was written, nothing is left behind.
            tokio::task::spawn_blocking(move || recorder.discard());
        }
        self.fail_announcement(call, OperationError::WrongState("the call has ended".into()));
        self.close_media(call, None);
        self.report_end(call);
    }

    pub(super) fn report_end(&mut self, call: CallId) {
        if self.sessions.values().any(|session| session.call == call) {
            return;
        }
        let Some(reason) = self.calls.get(&call).and_then(|entry| entry.ended) else { return };
        let Some(entry) = self.calls.remove(&call) else { return };
        let state = CallState::Disconnected;
        self.shared.registry.update(entry.handle, |snapshot| {
            snapshot.state = state;
            snapshot.reason = reason;
        });
        self.shared.queue.push(Event::CallState { call: entry.handle, state, reason });
        if self.calls.is_empty() {
            self.devices.release();
        }
    }

    /// For signing out: no confirmation is waited for.
    pub(super) fn end_all_calls(&mut self) {
        let calls: Vec<CallId> = self.calls.keys().copied().collect();
        for call in calls {
            self.ended(call, Some(EndReason::HUNG_UP));
        }
    }

    fn recording(&mut self, call: CallId, state: Wire, by: String) {
        let Some(entry) = self.calls.get_mut(&call) else { return };
        let handle = entry.handle;
        let ours = by != entry.remote;
        let state = match state {
            Wire::None => return,
            Wire::Announced => RecordingState::Announced,
            Wire::Active => RecordingState::Active,
            Wire::Refused => RecordingState::Refused,
            Wire::Ended => RecordingState::Ended,
        };
        if ours {
            match state {
                RecordingState::Active => {
                    entry.recording = true;
                    let operation = entry.announcement.take();
                    self.start_recorder(call);
                    if let Some(operation) = operation {
                        self.done(operation, Ok(()));
                    }
                }
                RecordingState::Refused => self.fail_announcement(call, OperationError::NotAcknowledged),
                RecordingState::Ended => {
                    entry.recording = false;
                    self.stop_recorder(call);
                }
                RecordingState::Announced => {}
            }
        }
        self.shared.queue.push(Event::Recording { call: handle, state, by });
    }

    /// The recorder, once everyone has acknowledged.
    pub(super) fn take_recorder(&mut self, call: CallId) -> Option<Box<Recorder>> {
        self.calls.get_mut(&call).filter(|entry| entry.recording)?.recorder.take()
    }

    fn fail_announcement(&mut self, call: CallId, error: OperationError) {
        let Some(entry) = self.calls.get_mut(&call) else { return };
        if let Some(recorder) = entry.recorder.take() {
            tokio::task::spawn_blocking(move || recorder.discard());
        }
        if let Some(operation) = self.calls.get_mut(&call).and_then(|entry| entry.announcement.take()) {
            self.done(operation, Err(error));
        }
    }
}
