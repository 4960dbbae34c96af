//! Any words in any order: nothing panics, nothing grows, and time clears everything away.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use common::media::MAIN;
use common::{origin, raw};
use liaison_identity::Scopes;
use liaison_signaling::{
    CallClaim, CallId, Command, Description, DescriptionKind, DeviceId, EndReason, Endpoint, EndpointConfig,
    EndpointId, EndpointInput, MediaEvent, PeerLinkState, ProblemCode, RecordingAction, RecordingClaim,
    RecordingState, Switchboard, SwitchboardConfig, SwitchboardInput, SwitchboardOutput, ToEndpoint,
    ToSwitchboard,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn any_description() -> impl Strategy<Value = Description> {
    (0_u32..3, 0_u32..4, any::<bool>(), 0_usize..3).prop_map(|(session, revision, offer, bytes)| {
        Description {
            session: liaison_signaling::MediaSessionId(session),
            revision,
            kind: if offer { DescriptionKind::Offer } else { DescriptionKind::Answer },
            sdp: "s".repeat(bytes),
        }
    })
}

fn any_user() -> impl Strategy<Value = liaison_identity::RawId> {
    (0_u32..3).prop_map(|n| raw(&format!("8:orgid:{n}")))
}

fn any_call() -> impl Strategy<Value = CallId> {
    (0_u128..5).prop_map(CallId)
}

fn any_reason() -> impl Strategy<Value = EndReason> {
    (any::<u16>(), any::<u32>()).prop_map(|(code, sub_code)| EndReason { code, sub_code })
}

fn any_state() -> impl Strategy<Value = RecordingState> {
    prop_oneof![
        Just(RecordingState::None),
        Just(RecordingState::Announced),
        Just(RecordingState::Active),
        Just(RecordingState::Refused),
        Just(RecordingState::Ended),
    ]
}

fn any_claim() -> impl Strategy<Value = CallClaim> {
    let recordings = vec((any_user(), any_state(), any::<bool>()), 0..3).prop_map(|recordings| {
        recordings
            .into_iter()
            .map(|(by, state, notice_shown)| RecordingClaim { by, state, notice_shown })
            .collect()
    });
    (any_call(), any_user(), any::<bool>(), any::<bool>(), 0_u32..4, recordings).prop_map(
        |(call, peer, outgoing, connected, remote_revision, recordings)| CallClaim {
            call,
            peer,
            outgoing,
            connected,
            remote_revision,
            recordings,
        },
    )
}

fn any_word() -> impl Strategy<Value = ToSwitchboard> {
    prop_oneof![
        1 => ".{0,4}".prop_map(|display_name| ToSwitchboard::Register {
            display_name,
            capabilities: Vec::new(),
            push: None
        }),
        1 => Just(ToSwitchboard::Unregister),
        4 => (any_call(), any_user(), any_description()).prop_map(|(call, to, description)| ToSwitchboard::Invite {
            call, to, display_name: String::new(), description
        }),
        2 => any_call().prop_map(|call| ToSwitchboard::Ringing { call }),
        4 => (any_call(), any_description())
            .prop_map(|(call, description)| ToSwitchboard::Accept { call, description }),
        1 => (any_call(), any::<bool>()).prop_map(|(call, busy)| ToSwitchboard::Reject { call, busy }),
        1 => any_call().prop_map(|call| ToSwitchboard::Cancel { call }),
        1 => (any_call(), any_reason()).prop_map(|(call, reason)| ToSwitchboard::HangUp { call, reason }),
        3 => (any_call(), any_description())
            .prop_map(|(call, description)| ToSwitchboard::Describe { call, description }),
        2 => (any_call(), 0_u32..3, 0_u32..4).prop_map(|(call, session, revision)| ToSwitchboard::Candidate {
            call, session: liaison_signaling::MediaSessionId(session), revision, candidate: "c".into()
        }),
        1 => (any_call(), any::<bool>()).prop_map(|(call, muted)| ToSwitchboard::Mute { call, muted }),
        1 => (any_call(), any::<bool>()).prop_map(|(call, held)| ToSwitchboard::Hold { call, held }),
        2 => (any_call(), any::<bool>()).prop_map(|(call, end)| ToSwitchboard::Recording {
            call, action: if end { RecordingAction::End } else { RecordingAction::Announce }
        }),
        2 => (any_call(), 0_u32..4)
            .prop_map(|(call, announcement)| ToSwitchboard::NoticeShown { call, announcement }),
        2 => vec(any_claim(), 0..4).prop_map(|calls| ToSwitchboard::Sync { calls }),
    ]
}

#[derive(Debug, Clone)]
enum Deed {
    Attach(u64, u32, u128),
    Detach(u64),
    Goodbye(u64),
    Say(u64, ToSwitchboard),
    Decide(u32),
    Remove(u32),
    Wait(u64),
}

fn any_deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (0_u64..6, 0_u32..3, 0_u128..2).prop_map(|(endpoint, user, device)| Deed::Attach(endpoint, user, device)),
        1 => (0_u64..6).prop_map(Deed::Detach),
        1 => (0_u64..6).prop_map(Deed::Goodbye),
        20 => (0_u64..6, any_word()).prop_map(|(endpoint, word)| Deed::Say(endpoint, word)),
        6 => (0_u32..4).prop_map(Deed::Decide),
        1 => (0_u32..3).prop_map(Deed::Remove),
        4 => (0_u64..130_000).prop_map(Deed::Wait),
    ]
}

