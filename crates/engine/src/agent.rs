//! `CallAgent`, `Call` and `IncomingCall`: light handles on the engine's calls.

use std::path::PathBuf;
use std::sync::Arc;

use liaison_identity::{CommunicationIdentifier, RawId};
use tokio::sync::mpsc::error::TrySendError;

use crate::control::{CallCommand, Request};
use crate::engine::{Shared, Standing};
use crate::error::CallError;
use crate::event::{CallHandle, CallState, OperationId};
use crate::queue::MAX_OPERATIONS;
use crate::recording::Recorder;
use crate::registry::{CallDirection, CallSnapshot};
use liaison_media::DtmfTones;

/// Starts calls and finds them by handle.
#[derive(Clone)]
pub struct CallAgent {
    shared: Arc<Shared>,
}

impl CallAgent {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Calls the person named by a raw id: `8:orgid:<object id>` for a Teams user, `8:acs:<resource>_<user>` for an
    /// app's user. What becomes of it is told by [`Event::CallState`](crate::Event::CallState).
    ///
    /// # Errors
    /// A raw id that names nobody who can be called, too many calls, an engine that has stopped. A refusal by the
    /// service is no error here: the call ends with its reason.
    pub fn start_call(&self, to: &str) -> Result<Call, CallError> {
        let raw_id = RawId::new(to).map_err(|_| CallError::RawId(to.chars().take(64).collect()))?;
        match raw_id.identifier() {
            CommunicationIdentifier::CommunicationUser { .. }
            | CommunicationIdentifier::MicrosoftTeamsUser { .. } => {}
            other => return Err(CallError::NotCallable { kind: other.kind() }),
        }
        if self.shared.queue.is_poisoned() {
            return Err(CallError::Poisoned);
        }
        if self.shared.standing() != Standing::SignedIn {
            return Err(CallError::NotSignedIn);
        }
        let handle = self
            .shared
            .registry
            .add(CallDirection::Outgoing, to.to_owned(), String::new())
            .ok_or(CallError::TooMany { limit: 48 })?;
        let call = Call { shared: Arc::clone(&self.shared), handle };
        if let Err(error) = send(&self.shared, Request::Start { call: handle, to: raw_id }) {
            self.shared.registry.remove(handle);
            return Err(error);
        }
        Ok(call)
    }

    /// The call with this handle.
    ///
    /// # Errors
    /// There is none, or it ended some time ago.
    pub fn call(&self, handle: CallHandle) -> Result<Call, CallError> {
        self.shared.registry.get(handle).ok_or(CallError::NotFound)?;
        Ok(Call { shared: Arc::clone(&self.shared), handle })
    }

    /// The incoming call with this handle, to accept or reject.
    ///
    /// # Errors
    /// There is none, or it is an outgoing one.
    pub fn incoming_call(&self, handle: CallHandle) -> Result<IncomingCall, CallError> {
        let snapshot = self.shared.registry.get(handle).ok_or(CallError::NotFound)?;
        if snapshot.direction != CallDirection::Incoming {
            return Err(CallError::NotFound);
        }
        Ok(IncomingCall { call: Call { shared: Arc::clone(&self.shared), handle } })
    }

    /// The calls that have not ended, oldest first.
    pub fn calls(&self) -> Vec<CallHandle> {
        self.shared.registry.handles()
    }
}

pub(crate) fn send(shared: &Shared, request: Request) -> Result<(), CallError> {
    shared.requests.try_send(request).map_err(|error| match error {
        TrySendError::Full(_) => CallError::TooMany { limit: MAX_OPERATIONS },
        TrySendError::Closed(_) => CallError::Poisoned,
    })
}

/// A call. The handle stays valid for a while after the call has ended, so that its figures can be read.
#[derive(Clone)]
pub struct Call {
    shared: Arc<Shared>,
    handle: CallHandle,
}

impl Call {
    /// Names this call in events.
    pub fn handle(&self) -> CallHandle {
        self.handle
    }

    /// What is known of the call now.
    ///
    /// # Errors
    /// The call ended some time ago and is forgotten.
    pub fn snapshot(&self) -> Result<CallSnapshot, CallError> {
        self.shared.registry.get(self.handle).ok_or(CallError::NotFound)
    }

