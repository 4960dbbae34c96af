//! The service restarts, the path fails, the peer is gone: what goes on, and what ends with which word.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

mod common;

use std::time::{Duration, Instant};

use common::{World, connect, eventually};
use liaison_engine::{CallState, ConnectionState, EndReason, Event, MediaState};
use liaison_sim::{Impairment, Relay, RelayConfig};

#[test]
fn the_service_restarts_in_mid_call_and_the_call_goes_on() {
    let mut world = World::federated();
    let (mut kiosk, mut staff) = world.two_ends();
    let (outgoing, answered) = connect(&mut kiosk, &mut staff);
    eventually("sound", || outgoing.snapshot().unwrap().statistics.first_audio.is_some());

    let listen = world.stop();
    kiosk.expect("loss of the connection", |event| match event {
        Event::ConnectionState { state: ConnectionState::Connecting, .. } => Some(()),
        _ => None,
    });
    let before = answered.snapshot().unwrap().statistics.packets_received;
    eventually("media without a service", || {
        answered.snapshot().unwrap().statistics.packets_received > before + 100
    });
    world.start(&listen);
    for end in [&mut kiosk, &mut staff] {
        end.expect("the connection again", |event| match event {
            Event::ConnectionState { state: ConnectionState::Connected, .. } => Some(()),
            _ => None,
        });
    }
    assert_eq!(outgoing.snapshot().unwrap().state, CallState::Connected);
    // The restarted service knows the call: a hang-up reaches the other side.
    outgoing.hang_up().unwrap();
    assert_eq!(kiosk.ended(&outgoing), EndReason::HUNG_UP);
    assert_eq!(staff.ended(&answered), EndReason::HUNG_UP);
}

/// A call whose media goes through a relay that can be stopped.
fn through_relay(world: &World, media_lost_after: Duration) -> (Relay, common::End, common::End) {
    let relay = Relay::start(RelayConfig::loopback()).unwrap();
    let with = |advertise| {
        let mut config = world.config();
        config.media_advertise = Some(advertise);
        config.reconnect_after = Duration::from_secs(3);
        config.media_lost_after = media_lost_after;
        config
    };
    let kiosk = world.signed_in(with(relay.face_a()), &world.app_user().1);
    let staff = world.signed_in(with(relay.face_b()), &world.staff().1);
    (relay, kiosk, staff)
}

fn media(end: &mut common::End, wanted: MediaState) {
    end.expect(&format!("media {wanted:?}"), |event| match event {
        Event::Media { state, .. } if *state == wanted => Some(()),
        _ => None,
    });
}

#[test]
fn a_path_that_comes_back_restores_the_call() {
    let world = World::federated();
    let (relay, mut kiosk, mut staff) = through_relay(&world, Duration::from_secs(60));
    let (outgoing, _answered) = connect(&mut kiosk, &mut staff);
    eventually("sound", || outgoing.snapshot().unwrap().statistics.first_audio.is_some());
    assert!(relay.counts().a_to_b.srtp > 0, "the media goes through the relay: {:?}", relay.counts());
    relay.pause();
    let stopped = Instant::now();
    media(&mut kiosk, MediaState::Interrupted);
    let after = stopped.elapsed();
    assert!(after > Duration::from_millis(2500) && after < Duration::from_secs(8), "after {after:?}");
    relay.resume();
    media(&mut kiosk, MediaState::Restored);
    let before = outgoing.snapshot().unwrap().statistics.packets_received;
    eventually("sound again", || outgoing.snapshot().unwrap().statistics.packets_received > before + 50);
}

#[test]
fn a_path_that_does_not_come_back_ends_the_call_with_410() {
    let world = World::federated();
    let (relay, mut kiosk, mut staff) = through_relay(&world, Duration::from_secs(6));
    let (outgoing, answered) = connect(&mut kiosk, &mut staff);
    eventually("sound", || outgoing.snapshot().unwrap().statistics.first_audio.is_some());
    relay.pause();
    media(&mut kiosk, MediaState::Interrupted);
    assert_eq!(kiosk.ended(&outgoing), EndReason::MEDIA_LOST);
    assert_eq!(staff.ended(&answered).code, 410);
}

#[test]
fn loss_and_jitter_on_the_path_are_survived_and_counted() {
    let world = World::federated();
    let (relay, mut kiosk, mut staff) = through_relay(&world, Duration::from_secs(60));
    let bad = Impairment::none().with_loss(0.1).with_delay(Duration::from_millis(15));
    relay.set_impairment(liaison_sim::Direction::AToB, bad.clone());
    relay.set_impairment(liaison_sim::Direction::BToA, bad);
    let (outgoing, answered) = connect(&mut kiosk, &mut staff);
    eventually("a measured loss", || answered.snapshot().unwrap().statistics.packets_lost > 5);
    eventually("a round trip", || outgoing.snapshot().unwrap().statistics.round_trip_time.is_some());
    let figures = answered.snapshot().unwrap().statistics;
    let rtt = outgoing.snapshot().unwrap().statistics.round_trip_time.unwrap();
    assert!(rtt > Duration::from_millis(25) && rtt < Duration::from_millis(200), "{rtt:?}");
    assert!(figures.concealed_pct() < 30.0, "{figures:?}");
}

#[test]
fn an_engine_that_is_dropped_says_goodbye() {
    let world = World::federated();
    let (mut kiosk, mut staff) = world.two_ends();
    let (outgoing, answered) = connect(&mut kiosk, &mut staff);
    let began = Instant::now();
    drop(kiosk);
    assert!(began.elapsed() < Duration::from_secs(4), "dropping does not hang: {:?}", began.elapsed());
    assert_eq!(staff.ended(&answered), EndReason::HUNG_UP);
    assert!(outgoing.hang_up().is_err(), "a handle that outlives its engine is harmless");
}
