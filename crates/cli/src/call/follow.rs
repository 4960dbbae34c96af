//! One call from its beginning to its end.

use super::open::call_failure;
use crate::exit::Failure;
use crate::session::{Moment, Session};
use liaison_engine::{
    Call, CallDirection, CallHandle, CallState, CallStatistics, EndReason, Event, MediaState, OperationId,
    RecordingState,
};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long the other side may take to confirm that we hung up.
const HANG_UP: Duration = Duration::from_secs(5);

/// A call that is over.
#[derive(Debug, Clone)]
pub struct EndedCall {
    /// `outgoing` or `incoming`.
    pub direction: &'static str,
    /// The other side's raw id.
    pub remote: String,
    /// Why it ended.
    pub reason: EndReason,
    /// From the answer to the end; `None` when it was never answered.
    pub connected_for: Option<Duration>,
    /// The last figures.
    pub statistics: CallStatistics,
    /// Why there is no recording, when one was wanted.
    not_recorded: Option<String>,
    /// This side hung up.
    hung_up: bool,
}

impl EndedCall {
    /// How the program is to end.
    pub fn outcome(&self) -> Result<(), Failure> {
        let reason = self.reason;
        let answered = self.connected_for.is_some();
        if self.hung_up || reason == EndReason::HUNG_UP {
            return match &self.not_recorded {
                Some(text) if answered => Err(Failure::NotRecorded(text.clone())),
                _ => Ok(()),
            };
        }
        match reason.code {
            401 | 495 => Err(Failure::Token(reason.to_string())),
            _ if answered => Err(Failure::BrokeOff(reason)),
            _ => Err(Failure::Refused(reason)),
        }
    }
}

/// A call under way.
struct Following<'a> {
    session: &'a mut Session,
    call: Call,
    record_to: Option<PathBuf>,
    seconds: Option<Duration>,
    announcement: Option<OperationId>,
    not_recorded: Option<String>,
    connected_at: Option<Instant>,
    first_audio_noted: bool,
    hung_up_at: Option<Instant>,
    ended: Option<EndReason>,
}

/// Follows a call to its end. `record_to`: the WAV file for what is heard; `seconds`: when to hang up after the answer.
pub fn follow(
    session: &mut Session,
    call: Call,
    record_to: Option<PathBuf>,
    seconds: Option<Duration>,
) -> Result<EndedCall, Failure> {
    let mut following = Following {
        session,
        call,
        record_to,
        seconds,
        announcement: None,
        not_recorded: None,
        connected_at: None,
        first_audio_noted: false,
        hung_up_at: None,
        ended: None,
    };
    while following.ended.is_none() {
        if let Some(event) = following.session.next()? {
            following.event(event)?;
        }
        following.times()?;
    }
    following.finish()
}