    fn command(&self, command: CallCommand) -> Result<OperationId, CallError> {
        let snapshot = self.snapshot()?;
        if self.shared.queue.is_poisoned() {
            return Err(CallError::Poisoned);
        }
        if snapshot.state == CallState::Disconnected {
            return Err(CallError::WrongState { command: command.name(), state: "Disconnected" });
        }
        let operation =
            self.shared.queue.begin_operation().ok_or(CallError::TooMany { limit: MAX_OPERATIONS })?;
        send(&self.shared, Request::Call { call: self.handle, operation, command }).inspect_err(|_| {
            self.shared.queue.cancel_operation();
        })?;
        Ok(operation)
    }

    /// Ends the call: cancels it when nobody has answered yet.
    ///
    /// # Errors
    /// It has ended already.
    pub fn hang_up(&self) -> Result<OperationId, CallError> {
        self.command(CallCommand::HangUp)
    }

    /// Stops or resumes sending the microphone; the other side is told.
    ///
    /// # Errors
    /// The call has ended.
    pub fn set_muted(&self, muted: bool) -> Result<OperationId, CallError> {
        self.command(CallCommand::Mute(muted))
    }

    /// Sends keypad tones to the other side as telephone events (RFC 4733), after those that are still being sent:
    /// `0` to `9`, `*`, `#`, `A` to `D`; `,` is a pause of 2 s; at most 32 at a time. Each takes 100 ms, with 70 ms
    /// between two. The operation is done when they are on their way; beyond 128 waiting they are dropped.
    ///
    /// # Errors
    /// There is none, one is no key, or there are too many; the call has ended. The operation fails when the call is
    /// not connected or the other side takes no tones.
    pub fn send_dtmf(&self, tones: &str) -> Result<OperationId, CallError> {
        self.command(CallCommand::SendDtmf(DtmfTones::parse(tones)?))
    }

    /// Puts the call on hold: nothing is sent or played, the other side is told.
    ///
    /// # Errors
    /// The call has ended.
    pub fn hold(&self) -> Result<OperationId, CallError> {
        self.command(CallCommand::Hold)
    }

    /// Takes the call off hold.
    ///
    /// # Errors
    /// The call has ended.
    pub fn resume(&self) -> Result<OperationId, CallError> {
        self.command(CallCommand::Resume)
    }

    /// Announces to everyone that this side will record. The operation is done once everyone has acknowledged, or
    /// fails after 10 s. Write no sample before.
    ///
    /// # Errors
    /// The call has ended.
    pub fn announce_recording(&self) -> Result<OperationId, CallError> {
        self.command(CallCommand::AnnounceRecording(None))
    }

    /// Announces, and once everyone has acknowledged writes what is heard to a WAV file (48 kHz, 16 bits, [`EngineConfig::channels`](crate::EngineConfig::channels))
    /// until the recording or the call ends.
    ///
    /// # Errors
    /// The call has ended, or the file cannot be written.
    pub fn record_to(&self, path: PathBuf) -> Result<OperationId, CallError> {
        let recorder = Recorder::create(&path, self.shared.devices.channels())?;
        self.command(CallCommand::AnnounceRecording(Some(Box::new(recorder))))
    }

    /// Ends this side's recording; everyone is told.
    ///
    /// # Errors
    /// The call has ended.
    pub fn end_recording(&self) -> Result<OperationId, CallError> {
        self.command(CallCommand::EndRecording)
    }

    /// Says that the notice of [`Event::NoticeRequired`](crate::Event::NoticeRequired) has been shown to the user.
    ///
    /// # Errors
    /// The call has ended.
    pub fn notice_shown(&self) -> Result<OperationId, CallError> {
        self.command(CallCommand::NoticeShown)
    }
}

/// A call that rings here.
#[derive(Clone)]
pub struct IncomingCall {
    call: Call,
}

impl IncomingCall {
    /// Names this call in events.
    pub fn handle(&self) -> CallHandle {
        self.call.handle
    }

    /// Who calls (raw id), and the name the service gave.
    ///
    /// # Errors
    /// The call ended some time ago and is forgotten.
    pub fn caller(&self) -> Result<(String, String), CallError> {
        self.call.snapshot().map(|snapshot| (snapshot.remote, snapshot.remote_display_name))
    }

    /// Answers it. The first device to answer wins.
    ///
    /// # Errors
    /// It no longer rings.
    pub fn accept(&self) -> Result<(Call, OperationId), CallError> {
        let operation = self.call.command(CallCommand::Accept)?;
        Ok((self.call.clone(), operation))
    }

    /// Declines it.
    ///
    /// # Errors
    /// It no longer rings.
    pub fn reject(&self) -> Result<OperationId, CallError> {
        self.call.command(CallCommand::Reject)
    }
}
