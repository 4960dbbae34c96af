use super::*;
use crate::{Body, CommandId, DeviceId};

const WELCOME: &str = r#"{"type":"welcome","version":1,"session":"00000000000000000000000000000001","resumed":false,"received":0,"pingMs":15000}"#;

#[expect(clippy::disallowed_methods, reason = "virtual time needs one instant to count from")]
fn origin() -> Instant {
    Instant::now()
}

fn config() -> ClientConfig {
    ClientConfig { device: DeviceId(1), kinds: vec!["call".into()], ..ClientConfig::default() }
}

fn established(now: Instant) -> Client {
    let mut client = Client::new(config(), 1);
    client.handle(now, ClientInput::Token("t".into())).unwrap();
    client.handle(now, ClientInput::Connected).unwrap();
    client.handle(now, ClientInput::Frame(WELCOME)).unwrap();
    drain(&mut client);
    assert_eq!(client.state, State::Established);
    client
}

fn drain(client: &mut Client) -> Vec<ClientOutput> {
    std::iter::from_fn(|| client.poll()).collect()
}

fn submit(client: &mut Client, now: Instant, id: u128) -> Result<(), SubmitError> {
    client.handle(now, ClientInput::Submit { kind: "call", id: CommandId(id), body: Body::new(&id).unwrap() })
}

/// The next deadline, with the tick given at it.
fn tick(client: &mut Client) -> Instant {
    let at = client.deadline().unwrap();
    client.handle(at, ClientInput::Tick).unwrap();
    at
}

#[test]
fn nothing_is_pending_before_the_first_token() {
    let mut client = Client::new(config(), 1);
    assert_eq!((client.deadline(), client.poll(), client.resume_point()), (None, None, None));
    client.handle(origin(), ClientInput::Connected).unwrap();
    client.handle(origin(), ClientInput::Disconnected).unwrap();
    assert_eq!(client.poll(), None);
}

#[test]
fn a_full_queue_is_an_error_to_the_submitter_and_harms_nothing() {
    let now = origin();
    let mut client = Client::new(config(), 1);
    for id in 0..1024 {
        submit(&mut client, now, id).unwrap();
    }
    assert_eq!(submit(&mut client, now, 5000), Err(SubmitError::QueueFull(1024)));
    // An id that waits already is not taken twice, so it is no error.
    assert_eq!(submit(&mut client, now, 3), Ok(()));
    assert_eq!(client.streams.outbox.len(), 1024);
}

#[test]
fn the_queue_is_bounded_in_bytes_too() {
    let now = origin();
    let mut client = Client::new(config(), 1);
    let body = Body::new(&"x".repeat(200_000)).unwrap();
    let taken = (0..100)
        .take_while(|id| {
            let input = ClientInput::Submit { kind: "call", id: CommandId(*id), body: body.clone() };
            client.handle(now, input).is_ok()
        })
        .count();
    assert_eq!(taken, 8 * 1024 * 1024 / 200_200);
}

#[test]
fn what_cannot_fit_is_refused_at_once() {
    let now = origin();
    let mut client = Client::new(config(), 1);
    let body = Body::new(&"x".repeat(256 * 1024)).unwrap();
    let big = ClientInput::Submit { kind: "call", id: CommandId(1), body: body.clone() };
    assert!(matches!(client.handle(now, big), Err(SubmitError::TooLarge { .. })));
    let nameless = ClientInput::Submit { kind: "", id: CommandId(1), body: Body::new(&1).unwrap() };
    assert_eq!(client.handle(now, nameless), Err(SubmitError::Kind(64)));
    let token = ClientInput::Token("x".repeat(16 * 1024 + 1));
    assert_eq!(client.handle(now, token), Err(SubmitError::Token(16 * 1024)));
    assert_eq!(
        client.handle(now, ClientInput::Acknowledge { sequence: 1 }),
        Err(SubmitError::NotReceived(1))
    );
    assert_eq!(
        client.handle(now, ClientInput::Unsupported { sequence: 1 }),
        Err(SubmitError::NotReceived(1))
    );
}

