use std::collections::BTreeSet;
use std::time::Duration;

use liaison_engine::{
    AudioDevice, CallHandle, CallStatistics, ChatResult, DeviceSide, EndReason, EventSequence,
    OperationError, OperationId,
};

use super::*;
use crate::status;

/// What C reads of a text.
fn read(text: liaison_str) -> String {
    // SAFETY: every text shown below outlives its check.
    unsafe { crate::convert::field(text) }.unwrap().to_owned()
}

fn shown(event: &Event) -> (liaison_event, String) {
    let mut text = String::new();
    (view(event, &mut text, &mut ChatScratch::default()).expect("C has words for it"), text)
}

fn headset() -> AudioDevice {
    AudioDevice { id: "usb:1".into(), name: "Headset".into(), side: DeviceSide::Capture, is_default: true }
}

fn lost(to: Option<DeviceName>) -> Event {
    let from = Some(DeviceName { id: "usb:1".into(), name: "Headset".into() });
    Event::AudioRouteChanged { side: DeviceSide::Playout, from, to, cause: RouteCause::Lost }
}

#[test]
fn a_change_of_device_or_route_names_what_it_is_about() {
    let event = Event::AudioDevicesUpdated { change: AudioDeviceChange::DefaultChanged, device: headset() };
    let (shown_device, _) = shown(&event);
    // SAFETY: the kind is AudioDevice.
    let device = unsafe { shown_device.detail.audio_device };
    assert_eq!(device.change, liaison_device_change::DefaultChanged);
    assert_eq!((device.side as i32, device.is_default), (1, 1));
    assert_eq!((read(device.id), read(device.name)), ("usb:1".into(), "Headset".into()));

    let built_in = DeviceName { id: "pci:0".into(), name: "Built-in".into() };
    for (to, id) in [(Some(built_in), "pci:0"), (None, "")] {
        let event = lost(to);
        let (shown_route, _) = shown(&event);
        // SAFETY: the kind is AudioRoute.
        let route = unsafe { shown_route.detail.audio_route };
        assert_eq!((route.side as i32, route.cause), (2, liaison_route_cause::Lost));
        assert_eq!((read(route.from_id), read(route.to_id)), ("usb:1".into(), id.into()));
    }
}

fn typing() -> Event {
    let json = r#"{"thread":"19:a@thread.v2","at":5,"event":"typingIndicatorReceived","sender":"8:acs:r_a"}"#;
    Event::Chat(serde_json::from_str(json).unwrap())
}

#[test]
fn an_event_of_chat_says_where_and_who() {
    let (event, mut chat, mut text) = (typing(), ChatScratch::default(), String::new());
    let shown = view(&event, &mut text, &mut chat).unwrap();
    // SAFETY: the kind is ChatEvent.
    let typing = unsafe { shown.detail.chat_event };
    assert_eq!((typing.kind as i32, typing.sequence, typing.at_unix_ms), (4, 0, 5));
    assert_eq!((read(typing.thread), read(typing.by)), ("19:a@thread.v2".into(), "8:acs:r_a".into()));
    assert!(typing.message.is_null() && typing.receipt.is_null() && typing.participants.is_null());
}

