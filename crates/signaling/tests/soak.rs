//! Random days in the life of a service, each from a seed. Whatever happened: nothing hangs, both sides agree, no call
//! is left over; and the same seed gives the same bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use std::time::Duration;

use common::media::MAIN;
use common::{Random, World, user};
use liaison_signaling::{CallId, CallPhase, CallState, Command, LegPhase, MediaEvent};

const NAMES: [&str; 5] = ["kiosk", "anna.desk", "anna.phone", "ben", "carl"];

#[derive(Clone, Copy, PartialEq)]
enum Faults {
    None,
    Links,
    Sessions,
    Service,
}

fn a_day(seed: u64, faults: Faults) -> World {
    let mut random = Random(seed);
    let mut world = World::new(seed);
    world.duplicate = random.below(300);
    world.push_devices.insert(user("ben"), 1);
    for name in NAMES {
        world.add(name);
    }
    for _ in 0..120 {
        let name = NAMES[usize::try_from(random.below(5)).unwrap()];
        let calls: Vec<CallId> = world.devices[name].endpoint.calls().collect();
        let call = calls.get(usize::try_from(random.below(4)).unwrap()).copied();
        act(&mut world, &mut random, name, call, faults);
        if random.below(5) == 0 {
            obliging(&mut world);
        }
        world.run(random.below(1500));
    }
    world
}

fn act(world: &mut World, random: &mut Random, name: &str, call: Option<CallId>, faults: Faults) {
    let choice = random.below(26);
    let Some(call) = call else {
        match choice {
            0..12 => {
                let to = ["kiosk", "anna", "ben", "carl"][usize::try_from(random.below(4)).unwrap()];
                world.call(name, to);
            }
            _ => fault(world, random, name, faults),
        }
        return;
    };
    let open = world.devices[name].media.is_open(call);
    let command = match choice {
        0..6 => Command::Accept { call },
        6 => Command::Reject { call },
        7 => Command::HangUp { call },
        8 | 9 => Command::Hold { call },
        10 | 11 => Command::Resume { call },
        12 | 13 => Command::Mute { call, muted: random.below(2) == 0 },
        14..17 => Command::AnnounceRecording { call },
        17 => Command::EndRecording { call },
        18 => Command::NoticeShown { call },
        19 if open => {
            let offer = world.device(name).media.offer(call, MAIN);
            return world.later(0, name, offer);
        }
        20 if open => {
            let silent_for = Duration::from_millis(random.below(4000));
            return world.later(0, name, MediaEvent::Interrupted { call, session: MAIN, silent_for });
        }
        21 if open => return world.later(0, name, MediaEvent::Restored { call, session: MAIN }),
        22 if open => {
            let candidate =
                MediaEvent::LocalCandidate { call, session: MAIN, revision: 1, candidate: "c".into() };
            return world.later(0, name, candidate);
        }
        _ => return fault(world, random, name, faults),
    };
    // Refused as often as not: the choice knows nothing of states.
    let _ = world.command(name, command);
}

/// Everybody answers what rings and agrees to what is announced.
fn obliging(world: &mut World) {
    for name in NAMES {
        for call in world.devices[name].endpoint.calls().collect::<Vec<_>>() {
            let _ = world.command(name, Command::Accept { call });
            let _ = world.command(name, Command::NoticeShown { call });
        }
    }
}

fn fault(world: &mut World, random: &mut Random, name: &str, faults: Faults) {
    match (faults, random.below(6)) {
        (Faults::None, _) => {}
        (_, 0 | 1) => world.disconnect(name),
        (Faults::Sessions | Faults::Service, 2) => world.lose_session(name),
        (Faults::Service, 3) if !world.down => world.kill_service(),
        (Faults::Service, 4) if world.down => world.restart_service(true),
        _ => world.connect(name),
    }
}

/// Everything works again; a while later all agree.
fn heal(world: &mut World) {
    if world.down {
        world.restart_service(true);
    }
    for name in NAMES {
        world.connect(name);
    }
    for name in NAMES {
        for call in world.devices[name].endpoint.calls().collect::<Vec<_>>() {
            world.later(0, name, MediaEvent::Restored { call, session: MAIN });
        }
    }
    world.run(12_000);
}

