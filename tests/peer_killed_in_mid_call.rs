//! The other end's process is killed in the middle of a call: reconnecting after 3 s, over with 410 in the end.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

mod common;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{End, PATIENCE, World, eventually, staff_raw_id};
use liaison_engine::{
    AudioConfig, CallState, CaptureSource, Engine, EngineConfig, Event, MediaState, PlayoutSink,
};

/// Set in the process that plays the staff member: endpoint, CA file and token file, one a line.
const ROLE: &str = "LIAISON_TEST_STAFF";

struct Staff(Child);

impl Staff {
    fn kill(&mut self) {
        // Both fail only when it is dead already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Staff {
    fn drop(&mut self) {
        self.kill();
    }
}

#[test]
fn peer_killed_in_mid_call() {
    if let Ok(role) = std::env::var(ROLE) {
        return be_the_staff_member(&role);
    }
    let world = World::federated();
    let ca = world.server.as_ref().unwrap().ca_pem_path().unwrap();
    let token_file = world.folder.path().join("staff.token");
    std::fs::write(&token_file, world.staff().1).unwrap();
    let mut config = world.config();
    config.media_lost_after = Duration::from_secs(8);
    let mut kiosk = world.signed_in(config, &world.app_user().1);

    // This very test, in a process of its own, is the staff member.
    let mut staff = Staff(
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "peer_killed_in_mid_call", "--nocapture"])
            .env(ROLE, format!("{}\n{}\n{}", world.endpoint(), ca.display(), token_file.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let deadline = Instant::now() + PATIENCE;
    let call = loop {
        let call = kiosk.engine.call_agent().start_call(&staff_raw_id()).unwrap();
        let state = kiosk.expect("answer", |event| match event {
            Event::CallState { call: of, state, .. } if *of == call.handle() => {
                matches!(state, CallState::Connected | CallState::Disconnected).then_some(*state)
            }
            _ => None,
        });
        if state == CallState::Connected {
            break call;
        }
        assert!(Instant::now() < deadline, "the staff member's process does not answer");
        std::thread::sleep(Duration::from_millis(200));
    };
    eventually("sound", || call.snapshot().unwrap().statistics.packets_received > 50);

    staff.kill();
    let killed = Instant::now();
    kiosk.expect("interruption", |event| match event {
        Event::Media { state: MediaState::Interrupted, .. } => Some(()),
        _ => None,
    });
    let reconnecting = killed.elapsed();
    assert!((2.5..5.0).contains(&reconnecting.as_secs_f64()), "reconnecting after {reconnecting:?}");
    let reason = kiosk.ended(&call);
    let over = killed.elapsed();
    assert_eq!(reason.code, 410, "{reason:?}");
    assert!((7.5..12.0).contains(&over.as_secs_f64()), "over after {over:?}");
    println!("reconnecting after {reconnecting:.1?}, over after {over:.1?}: {reason}");
}

fn be_the_staff_member(role: &str) {
    let [endpoint, ca, token] = role.lines().collect::<Vec<_>>().try_into().unwrap();
    let mut config = EngineConfig::new(endpoint);
    config.ca_pem = Some(std::fs::read_to_string(ca).unwrap());
    config.media_bind = vec!["127.0.0.1:0".parse().unwrap()];
    config.audio =
        AudioConfig::Managed { capture: CaptureSource::Tone { hz: 440.0 }, playout: PlayoutSink::Discard };
    let mut staff = End::new(Engine::new(config).unwrap());
    let operation = staff.engine.sign_in(&std::fs::read_to_string(token).unwrap()).unwrap();
    staff.outcome(operation).unwrap();
    staff.incoming().accept().unwrap();
    // Until it is killed; should nobody do that, it does not stay for ever.
    std::thread::sleep(Duration::from_secs(60));
}
