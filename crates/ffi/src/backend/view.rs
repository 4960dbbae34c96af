//! An engine's event as C sees it.

use liaison_engine::{
    AudioDeviceChange, AudioSessionState, CallState, ConnectionState, DeviceName, Event, MediaState,
    RecordingState, RouteCause,
};

use super::chat_view::{ChatScratch, chat_event, chat_result};
use super::{operation_status, side as side_of};
use crate::chat_event::{liaison_chat_missed_event, liaison_chat_queued_event};
use crate::event::{
    liaison_audio_device_event, liaison_audio_levels_event, liaison_audio_route_event,
    liaison_audio_session_event, liaison_audio_session_state, liaison_call_state, liaison_call_state_event,
    liaison_connection_event, liaison_connection_state, liaison_device_change, liaison_device_event,
    liaison_dtmf_event, liaison_event, liaison_event_detail as Detail, liaison_event_kind as Kind,
    liaison_incoming_call_event, liaison_media_event, liaison_media_state, liaison_notice_required_event,
    liaison_operation_event, liaison_overflow_event, liaison_recording_event, liaison_recording_state,
    liaison_remote_muted_event, liaison_route_cause, liaison_speaking_changed_event,
    liaison_token_expiring_event,
};
use crate::stats::{liaison_call_stats, micros};
use crate::status::LIAISON_OK;
use crate::text::liaison_str;