fn any_told() -> impl Strategy<Value = ToEndpoint> {
    prop_oneof![
        1 => Just(ToEndpoint::Registered),
        3 => (any_call(), any_user(), any_description()).prop_map(|(call, from, description)| ToEndpoint::Incoming {
            call, from, display_name: "n".repeat(300), description
        }),
        1 => any_call().prop_map(|call| ToEndpoint::Admitted { call }),
        1 => any_call().prop_map(|call| ToEndpoint::Ringing { call }),
        1 => any_call().prop_map(|call| ToEndpoint::Waking { call }),
        3 => (any_call(), proptest::option::of(any_description()), any_user())
            .prop_map(|(call, description, by)| ToEndpoint::Accepted { call, description, by }),
        1 => (any_call(), any_reason()).prop_map(|(call, reason)| ToEndpoint::Ended { call, reason }),
        2 => (any_call(), any_call(), any_user(), any_description()).prop_map(|(call, into, from, description)| {
            ToEndpoint::Merged { call, into, from, display_name: String::new(), description }
        }),
        2 => (any_call(), any_description())
            .prop_map(|(call, description)| ToEndpoint::Describe { call, description }),
        1 => (any_call(), 0_u32..3, 0_u32..4).prop_map(|(call, session, revision)| ToEndpoint::Candidate {
            call, session: liaison_signaling::MediaSessionId(session), revision, candidate: "c".into()
        }),
        1 => (any_call(), any::<bool>()).prop_map(|(call, muted)| ToEndpoint::PeerMuted { call, muted }),
        1 => (any_call(), any::<bool>()).prop_map(|(call, held)| ToEndpoint::PeerHeld { call, held }),
        1 => any_call().prop_map(|call| ToEndpoint::PeerLink { call, link: PeerLinkState::Gone }),
        2 => (any_call(), any_state(), any_user(), 0_u32..4).prop_map(|(call, state, by, announcement)| {
            ToEndpoint::Recording { call, state, by, announcement }
        }),
        1 => (any_call(), any_user()).prop_map(|(call, by)| ToEndpoint::Lobby { call, by, announcement: 1 }),
        1 => any_call().prop_map(|call| ToEndpoint::LobbyLeft { call }),
        1 => any_call().prop_map(|call| ToEndpoint::Problem { call, code: ProblemCode::TooMany }),
    ]
}

