//! What the scenarios of `tests/` cannot see from outside: nothing is left behind.

use std::time::Duration;

use liaison_identity::Scopes;

use super::*;
use crate::{Description, DescriptionKind, DeviceId, MediaSessionId, ToSwitchboard};

#[expect(clippy::disallowed_methods, reason = "virtual time needs one instant to count from")]
fn origin() -> Instant {
    Instant::now()
}

fn user(n: u32) -> RawId {
    RawId::new(&format!("8:orgid:{n}")).unwrap()
}

struct Bench {
    now: Instant,
    switchboard: Switchboard,
}

impl Bench {
    fn new() -> Self {
        let config = SwitchboardConfig::default();
        Self { now: origin(), switchboard: Switchboard::new(config, 1) }
    }

    fn attach(&mut self, endpoint: u64, who: u32, device: u128) {
        let input = SwitchboardInput::Attached {
            endpoint: EndpointId(endpoint),
            raw_id: user(who),
            device: DeviceId(device),
            scopes: Scopes::parse(["voip"]).unwrap(),
        };
        self.switchboard.handle(self.now, input);
        let register =
            ToSwitchboard::Register { display_name: String::new(), capabilities: Vec::new(), push: None };
        self.say(endpoint, register);
    }

    fn say(&mut self, endpoint: u64, message: ToSwitchboard) {
        let input = SwitchboardInput::Message { endpoint: EndpointId(endpoint), message };
        self.switchboard.handle(self.now, input);
    }

    /// Answers every question with yes; gives what was said.
    fn drain(&mut self) -> Vec<(u64, ToEndpoint)> {
        let mut said = Vec::new();
        while let Some(output) = self.switchboard.poll() {
            match output {
                SwitchboardOutput::Send { endpoint, message } => said.push((endpoint.0, message)),
                SwitchboardOutput::Admit { request, .. } => {
                    let decision = Admission::Admitted { push_devices: 0 };
                    self.switchboard.handle(self.now, SwitchboardInput::Admission { request, decision });
                }
                _ => {}
            }
        }
        said
    }

    fn invite(&mut self, endpoint: u64, call: u128, to: u32) -> Vec<(u64, ToEndpoint)> {
        let description = Description {
            session: MediaSessionId::MAIN,
            revision: 1,
            kind: DescriptionKind::Offer,
            sdp: "v=0".into(),
        };
        let (call, to) = (CallId(call), user(to));
        self.say(endpoint, ToSwitchboard::Invite { call, to, display_name: String::new(), description });
        self.drain()
    }

    fn assert_empty(&self) {
        let board = &self.switchboard;
        assert_eq!((board.calls.len(), board.calls_of.len(), board.requests.len()), (0, 0, 0));
        assert_eq!((board.claims.len(), board.timers.len()), (0, 0));
    }
}

#[test]
fn a_thousand_calls_leave_nothing_behind() {
    let mut bench = Bench::new();
    bench.attach(1, 1, 1);
    bench.attach(2, 2, 1);
    for n in 0..1000 {
        bench.invite(1, n, 2);
        let answer = Description {
            session: MediaSessionId::MAIN,
            revision: 1,
            kind: DescriptionKind::Answer,
            sdp: "v=0".into(),
        };
        bench.say(2, ToSwitchboard::Ringing { call: CallId(n) });
        if n % 3 > 0 {
            bench.say(2, ToSwitchboard::Accept { call: CallId(n), description: answer });
        }
        bench.say(1, ToSwitchboard::HangUp { call: CallId(n), reason: EndReason::HUNG_UP });
        bench.drain();
    }
    bench.assert_empty();
    assert_eq!(bench.switchboard.people.len(), 2);
}

#[test]
fn endpoints_that_never_come_back_are_forgotten() {
    let mut bench = Bench::new();
    for n in 0..500 {
        bench.attach(n, u32::try_from(n).unwrap(), 1);
        bench.switchboard.handle(bench.now, SwitchboardInput::Detached { endpoint: EndpointId(n) });
    }
    assert_eq!(bench.switchboard.people.len(), 500);
    bench.now += Duration::from_secs(600);
    bench.switchboard.handle(bench.now, SwitchboardInput::Tick);
    assert_eq!(bench.switchboard.people.len(), 0);
    bench.drain();
    bench.assert_empty();
}

/// A device that makes a new session again and again (it crashes, or its link overflows) is one device.
#[test]
fn a_device_has_one_endpoint() {
    let mut bench = Bench::new();
    for n in 0..100 {
        bench.attach(n, 1, 7);
    }
    assert_eq!(bench.switchboard.people.len(), 1);
    bench.attach(200, 2, 1);
    bench.drain();
    let told: Vec<u64> = (bench.invite(200, 1, 1).into_iter())
        .filter(|(_, message)| matches!(message, ToEndpoint::Incoming { .. }))
        .map(|(endpoint, _)| endpoint)
        .collect();
    assert_eq!(told, [99]);
}

#[test]
fn a_detached_device_makes_room_for_a_new_one() {
    let mut bench = Bench::new();
    for n in 0..16 {
        bench.attach(n, 1, u128::from(n));
    }
    bench.switchboard.handle(bench.now, SwitchboardInput::Detached { endpoint: EndpointId(3) });
    bench.drain();
    bench.attach(16, 1, 16);
    let registered = bench.drain();
    assert!(registered.contains(&(16, ToEndpoint::Registered)));
    assert!(bench.switchboard.people.get(EndpointId(3)).is_none());
    assert_eq!(bench.switchboard.timers.len(), 0);
}

#[test]
fn words_of_an_endpoint_that_is_not_attached_are_passed_over() {
    let mut bench = Bench::new();
    bench.say(9, ToSwitchboard::Sync { calls: Vec::new() });
    assert_eq!(bench.invite(9, 1, 1), []);
    bench.switchboard.handle(bench.now, SwitchboardInput::Detached { endpoint: EndpointId(9) });
    bench.switchboard.handle(bench.now, SwitchboardInput::Goodbye { endpoint: EndpointId(9) });
    bench.assert_empty();
    assert_eq!(bench.switchboard.deadline(), None);
}

/// A renewed token is told as another `Attached`: it changes what the endpoint may do, and nothing else.
#[test]
fn a_renewed_token_may_take_the_right_to_call() {
    let mut bench = Bench::new();
    bench.attach(1, 1, 1);
    bench.attach(2, 2, 1);
    bench.drain();
    let renewed = SwitchboardInput::Attached {
        endpoint: EndpointId(2),
        raw_id: user(2),
        device: DeviceId(1),
        scopes: Scopes::parse(["chat"]).unwrap(),
    };
    bench.switchboard.handle(bench.now, renewed);
    assert_eq!(bench.drain(), []);
    let unreachable = ToEndpoint::Ended { call: CallId(1), reason: EndReason::UNREACHABLE };
    assert_eq!(bench.invite(1, 1, 2), [(1, unreachable)]);
    let refused = ToEndpoint::Ended { call: CallId(2), reason: EndReason::NO_CALL_SCOPE };
    assert_eq!(bench.invite(2, 2, 1), [(2, refused)]);
}