/// The largest body that is taken fits a frame, whatever the kind is made of.
#[test]
fn what_is_taken_fits_a_frame() {
    let now = origin();
    for kind in ["call", "\u{1}".repeat(64).as_str()] {
        let mut client = established(now);
        let mut size = 256 * 1024;
        loop {
            let body = Body::new(&"x".repeat(size)).unwrap();
            match client.handle(now, ClientInput::Submit { kind, id: CommandId(u128::MAX), body }) {
                Err(SubmitError::TooLarge { bytes, limit }) => size -= bytes - limit,
                other => break other.unwrap(),
            }
        }
        match &drain(&mut client)[..] {
            [ClientOutput::Transmit(frame)] => assert!(frame.len() <= 256 * 1024, "{}", frame.len()),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_silent_service_is_pinged_and_then_left() {
    let now = origin();
    let mut client = established(now);
    assert_eq!(tick(&mut client) - now, Duration::from_secs(15));
    assert_eq!(
        drain(&mut client),
        [ClientOutput::Transmit(r#"{"type":"ping","nonce":1,"sent":0,"received":0}"#.into())]
    );
    assert_eq!(tick(&mut client) - now, Duration::from_secs(25));
    let lost = ClientOutput::Lost { reason: LostReason::Dead };
    assert_eq!(drain(&mut client), [ClientOutput::Disconnect, lost]);
}

#[test]
fn an_answer_keeps_the_connection_and_shows_what_was_missed() {
    let now = origin();
    let mut client = established(now);
    let at = tick(&mut client);
    drain(&mut client);
    let pong = |sent| format!(r#"{{"type":"pong","nonce":1,"sent":{sent},"received":0}}"#);
    client.handle(at, ClientInput::Frame(&pong(0))).unwrap();
    assert_eq!(client.deadline(), Some(at + Duration::from_secs(15)));
    // The service has sent a message that never came.
    client.handle(at, ClientInput::Frame(&pong(1))).unwrap();
    let lost = ClientOutput::Lost { reason: LostReason::Protocol };
    assert_eq!(drain(&mut client), [ClientOutput::Disconnect, lost]);
}

#[test]
fn a_changed_network_is_probed_within_two_seconds() {
    let now = origin();
    let mut client = established(now);
    client.handle(now, ClientInput::NetworkChanged).unwrap();
    assert_eq!(client.deadline(), Some(now + Duration::from_secs(2)));
    tick(&mut client);
    assert!(drain(&mut client).contains(&ClientOutput::Lost { reason: LostReason::Dead }));
    // While it pauses, the next change connects at once.
    client.handle(now, ClientInput::NetworkChanged).unwrap();
    assert_eq!(drain(&mut client), [ClientOutput::Connect]);
}

#[test]
fn a_socket_or_a_welcome_that_does_not_come_is_given_up() {
    let now = origin();
    let mut client = Client::new(config(), 1);
    client.handle(now, ClientInput::Token("t".into())).unwrap();
    assert_eq!(tick(&mut client) - now, Duration::from_secs(10));
    assert_eq!(drain(&mut client), [ClientOutput::Connect, ClientOutput::Disconnect]);
    let at = tick(&mut client);
    client.handle(at, ClientInput::Connected).unwrap();
    assert_eq!(tick(&mut client) - at, Duration::from_secs(10));
    let lost = ClientOutput::Lost { reason: LostReason::Timeout };
    assert_eq!(drain(&mut client)[2..], [ClientOutput::Disconnect, lost]);
}

#[test]
fn pauses_grow_until_a_connection_was_stable() {
    let mut now = origin();
    let mut client = Client::new(config(), 1);
    client.handle(now, ClientInput::Token("t".into())).unwrap();
    // A connection of this length; gives the pause after it.
    let mut live = |lives: Duration| {
        client.handle(now, ClientInput::Connected).unwrap();
        client.handle(now, ClientInput::Frame(WELCOME)).unwrap();
        let end = now + lives;
        client.handle(end, ClientInput::Disconnected).unwrap();
        now = tick(&mut client);
        now - end
    };
    let pauses: Vec<Duration> = (0..9).map(|_| live(Duration::from_secs(1))).collect();
    assert!(pauses[0] <= Duration::from_millis(500), "{pauses:?}");
    assert!(pauses[8] >= Duration::from_secs(15), "{pauses:?}");
    assert!(live(Duration::from_secs(30)) <= Duration::from_millis(500));
}

#[test]
fn a_later_run_resumes_where_an_earlier_one_stopped() {
    let now = origin();
    let resume = Resume { session: SessionId(1), received: 7 };
    let mut client = Client::new(ClientConfig { resume: Some(resume), ..config() }, 1);
    client.handle(now, ClientInput::Token("t".into())).unwrap();
    submit(&mut client, now, 1).unwrap();
    client.handle(now, ClientInput::Connected).unwrap();
    // The earlier run had sent 5 commands.
    let welcome = WELCOME.replace("\"resumed\":false,\"received\":0", "\"resumed\":true,\"received\":5");
    client.handle(now, ClientInput::Frame(&welcome)).unwrap();
    let outputs = drain(&mut client);
    assert!(!outputs.contains(&ClientOutput::Resync));
    assert!(
        matches!(&outputs[outputs.len() - 1], ClientOutput::Transmit(frame) if frame.contains("\"sequence\":6")),
        "{outputs:?}"
    );
    let message =
        r#"{"type":"message","sequence":8,"id":"00000000000000000000000000000009","kind":"call","body":1}"#;
    client.handle(now, ClientInput::Frame(message)).unwrap();
    assert!(matches!(drain(&mut client)[..], [ClientOutput::Received { sequence: 8, .. }]));
    client.handle(now, ClientInput::Acknowledge { sequence: 8 }).unwrap();
    assert_eq!(client.resume_point(), Some(Resume { received: 8, ..resume }));
}

#[test]
fn a_session_the_service_does_not_have_means_resync_even_after_a_broken_welcome() {
    let now = origin();
    let mut client = established(now);
    client.handle(now, ClientInput::Disconnected).unwrap();
    tick(&mut client);
    client.handle(now, ClientInput::Connected).unwrap();
    // It claims to resume a session that we never had.
    let wrong = WELCOME.replace("0000000001", "0000000002").replace("\"resumed\":false", "\"resumed\":true");
    client.handle(now, ClientInput::Frame(&wrong)).unwrap();
    assert_eq!((client.state, client.session), (State::Waiting, None));
    tick(&mut client);
    client.handle(now, ClientInput::Connected).unwrap();
    client.handle(now, ClientInput::Frame(WELCOME)).unwrap();
    assert!(drain(&mut client).contains(&ClientOutput::Resync));
}

#[test]
fn a_token_that_comes_between_hello_and_welcome_follows_the_welcome() {
    let now = origin();
    let mut client = Client::new(config(), 1);
    client.handle(now, ClientInput::Token("old".into())).unwrap();
    client.handle(now, ClientInput::Connected).unwrap();
    client.handle(now, ClientInput::Token("new".into())).unwrap();
    client.handle(now, ClientInput::Frame(WELCOME)).unwrap();
    let token = ClientOutput::Transmit(r#"{"type":"token","token":"new"}"#.into());
    assert_eq!(drain(&mut client).into_iter().filter(|output| *output == token).count(), 1);
}

#[test]
fn acknowledgements_wait_for_those_before_them() {
    let now = origin();
    let mut client = established(now);
    let message = |sequence: u64, kind: &str| {
        format!(
            r#"{{"type":"message","sequence":{sequence},"id":"{sequence:032x}","kind":"{kind}","body":1}}"#
        )
    };
    client.handle(now, ClientInput::Frame(&message(1, "call"))).unwrap();
    client.handle(now, ClientInput::Frame(&message(2, "video"))).unwrap();
    client.handle(now, ClientInput::Frame(&message(3, "call"))).unwrap();
    let outputs = drain(&mut client);
    assert_eq!(outputs.len(), 3, "1 and 3, and `unsupported` for 2: {outputs:?}");
    client.handle(now, ClientInput::Unsupported { sequence: 3 }).unwrap();
    assert_eq!(drain(&mut client).len(), 1, "only the answer: 1 is not done");
    client.handle(now, ClientInput::Acknowledge { sequence: 1 }).unwrap();
    assert_eq!(drain(&mut client), [ClientOutput::Transmit(r#"{"type":"ack","received":3}"#.into())]);
}

#[test]
fn after_close_nothing_is_taken_any_more() {
    let now = origin();
    let mut client = established(now);
    client.handle(now, ClientInput::Close).unwrap();
    assert_eq!(
        drain(&mut client),
        [ClientOutput::Transmit(r#"{"type":"bye"}"#.into()), ClientOutput::Disconnect]
    );
    assert_eq!(submit(&mut client, now, 1), Err(SubmitError::Closed));
    client.handle(now, ClientInput::Token("t".into())).unwrap();
    client.handle(now, ClientInput::Frame(WELCOME)).unwrap();
    assert_eq!((client.poll(), client.deadline()), (None, None));
}

#[test]
fn a_refused_token_is_not_tried_again() {
    let now = origin();
    let mut client = established(now);
    let refused = crate::refusal(RefusalCode::RevokedToken, "sign in again", None);
    client.handle(now, ClientInput::Frame(&refused)).unwrap();
    assert!(
        drain(&mut client)
            .iter()
            .any(|o| matches!(o, ClientOutput::Refused { code, .. } if code.needs_token()))
    );
    assert_eq!(client.deadline(), None);
    client.handle(now, ClientInput::Token("new".into())).unwrap();
    assert_eq!(drain(&mut client), [ClientOutput::Connect]);
}

#[test]
fn a_token_renewed_while_the_old_one_is_refused_is_tried_by_itself() {
    let now = origin();
    let mut client = established(now);
    client.handle(now, ClientInput::Token("new".into())).unwrap();
    drain(&mut client);
    let refused = crate::refusal(RefusalCode::ExpiredToken, "get a new one", None);
    client.handle(now, ClientInput::Frame(&refused)).unwrap();
    assert_eq!(
        drain(&mut client),
        [ClientOutput::Disconnect, ClientOutput::Lost { reason: LostReason::Closed }, ClientOutput::Connect]
    );
    client.handle(now, ClientInput::Connected).unwrap();
    let hello = drain(&mut client);
    assert!(
        matches!(&hello[..], [ClientOutput::Transmit(text)] if text.contains(r#""token":"new""#)),
        "{hello:?}"
    );
    // Now it is this one that is refused.
    client.handle(now, ClientInput::Frame(&refused)).unwrap();
    assert!(drain(&mut client).iter().any(|output| matches!(output, ClientOutput::Refused { .. })));
    assert_eq!((client.state, client.deadline()), (State::NoToken, None));
}

#[test]
fn a_renewed_token_is_refused_when_it_was_accepted_or_is_of_another_user() {
    let now = origin();
    for (accepted, code) in [(true, RefusalCode::RevokedToken), (false, RefusalCode::WrongUser)] {
        let mut client = established(now);
        client.handle(now, ClientInput::Token("new".into())).unwrap();
        if accepted {
            client.handle(now, ClientInput::Frame(r#"{"type":"tokenAccepted"}"#)).unwrap();
        }
        client.handle(now, ClientInput::Frame(&crate::refusal(code, "no", None))).unwrap();
        assert!(
            drain(&mut client)
                .iter()
                .any(|o| matches!(o, ClientOutput::Refused { code: c, .. } if *c == code))
        );
        assert_eq!(client.state, State::NoToken);
    }
}

#[test]
fn an_old_client_stops() {
    let now = origin();
    let mut client = established(now);
    client.handle(now, ClientInput::Frame(&crate::refusal(RefusalCode::Version, "update", None))).unwrap();
    drain(&mut client);
    client.handle(now, ClientInput::Token("new".into())).unwrap();
    client.handle(now, ClientInput::NetworkChanged).unwrap();
    assert_eq!((client.poll(), client.deadline()), (None, None));
}
