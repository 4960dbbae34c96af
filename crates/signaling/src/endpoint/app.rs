//! What the app asks for.

use std::time::Instant;

use liaison_identity::RawId;

use super::actions::With;
use super::leg::LegData;
use super::{Command, CommandError, Endpoint};
use crate::CallId;
use crate::table::leg::On;

impl Endpoint {
    pub(super) fn app(&mut self, now: Instant, command: Command) -> Result<(), CommandError> {
        let call = command.call();
        let (on, with) = match command {
            Command::Start { to, display_name, .. } => return self.start(now, call, to, display_name),
            Command::Accept { .. } => (On::AppAccept, With::Nothing),
            Command::Reject { .. } => (On::AppReject, With::Nothing),
            Command::HangUp { .. } => (On::AppHangUp, With::Nothing),
            Command::Mute { muted, .. } => (On::AppMute, With::Flag(muted)),
            Command::Hold { .. } => (On::AppHold, With::Nothing),
            Command::Resume { .. } => (On::AppResume, With::Nothing),
            Command::AnnounceRecording { .. } => (On::AppAnnounce, With::Nothing),
            Command::EndRecording { .. } => (On::AppEndRecording, With::Nothing),
            Command::NoticeShown { .. } => (On::AppNoticeShown, With::Nothing),
        };
        let leg = self.legs.get(&call).filter(|leg| leg.told).ok_or(CommandError::UnknownCall(call))?;
        if leg.state.joined() {
            match on {
                On::AppAnnounce if leg.records() => return Err(CommandError::AlreadyRecording),
                On::AppEndRecording if !leg.records() => return Err(CommandError::NotRecording),
                On::AppNoticeShown if leg.notice_due().is_none() => return Err(CommandError::NoNotice),
                _ => {}
            }
        }
        self.step(now, call, on, with)
    }

    fn start(
        &mut self,
        now: Instant,
        call: CallId,
        to: RawId,
        display_name: String,
    ) -> Result<(), CommandError> {
        if self.legs.contains_key(&call) || self.ended.get(call).is_some() {
            return Err(CommandError::IdInUse(call));
        }
        if self.legs.len() >= self.config.max_calls {
            return Err(CommandError::TooManyCalls(self.legs.len()));
        }
        let limit = self.config.limits.display_name_bytes;
        if display_name.len() > limit {
            return Err(CommandError::DisplayName(limit));
        }
        let display_name =
            if display_name.is_empty() { self.config.display_name.clone() } else { display_name };
        let mut leg = LegData::new(to, true, display_name);
        leg.told = true;
        self.legs.insert(call, leg);
        self.step(now, call, On::AppStart, With::Nothing)
    }
}