#[test]
fn every_event_has_a_kind_of_its_own_and_says_which_call_it_is_about() {
    let call = CallHandle(7);
    let (by, text) = ("8:orgid:x".to_owned(), "words".to_owned());
    let done = Ok(Box::new(ChatResult::Done));
    let events = [
        (Event::ConnectionState { state: ConnectionState::Connected, text: text.clone() }, 0),
        (Event::OperationDone { operation: OperationId(3), result: Ok(()) }, 0),
        (Event::TokenExpiring { remaining: Duration::from_secs(1) }, 0),
        (Event::IncomingCall { call, caller: by.clone(), display_name: text.clone() }, 7),
        (Event::CallState { call, state: CallState::Ringing, reason: None }, 7),
        (Event::RemoteMuted { call, muted: true }, 7),
        (Event::NoticeRequired { call, by: by.clone() }, 7),
        (Event::Recording { call, state: RecordingState::Active, by }, 7),
        (Event::Media { call, state: MediaState::Connected }, 7),
        (Event::Device { side: DeviceSide::Playout, text }, 0),
        (Event::AudioDevicesUpdated { change: AudioDeviceChange::Added, device: headset() }, 0),
        (lost(None), 0),
        (Event::AudioSession { state: AudioSessionState::Interrupted }, 0),
        (Event::Statistics { call, statistics: Box::default() }, 7),
        (Event::Overflow { dropped: 9 }, 0),
        (Event::Poisoned, 0),
        (Event::Dtmf { call, tone: '#' }, 7),
        (Event::SpeakingChanged { call, speaking: true }, 7),
        (Event::DominantSpeakerChanged { call }, 7),
        (Event::AudioLevels { call, sent_dbov: 20, received_dbov: 127 }, 7),
        (typing(), 0),
        (Event::ChatMissed { thread: "19:a@thread.v2".parse().unwrap(), to: EventSequence(4) }, 0),
        (Event::ChatDone { operation: OperationId(3), client_id: None, result: done }, 0),
        (Event::ChatQueued { operation: OperationId(3), client_id: "knock-1".parse().unwrap() }, 0),
    ];
    let mut kinds = BTreeSet::new();
    for (event, call) in &events {
        let (shown, _) = shown(event);
        assert_eq!(shown.size, size_of::<liaison_event>());
        assert_eq!(shown.call, *call, "{event:?}");
        kinds.insert(shown.kind as i32);
    }
    assert_eq!(kinds, (1..=24).collect(), "one kind each, as the header numbers them");
}

#[test]
fn an_operation_says_how_it_went_in_a_status_and_in_words() {
    for (error, expected) in [
        (OperationError::TokenRefused("expired".into()), status::LIAISON_INVALID_TOKEN),
        (OperationError::UntrustedCertificate("self-signed".into()), status::LIAISON_UNTRUSTED),
        (OperationError::WrongState("it has ended".into()), status::LIAISON_INVALID_STATE),
        (OperationError::NotAcknowledged, status::LIAISON_TIMED_OUT),
        (OperationError::Device("it is gone".into()), status::LIAISON_DEVICE_ERROR),
        (OperationError::Cancelled, status::LIAISON_CANCELLED),
    ] {
        let words = error.to_string();
        let mut text = "left over".to_owned();
        let event = Event::OperationDone { operation: OperationId(3), result: Err(error) };
        let shown = view(&event, &mut text, &mut ChatScratch::default()).unwrap();
        assert_eq!(shown.operation, 3);
        // SAFETY: the kind is Operation.
        let operation = unsafe { shown.detail.operation };
        assert_eq!((operation.status, read(operation.text)), (expected, words));
    }
    let (done, _) = shown(&Event::OperationDone { operation: OperationId(4), result: Ok(()) });
    // SAFETY: the kind is Operation.
    let operation = unsafe { done.detail.operation };
    assert_eq!((operation.status, operation.text.length), (LIAISON_OK, 0));
}

#[test]
fn the_end_of_a_call_carries_its_code_and_words() {
    let reason = EndReason::FEDERATION_REFUSED;
    let event =
        Event::CallState { call: CallHandle(1), state: CallState::Disconnected, reason: Some(reason) };
    let (event, _) = shown(&event);
    // SAFETY: the kind is CallState.
    let state = unsafe { event.detail.call_state };
    assert_eq!(state.state, liaison_call_state::Disconnected);
    assert_eq!((state.code, state.sub_code), (403, 5223));
    assert_eq!(read(state.text), reason.text());
}

#[test]
fn figures_that_are_not_known_yet_are_minus_one() {
    let none = liaison_call_stats::from(&CallStatistics::default());
    assert_eq!([none.setup_us, none.first_audio_us, none.round_trip_us], [-1; 3]);
    assert_eq!([none.first_captured_us, none.first_played_us], [-1; 2]);
    let some = CallStatistics {
        setup: Some(Duration::from_millis(80)),
        first_captured_us: 5,
        packets_lost: -2,
        ..CallStatistics::default()
    };
    let some = liaison_call_stats::from(&some);
    assert_eq!((some.setup_us, some.first_captured_us, some.packets_lost), (80_000, 5, -2));
}
