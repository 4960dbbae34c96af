//! A call under way: muted, held, recorded only after notice, hung up.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

mod common;

use std::time::Duration;

use common::{End, World, connect, eventually};
use liaison_engine::{
    Call, CallError, CallHandle, CallState, DtmfError, EndReason, Event, MediaState, OperationError,
    RecordingState,
};

fn recording(end: &mut End, call: CallHandle, wanted: RecordingState) {
    end.expect(&format!("recording {wanted:?}"), |event| match event {
        Event::Recording { call: of, state, .. } if *of == call && *state == wanted => Some(()),
        _ => None,
    });
}

fn notice(end: &mut End, call: &Call) -> String {
    end.expect("notice", |event| match event {
        Event::NoticeRequired { call: of, by } if *of == call.handle() => Some(by.clone()),
        _ => None,
    })
}

fn muted(end: &mut End, call: &Call, wanted: bool) {
    end.expect("mute", |event| match event {
        Event::RemoteMuted { call: of, muted } if *of == call.handle() && *muted == wanted => Some(()),
        _ => None,
    });
}

#[test]
fn sound_flows_both_ways_is_muted_and_held_and_ends_for_both() {
    let world = World::federated();
    let (mut kiosk, mut staff) = world.two_ends();
    let (outgoing, answered) = connect(&mut kiosk, &mut staff);
    for (end, call) in [(&mut kiosk, &outgoing), (&mut staff, &answered)] {
        end.expect("media", |event| match event {
            Event::Media { call: of, state: MediaState::Connected } if *of == call.handle() => Some(()),
            _ => None,
        });
        eventually("sound", || call.snapshot().unwrap().statistics.received_level_dbov < 40);
        let figures = call.snapshot().unwrap().statistics;
        assert!(figures.setup.is_some_and(|setup| setup < Duration::from_secs(20)), "{figures:?}");
        assert!(figures.first_audio.is_some() && figures.packets_sent > 0, "{figures:?}");
        assert!(figures.srtp_profile.is_some(), "encrypted: {figures:?}");
    }
    assert_eq!(outgoing.snapshot().unwrap().remote, common::staff_raw_id());

    outgoing.set_muted(true).unwrap();
    muted(&mut staff, &answered, true);
    eventually("silence", || answered.snapshot().unwrap().statistics.received_level_dbov > 90);
    outgoing.set_muted(false).unwrap();
    muted(&mut staff, &answered, false);

    outgoing.send_dtmf("0815#").unwrap();
    let mut keys = String::new();
    while keys.len() < 5 {
        keys.push(staff.expect("key", |event| match event {
            Event::Dtmf { call, tone } if *call == answered.handle() => Some(*tone),
            _ => None,
        }));
    }
    assert_eq!(keys, "0815#");
    assert_eq!(outgoing.send_dtmf("no"), Err(CallError::Dtmf(DtmfError::NoKey('n'))));
    // A tone that begins is taken for a voice until it has lasted.
    staff.expect("dominant speaker", |event| match event {
        Event::DominantSpeakerChanged { call } if *call == answered.handle() => Some(()),
        _ => None,
    });
    staff.expect("speech", |event| match event {
        Event::SpeakingChanged { call, speaking: true } if *call == answered.handle() => Some(()),
        _ => None,
    });

    answered.hold().unwrap();
    kiosk.state(outgoing.handle(), CallState::RemoteHold);
    staff.state(answered.handle(), CallState::LocalHold);
    answered.resume().unwrap();
    eventually("resumption", || outgoing.snapshot().unwrap().state == CallState::Connected);

    answered.hang_up().unwrap();
    assert_eq!(kiosk.ended(&outgoing), EndReason::HUNG_UP);
    assert_eq!(staff.ended(&answered), EndReason::HUNG_UP);
    let over = CallError::WrongState { command: "hang up", state: "Disconnected" };
    assert_eq!(outgoing.hang_up(), Err(over), "a call that is over says so");
}

#[test]
fn nothing_is_recorded_before_the_notice_was_shown_and_both_may_record() {
    let world = World::federated();
    let (mut kiosk, mut staff) = world.two_ends();
    let (outgoing, answered) = connect(&mut kiosk, &mut staff);
    eventually("sound", || outgoing.snapshot().unwrap().statistics.first_audio.is_some());
    let heard = world.folder.path().join("heard.wav");

    let recorded = outgoing.record_to(heard.clone()).unwrap();
    assert!(notice(&mut staff, &answered).starts_with("8:acs:"));
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(
        outgoing.snapshot().unwrap().statistics.first_recorded_us,
        0,
        "not a sample before the notice"
    );
    answered.notice_shown().unwrap();
    kiosk.outcome(recorded).unwrap();
    recording(&mut kiosk, outgoing.handle(), RecordingState::Active);
    recording(&mut staff, answered.handle(), RecordingState::Active);

    // The other side records as well, meanwhile.
    let other = answered.announce_recording().unwrap();
    assert_eq!(notice(&mut kiosk, &outgoing), common::staff_raw_id());
    outgoing.notice_shown().unwrap();
    staff.outcome(other).unwrap();

    std::thread::sleep(Duration::from_secs(2));
    outgoing.hang_up().unwrap();
    kiosk.ended(&outgoing);
    staff.ended(&answered);
    let samples = liaison_device::wav::read(&heard).unwrap();
    let loudest = samples.iter().fold(0.0_f32, |loudest, sample| loudest.max(sample.abs()));
    assert!(samples.len() > 48_000 && loudest > 0.05, "{} samples up to {loudest}", samples.len());
}

#[test]
fn a_recording_nobody_acknowledges_does_not_start_and_leaves_no_file() {
    let world = World::federated();
    let (mut kiosk, mut staff) = world.two_ends();
    let (outgoing, answered) = connect(&mut kiosk, &mut staff);
    let heard = world.folder.path().join("heard.wav");
    let recorded = outgoing.record_to(heard.clone()).unwrap();
    notice(&mut staff, &answered);
    assert_eq!(kiosk.outcome(recorded), Err(OperationError::NotAcknowledged));
    recording(&mut staff, answered.handle(), RecordingState::Refused);
    eventually("the file's removal", || !heard.exists());
    assert_eq!(outgoing.snapshot().unwrap().state, CallState::Connected, "the call goes on");
}