fn agree(world: &World, seed: u64) {
    let context = || format!("seed {seed}\n{}", world.log);
    for record in world.switchboard.calls() {
        let joined = record.legs.iter().filter(|leg| matches!(leg.phase, LegPhase::Joined | LegPhase::Lobby));
        let joined: Vec<_> = joined.collect();
        match record.phase {
            CallPhase::Connected => assert_eq!(joined.len(), 2, "{}", context()),
            _ => assert_eq!(joined.len(), 1, "{}", context()),
        }
        for leg in &record.legs {
            let name =
                NAMES.iter().find(|name| world.devices[**name].endpoint.device() == leg.device).unwrap();
            let state = world.state(name, record.call);
            let fits = match (record.phase, leg.phase) {
                (CallPhase::Connected, LegPhase::Joined | LegPhase::Lobby) => matches!(
                    state,
                    CallState::Connected | CallState::LocalHold | CallState::RemoteHold | CallState::InLobby
                ),
                (_, LegPhase::Joined) => matches!(state, CallState::Connecting | CallState::Ringing),
                (_, LegPhase::Offered | LegPhase::Alerting) => {
                    // Or it waits unseen, because the app there calls the caller.
                    matches!(state, CallState::Ringing | CallState::Connecting | CallState::None)
                }
                _ => state == CallState::Disconnected,
            };
            assert!(
                fits,
                "{name} {:?}: {state:?} for {:?} in {:?}\n{}",
                record.call,
                leg.phase,
                record.phase,
                context()
            );
        }
        assert_eq!(world.records[&record.call].version, record.version, "what is known is written down");
    }
    for (name, device) in &world.devices {
        for call in device.endpoint.calls() {
            assert!(
                world.switchboard.calls().any(|record| record.call == call),
                "{name} {call}\n{}",
                context()
            );
        }
    }
}

fn day_and_night(seed: u64, faults: Faults) -> World {
    let mut world = a_day(seed, faults);
    heal(&mut world);
    while world.in_flight() {
        world.run(50);
    }
    agree(&world, seed);
    for _ in 0..2 {
        for name in NAMES {
            for call in world.devices[name].endpoint.calls().collect::<Vec<_>>() {
                let _ = world.command(name, Command::HangUp { call });
            }
        }
        world.run(100_000);
    }
    world.assert_idle();
    world
}

#[test]
fn quiet_days() {
    for seed in 0..150 {
        day_and_night(seed, Faults::None);
    }
}

#[test]
fn days_with_broken_links() {
    for seed in 1000..1150 {
        day_and_night(seed, Faults::Links);
    }
}

#[test]
fn days_with_lost_sessions() {
    for seed in 2000..2150 {
        day_and_night(seed, Faults::Sessions);
    }
}

#[test]
fn days_with_a_service_that_is_killed() {
    for seed in 3000..3150 {
        day_and_night(seed, Faults::Service);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for (seed, faults) in [(1, Faults::None), (2, Faults::Links), (3, Faults::Sessions), (4, Faults::Service)]
    {
        let log = day_and_night(seed, faults).log;
        assert_eq!(log, day_and_night(seed, faults).log);
        assert_ne!(log, day_and_night(seed + 100, faults).log);
        assert!(log.len() > 20_000, "something happened");
    }
}

/// The days hold what they are meant to try: nearly every message is said in a handful of them.
#[test]
fn the_days_are_eventful() {
    let mut log = String::new();
    for seed in 0..40 {
        log.push_str(&day_and_night(5000 + seed, Faults::Service).log);
    }
    let said = |name: &str| log.contains(&format!("\"type\":\"{name}\""));
    let silent: Vec<&str> = (liaison_signaling::ToSwitchboard::NAMES.iter())
        .chain(liaison_signaling::ToEndpoint::NAMES)
        .copied()
        .filter(|name| !said(name))
        .collect();
    // Nobody unregisters or is refused here; a lobby or a problem needs a device that lies.
    assert_eq!(silent, ["unregister", "notRegistered", "lobby", "lobbyLeft", "problem"]);
    assert!(log.matches("\"phase\":\"connected\"").count() > 300);
}