impl Following<'_> {
    fn event(&mut self, event: Event) -> Result<(), Failure> {
        let ours = self.call.handle();
        let number = ours.0;
        match event {
            Event::CallState { call, state, reason } if call == ours => self.state(state, reason)?,
            Event::Media { call, state } if call == ours => {
                self.note(Moment::Media { call: number, state: media_state(state) });
                if state == MediaState::Connected {
                    self.announce();
                }
            }
            Event::MediaProblem { call, text } if call == ours => self.note(Moment::Problem { text }),
            Event::RemoteMuted { call, muted } if call == ours => {
                self.note(Moment::RemoteMuted { call: number, muted });
            }
            Event::NoticeRequired { call, by } if call == ours => {
                // Printed and pushed out: only then may it be said that the notice was shown.
                self.note(Moment::RecordingNotice { call: number, by });
                if let Err(error) = self.call.notice_shown() {
                    self.note(Moment::Problem { text: error.to_string() });
                }
            }
            Event::Recording { call, state, by } if call == ours => {
                self.note(Moment::Recording { call: number, state: recording_state(state), by });
            }
            Event::Statistics { call, statistics } if call == ours => {
                self.first_audio(&statistics);
                self.note(Moment::statistics(number, &statistics));
            }
            Event::OperationDone { operation, result } if Some(operation) == self.announcement => {
                self.announcement = None;
                if let Err(error) = result {
                    self.not_recorded(error.to_string());
                }
            }
            Event::OperationDone { result, .. } => self.session.note_failed(result),
            Event::IncomingCall { call, caller, .. } => self.decline(call, caller),
            _ => {}
        }
        Ok(())
    }

    fn note(&mut self, moment: Moment) {
        self.session.timeline.note(moment);
    }

    fn state(&mut self, state: CallState, reason: Option<EndReason>) -> Result<(), Failure> {
        let call = self.call.handle().0;
        match state {
            CallState::Disconnected => {
                let reason = reason.unwrap_or(EndReason::HUNG_UP);
                self.ended = Some(reason);
                return Ok(());
            }
            CallState::Connected if self.connected_at.is_none() => {
                self.connected_at = Some(Instant::now());
                self.note(Moment::State { call, state: state_name(state) });
            }
            _ => self.note(Moment::State { call, state: state_name(state) }),
        }
        Ok(())
    }

    /// `--out`, as soon as there is something to hear: the other side is told, and the engine writes once it
    /// has shown so.
    fn announce(&mut self) {
        let Some(path) = self.record_to.take() else { return };
        match self.call.record_to(path) {
            Ok(operation) => self.announcement = Some(operation),
            Err(error) => self.not_recorded(call_failure(error).to_string()),
        }
    }

    fn not_recorded(&mut self, text: String) {
        self.note(Moment::NotRecorded { call: self.call.handle().0, text: text.clone() });
        self.not_recorded = Some(text);
    }

    fn first_audio(&mut self, statistics: &CallStatistics) {
        if let Some(after) = statistics.first_audio
            && !self.first_audio_noted
        {
            self.first_audio_noted = true;
            let after_ms = after.as_secs_f64() * 1e3;
            self.note(Moment::FirstAudio { call: self.call.handle().0, after_ms });
        }
    }

    /// One call at a time.
    fn decline(&mut self, call: CallHandle, caller: String) {
        let declined = self.session.engine.call_agent().incoming_call(call).and_then(|call| call.reject());
        match declined {
            Ok(_) => self.note(Moment::Declined { call: call.0, caller }),
            Err(error) => self.note(Moment::Problem { text: error.to_string() }),
        }
    }

    /// What is due by the clock or by Ctrl-C.
    fn times(&mut self) -> Result<(), Failure> {
        if let Some(at) = self.hung_up_at {
            if at.elapsed() > HANG_UP {
                self.ended = Some(EndReason::HUNG_UP);
            }
            return Ok(());
        }
        let over = self.connected_at.zip(self.seconds);
        let over = over.is_some_and(|(since, seconds)| since.elapsed() >= seconds);
        if over || self.session.interrupt.wanted() {
            self.hung_up_at = Some(Instant::now());
            if let Err(error) = self.call.hang_up() {
                self.note(Moment::Problem { text: error.to_string() });
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<EndedCall, Failure> {
        let connected_for = self.connected_at.map(|since| since.elapsed());
        // The last figures come with the end; a call hung up without an answer has its older ones.
        let snapshot = self.call.snapshot().map_err(call_failure)?;
        self.first_audio(&snapshot.statistics);
        let reason = self.ended.unwrap_or(EndReason::HUNG_UP);
        self.note(Moment::Ended {
            call: self.call.handle().0,
            code: reason.code,
            sub_code: reason.sub_code,
            text: reason.text().to_owned(),
        });
        Ok(EndedCall {
            direction: match snapshot.direction {
                CallDirection::Outgoing => "outgoing",
                CallDirection::Incoming => "incoming",
            },
            remote: snapshot.remote,
            reason,
            connected_for,
            statistics: snapshot.statistics,
            not_recorded: self.not_recorded,
            hung_up: self.hung_up_at.is_some(),
        })
    }
}

fn state_name(state: CallState) -> &'static str {
    match state {
        CallState::None => "none",
        CallState::Connecting => "connecting",
        CallState::Ringing => "ringing",
        CallState::EarlyMedia => "early_media",
        CallState::Connected => "connected",
        CallState::LocalHold => "local_hold",
        CallState::RemoteHold => "remote_hold",
        CallState::InLobby => "in_lobby",
        CallState::Disconnecting => "disconnecting",
        CallState::Disconnected => "disconnected",
    }
}

fn media_state(state: MediaState) -> &'static str {
    match state {
        MediaState::Connected => "connected",
        MediaState::Interrupted => "interrupted",
        MediaState::Restored => "restored",
    }
}

fn recording_state(state: RecordingState) -> &'static str {
    match state {
        RecordingState::Announced => "announced",
        RecordingState::Active => "active",
        RecordingState::Refused => "refused",
        RecordingState::Ended => "ended",
    }
}
