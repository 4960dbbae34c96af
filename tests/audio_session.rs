//! A phone's call: its system lets the app use audio, interrupts it, sends it elsewhere; the call goes on throughout.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

mod common;

use std::time::{Duration, Instant};

use common::{End, World, connect};
use liaison_engine::{
    AudioConfig, AudioSessionState, CallState, DeviceManagerError, Engine, Event, OperationError,
};

fn session(end: &mut End, wanted: AudioSessionState) {
    end.expect(&format!("{wanted:?}"), |event| match event {
        Event::AudioSession { state } if *state == wanted => Some(()),
        _ => None,
    });
}

/// The app's audio callback for so long: what it hears in the last half of it, as the mean square.
fn hear(end: &End, ms: u64) -> f32 {
    let port = end.engine.audio_port().unwrap();
    let (began, mut sum, mut count) = (Instant::now(), 0.0, 0_u32);
    for n in 0..ms / 10 {
        let mut out = [0.0_f32; 480];
        port.push(&[0.1; 480], liaison_engine::monotonic_us()).unwrap();
        port.pull(&mut out, liaison_engine::monotonic_us()).unwrap();
        if n * 20 >= ms {
            sum += out.iter().map(|sample| sample * sample).sum::<f32>();
            count += 480;
        }
        std::thread::sleep(Duration::from_millis((n + 1) * 10).saturating_sub(began.elapsed()));
    }
    sum / count as f32
}

#[test]
fn a_call_goes_on_while_audio_is_not_active_interrupted_resumed_and_sent_elsewhere() {
    let world = World::federated();
    let mut config = world.config();
    config.audio = AudioConfig::External;
    config.audio_starts_inactive = true;
    let mut phone = world.signed_in(config, &world.app_user().1);
    let mut staff = world.signed_in(world.config(), &world.staff().1);
    let (outgoing, answered) = connect(&mut phone, &mut staff);
    let manager = phone.engine.device_manager();
    let loud = |level: f32| level > 0.001;

    // What the app does before its system allows audio is without effect, and no fault.
    assert!(!loud(hear(&phone, 1_000)));
    let port = phone.engine.audio_port().unwrap().stats();
    assert_eq!((port.capture.callbacks, port.playout.underruns), (0, 0));
    assert_eq!(answered.snapshot().unwrap().statistics.packets_received, 0, "nothing is sent either");

    manager.activate_audio().unwrap();
    session(&mut phone, AudioSessionState::Active);
    assert!(loud(hear(&phone, 3_000)), "what the other side says is heard");

    manager.audio_interrupted().unwrap();
    session(&mut phone, AudioSessionState::Interrupted);
    hear(&phone, 300);
    let sent = outgoing.snapshot().unwrap().statistics.packets_sent;
    assert!(!loud(hear(&phone, 4_000)));
    let figures = outgoing.snapshot().unwrap().statistics;
    assert!(figures.packets_sent <= sent + 75, "sent {sent}, then {}", figures.packets_sent);

    manager.audio_resumed().unwrap();
    session(&mut phone, AudioSessionState::Active);
    assert!(loud(hear(&phone, 2_000)), "it is heard again");

    manager.audio_route_changed().unwrap();
    assert!(loud(hear(&phone, 2_000)), "and on the headset");
    for call in [&outgoing, &answered] {
        assert_eq!(call.snapshot().unwrap().state, CallState::Connected);
    }

    manager.deactivate_audio().unwrap();
    session(&mut phone, AudioSessionState::Inactive);
    hear(&phone, 300);
    assert!(!loud(hear(&phone, 500)));
    // A phone's devices are its system's.
    assert!(matches!(manager.select_speaker(None), Err(DeviceManagerError::WrongMode(_))));
    outgoing.hang_up().unwrap();
    phone.ended(&outgoing);
}

#[test]
fn a_device_that_is_not_there_is_the_operations_outcome_and_no_audio_has_none() {
    let world = World::federated();
    let mut end = End::new(Engine::new(world.config()).unwrap());
    let operation = end.engine.device_manager().select_microphone(Some("no such device")).unwrap();
    let outcome = end.outcome(operation);
    assert!(matches!(&outcome, Err(OperationError::Device(text)) if !text.is_empty()), "{outcome:?}");
    let operation = end.engine.device_manager().select_microphone(None).unwrap();
    assert_eq!(end.outcome(operation), Ok(()), "the default may come later");
    assert_eq!(end.engine.device_manager().current_microphone(), None, "no call needs it");

    let mut config = world.config();
    config.audio = AudioConfig::None;
    let silent = Engine::new(config).unwrap();
    assert!(matches!(silent.device_manager().activate_audio(), Err(DeviceManagerError::WrongMode(_))));
}