/// The C struct of an event. Its texts point into `event`, or into `text`, which is written when the engine has
/// an error instead of a text; its lists into `chat`.
pub(crate) fn view(event: &Event, text: &mut String, chat: &mut ChatScratch) -> Option<liaison_event> {
    Some(match event {
        Event::ConnectionState { state, text } => {
            let state = match state {
                ConnectionState::Disconnected => liaison_connection_state::Disconnected,
                ConnectionState::Connecting => liaison_connection_state::Connecting,
                ConnectionState::Connected => liaison_connection_state::Connected,
            };
            let connection = liaison_connection_event { state, text: liaison_str::borrowed(text) };
            show(Kind::Connection, 0, Detail { connection })
        }
        Event::OperationDone { operation, result } => {
            text.clear();
            let status = match result {
                Ok(()) => LIAISON_OK,
                Err(error) => {
                    *text = error.to_string();
                    operation_status(error)
                }
            };
            let detail = liaison_operation_event { status, text: liaison_str::borrowed(text) };
            let shown = show(Kind::Operation, 0, Detail { operation: detail });
            liaison_event { operation: operation.0, ..shown }
        }
        Event::ChatDone { operation, client_id, result } => {
            let mut chat_result = chat_result(result, chat, text);
            chat_result.client_id =
                client_id.as_ref().map_or(liaison_str::EMPTY, |id| liaison_str::borrowed(id.as_str()));
            let shown = show(Kind::ChatResult, 0, Detail { chat_result });
            liaison_event { operation: operation.0, ..shown }
        }
        Event::ChatQueued { operation, client_id } => {
            let chat_queued =
                liaison_chat_queued_event { client_id: liaison_str::borrowed(client_id.as_str()) };
            let shown = show(Kind::ChatQueued, 0, Detail { chat_queued });
            liaison_event { operation: operation.0, ..shown }
        }
        Event::Chat(event) => show(Kind::ChatEvent, 0, Detail { chat_event: chat_event(event, chat)? }),
        Event::ChatMissed { thread, to } => {
            let thread = liaison_str::borrowed(thread.as_str());
            let chat_missed = liaison_chat_missed_event { thread, to: to.0 };
            show(Kind::ChatMissed, 0, Detail { chat_missed })
        }
        Event::TokenExpiring { remaining } => {
            let token_expiring = liaison_token_expiring_event { remaining_us: micros(*remaining) };
            show(Kind::TokenExpiring, 0, Detail { token_expiring })
        }
        Event::IncomingCall { call, caller, display_name } => {
            let incoming_call = liaison_incoming_call_event {
                caller: liaison_str::borrowed(caller),
                display_name: liaison_str::borrowed(display_name),
            };
            show(Kind::IncomingCall, call.0, Detail { incoming_call })
        }
        Event::CallState { call, state, reason } => {
            let call_state = liaison_call_state_event {
                state: call_state(*state),
                code: reason.map_or(0, |reason| u32::from(reason.code)),
                sub_code: reason.map_or(0, |reason| reason.sub_code),
                text: reason.map_or(liaison_str::EMPTY, |reason| liaison_str::borrowed(reason.text())),
            };
            show(Kind::CallState, call.0, Detail { call_state })
        }
        Event::RemoteMuted { call, muted } => {
            let remote_muted = liaison_remote_muted_event { muted: i32::from(*muted) };
            show(Kind::RemoteMuted, call.0, Detail { remote_muted })
        }
        Event::NoticeRequired { call, by } => {
            let notice_required = liaison_notice_required_event { by: liaison_str::borrowed(by) };
            show(Kind::NoticeRequired, call.0, Detail { notice_required })
        }
        Event::Recording { call, state, by } => {
            let state = match state {
                RecordingState::Announced => liaison_recording_state::Announced,
                RecordingState::Active => liaison_recording_state::Active,
                RecordingState::Refused => liaison_recording_state::Refused,
                RecordingState::Ended => liaison_recording_state::Ended,
            };
            let recording = liaison_recording_event { state, by: liaison_str::borrowed(by) };
            show(Kind::Recording, call.0, Detail { recording })
        }
        Event::Media { call, state } => {
            let state = match state {
                MediaState::Connected => liaison_media_state::Connected,
                MediaState::Interrupted => liaison_media_state::Interrupted,
                MediaState::Restored => liaison_media_state::Restored,
            };
            show(Kind::Media, call.0, Detail { media: liaison_media_event { state } })
        }
        Event::Device { side, text } => {
            let device = liaison_device_event { side: side_of(*side), text: liaison_str::borrowed(text) };
            show(Kind::Device, 0, Detail { device })
        }
        Event::Statistics { call, statistics } => {
            let statistics = liaison_call_stats::from(&**statistics);
            show(Kind::Statistics, call.0, Detail { statistics })
        }
        Event::Overflow { dropped } => {
            let overflow = liaison_overflow_event { dropped: *dropped };
            show(Kind::Overflow, 0, Detail { overflow })
        }
        Event::Dtmf { call, tone } => {
            // Of ASCII only.
            let dtmf = liaison_dtmf_event { tone: *tone as i32 };
            show(Kind::Dtmf, call.0, Detail { dtmf })
        }
        Event::SpeakingChanged { call, speaking } => {
            let speaking_changed = liaison_speaking_changed_event { speaking: i32::from(*speaking) };
            show(Kind::SpeakingChanged, call.0, Detail { speaking_changed })
        }
        Event::DominantSpeakerChanged { call } => {
            let overflow = liaison_overflow_event { dropped: 0 };
            show(Kind::DominantSpeakerChanged, call.0, Detail { overflow })
        }
        Event::AudioLevels { call, sent_dbov, received_dbov } => {
            let audio_levels = liaison_audio_levels_event {
                sent_level_dbov: i32::from(*sent_dbov),
                received_level_dbov: i32::from(*received_dbov),
            };
            show(Kind::AudioLevels, call.0, Detail { audio_levels })
        }
        Event::AudioDevicesUpdated { change, device } => {
            let change = match change {
                AudioDeviceChange::Added => liaison_device_change::Added,
                AudioDeviceChange::Removed => liaison_device_change::Removed,
                AudioDeviceChange::DefaultChanged => liaison_device_change::DefaultChanged,
            };
            let audio_device = liaison_audio_device_event {
                change,
                side: side_of(device.side),
                is_default: i32::from(device.is_default),
                id: liaison_str::borrowed(&device.id),
                name: liaison_str::borrowed(&device.name),
            };
            show(Kind::AudioDevice, 0, Detail { audio_device })
        }
        Event::AudioRouteChanged { side, from, to, cause } => {
            let cause = match cause {
                RouteCause::Lost => liaison_route_cause::Lost,
                RouteCause::Returned => liaison_route_cause::Returned,
                RouteCause::DefaultChanged => liaison_route_cause::DefaultChanged,
                _ => liaison_route_cause::Selected,
            };
            let texts = |device: &Option<DeviceName>| {
                device.as_ref().map_or((liaison_str::EMPTY, liaison_str::EMPTY), |device| {
                    (liaison_str::borrowed(&device.id), liaison_str::borrowed(&device.name))
                })
            };
            let ((from_id, from_name), (to_id, to_name)) = (texts(from), texts(to));
            let side = side_of(*side);
            let audio_route = liaison_audio_route_event { side, cause, from_id, from_name, to_id, to_name };
            show(Kind::AudioRoute, 0, Detail { audio_route })
        }
        Event::AudioSession { state } => {
            let state = match state {
                AudioSessionState::Inactive => liaison_audio_session_state::Inactive,
                AudioSessionState::Active => liaison_audio_session_state::Active,
                AudioSessionState::Interrupted => liaison_audio_session_state::Interrupted,
            };
            show(Kind::AudioSession, 0, Detail { audio_session: liaison_audio_session_event { state } })
        }
        Event::Poisoned => {
            show(Kind::Poisoned, 0, Detail { overflow: liaison_overflow_event { dropped: 0 } })
        }
        // A kind this interface has no words for yet.
        _ => return None,
    })
}

fn show(kind: Kind, call: u64, detail: Detail) -> liaison_event {
    liaison_event { size: size_of::<liaison_event>(), kind, call, operation: 0, detail }
}

/// The number C knows a state by.
pub(crate) fn call_state(state: CallState) -> liaison_call_state {
    match state {
        CallState::None => liaison_call_state::None,
        CallState::Connecting => liaison_call_state::Connecting,
        CallState::Ringing => liaison_call_state::Ringing,
        CallState::EarlyMedia => liaison_call_state::EarlyMedia,
        CallState::Connected => liaison_call_state::Connected,
        CallState::LocalHold => liaison_call_state::LocalHold,
        CallState::RemoteHold => liaison_call_state::RemoteHold,
        CallState::InLobby => liaison_call_state::InLobby,
        CallState::Disconnecting => liaison_call_state::Disconnecting,
        CallState::Disconnected => liaison_call_state::Disconnected,
    }
}

#[cfg(test)]
mod tests;
