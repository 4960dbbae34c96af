use super::*;
use crate::EndReason;

fn call() -> CallId {
    CallId(0xab)
}

fn offer() -> Description {
    Description {
        session: MediaSessionId::MAIN,
        revision: 1,
        kind: DescriptionKind::Offer,
        sdp: "v=0\r\nSECRET".into(),
    }
}

fn user() -> RawId {
    RawId::new("8:orgid:1").unwrap()
}

fn to_switchboard() -> Vec<ToSwitchboard> {
    let claim = CallClaim {
        call: call(),
        peer: user(),
        outgoing: true,
        connected: true,
        remote_revision: 2,
        recordings: vec![RecordingClaim { by: user(), state: RecordingState::Active, notice_shown: true }],
    };
    let push = Some(PushRegistration { provider: "apns".into(), address: "a".into() });
    vec![
        ToSwitchboard::Register { display_name: "A".into(), capabilities: vec!["x".into()], push },
        ToSwitchboard::Unregister,
        ToSwitchboard::Invite { call: call(), to: user(), display_name: "A".into(), description: offer() },
        ToSwitchboard::Ringing { call: call() },
        ToSwitchboard::Accept { call: call(), description: offer() },
        ToSwitchboard::Reject { call: call(), busy: true },
        ToSwitchboard::Cancel { call: call() },
        ToSwitchboard::HangUp { call: call(), reason: EndReason::MEDIA_LOST },
        ToSwitchboard::Describe { call: call(), description: offer() },
        ToSwitchboard::Candidate {
            call: call(),
            session: MediaSessionId(1),
            revision: 2,
            candidate: "c".into(),
        },
        ToSwitchboard::Mute { call: call(), muted: true },
        ToSwitchboard::Hold { call: call(), held: false },
        ToSwitchboard::Recording { call: call(), action: RecordingAction::Announce },
        ToSwitchboard::NoticeShown { call: call(), announcement: 3 },
        ToSwitchboard::Sync { calls: vec![claim] },
    ]
}

fn to_endpoint() -> Vec<ToEndpoint> {
    let (call, by, from) = (call(), user(), user());
    let description = offer();
    vec![
        ToEndpoint::Registered,
        ToEndpoint::NotRegistered { reason: EndReason::NO_CALL_SCOPE },
        ToEndpoint::Admitted { call },
        ToEndpoint::Incoming {
            call,
            from: from.clone(),
            display_name: "A".into(),
            description: description.clone(),
        },
        ToEndpoint::Ringing { call },
        ToEndpoint::Waking { call },
        ToEndpoint::Accepted { call, description: Some(description.clone()), by: by.clone() },
        ToEndpoint::Ended { call, reason: EndReason::BUSY },
        ToEndpoint::Merged {
            call,
            into: CallId(1),
            from,
            display_name: String::new(),
            description: description.clone(),
        },
        ToEndpoint::Describe { call, description },
        ToEndpoint::Candidate { call, session: MediaSessionId(1), revision: 2, candidate: "c".into() },
        ToEndpoint::PeerMuted { call, muted: true },
        ToEndpoint::PeerHeld { call, held: true },
        ToEndpoint::PeerLink { call, link: PeerLinkState::Gone },
        ToEndpoint::Recording { call, state: RecordingState::Announced, by: by.clone(), announcement: 1 },
        ToEndpoint::NoticeAcknowledged { call, by: by.clone() },
        ToEndpoint::Lobby { call, by, announcement: 1 },
        ToEndpoint::LobbyLeft { call },
        ToEndpoint::Synced { calls: vec![call] },
        ToEndpoint::Problem { call, code: ProblemCode::TooMany },
    ]
}

/// Every message comes back as it was written, and its form on the wire is as committed.
#[test]
fn the_wire_is_as_committed() {
    let mut text = String::new();
    for message in to_switchboard() {
        let json = serde_json::to_string(&message).unwrap();
        assert_eq!(ToSwitchboard::parse(&json).unwrap(), message);
        text.push_str(&format!("> {json}\n"));
    }
    for message in to_endpoint() {
        let json = serde_json::to_string(&message).unwrap();
        assert_eq!(ToEndpoint::parse(&json).unwrap(), message);
        text.push_str(&format!("< {json}\n"));
    }
    insta::assert_snapshot!("messages", text);
}

#[test]
fn the_names_are_complete() {
    fn name<T: Serialize>(message: &T) -> String {
        serde_json::to_value(message).unwrap()["type"].as_str().unwrap().to_owned()
    }
    assert_eq!(to_switchboard().iter().map(name).collect::<Vec<_>>(), ToSwitchboard::NAMES);
    assert_eq!(to_endpoint().iter().map(name).collect::<Vec<_>>(), ToEndpoint::NAMES);
}

#[test]
fn an_unknown_type_is_unsupported_and_an_unknown_field_is_nothing() {
    let id = call().to_string();
    assert_eq!(
        ToSwitchboard::parse(r#"{"type":"transfer","to":"x"}"#),
        Err(MessageError::Unsupported("transfer".into()))
    );
    let known = format!(r#"{{"type":"cancel","call":"{id}","politely":true}}"#);
    assert_eq!(ToSwitchboard::parse(&known), Ok(ToSwitchboard::Cancel { call: call() }));
    let problem = format!(r#"{{"type":"problem","call":"{id}","code":"tooSunny"}}"#);
    assert_eq!(
        ToEndpoint::parse(&problem),
        Ok(ToEndpoint::Problem { call: call(), code: ProblemCode::Unknown })
    );
    // What an older side leaves out.
    let recording = format!(r#"{{"type":"recording","call":"{id}","state":"active","by":"8:orgid:1"}}"#);
    assert!(matches!(ToEndpoint::parse(&recording), Ok(ToEndpoint::Recording { announcement: 0, .. })));
}

#[test]
fn malformed_messages_are_errors_that_keep_their_secrets() {
    for json in [
        "",
        "[]",
        "null",
        "{",
        r#"{"type":7}"#,
        r#"{"call":"SECRET"}"#,
        r#"{"type":"cancel"}"#,
        r#"{"type":"cancel","call":"SECRET"}"#,
        r#"{"type":"cancel","call":7}"#,
        r#"{"type":"hangUp","call":"000000000000000000000000000000ab","reason":{"code":70000,"subCode":0}}"#,
        r#"{"type":"invite","call":"000000000000000000000000000000ab","to":"","description":{}}"#,
        r#"{"type":"candidate","call":"000000000000000000000000000000ab","session":-1,"revision":0,"candidate":"SECRET"}"#,
    ] {
        let error = ToSwitchboard::parse(json).unwrap_err();
        assert!(matches!(error, MessageError::Malformed(_)), "{json}: {error:?}");
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }
}

#[test]
fn nothing_that_is_logged_shows_a_description() {
    for message in to_switchboard() {
        assert!(!format!("{message:?}").contains("SECRET"));
    }
    for message in to_endpoint() {
        assert!(!format!("{message:?}").contains("SECRET"));
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,80}", name in proptest::sample::select(ToEndpoint::NAMES), tail in "[\\PC\"{}:,]{0,40}") {
        let _ = ToSwitchboard::parse(&text);
        let _ = ToEndpoint::parse(&text);
        let _ = ToEndpoint::parse(&format!("{{\"type\":\"{name}\",{tail}}}"));
        let _ = ToSwitchboard::parse(&format!("{{\"type\":\"{name}\",{tail}}}"));
    }
}