fn any_command() -> impl Strategy<Value = EndpointInput> {
    let command = prop_oneof![
        3 => (any_call(), any_user()).prop_map(|(call, to)| Command::Start { call, to, display_name: String::new() }),
        2 => any_call().prop_map(|call| Command::Accept { call }),
        1 => any_call().prop_map(|call| Command::Reject { call }),
        1 => any_call().prop_map(|call| Command::HangUp { call }),
        1 => any_call().prop_map(|call| Command::Hold { call }),
        1 => any_call().prop_map(|call| Command::Resume { call }),
        1 => any_call().prop_map(|call| Command::AnnounceRecording { call }),
        1 => any_call().prop_map(|call| Command::EndRecording { call }),
        1 => any_call().prop_map(|call| Command::NoticeShown { call }),
        1 => any_call().prop_map(|call| Command::Mute { call, muted: true }),
    ];
    let media = prop_oneof![
        4 => (any_call(), any_description())
            .prop_map(|(call, description)| MediaEvent::LocalDescription { call, description }),
        1 => any_call().prop_map(|call| MediaEvent::Connected { call, session: MAIN }),
        1 => (any_call(), 0_u64..100_000).prop_map(|(call, ms)| MediaEvent::Interrupted {
            call, session: MAIN, silent_for: std::time::Duration::from_millis(ms)
        }),
        1 => any_call().prop_map(|call| MediaEvent::Restored { call, session: MAIN }),
        1 => any_call().prop_map(|call| MediaEvent::Failed { call, session: MAIN }),
    ];
    prop_oneof![
        3 => command.prop_map(EndpointInput::App),
        3 => media.prop_map(EndpointInput::Media),
        6 => any_told().prop_map(EndpointInput::Wire),
        1 => any::<bool>().prop_map(|resumed| EndpointInput::LinkUp { resumed }),
        1 => Just(EndpointInput::LinkDown),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_switchboard_survives_any_endpoints(deeds in vec(any_deed(), 1..120), seed in any::<u64>()) {
        let mut now = origin();
        let mut switchboard = Switchboard::new(SwitchboardConfig::default(), seed);
        let mut asked = Vec::new();
        for deed in deeds {
            let input = match deed {
                Deed::Attach(endpoint, user, device) => SwitchboardInput::Attached {
                    endpoint: EndpointId(endpoint),
                    raw_id: raw(&format!("8:orgid:{user}")),
                    device: DeviceId(device),
                    scopes: Scopes::parse(["voip"]).unwrap(),
                },
                Deed::Detach(endpoint) => SwitchboardInput::Detached { endpoint: EndpointId(endpoint) },
                Deed::Goodbye(endpoint) => SwitchboardInput::Goodbye { endpoint: EndpointId(endpoint) },
                Deed::Say(endpoint, message) => {
                    SwitchboardInput::Message { endpoint: EndpointId(endpoint), message }
                }
                Deed::Decide(push_devices) => match asked.pop() {
                    Some(request) if push_devices == 3 => SwitchboardInput::Admission {
                        request,
                        decision: liaison_signaling::Admission::Refused {
                            reason: EndReason::FEDERATION_REFUSED,
                            cause: String::new(),
                        },
                    },
                    Some(request) => SwitchboardInput::Admission {
                        request,
                        decision: liaison_signaling::Admission::Admitted { push_devices },
                    },
                    None => continue,
                },
                Deed::Remove(user) => SwitchboardInput::Removed {
                    raw_id: raw(&format!("8:orgid:{user}")),
                    reason: EndReason::REMOVED,
                },
                Deed::Wait(ms) => {
                    now += std::time::Duration::from_millis(ms);
                    SwitchboardInput::Tick
                }
            };
            switchboard.handle(now, input);
            let mut outputs = 0;
            while let Some(output) = switchboard.poll() {
                outputs += 1;
                if let SwitchboardOutput::Admit { request, .. } = output {
                    asked.push(request);
                }
            }
            prop_assert!(outputs < 2_000);
            prop_assert!(switchboard.calls().count() <= 5);
        }
        // Time alone clears everything away.
        for _ in 0..4 {
            now += std::time::Duration::from_secs(31 * 3600);
            switchboard.handle(now, SwitchboardInput::Tick);
            while switchboard.poll().is_some() {}
        }
        prop_assert_eq!(switchboard.calls().count(), 0);
        prop_assert_eq!(switchboard.deadline(), None);
    }

    #[test]
    fn an_endpoint_survives_any_service(
        inputs in vec((any_command(), 0_u64..20_000), 1..120), seed in any::<u64>()
    ) {
        let mut now = origin();
        let mut endpoint = Endpoint::new(EndpointConfig::default(), seed);
        for (input, ms) in inputs {
            now += std::time::Duration::from_millis(ms);
            let _ = endpoint.handle(now, input);
            endpoint.handle(now, EndpointInput::Tick).unwrap();
            let outputs = std::iter::from_fn(|| endpoint.poll()).count();
            prop_assert!(outputs < 200);
            prop_assert!(endpoint.calls().count() <= 8);
        }
    }
}
