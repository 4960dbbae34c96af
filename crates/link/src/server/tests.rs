use std::time::Duration;

use super::*;
use crate::hello::VersionRange;
use crate::{Body, DeviceId, Resume};

#[expect(clippy::disallowed_methods, reason = "virtual time needs one instant to count from")]
fn origin() -> Instant {
    Instant::now()
}

fn hello(resume: Option<Resume>) -> Hello {
    Hello {
        versions: VersionRange { min: 1, max: 1 },
        token: "t".into(),
        device: DeviceId(1),
        resume,
        capabilities: Vec::new(),
    }
}

fn attached(now: Instant) -> Server {
    let config = ServerConfig { kinds: vec!["call".into()], ..ServerConfig::default() };
    let mut server = Server::new(config, SessionId(1), now);
    server.handle(now, ServerInput::Attach { hello: &hello(None) }).unwrap();
    drain(&mut server);
    server
}

fn drain(server: &mut Server) -> Vec<ServerOutput> {
    std::iter::from_fn(|| server.poll()).collect()
}

fn send(server: &mut Server, now: Instant, id: u128) -> Result<(), SubmitError> {
    server.handle(now, ServerInput::Send { kind: "call", id: CommandId(id), body: Body::new(&id).unwrap() })
}

fn message(sequence: u64, id: u64) -> String {
    format!(r#"{{"type":"message","sequence":{sequence},"id":"{id:032x}","kind":"call","body":1}}"#)
}

#[test]
fn a_client_that_takes_nothing_is_ended_and_told_to_start_anew() {
    let now = origin();
    let mut server = attached(now);
    for id in 0..1024 {
        send(&mut server, now, id).unwrap();
    }
    assert_eq!(send(&mut server, now, 9999), Err(SubmitError::QueueFull(1024)));
    let outputs = drain(&mut server);
    assert!(matches!(&outputs[0], ServerOutput::Transmit(frame) if frame.contains("\"busy\"")));
    assert_eq!(outputs[1..], [ServerOutput::Disconnect, ServerOutput::Ended { reason: EndReason::Overflow }]);
    assert_eq!(send(&mut server, now, 1), Err(SubmitError::Closed));
}

#[test]
fn a_silent_client_is_detached_and_later_forgotten() {
    let now = origin();
    let mut server = attached(now);
    assert_eq!(server.deadline(), Some(now + Duration::from_secs(30)));
    server.handle(now + Duration::from_secs(30), ServerInput::Tick).unwrap();
    let detached = ServerOutput::Detached { reason: DetachReason::Idle };
    assert_eq!(drain(&mut server), [ServerOutput::Disconnect, detached]);
    assert_eq!(server.deadline(), Some(now + Duration::from_secs(150)));
    server.handle(now + Duration::from_secs(150), ServerInput::Tick).unwrap();
    assert_eq!(drain(&mut server), [ServerOutput::Ended { reason: EndReason::Expired }]);
    assert_eq!(server.deadline(), None);
}

#[test]
fn any_frame_is_a_sign_of_life() {
    let now = origin();
    let mut server = attached(now);
    let later = now + Duration::from_secs(29);
    server.handle(later, ServerInput::Frame(r#"{"type":"wave"}"#)).unwrap();
    assert_eq!(server.deadline(), Some(later + Duration::from_secs(30)));
}

#[test]
fn a_session_never_attached_is_forgotten() {
    let now = origin();
    let mut server = Server::new(ServerConfig::default(), SessionId(1), now);
    server.handle(now + Duration::from_secs(120), ServerInput::Tick).unwrap();
    assert_eq!(drain(&mut server), [ServerOutput::Ended { reason: EndReason::Expired }]);
}

#[test]
fn a_second_socket_takes_the_place_of_the_first() {
    let now = origin();
    let mut server = attached(now);
    send(&mut server, now, 1).unwrap();
    assert_eq!(drain(&mut server).len(), 1);
    let resume = Some(Resume { session: SessionId(1), received: 0 });
    server.handle(now, ServerInput::Attach { hello: &hello(resume) }).unwrap();
    let outputs = drain(&mut server);
    assert!(matches!(&outputs[0], ServerOutput::Transmit(frame) if frame.contains("\"resumed\":true")));
    assert_eq!(outputs[1], ServerOutput::Attached { resumed: true });
    assert!(
        matches!(&outputs[2], ServerOutput::Transmit(frame) if frame.contains("\"sequence\":1,")),
        "again"
    );
}

#[test]
fn a_resume_that_lies_ends_the_session() {
    let now = origin();
    for resume in [
        Some(Resume { session: SessionId(1), received: 1 }),
        Some(Resume { session: SessionId(2), received: 0 }),
        None,
    ] {
        let mut server = attached(now);
        server.handle(now, ServerInput::Attach { hello: &hello(resume) }).unwrap();
        let outputs = drain(&mut server);
        assert!(matches!(&outputs[0], ServerOutput::Transmit(frame) if frame.contains("\"protocol\"")));
        assert_eq!(
            outputs[1..],
            [ServerOutput::Disconnect, ServerOutput::Ended { reason: EndReason::Refused }]
        );
    }
}

#[test]
fn a_resume_acknowledges() {
    let now = origin();
    let mut server = attached(now);
    send(&mut server, now, 1).unwrap();
    drain(&mut server);
    server.handle(now, ServerInput::Disconnected).unwrap();
    drain(&mut server);
    let resume = Some(Resume { session: SessionId(1), received: 1 });
    server.handle(now, ServerInput::Attach { hello: &hello(resume) }).unwrap();
    assert_eq!(drain(&mut server)[0], ServerOutput::Acknowledged { id: CommandId(1) });
}

#[test]
fn ids_outlive_the_session_when_they_are_carried_over() {
    let now = origin();
    let mut first = attached(now);
    first.handle(now, ServerInput::Frame(&message(1, 7))).unwrap();
    assert!(matches!(drain(&mut first)[..], [ServerOutput::Received { sequence: 1, .. }]));
    let mut second = Server::new(first.config.clone(), SessionId(2), now);
    second.remember(first.remembered());
    let lost = Some(Resume { session: SessionId(1), received: 0 });
    second.handle(now, ServerInput::Attach { hello: &hello(lost) }).unwrap();
    drain(&mut second);
    second.handle(now, ServerInput::Frame(&message(1, 7))).unwrap();
    second.handle(now, ServerInput::Frame(&message(2, 8))).unwrap();
    let outputs = drain(&mut second);
    assert!(
        matches!(&outputs[0], ServerOutput::Received { sequence: 2, id: CommandId(8), .. }),
        "{outputs:?}"
    );
    assert_eq!(outputs[1], ServerOutput::Transmit(r#"{"type":"ack","received":1}"#.into()));
}

#[test]
fn only_so_many_ids_are_remembered() {
    let now = origin();
    let mut server = attached(now);
    for sequence in 1..=5000 {
        server.handle(now, ServerInput::Frame(&message(sequence, sequence))).unwrap();
        server.handle(now, ServerInput::Acknowledge { sequence }).unwrap();
        drain(&mut server);
    }
    let ids: Vec<_> = server.remembered().collect();
    assert_eq!((ids.len(), ids[0], ids[4095]), (4096, CommandId(905), CommandId(5000)));
}

#[test]
fn what_comes_after_the_end_changes_nothing() {
    let now = origin();
    let mut server = attached(now);
    server.handle(now, ServerInput::Frame(r#"{"type":"bye"}"#)).unwrap();
    assert_eq!(
        drain(&mut server),
        [ServerOutput::Disconnect, ServerOutput::Ended { reason: EndReason::Bye }]
    );
    server.handle(now, ServerInput::Frame(&message(1, 1))).unwrap();
    server.handle(now, ServerInput::Disconnected).unwrap();
    server.handle(now, ServerInput::Refuse { code: RefusalCode::Busy, text: "" }).unwrap();
    server.handle(now, ServerInput::Tick).unwrap();
    assert_eq!((server.poll(), server.deadline()), (None, None));
}
