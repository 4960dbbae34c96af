//! An app's user calls a staff member by object id; both speak and hear; one records, after telling the other.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{World, connect, staff_raw_id};
use liaison_engine::{
    AudioConfig, CallDirection, CaptureSource, EndReason, Event, PlayoutSink, RecordingState,
};
use liaison_sim::speech::{DelayOptions, Recording, likeness, measure_delays};

fn speech(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/speech/{name}.wav"))
}

fn speaking(name: &str) -> AudioConfig {
    AudioConfig::Managed {
        capture: CaptureSource::Wav { path: speech(name), repeat: false },
        playout: PlayoutSink::Discard,
    }
}

fn recording(path: &Path, start_us: u64) -> Recording {
    Recording::read_wav(path, i64::try_from(start_us).unwrap()).unwrap()
}

#[test]
fn both_speak_and_what_is_recorded_is_what_was_said() {
    let world = World::federated();
    let (app_user, token) = world.app_user();
    let mut config = world.config();
    config.audio = speaking("staff");
    let mut staff = world.signed_in(config, &world.staff().1);
    let mut config = world.config();
    config.audio = speaking("kiosk");
    let mut kiosk = world.signed_in(config, &token);

    let (outgoing, answered) = connect(&mut kiosk, &mut staff);
    let seen_by_staff = answered.snapshot().unwrap();
    assert_eq!(seen_by_staff.direction, CallDirection::Incoming);
    assert_eq!(seen_by_staff.remote, app_user, "who calls is told by the service");

    // The staff member wants to record: nothing is written before the kiosk has shown the notice.
    let file = world.folder.path().join("heard-by-staff.wav");
    let announced = answered.record_to(file.clone()).unwrap();
    let by = kiosk.expect("notice", |event| match event {
        Event::NoticeRequired { by, .. } => Some(by.clone()),
        _ => None,
    });
    assert_eq!(by, staff_raw_id());
    std::thread::sleep(Duration::from_millis(500));
    let recorded = answered.snapshot().unwrap().statistics.first_recorded_us;
    assert_eq!(recorded, 0, "recorded before the notice was shown");
    outgoing.notice_shown().unwrap();
    staff.outcome(announced).unwrap();
    for end in [&mut staff, &mut kiosk] {
        end.expect("recording", |event| match event {
            Event::Recording { state: RecordingState::Active, .. } => Some(()),
            _ => None,
        });
    }
    std::thread::sleep(Duration::from_secs(6));

    outgoing.hang_up().unwrap();
    assert_eq!(kiosk.ended(&outgoing), EndReason::HUNG_UP);
    assert_eq!(staff.ended(&answered), EndReason::HUNG_UP);
    let (sent, heard) = (outgoing.snapshot().unwrap().statistics, answered.snapshot().unwrap().statistics);
    assert!(sent.setup.is_some() && heard.first_audio.is_some());
    assert!(heard.packets_received > 250, "{}", heard.packets_received);
    assert_eq!(heard.packets_lost, 0);

    // Dropping the engine completes the file.
    drop(staff);
    let heard = recording(&file, heard.first_recorded_us);
    assert!(heard.length() > Duration::from_secs(5), "{:?}", heard.length());
    let said = recording(&speech("kiosk"), sent.first_captured_us);
    let said = said.between(heard.start_us, heard.end_us() - 600_000);
    let delays = measure_delays(&said, &heard, &DelayOptions::default());
    // Other speech matches nowhere; a machine that stands still for a moment costs a window or two.
    assert!(delays.matched() > 0.5, "{} of {} half seconds found", delays.windows.len(), delays.spoken);
    let alike = likeness(&said, &heard, &delays);
    assert!(alike > 0.7, "what was heard is only {alike:.2} like what was said");
    let (p50, p95) = (delays.percentile_ms(0.5).unwrap(), delays.percentile_ms(0.95).unwrap());
    assert!((5.0..400.0).contains(&p95), "from mouth to ear in {p95} ms");
    println!("mouth to ear: p50 {p50:.1} ms, p95 {p95:.1} ms; {alike:.2} alike");
}
